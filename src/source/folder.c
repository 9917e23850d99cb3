#include "source/folder.h"

#include "base/buf.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FOLDER_BYTES_MAX = 256 << 20,
    PATH_BYTES_MAX = 4096, /* of what a .git file may point to */
};

bool td_source_folder_is_vcs(td_str name)
{
    static const char *const own[] = {".git", ".hg",    ".svn", ".bzr",    "CVS",      "_darcs",
                                      ".jj",  ".pijul", ".sl",  ".fossil", ".fslckout"};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (td_str_eq(name, td_str_from(own[i])))
            return true;
    return false;
}

static td_source_entry_kind kind_of_mode(mode_t mode)
{
    return S_ISREG(mode)   ? TD_SOURCE_ENTRY_FILE
           : S_ISDIR(mode) ? TD_SOURCE_ENTRY_FOLDER
           : S_ISLNK(mode) ? TD_SOURCE_ENTRY_LINK
                           : TD_SOURCE_ENTRY_OTHER;
}

static td_source_entry_kind kind_of(int fd, const struct dirent *entry)
{
    struct stat info;

    switch (entry->d_type) {
    case DT_REG:
        return TD_SOURCE_ENTRY_FILE;
    case DT_DIR:
        return TD_SOURCE_ENTRY_FOLDER;
    case DT_LNK:
        return TD_SOURCE_ENTRY_LINK;
    case DT_UNKNOWN:
        /* One that is gone already is reported when it is read. */
        if (fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
            return kind_of_mode(info.st_mode);
        return TD_SOURCE_ENTRY_FILE;
    default:
        return TD_SOURCE_ENTRY_OTHER;
    }
}

/* The byte that stands at `i` in the path of what is in the entry, if it is a folder. */
static unsigned char byte_at(const td_source_entry *entry, size_t i)
{
    if (i < entry->name.n)
        return (unsigned char)entry->name.ptr[i];
    return entry->kind == TD_SOURCE_ENTRY_FOLDER && i == entry->name.n ? '/' : '\0';
}

static int compare(const void *left, const void *right)
{
    const td_source_entry *a = left, *b = right;
    size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
    int by_name = memcmp(a->name.ptr, b->name.ptr, n);

    if (by_name != 0)
        return by_name;
    for (size_t i = n; i <= n + 1; i++)
        if (byte_at(a, i) != byte_at(b, i))
            return byte_at(a, i) < byte_at(b, i) ? -1 : 1;
    return 0;
}

static tandem_code add_entry(td_source_folder *folder, const struct dirent *entry, size_t *capacity,
                             tandem_error *err)
{
    if (folder->n_entries == *capacity) {
        size_t larger = *capacity ? *capacity * 2 : 32;
        td_source_entry *grown = td_arena_grow(folder->arena, folder->entries,
                                               *capacity * sizeof(*grown), larger * sizeof(*grown));
        if (!grown)
            return td_arena_fail(folder->arena, err);
        folder->entries = grown;
        *capacity = larger;
    }
    td_str name = td_arena_copy(folder->arena, td_str_from(entry->d_name));
    if (!name.ptr)
        return td_arena_fail(folder->arena, err);
    folder->entries[folder->n_entries++] = (td_source_entry){name, kind_of(folder->fd, entry)};
    return TANDEM_OK;
}

static tandem_code read_entries(td_source_folder *folder, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t capacity = 0;
    DIR *dir = NULL;
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0)
        dir = fdopendir(fd);
    if (!dir) {
        code = td_fail_errno(err, errno, "cannot read the folder");
        if (fd >= 0)
            close(fd);
        return code;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry && errno != 0 && folder->n_entries == 0)
            TD_TRY(td_fail_errno(err, errno, "cannot read the folder"));
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        folder->is_git_top = folder->is_git_top || strcmp(entry->d_name, ".git") == 0;
        TD_TRY(add_entry(folder, entry, &capacity, err));
    }
    if (errno != 0)
        td_log(TD_WARN, "source", "folder is read in part only: errno=%d", errno);
    if (folder->n_entries > 1)
        qsort(folder->entries, folder->n_entries, sizeof(*folder->entries), compare);

out:
    closedir(dir);
    return code;
}

