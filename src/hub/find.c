#include "hub/find.h"

#include "base/os.h"
#include "hub/cache.h"
#include "hub/directory.h"
#include "hub/hub.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PATH_BYTES_MAX = 4096,
    REF_BYTES_MAX = 256,
    MODELS_MAX = 10000, /* that a list names */
};

/* The commit that a ref of a repository folder names; E_FORMAT for what could leave the folder. */
static tandem_code read_ref(const char *repository, td_str revision, td_buf *ref, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(PATH_BYTES_MAX);

    TD_TRY(td_buf_add_fmt(&path, err, "%s/refs/%.*s", repository, TD_STR_FMT(revision)));
    TD_TRY(td_os_read_file(path.ptr, REF_BYTES_MAX - 1, ref, err));
    td_str commit = td_str_trim(td_buf_str(ref));
    if (!commit.n || td_str_find_byte(commit, '/', 0) != TD_STR_NONE || commit.ptr[0] == '.')
        TD_FAIL(err, TANDEM_E_FORMAT, "%s does not name a revision", path.ptr);
out:
    td_buf_clear(&path);
    return code;
}

static tandem_code open_snapshot(const char *repository, td_str id, td_str commit,
                                 td_model_files **files_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(PATH_BYTES_MAX);

    TD_TRY(td_buf_add_fmt(&path, err, "%s/snapshots/%.*s", repository, TD_STR_FMT(commit)));
    TD_TRY(td_hub_directory_open(path.ptr, id, commit, files_out, err));
out:
    td_buf_clear(&path);
    return code;
}

/* A revision is a ref or a commit by itself. */
static tandem_code open_cached(const char *repository, const td_hub_name *name,
                               td_model_files **files_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf ref = TD_BUF(REF_BYTES_MAX);

    if (td_hub_names_is_commit(name->revision)) {
        TD_TRY(open_snapshot(repository, name->id, name->revision, files_out, err));
        goto out;
    }
    TD_TRY(read_ref(repository, name->revision, &ref, err));
    TD_TRY(open_snapshot(repository, name->id, td_str_trim(td_buf_str(&ref)), files_out, err));
out:
    td_buf_clear(&ref);
    return code;
}

tandem_code td_hub_find_cached(const td_hub_name *name, td_model_files **files_out,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(PATH_BYTES_MAX);

    TD_TRY(td_hub_cache_folder(&path, err));
    size_t n_folder = path.n;
    TD_TRY(td_hub_cache_add_folder_of(&path, name->id, err));
    if (!td_os_is_dir(path.ptr)) {
        td_buf_cut(&path, n_folder);
        TD_FAIL(err, TANDEM_E_NOT_FOUND,
                "no model %.*s in %s: `tandem pull %.*s` brings it, or name a folder that has it",
                TD_STR_FMT(name->id), path.ptr, TD_STR_FMT(name->id));
    }
    code = open_cached(path.ptr, name, files_out, err);
    if (code == TANDEM_E_NOT_FOUND)
        TD_FAIL(err, code, "no revision %.*s in %s: `tandem pull %.*s@%.*s` brings it",
                TD_STR_FMT(name->revision), path.ptr, TD_STR_FMT(name->id),
                TD_STR_FMT(name->revision));
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
    td_str given = td_str_from(name);
    td_hub_name split;

    if (!given.n || td_str_eq(given, TD_STR("minilm"))) {
        *files_out = td_hub_embedded();
        return TANDEM_OK;
    }
    if (td_os_is_dir(name))
        return td_hub_directory_open(name, folder_name(given), TD_STR(""), files_out, err);
    if (td_hub_names_split(given, &split))
        return td_hub_find_cached(&split, files_out, err);
    return td_fail(err, TANDEM_E_NOT_FOUND,
                   "no model %s: neither a folder, nor minilm (embedded), nor a name like "
                   "org/name of the Hugging Face cache",
                   name);
}

/* -- all that is here -- */

