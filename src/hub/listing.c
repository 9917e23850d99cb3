#include "hub/listing.h"

#include <jansson.h>

#include <stdlib.h>

enum {
    SHOWN_BYTES_MAX = 60
};

#define SIZE_MAX_BYTES (UINT64_C(1) << 50) /* a petabyte: no file is larger, a lie may be */

static bool is_hash(td_str text)
{
    return td_hub_names_is_commit(text); /* 40 or 64 digits as well */
}

static td_str text_of(const json_t *value)
{
    return json_is_string(value) ? (td_str){json_string_value(value), json_string_length(value)}
                                 : (td_str){NULL, 0};
}

/* The reply's own words in an error: no more than fits, no control characters. */
static void show(td_str text, char out[SHOWN_BYTES_MAX + 1])
{
    size_t n = text.n < SHOWN_BYTES_MAX ? text.n : SHOWN_BYTES_MAX;

    for (size_t i = 0; i < n; i++)
        out[i] = text.ptr[i] >= ' ' && text.ptr[i] <= '~' ? text.ptr[i] : '?';
    out[n] = '\0';
}

static tandem_code read_size(const json_t *value, const td_hub_file *file, uint64_t *out,
                             tandem_error *err)
{
    if (!value || json_is_null(value))
        return TANDEM_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        (uint64_t)json_integer_value(value) > SIZE_MAX_BYTES)
        return td_fail(err, TANDEM_E_FORMAT,
                       "the hub's list: the size of %s is no length of a file", file->path);
    *out = (uint64_t)json_integer_value(value);
    return TANDEM_OK;
}

static tandem_code read_hash(const json_t *value, const td_hub_file *file, char *out,
                             tandem_error *err)
{
    td_str text = text_of(value);
    char shown[SHOWN_BYTES_MAX + 1];

    if (!value || json_is_null(value))
        return TANDEM_OK;
    if (!text.ptr || !is_hash(text)) {
        show(text, shown);
        return td_fail(err, TANDEM_E_FORMAT, "the hub's list: the hash of %s is none: \"%s\"",
                       file->path, shown);
    }
    memcpy(out, text.ptr, text.n);
    out[text.n] = '\0';
    return TANDEM_OK;
}

static tandem_code read_file(const json_t *sibling, td_hub_listing *listing, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str path = text_of(json_object_get(sibling, "rfilename"));
    const json_t *lfs = json_object_get(sibling, "lfs");
    td_hub_file *file = &listing->files[listing->n_files];

    if (!path.ptr)
        TD_FAIL(err, TANDEM_E_FORMAT, "the hub's list: a file has no rfilename");
    if (!td_hub_names_is_wanted(path))
        goto out;
    if (listing->n_files == TD_HUB_FILES_MAX)
        TD_FAIL(err, TANDEM_E_TOO_LARGE, "the hub's list: more than %d files of a model",
                TD_HUB_FILES_MAX);
    *file = (td_hub_file){.n_bytes = UINT64_MAX};
    memcpy(file->path, path.ptr, path.n);
    for (size_t i = 0; i < listing->n_files; i++)
        if (!strcmp(listing->files[i].path, file->path))
            TD_FAIL(err, TANDEM_E_FORMAT, "the hub's list: %s comes twice", file->path);
    TD_TRY(read_size(json_object_get(sibling, "size"), file, &file->n_bytes, err));
    TD_TRY(read_hash(json_object_get(sibling, "blobId"), file, file->hash, err));
    if (json_is_object(lfs)) {
        /* blobId is then that of the pointer file that git holds in its place. */
        file->hash[0] = '\0';
        TD_TRY(read_size(json_object_get(lfs, "size"), file, &file->n_bytes, err));
        TD_TRY(read_hash(json_object_get(lfs, "sha256"), file, file->hash, err));
    }
    listing->n_files++;
out:
    return code;
}

static const td_hub_file *find(const td_hub_listing *listing, const char *path)
{
    for (size_t i = 0; i < listing->n_files; i++)
        if (!strcmp(listing->files[i].path, path))
            return &listing->files[i];
    return NULL;
}

