#include "hub/directory.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/os.h"
#include "hub/known.h"
#include "hub/revision.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    FILES_MAX = 512, /* a model of many shards has about 200 files */
    NAMES_BYTES_MAX = 1 << 20,
    PATH_BYTES_MAX = 4096,
    /* Files written later than so long ago might be written again within one tick of their clock,
     * which may be as coarse as 2 s. */
    SETTLED_MS = 3000,
};

typedef struct directory {
    td_model_files files; /* first: what the caller holds */
    td_arena *arena;
    td_model_file list[FILES_MAX];
    td_os_map maps[FILES_MAX];
    char revision[TD_HASH_HEX_N], identity[TD_HASH_HEX_N];
} directory;

static void release(td_model_files *files)
{
    directory *d = files->owner;

    for (size_t i = 0; i < files->n_files; i++)
        td_os_map_close(&d->maps[i]);
    td_arena_free(d->arena);
    free(d);
}

static void forget(const td_model_files *files, td_str bytes)
{
    (void)files; /* all of its bytes are maps */
    td_os_map_forget(bytes);
}

static bool is_wanted(td_str name)
{
    return td_str_ends(name, TD_STR(".json")) || td_str_ends(name, TD_STR(".safetensors")) ||
           td_str_eq(name, TD_STR("vocab.txt"));
}

static tandem_code add_file(directory *d, const char *root, td_str name, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n = d->files.n_files;
    td_str path = td_arena_fmt(d->arena, "%s/%.*s", root, TD_STR_FMT(name));
    td_str copy = td_arena_copy(d->arena, name);

    if (!path.ptr || !copy.ptr)
        TD_TRY(td_arena_fail(d->arena, err));
    if (n == FILES_MAX)
        TD_FAIL(err, TANDEM_E_TOO_LARGE, "%s holds more than %d model files", root, FILES_MAX);
    TD_TRY(td_os_map_open(path.ptr, &d->maps[n], err));
    d->list[n] = (td_model_file){copy, d->maps[n].bytes};
    d->files.n_files++;
out:
    return code;
}

/* Only "N_Name" folders below the root count: those that modules.json speaks of. */
static tandem_code add_folder(directory *d, const char *root, const char *below, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str path = below[0] ? td_arena_fmt(d->arena, "%s/%s", root, below)
                           : td_arena_copy(d->arena, td_str_from(root));
    DIR *folder = path.ptr ? opendir(path.ptr) : NULL;
    struct dirent *entry;

    if (!path.ptr)
        TD_TRY(td_arena_fail(d->arena, err));
    if (!folder) {
        code = td_fail_errno(err, errno, "cannot read the model folder %s", path.ptr);
        goto out;
    }
    while ((entry = readdir(folder))) {
        td_str name = below[0] ? td_arena_fmt(d->arena, "%s/%s", below, entry->d_name)
                               : td_str_from(entry->d_name);
        td_str full = td_arena_fmt(d->arena, "%s/%.*s", root, TD_STR_FMT(name));
        if (!name.ptr || !full.ptr)
            TD_TRY(td_arena_fail(d->arena, err));
        if (is_wanted(name) && td_os_is_file(full.ptr))
            TD_TRY(add_file(d, root, name, err));
        else if (!below[0] && isdigit((unsigned char)name.ptr[0]) && td_os_is_dir(full.ptr))
            TD_TRY(add_folder(d, root, entry->d_name, err));
    }
out:
    if (folder)
        closedir(folder);
    return code;
}

/* Empty if a file was written a moment ago. */
static void identify(directory *d)
{
    td_model_file facts[FILES_MAX];
    int64_t newest_ns = 0;

    for (size_t i = 0; i < d->files.n_files; i++) {
        const td_os_identity *identity = &d->maps[i].identity;
        facts[i] = (td_model_file){d->list[i].name, {(const char *)identity, sizeof(*identity)}};
        newest_ns = identity->changed_ns > newest_ns ? identity->changed_ns : newest_ns;
    }
    if (newest_ns / 1000000 + SETTLED_MS < td_clock_wall_ms())
        td_hub_revision_of(facts, d->files.n_files, NULL, d->identity);
}

static void find_revision(directory *d, const char *path)
{
    if (td_hub_known_get(path, d->identity, d->revision))
        return;
    td_hub_revision_of(d->list, d->files.n_files, td_os_map_forget, d->revision);
    td_hub_known_put(path, d->identity, d->revision);
}

static tandem_code check(const td_model_files *files, const char *path, tandem_error *err)
{
    bool has_tokenizer = td_model_files_get(files, "tokenizer.json").ptr ||
                         td_model_files_get(files, "vocab.txt").ptr;
    bool has_weights = td_model_files_get(files, "model.safetensors").ptr ||
                       td_model_files_get(files, "model.safetensors.index.json").ptr;
    const char *missing = !td_model_files_get(files, "config.json").ptr ? "config.json"
                          : !has_weights                                ? "model.safetensors"
                          : !has_tokenizer ? "tokenizer.json (or vocab.txt)"
                                           : NULL;

    if (!missing)
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_FORMAT, "%s is no model directory: it has no %s", path, missing);
}

tandem_code td_hub_directory_open(const char *path, td_str id, td_str revision,
                                  td_model_files **files_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    directory *d = calloc(1, sizeof(*d));

    if (!d)
        return td_fail_nomem(err, "model directory");
    d->files.owner = d;
    d->files.files = d->list;
    d->files.release = release;
    d->files.forget = forget;
    d->arena = td_arena_new(NAMES_BYTES_MAX);
    if (!d->arena)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a model directory");
    TD_TRY(add_folder(d, path, "", err));
    TD_TRY(check(&d->files, path, err));
    identify(d);
    d->files.identity = td_str_from(d->identity);
    if (!revision.n) {
        find_revision(d, path);
        revision = td_str_from(d->revision);
    }
    d->files.id = td_arena_copy(d->arena, id);
    d->files.revision = td_arena_copy(d->arena, revision);
    d->files.origin = td_arena_copy(d->arena, td_str_from(path));
    if (!d->files.origin.ptr)
        TD_TRY(td_arena_fail(d->arena, err));
    *files_out = &d->files;
    d = NULL;
out:
    if (d)
        release(&d->files);
    return code;
}

static uint64_t bytes_of(const char *path, int depth)
{
    char below[PATH_BYTES_MAX];
    struct stat facts;
    struct dirent *entry;
    uint64_t sum = 0;
    DIR *folder = opendir(path);

    while (folder && (entry = readdir(folder))) {
        int n = snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || n < 0 || (size_t)n >= sizeof(below) ||
            stat(below, &facts) != 0)
            continue;
        if (S_ISREG(facts.st_mode))
            sum += (uint64_t)facts.st_size;
        else if (S_ISDIR(facts.st_mode) && depth > 0)
            sum += bytes_of(below, depth - 1);
    }
    if (folder)
        closedir(folder);
    return sum;
}

uint64_t td_hub_directory_bytes(const char *path)
{
    return bytes_of(path, 1);
}
