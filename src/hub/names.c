#include "hub/names.h"

static const struct {
    const char *name, *id;
} aliases[] = {
    {"gte", "Alibaba-NLP/gte-base-en-v1.5"},
    {"coderank", "nomic-ai/CodeRankEmbed"},
};

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool td_hub_names_is_path(td_str path, size_t bytes_max)
{
    bool starts = true; /* a part does */

    if (path.n == 0 || path.n > bytes_max)
        return false;
    for (size_t i = 0; i < path.n; i++) {
        char c = path.ptr[i];
        if (starts ? c == '.' || !is_plain(c) : c != '/' && !is_plain(c))
            return false;
        starts = c == '/';
    }
    return !starts && td_str_find(path, TD_STR(".."), 0) == TD_STR_NONE;
}

bool td_hub_names_is_id(td_str id)
{
    size_t slash = td_str_find_byte(id, '/', 0);

    /* "--" stands for the slash in the cache's folder names: a name that has it would be read back
     * as another. */
    return td_hub_names_is_path(id, TD_HUB_ID_BYTES_MAX) && slash != TD_STR_NONE &&
           td_str_find_last_byte(id, '/') == slash &&
           td_str_find(id, TD_STR("--"), 0) == TD_STR_NONE;
}

bool td_hub_names_is_commit(td_str text)
{
    if (text.n != 40 && text.n != 64)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!is_digit(text.ptr[i]) && !(text.ptr[i] >= 'a' && text.ptr[i] <= 'f'))
            return false;
    return true;
}

bool td_hub_names_split(td_str name, td_hub_name *name_out)
{
    size_t at = td_str_find_byte(name, '@', 0);
    td_hub_name split = {name, TD_STR("main")};

    if (at != TD_STR_NONE) {
        split.id = td_str_slice(name, 0, at);
        split.revision = td_str_slice(name, at + 1, name.n);
    }
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (td_str_eq(split.id, td_str_from(aliases[i].name)))
            split.id = td_str_from(aliases[i].id);
    if (!td_hub_names_is_id(split.id) ||
        !td_hub_names_is_path(split.revision, TD_HUB_REVISION_BYTES_MAX))
        return false;
    *name_out = split;
    return true;
}

/* "model-00001-of-00003.safetensors" */
static bool is_shard(td_str path)
{
    td_str rest = path;

    if (!td_str_starts(path, TD_STR("model-")) || !td_str_ends(path, TD_STR(".safetensors")))
        return false;
    rest = td_str_slice(rest, strlen("model-"), rest.n - strlen(".safetensors"));
    size_t of = td_str_find(rest, TD_STR("-of-"), 0);
    if (of == TD_STR_NONE || of == 0 || of + 4 == rest.n)
        return false;
    for (size_t i = 0; i < rest.n; i++)
        if (!(i >= of && i < of + 4) && !is_digit(rest.ptr[i]))
            return false;
    return true;
}

/* "1_Pooling/config.json": what modules.json speaks of. */
static bool is_stage_config(td_str path)
{
    size_t slash = td_str_find_byte(path, '/', 0);
    size_t n = 0;

    while (n < path.n && is_digit(path.ptr[n]))
        n++;
    return n > 0 && slash != TD_STR_NONE && n < slash && path.ptr[n] == '_' &&
           td_str_eq(td_str_slice(path, slash, path.n), TD_STR("/config.json"));
}

bool td_hub_names_is_wanted(td_str path)
{
    static const char *const names[] = {
        "config.json",
        "tokenizer.json",
        "vocab.txt",
        "tokenizer_config.json",
        "modules.json",
        "sentence_bert_config.json",
        "config_sentence_transformers.json",
        "model.safetensors",
        "model.safetensors.index.json",
    };

    if (!td_hub_names_is_path(path, TD_HUB_PATH_BYTES_MAX))
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (td_str_eq(path, td_str_from(names[i])))
            return true;
    return is_shard(path) || is_stage_config(path);
}
