#include "base/os.h"
#include "hub/directory.h"
#include "hub/hub.h"

#include <dirent.h>
#include <stdlib.h>

enum {
    PATH_BYTES_MAX = 4096,
    REF_BYTES_MAX = 256
};

static const struct {
    const char *name, *id;
} aliases[] = {
    {"gte", "Alibaba-NLP/gte-base-en-v1.5"},
    {"coderank", "nomic-ai/CodeRankEmbed"},
};

static tandem_code cache_folder(td_buf *path, tandem_error *err)
{
    const char *hub = getenv("HF_HUB_CACHE");
    const char *home = getenv("HF_HOME");
    const char *user = getenv("HOME");

    if (hub && hub[0])
        return td_buf_add_fmt(path, err, "%s", hub);
    if (home && home[0])
        return td_buf_add_fmt(path, err, "%s/hub", home);
    return td_buf_add_fmt(path, err, "%s/.cache/huggingface/hub", user ? user : "");
}

/* "org/name" and nothing that could leave the cache folder. */
static bool is_hub_name(td_str name)
{
    size_t slash = td_str_find_byte(name, '/', 0);

    if (slash == TD_STR_NONE || slash == 0 || slash + 1 == name.n ||
        td_str_find(name, TD_STR(".."), 0) != TD_STR_NONE || name.ptr[0] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && c != '-' && c != '_' && c != '.' && !(c == '/' && i == slash))
            return false;
    }
    return true;
}

/* Opens the revision that refs/main of a repository folder in the cache names. */
static tandem_code open_cached(const char *repository, td_str id, td_model_files **files_out,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(PATH_BYTES_MAX);
    td_buf ref = TD_BUF(REF_BYTES_MAX);

    TD_TRY(td_buf_add_fmt(&path, err, "%s/refs/main", repository));
    TD_TRY(td_os_read_file(path.ptr, REF_BYTES_MAX - 1, &ref, err));
    td_str revision = td_str_trim(td_buf_str(&ref));
    if (!revision.n || td_str_find_byte(revision, '/', 0) != TD_STR_NONE || revision.ptr[0] == '.')
        TD_FAIL(err, TANDEM_E_FORMAT, "%s does not name a revision", path.ptr);
    td_buf_cut(&path, 0);
    TD_TRY(td_buf_add_fmt(&path, err, "%s/snapshots/%.*s", repository, TD_STR_FMT(revision)));
    TD_TRY(td_hub_directory_open(path.ptr, id, revision, files_out, err));
out:
    td_buf_clear(&path);
    td_buf_clear(&ref);
    return code;
}

static tandem_code find_cached(td_str id, td_model_files **files_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(PATH_BYTES_MAX);
    size_t slash = td_str_find_byte(id, '/', 0);

    TD_TRY(cache_folder(&path, err));
    size_t n_folder = path.n;
    TD_TRY(td_buf_add_fmt(&path, err, "/models--%.*s--%.*s", TD_STR_FMT(td_str_slice(id, 0, slash)),
                          TD_STR_FMT(td_str_slice(id, slash + 1, id.n))));
    if (!td_os_is_dir(path.ptr)) {
        td_buf_cut(&path, n_folder);
        TD_FAIL(err, TANDEM_E_NOT_FOUND,
                "no model %.*s in %s: give a folder with config.json, model.safetensors and "
                "tokenizer.json",
                TD_STR_FMT(id), path.ptr);
    }
    TD_TRY(open_cached(path.ptr, id, files_out, err));
out:
    td_buf_clear(&path);
    return code;
}

/* The last part of a path: what people call the folder. */
static td_str folder_name(td_str path)
{
    while (path.n > 1 && path.ptr[path.n - 1] == '/')
        path.n--;
    size_t slash = td_str_find_last_byte(path, '/');
    return slash == TD_STR_NONE || path.n == 1 ? path : td_str_slice(path, slash + 1, path.n);
}

tandem_code td_hub_find(const char *name, td_model_files **files_out, tandem_error *err)
{
    td_str id = td_str_from(name);

    if (!id.n || td_str_eq(id, TD_STR("minilm"))) {
        *files_out = td_hub_embedded();
        return TANDEM_OK;
    }
    if (td_os_is_dir(name))
        return td_hub_directory_open(name, folder_name(id), TD_STR(""), files_out, err);
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (td_str_eq(id, td_str_from(aliases[i].name)))
            id = td_str_from(aliases[i].id);
    if (is_hub_name(id))
        return find_cached(id, files_out, err);
    return td_fail(err, TANDEM_E_NOT_FOUND,
                   "no model %s: neither a folder, nor minilm (embedded), nor a name like "
                   "org/name of the Hugging Face cache",
                   name);
}

/* "models--org--name" as "org/name"; false for any other folder. */
static bool id_of_folder(const char *folder, td_buf *id)
{
    td_str rest = td_str_from(folder);

    if (!td_str_starts(rest, TD_STR("models--")))
        return false;
    rest = td_str_slice(rest, strlen("models--"), rest.n);
    size_t gap = td_str_find(rest, TD_STR("--"), 0);
    return gap != TD_STR_NONE &&
           td_buf_add_fmt(id, NULL, "%.*s/%.*s", TD_STR_FMT(td_str_slice(rest, 0, gap)),
                          TD_STR_FMT(td_str_slice(rest, gap + 2, rest.n))) == TANDEM_OK &&
           is_hub_name(td_buf_str(id));
}

tandem_code td_hub_list(td_hub_each each, void *user, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(PATH_BYTES_MAX);
    td_buf id = TD_BUF(PATH_BYTES_MAX);
    DIR *folder = NULL;
    struct dirent *entry;

    each(user, td_hub_embedded());
    TD_TRY(cache_folder(&path, err));
    size_t n_folder = path.n;
    folder = opendir(path.ptr);
    while (folder && (entry = readdir(folder))) {
        td_model_files *files = NULL;
        td_buf_cut(&id, 0);
        td_buf_cut(&path, n_folder);
        if (!id_of_folder(entry->d_name, &id))
            continue;
        TD_TRY(td_buf_add_fmt(&path, err, "/%s", entry->d_name));
        /* Other people's models lie in the cache too: what the engine can't read is not listed. */
        if (open_cached(path.ptr, td_buf_str(&id), &files, NULL) == TANDEM_OK) {
            each(user, files);
            td_model_files_close(files);
        }
    }
out:
    if (folder)
        closedir(folder);
    td_buf_clear(&path);
    td_buf_clear(&id);
    return code;
}