/* A small file into the arena; empty if there is none, it is no file or it is too large. */
static tandem_code read_small(int fd, const char *name, td_arena *arena, td_str *text_out,
                              tandem_error *err)
{
    struct stat info;
    int file = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    *text_out = (td_str){"", 0};
    if (file < 0)
        return TANDEM_OK;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) ||
        info.st_size > TD_SOURCE_IGNORE_BYTES_MAX || info.st_size == 0) {
        close(file);
        return TANDEM_OK;
    }
    char *bytes = td_arena_alloc(arena, (size_t)info.st_size);
    ssize_t got = bytes ? read(file, bytes, (size_t)info.st_size) : 0;
    close(file);
    if (!bytes)
        return td_arena_fail(arena, err);
    *text_out = (td_str){bytes, got > 0 ? (size_t)got : 0};
    return TANDEM_OK;
}

static tandem_code read_rules(int fd, const char *name, td_arena *arena, td_source_rules *rules_out,
                              tandem_error *err)
{
    td_str text;
    tandem_code code = read_small(fd, name, arena, &text, err);
    return code == TANDEM_OK ? td_source_ignore_parse(text, arena, rules_out, err) : code;
}

/* Opens the folder that a ".git" file ("gitdir: PATH") or a "commondir" file names; -1 if none. */
static int open_pointed(int fd, const char *file, const char *prefix, td_arena *arena)
{
    char path[PATH_BYTES_MAX];
    td_str text;

    if (read_small(fd, file, arena, &text, NULL) != TANDEM_OK)
        return -1;
    if (!td_str_starts(text, td_str_from(prefix)))
        return -1;
    text = td_str_trim(td_str_slice(text, strlen(prefix), text.n));
    if (text.n == 0 || text.n >= sizeof(path))
        return -1;
    memcpy(path, text.ptr, text.n);
    path[text.n] = '\0';
    return openat(fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* .git/info/exclude, where .git is a folder, or a file as in a worktree or submodule. */
static tandem_code read_git_private(td_source_folder *folder, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    int git = openat(folder->fd, ".git", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (git < 0)
        git = open_pointed(folder->fd, ".git", "gitdir:", folder->arena);
    if (git < 0)
        return TANDEM_OK;
    int common = open_pointed(git, "commondir", "", folder->arena);
    code = read_rules(common >= 0 ? common : git, "info/exclude", folder->arena,
                      &folder->git_private, err);
    if (common >= 0)
        close(common);
    close(git);
    return code;
}

static tandem_code read_all_rules(td_source_folder *folder, tandem_error *err)
{
    static const char *const names[TD_SOURCE_N_RULES] = {".gitignore", ".ignore", ".tandemignore"};
    struct stat info;
    tandem_code code = TANDEM_OK;

    folder->is_git_top = fstatat(folder->fd, ".git", &info, AT_SYMLINK_NOFOLLOW) == 0;
    for (size_t i = 0; i < TD_SOURCE_N_RULES && code == TANDEM_OK; i++)
        code = read_rules(folder->fd, names[i], folder->arena, &folder->rules[i], err);
    if (code == TANDEM_OK && folder->is_git_top)
        code = read_git_private(folder, err);
    return code;
}

tandem_code td_source_folder_open(int dir_fd, const char *name, bool with_entries, bool with_rules,
                                  td_source_folder *folder_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_source_folder folder = {.fd = -1};
    struct stat info;

    folder.fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder.fd < 0 || fstat(folder.fd, &info) != 0)
        TD_TRY(td_fail_errno(err, errno, "cannot open the folder"));
    folder.device = info.st_dev;
    folder.inode = info.st_ino;
    folder.arena = td_arena_new(FOLDER_BYTES_MAX);
    if (!folder.arena)
        TD_TRY(td_fail_nomem(err, "folder"));
    if (with_entries)
        TD_TRY(read_entries(&folder, err));
    if (with_rules)
        TD_TRY(read_all_rules(&folder, err));
    *folder_out = folder;
    return TANDEM_OK;

out:
    td_source_folder_close(&folder);
    return code;
}

void td_source_folder_close(td_source_folder *folder)
{
    td_arena_free(folder->arena);
    if (folder->fd >= 0)
        close(folder->fd);
    *folder = (td_source_folder){.fd = -1};
}
