/* The walk: a stack of open folders, the deepest last. `next` takes entries of the deepest one
 * until something comes of them.
 *
 *  1. A folder is entered through its parent's descriptor and never through a link, so the walk
 *     cannot leave the root, and only a mount can make it meet itself.
 *  2. Levels [0, n_outer) lie above the root and up to the top of its git repository; only their
 *     ignore rules are used. The root is level n_outer.
 *  3. `path` is the path of the present entry from level 0 on; a level's rules see the part behind
 *     that level's path_n bytes.
 */
#include "source/files.h"

#include "base/log.h"
#include "base/thread.h"
#include "source/filter.h"
#include "source/folder.h"
#include "source/read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LEVELS_MAX = 256, /* also the most descriptors that a walk holds */
    PATH_BYTES_MAX = 1 << 20,
};

typedef struct level {
    td_source_folder folder;
    size_t path_n; /* bytes of `path` that name this folder, with its '/' */
} level;

typedef struct tree {
    td_source source;
    td_source_options options;
    td_source_filter *filter;
    level levels[LEVELS_MAX];
    size_t n_levels, n_outer;
    char *root;            /* absolute */
    size_t root_n;         /* its bytes without a '/' at the end: 0 for "/" */
    td_buf printable_root; /* source.uri */
    td_buf path, uri, final_uri;
    size_t n_ignored, n_hidden, n_excluded;
    td_stop is_cancelled;
} tree;

/* The path of the present entry from the root on. */
static td_str rooted(const tree *t)
{
    return td_str_slice(td_buf_str(&t->path), t->levels[t->n_outer].path_n, t->path.n);
}

static td_source_verdict verdict_at(const tree *t, size_t i, size_t kind, bool is_dir)
{
    const level *l = &t->levels[i];
    td_str path = td_str_slice(td_buf_str(&t->path), l->path_n, t->path.n);
    td_source_verdict verdict = td_source_ignore_match(&l->folder.rules[kind], path, is_dir);

    if (verdict == TD_SOURCE_UNDECIDED && kind == TD_SOURCE_RULES_GIT && l->folder.is_git_top)
        verdict = td_source_ignore_match(&l->folder.git_private, path, is_dir);
    return verdict;
}

/* The deepest file that says something decides; .tandemignore before .ignore before git's. */
static bool is_ignored(const tree *t, bool is_dir)
{
    for (size_t kind = TD_SOURCE_N_RULES; kind > 0; kind--)
        for (size_t i = t->n_levels; i > 0; i--) {
            td_source_verdict verdict = verdict_at(t, i - 1, kind - 1, is_dir);
            if (verdict != TD_SOURCE_UNDECIDED)
                return verdict == TD_SOURCE_IGNORED;
            if (kind - 1 == TD_SOURCE_RULES_GIT && t->levels[i - 1].folder.is_git_top)
                break;
        }
    return false;
}

/* Whether the present entry is no part of the source. */
static bool is_left_out(tree *t, const td_source_entry *entry)
{
    bool is_dir = entry->kind == TD_SOURCE_ENTRY_FOLDER;

    if (td_source_folder_is_vcs(entry->name))
        return true;
    if (!t->options.hidden && entry->name.ptr[0] == '.') {
        t->n_hidden++;
        return true;
    }
    if (!t->options.no_ignore && is_ignored(t, is_dir)) {
        t->n_ignored++;
        return true;
    }
    bool out = is_dir ? td_source_filter_drops_folder(t->filter, rooted(t))
                      : !td_source_filter_takes(t->filter, rooted(t), NULL);
    t->n_excluded += out;
    return out;
}

static bool is_among_parents(const tree *t, const td_source_folder *folder)
{
    for (size_t i = t->n_outer; i < t->n_levels; i++)
        if (t->levels[i].folder.inode == folder->inode &&
            t->levels[i].folder.device == folder->device)
            return true;
    return false;
}

/* Fills uri and final_uri for the present entry. */
static tandem_code name_entry(tree *t, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    td_buf_cut(&t->uri, 0);
    td_buf_cut(&t->final_uri, 0);
    TD_TRY(td_source_read_printable(rooted(t), &t->uri, err));
    TD_TRY(td_buf_add(&t->final_uri, td_buf_str(&t->printable_root), err));
    if (!td_str_ends(td_buf_str(&t->final_uri), TD_STR("/")))
        TD_TRY(td_buf_add_byte(&t->final_uri, '/', err));
    TD_TRY(td_buf_add(&t->final_uri, td_buf_str(&t->uri), err));

out:
    return code;
}

static tandem_code miss(tree *t, tandem_code why, td_page **page_out, tandem_error *err,
                        const char *reason)
{
    tandem_code code = name_entry(t, err);

    if (code != TANDEM_OK)
        return code;
    return td_source_read_miss(td_buf_str(&t->uri), td_buf_str(&t->final_uri), why, page_out, err,
                               "%s", reason);
}