/* "models--org--name" as "org/name"; false for any other folder. */
static bool id_of_folder(const char *folder, td_buf *id)
{
    td_str rest = td_str_from(folder);

    td_buf_cut(id, 0);
    if (!td_str_starts(rest, TD_STR("models--")))
        return false;
    rest = td_str_slice(rest, strlen("models--"), rest.n);
    size_t gap = td_str_find(rest, TD_STR("--"), 0);
    return gap != TD_STR_NONE &&
           td_buf_add_fmt(id, NULL, "%.*s/%.*s", TD_STR_FMT(td_str_slice(rest, 0, gap)),
                          TD_STR_FMT(td_str_slice(rest, gap + 2, rest.n))) == TANDEM_OK &&
           td_hub_names_is_id(td_buf_str(id));
}

typedef struct lister {
    td_hub_each each;
    void *user;
    td_buf repository, id, snapshot;
} lister;

static tandem_code list_snapshot(lister *l, const char *commit, td_str main_commit,
                                 tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_error reason = {.code = TANDEM_OK};
    td_model_files *files = NULL;
    size_t n_id = l->id.n;
    td_hub_listed listed = {.error = &reason};

    td_buf_cut(&l->snapshot, 0);
    TD_TRY(td_buf_add_fmt(&l->snapshot, err, "%s/snapshots/%s", l->repository.ptr, commit));
    if (!td_str_eq(main_commit, td_str_from(commit)))
        TD_TRY(td_buf_add_fmt(&l->id, err, "@%s", commit));
    listed.id = td_buf_str(&l->id);
    listed.origin = td_buf_str(&l->snapshot);
    listed.revision = td_str_from(commit);
    listed.n_bytes = td_hub_directory_bytes(l->snapshot.ptr);
    if (td_hub_directory_open(l->snapshot.ptr, listed.id, listed.revision, &files, &reason) ==
        TANDEM_OK)
        listed.files = files;
    l->each(l->user, &listed);
out:
    td_model_files_close(files);
    td_buf_cut(&l->id, n_id);
    return code;
}

static int is_named(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Names of a folder in order; 0 for one that can't be read. */
static int list_folder(const char *path, struct dirent ***entries_out)
{
    int n = scandir(path, entries_out, is_named, alphasort);
    return n < 0 ? 0 : n;
}

static void free_names(struct dirent **entries, int n)
{
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
}

static tandem_code list_repository(lister *l, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(PATH_BYTES_MAX), ref = TD_BUF(REF_BYTES_MAX);
    struct dirent **commits = NULL;
    int n = 0;

    if (read_ref(l->repository.ptr, TD_STR("main"), &ref, NULL) != TANDEM_OK)
        td_buf_cut(&ref, 0);
    TD_TRY(td_buf_add_fmt(&path, err, "%s/snapshots", l->repository.ptr));
    n = list_folder(path.ptr, &commits);
    for (int i = 0; i < n; i++)
        TD_TRY(list_snapshot(l, commits[i]->d_name, td_str_trim(td_buf_str(&ref)), err));
out:
    free_names(commits, n);
    td_buf_clear(&path);
    td_buf_clear(&ref);
    return code;
}

static void list_embedded(lister *l)
{
    const td_model_files *files = td_hub_embedded();
    td_hub_listed listed = {files->id, files->origin, files->revision, 0, files, NULL};

    for (size_t i = 0; i < files->n_files; i++)
        listed.n_bytes += files->files[i].bytes.n;
    l->each(l->user, &listed);
}

tandem_code td_hub_list(td_hub_each each, void *user, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    lister l = {each, user, TD_BUF(PATH_BYTES_MAX), TD_BUF(PATH_BYTES_MAX), TD_BUF(PATH_BYTES_MAX)};
    struct dirent **folders = NULL;
    int n = 0;

    list_embedded(&l);
    if (td_hub_cache_folder(&l.repository, NULL) != TANDEM_OK)
        goto out; /* no home, no cache */
    size_t n_folder = l.repository.n;
    n = list_folder(l.repository.ptr, &folders);
    for (int i = 0; i < n && i < MODELS_MAX; i++) {
        if (!id_of_folder(folders[i]->d_name, &l.id))
            continue;
        td_buf_cut(&l.repository, n_folder);
        TD_TRY(td_buf_add_fmt(&l.repository, err, "/%s", folders[i]->d_name));
        TD_TRY(list_repository(&l, err));
    }
out:
    free_names(folders, n);
    td_buf_clear(&l.repository);
    td_buf_clear(&l.id);
    td_buf_clear(&l.snapshot);
    return code;
}