/* Whole weights make shards and their index unneeded; tokenizer.json makes vocab.txt so, but that
 * is small, and older programs look for it. */
static void drop_shards(td_hub_listing *listing)
{
    size_t n = 0;

    if (!find(listing, "model.safetensors"))
        return;
    for (size_t i = 0; i < listing->n_files; i++)
        if (!td_str_starts(td_str_from(listing->files[i].path), TD_STR("model-")) &&
            strcmp(listing->files[i].path, "model.safetensors.index.json") != 0)
            listing->files[n++] = listing->files[i];
    listing->n_files = n;
}

/* Why nothing can be done with it: other kinds of weights are what people meet most. */
static const char *other_weights(const json_t *siblings)
{
    static const struct {
        const char *ending, *name;
    } kinds[] = {{"pytorch_model.bin", "pickled PyTorch weights"},
                 {".gguf", "GGUF weights"},
                 {".onnx", "ONNX weights"},
                 {".h5", "TensorFlow weights"}};
    size_t i;
    json_t *sibling;

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        json_array_foreach(siblings, i, sibling)
        {
            td_str path = text_of(json_object_get(sibling, "rfilename"));
            if (path.ptr && td_str_ends(path, td_str_from(kinds[k].ending)))
                return kinds[k].name;
        }
    return "none";
}

static tandem_code check(const td_hub_listing *listing, const json_t *siblings, tandem_error *err)
{
    bool has_weights = find(listing, "model.safetensors") != NULL;
    bool has_index = find(listing, "model.safetensors.index.json") != NULL;

    for (size_t i = 0; i < listing->n_files && has_index; i++)
        has_weights |= td_str_starts(td_str_from(listing->files[i].path), TD_STR("model-"));
    if (!find(listing, "config.json"))
        return td_fail(err, TANDEM_E_UNSUPPORTED, "it has no config.json: not a model for tandem");
    if (!has_weights)
        return td_fail(err, TANDEM_E_UNSUPPORTED,
                       "it has no model.safetensors (its weights: %s): tandem reads safetensors",
                       other_weights(siblings));
    if (!find(listing, "tokenizer.json") && !find(listing, "vocab.txt"))
        return td_fail(err, TANDEM_E_UNSUPPORTED,
                       "it has neither tokenizer.json nor vocab.txt: tandem needs one of them");
    return TANDEM_OK;
}

tandem_code td_hub_listing_read(td_str json, td_hub_listing *listing_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    json_error_t where;
    json_t *root = json_loadb(json.ptr, json.n, JSON_REJECT_DUPLICATES, &where);
    td_hub_listing *listing = calloc(1, sizeof(*listing));
    const json_t *siblings = json_object_get(root, "siblings");
    td_str commit = text_of(json_object_get(root, "sha"));
    size_t i;
    json_t *sibling;

    if (!listing)
        TD_TRY(td_fail_nomem(err, "list of a model's files"));
    if (!root) {
        char shown[SHOWN_BYTES_MAX + 1];
        show(td_str_from(where.text), shown);
        TD_FAIL(err, TANDEM_E_FORMAT, "the hub's list is no JSON (line %d: %s)", where.line, shown);
    }
    if (!commit.ptr || !td_hub_names_is_commit(commit))
        TD_FAIL(err, TANDEM_E_FORMAT, "the hub's list: \"sha\" names no commit: is this a hub?");
    if (!json_is_array(siblings))
        TD_FAIL(err, TANDEM_E_FORMAT, "the hub's list: \"siblings\" is no list of files");
    memcpy(listing->commit, commit.ptr, commit.n);
    json_array_foreach(siblings, i, sibling) TD_TRY(read_file(sibling, listing, err));
    drop_shards(listing);
    TD_TRY(check(listing, siblings, err));
    *listing_out = *listing;
out:
    json_decref(root);
    free(listing);
    return code;
}