/* Enters the folder at the present entry. A page comes of it only if that is not possible. */
static tandem_code enter(tree *t, const td_source_entry *entry, td_page **page_out,
                         tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_error why = {.code = TANDEM_OK};
    td_source_folder folder = {.fd = -1};

    TD_TRY(td_buf_add_byte(&t->path, '/', err));
    if (t->n_levels == LEVELS_MAX) {
        TD_TRY(miss(t, TANDEM_OK, page_out, err, "folders nested deeper than 256: not entered"));
        return code;
    }
    td_source_folder_open(t->levels[t->n_levels - 1].folder.fd, entry->name.ptr, true,
                          !t->options.no_ignore, &folder, &why);
    if (why.code == TANDEM_E_NOMEM)
        return td_fail(err, why.code, "%s", why.message);
    if (why.code != TANDEM_OK) {
        TD_TRY(miss(t, why.code, page_out, err, why.message));
    } else if (is_among_parents(t, &folder)) {
        td_source_folder_close(&folder);
        TD_TRY(miss(t, TANDEM_OK, page_out, err, "the folder holds itself: not entered again"));
    } else {
        t->levels[t->n_levels++] = (level){folder, t->path.n};
    }

out:
    return code;
}

/* Opens the folder of the file that `path` (real, below the root) names, part by part and through
 * no link, and gives the last part; -1 if that cannot be. */
static int open_parent_of(const tree *t, const char *path, const char **last_out)
{
    int fd = openat(t->levels[t->n_outer].folder.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    td_str rest = td_str_from(path + t->root_n + 1), part;
    char name[NAME_MAX + 1];

    for (; fd >= 0 && td_str_find_byte(rest, '/', 0) != TD_STR_NONE;) {
        td_str_next(&rest, '/', &part);
        int parent = fd;
        fd = -1;
        if (part.n < sizeof(name) && !td_source_folder_is_vcs(part)) {
            memcpy(name, part.ptr, part.n);
            name[part.n] = '\0';
            fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        }
        close(parent);
    }
    *last_out = rest.ptr;
    return fd;
}

/* A symbolic link: a file inside the root is read, all else is skipped. */
static tandem_code read_link(tree *t, const td_source_entry *entry, td_page **page_out,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf from = TD_BUF(PATH_BYTES_MAX);
    char target[PATH_MAX];
    struct stat info;
    const char *last = NULL;
    int fd = -1;

    if (fstatat(t->levels[t->n_levels - 1].folder.fd, entry->name.ptr, &info, 0) != 0)
        return miss(t, TANDEM_E_NOT_FOUND, page_out, err, "a symbolic link that leads nowhere");
    if (S_ISDIR(info.st_mode))
        return miss(t, TANDEM_OK, page_out, err, "a symbolic link to a folder: not followed");

    TD_TRY(td_buf_add(&from, (td_str){t->root, t->root_n}, err));
    TD_TRY(td_buf_add_byte(&from, '/', err));
    TD_TRY(td_buf_add(&from, rooted(t), err));
    if (!realpath(from.ptr, target) || strncmp(target, t->root, t->root_n) != 0 ||
        target[t->root_n] != '/')
        TD_TRY(miss(t, TANDEM_OK, page_out, err, "a symbolic link that leads out of the folder"));
    else if ((fd = open_parent_of(t, target, &last)) < 0)
        TD_TRY(miss(t, TANDEM_OK, page_out, err, "a symbolic link whose target is out of reach"));
    else {
        TD_TRY(name_entry(t, err));
        TD_TRY(td_source_read_file(fd, last, false, td_buf_str(&t->uri), td_buf_str(&t->final_uri),
                                   &t->options, page_out, err));
    }

out:
    if (fd >= 0)
        close(fd);
    td_buf_clear(&from);
    return code;
}

/* What comes of the present entry: a page, or NULL if it is left out or was entered. */
static tandem_code take_entry(tree *t, const td_source_entry *entry, td_page **page_out,
                              tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    if (is_left_out(t, entry))
        return TANDEM_OK;
    if (entry->kind == TD_SOURCE_ENTRY_FOLDER)
        return enter(t, entry, page_out, err);
    if (entry->kind == TD_SOURCE_ENTRY_LINK)
        return read_link(t, entry, page_out, err);
    TD_TRY(name_entry(t, err));
    TD_TRY(td_source_read_file(t->levels[t->n_levels - 1].folder.fd, entry->name.ptr, false,
                               td_buf_str(&t->uri), td_buf_str(&t->final_uri), &t->options,
                               page_out, err));

out:
    return code;
}

static tandem_code next(td_source *self, td_page **page_out, tandem_error *err)
{
    tree *t = (tree *)self;
    td_page *page = NULL;

    while (!page && t->n_levels > t->n_outer) {
        level *l = &t->levels[t->n_levels - 1];
        if (atomic_load(&t->is_cancelled))
            return td_fail(err, TANDEM_E_CANCELLED, "cancelled");
        if (l->folder.at == l->folder.n_entries && t->n_levels - 1 == t->n_outer)
            break;
        if (l->folder.at == l->folder.n_entries) {
            td_source_folder_close(&l->folder);
            t->n_levels--;
            continue;
        }
        const td_source_entry *entry = &l->folder.entries[l->folder.at++];
        td_buf_cut(&t->path, l->path_n);
        tandem_code code = td_buf_add(&t->path, entry->name, err);
        if (code == TANDEM_OK)
            code = take_entry(t, entry, &page, err);
        if (code != TANDEM_OK)
            return code;
    }
    if (!page)
        td_log(TD_INFO, "source", "dir=%s ignored=%zu hidden=%zu excluded=%zu", t->source.uri.ptr,
               t->n_ignored, t->n_hidden, t->n_excluded);
    *page_out = page;
    return TANDEM_OK;
}

static void done(td_source *self, td_str uri, const td_link *links, size_t n)
{
    (void)self;
    (void)uri;
    (void)links;
    (void)n;
}

static void cancel(td_source *self)
{
    atomic_store(&((tree *)self)->is_cancelled, true);
}

static void close_tree(td_source *self)
{
    tree *t = (tree *)self;

    for (size_t i = 0; i < t->n_levels; i++)
        td_source_folder_close(&t->levels[i].folder);
    td_source_filter_free(t->filter);
    td_buf_clear(&t->path);
    td_buf_clear(&t->uri);
    td_buf_clear(&t->final_uri);
    td_buf_clear(&t->printable_root);
    free(t->root);
    free(t);
}

/* Bytes of the longest folder at or above the root that has a .git; 0 if none has. */
static size_t git_top_n(const char *root)
{
    char path[PATH_MAX];
    struct stat info;

    for (size_t n = strlen(root); n > 0 && n + 6 < sizeof(path);) {
        memcpy(path, root, n);
        memcpy(path + n, "/.git", 6);
        if (lstat(path, &info) == 0)
            return n;
        while (n > 0 && root[n - 1] != '/')
            n--;
        n -= n > 0;
    }
    return 0;
}

/* Opens the levels above the root for their rules, and the root for all it has. */
static tandem_code open_levels(tree *t, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t top = t->options.no_ignore ? 0 : git_top_n(t->root), n = strlen(t->root);
    char path[PATH_MAX];

    for (size_t i = top; top > 0 && i < n && t->n_levels < LEVELS_MAX / 2; i++) {
        if (i != top && t->root[i] != '/')
            continue;
        memcpy(path, t->root, i);
        path[i] = '\0';
        TD_TRY(td_source_folder_open(AT_FDCWD, path, false, true, &t->levels[t->n_levels].folder,
                                     err));
        /* `path` starts behind "/repo/", and "docs/" is as long as "/docs". */
        t->levels[t->n_levels++].path_n = i - top;
    }
    t->n_outer = t->n_levels;
    if (t->n_outer > 0) {
        TD_TRY(td_buf_add(&t->path, td_str_from(t->root + top + 1), err));
        TD_TRY(td_buf_add_byte(&t->path, '/', err));
    }
    TD_TRY(td_source_folder_open(AT_FDCWD, t->root, true, !t->options.no_ignore,
                                 &t->levels[t->n_levels].folder, err));
    t->levels[t->n_levels++].path_n = t->path.n;

out:
    if (code != TANDEM_OK)
        td_context(err, "%s", t->root);
    return code;
}

tandem_code td_source_files_open(const char *path, const td_source_options *options,
                                 td_source **source_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tree *t = calloc(1, sizeof(*t));

    if (!t)
        return td_fail_nomem(err, "folder source");
    t->path = t->uri = t->final_uri = t->printable_root = TD_BUF(PATH_BYTES_MAX);
    t->options = *options;
    t->root = strdup(path);
    if (!t->root)
        TD_TRY(td_fail_nomem(err, "folder source"));
    t->root_n = strcmp(path, "/") == 0 ? 0 : strlen(path);
    TD_TRY(td_source_read_printable(td_str_from(path), &t->printable_root, err));
    TD_TRY(td_source_filter_new(options, &t->filter, err));
    TD_TRY(open_levels(t, err));
    t->source = (td_source){.next = next,
                            .done = done,
                            .cancel = cancel,
                            .close = close_tree,
                            .kind = "dir",
                            .uri = {"", 0}};
    t->source.uri = td_buf_str(&t->printable_root);
    *source_out = &t->source;
    t = NULL;

out:
    if (t)
        close_tree(&t->source);
    return code;
}
