#include "hub/cache.h"

#include "base/os.h"
#include "hub/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    NAME_BYTES_MAX = 512,
    READ_BYTES = 1 << 18,
    LOCK_TRIES_MAX = 10,
};

tandem_code td_hub_cache_folder(td_buf *path, tandem_error *err)
{
    const char *hub = getenv("HF_HUB_CACHE");
    const char *home = getenv("HF_HOME");
    const char *user = getenv("HOME");

    if (hub && hub[0])
        return td_buf_add_fmt(path, err, "%s", hub);
    if (home && home[0])
        return td_buf_add_fmt(path, err, "%s/hub", home);
    if (!user || !user[0])
        return td_fail(err, TANDEM_E_NOT_FOUND, "none of HF_HUB_CACHE, HF_HOME and HOME is set");
    return td_buf_add_fmt(path, err, "%s/.cache/huggingface/hub", user);
}

tandem_code td_hub_cache_add_folder_of(td_buf *path, td_str id, tandem_error *err)
{
    size_t slash = td_str_find_byte(id, '/', 0);

    return td_buf_add_fmt(path, err, "/models--%.*s--%.*s", TD_STR_FMT(td_str_slice(id, 0, slash)),
                          TD_STR_FMT(td_str_slice(id, slash + 1, id.n)));
}

/* -- folders, one step at a time -- */

static tandem_code fail_at(const td_hub_cache *cache, const char *name, int failure,
                           tandem_error *err)
{
    if (failure == ELOOP || failure == ENOTDIR)
        return td_fail(err, TANDEM_E_DENIED,
                       "%s/%s is a link or no folder: tandem writes only inside the cache",
                       cache->path.ptr, name);
    return td_fail_errno(err, failure, "cannot write %s/%s", cache->path.ptr, name);
}

/* Makes a folder unless it is there, and opens it; -1 with errno set. */
static int open_folder(int at, const char *name)
{
    if (mkdirat(at, name, 0777) != 0 && errno != EEXIST)
        return -1;
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens (and makes) the folders in front of the last part of `path`, below `at`; `*leaf_out` is
 * that part. */
static tandem_code open_parent(const td_hub_cache *cache, int at, const char *path, int *fd_out,
                               const char **leaf_out, tandem_error *err)
{
    char part[NAME_BYTES_MAX];
    const char *rest = path, *slash;
    int fd = fcntl(at, F_DUPFD_CLOEXEC, 0);

    while (fd >= 0 && (slash = strchr(rest, '/'))) {
        snprintf(part, sizeof(part), "%.*s", (int)(slash - rest), rest);
        int below = open_folder(fd, part);
        int failure = errno;
        close(fd);
        errno = failure;
        fd = below;
        rest = slash + 1;
    }
    if (fd < 0)
        return fail_at(cache, path, errno, err);
    *fd_out = fd;
    *leaf_out = rest;
    return TANDEM_OK;
}

tandem_code td_hub_cache_open(td_str id, td_hub_cache *cache_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_hub_cache cache = TD_HUB_CACHE;
    int root = -1, locks = -1;

    TD_TRY(td_hub_cache_folder(&cache.path, err));
    TD_TRY(td_os_make_dirs(cache.path.ptr, err));
    root = open(cache.path.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        TD_TRY(fail_at(&cache, "", errno, err));
    size_t n_root = cache.path.n;
    TD_TRY(td_hub_cache_add_folder_of(&cache.path, id, err));
    const char *name = cache.path.ptr + n_root + 1;
    cache.repo = open_folder(root, name);
    if (cache.repo < 0)
        TD_TRY(fail_at(&cache, "", errno, err));
    cache.blobs = open_folder(cache.repo, "blobs");
    if (cache.blobs < 0)
        TD_TRY(fail_at(&cache, "blobs", errno, err));
    locks = open_folder(root, ".locks");
    if (locks >= 0)
        cache.locks = open_folder(locks, name);
    if (cache.locks < 0)
        TD_TRY(fail_at(&cache, "../.locks", errno, err));
    *cache_out = cache;
    cache = TD_HUB_CACHE;
out:
    if (root >= 0)
        close(root);
    if (locks >= 0)
        close(locks);
    td_hub_cache_close(&cache);
    return code;
}

void td_hub_cache_close(td_hub_cache *cache)
{
    int *const fds[] = {&cache->repo, &cache->blobs, &cache->locks};

    for (size_t i = 0; i < 3; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
    td_buf_clear(&cache->path);
}

/* -- locks -- */

/* Whether the file that `fd` has open still bears its name: whoever held the lock before may have
 * taken it away. */
static bool is_still_named(int folder, const char *name, int fd)
{
    struct stat open_facts, facts;

    return fstat(fd, &open_facts) == 0 && fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
           open_facts.st_ino == facts.st_ino && open_facts.st_dev == facts.st_dev;
}

tandem_code td_hub_cache_try_lock(td_hub_cache *cache, const td_hub_file *file, int *lock_out,
                                  bool *taken_out, tandem_error *err)
{
    char name[NAME_BYTES_MAX];

    snprintf(name, sizeof(name), "%s.lock", file->hash);
    for (int i = 0; i < LOCK_TRIES_MAX; i++) {
        int fd = openat(cache->locks, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                        0664);
        if (fd < 0)
            return fail_at(cache, "../.locks", errno, err);
        *taken_out = flock(fd, LOCK_EX | LOCK_NB) == 0;
        if (*taken_out && is_still_named(cache->locks, name, fd)) {
            *lock_out = fd;
            return TANDEM_OK;
        }
        int failure = *taken_out ? EAGAIN : errno;
        close(fd);
        if (!*taken_out)
            return failure == EWOULDBLOCK || failure == EINTR
                       ? TANDEM_OK
                       : td_fail_errno(err, failure, "cannot lock %s", name);
    }
    *taken_out = false;
    return TANDEM_OK;
}

/* -- blobs -- */

tandem_code td_hub_cache_has(const td_hub_cache *cache, const td_hub_file *file, bool *has_out,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_hub_digest *digest = NULL;
    struct stat facts;
    char *bytes = NULL;
    ssize_t n;
    bool has = false;
    int fd = openat(cache->blobs, file->hash, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) &&
        (uint64_t)facts.st_size == file->n_bytes) {
        bytes = malloc(READ_BYTES);
        if (!bytes)
            TD_TRY(td_fail_nomem(err, "hash"));
        TD_TRY(td_hub_digest_new(td_str_from(file->hash), file->n_bytes, &digest, err));
        while ((n = read(fd, bytes, READ_BYTES)) > 0)
            TD_TRY(td_hub_digest_add(digest, (td_str){bytes, (size_t)n}, err));
        TD_TRY(td_hub_digest_matches(digest, &has, err));
    }
    *has_out = has;
out:
    td_hub_digest_free(digest);
    free(bytes);
    if (fd >= 0)
        close(fd);
    return code;
}

static void part_name(const td_hub_file *file, char out[NAME_BYTES_MAX])
{
    snprintf(out, NAME_BYTES_MAX, "%s.incomplete", file->hash);
}

tandem_code td_hub_cache_part_open(const td_hub_cache *cache, const td_hub_file *file, int *fd_out,
                                   uint64_t *n_bytes_out, tandem_error *err)
{
    char name[NAME_BYTES_MAX];
    struct stat facts;

    part_name(file, name);
    int fd =
        openat(cache->blobs, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (fd < 0)
        return fail_at(cache, name, errno, err);
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(fd);
        return td_fail(err, TANDEM_E_DENIED, "%s/blobs/%s is no file: take it away",
                       cache->path.ptr, name);
    }
    *n_bytes_out = (uint64_t)facts.st_size;
    *fd_out = fd;
    return TANDEM_OK;
}

tandem_code td_hub_cache_part_keep(const td_hub_cache *cache, const td_hub_file *file, int fd,
                                   tandem_error *err)
{
    char name[NAME_BYTES_MAX];

    part_name(file, name);
    if (fsync(fd) != 0 || renameat(cache->blobs, name, cache->blobs, file->hash) != 0)
        return td_fail_errno(err, errno, "cannot write %s/blobs/%s", cache->path.ptr, file->hash);
    (void)fsync(cache->blobs); /* not every file system can; the bytes are safe already */
    return TANDEM_OK;
}

void td_hub_cache_part_drop(const td_hub_cache *cache, const td_hub_file *file)
{
    char name[NAME_BYTES_MAX];

    part_name(file, name);
    (void)unlinkat(cache->blobs, name, 0);
}

uint64_t td_hub_cache_part_bytes(const td_hub_cache *cache, const td_hub_file *file)
{
    char name[NAME_BYTES_MAX];
    struct stat facts;

    part_name(file, name);
    return fstatat(cache->blobs, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(facts.st_mode)
               ? (uint64_t)facts.st_size
               : 0;
}

uint64_t td_hub_cache_free_bytes(const td_hub_cache *cache)
{
    struct statvfs facts;

    if (fstatvfs(cache->blobs, &facts) != 0)
        return UINT64_MAX; /* then the write will tell */
    return (uint64_t)facts.f_bavail * facts.f_frsize;
}

/* -- links and refs -- */

static void temporary_name(const char *leaf, char out[NAME_BYTES_MAX])
{
    snprintf(out, NAME_BYTES_MAX, ".%s.%ld.tmp", leaf, (long)getpid());
}

static bool is_link_to(int at, const char *leaf, const char *target)
{
    char found[NAME_BYTES_MAX];
    ssize_t n = readlinkat(at, leaf, found, sizeof(found));

    return n >= 0 && (size_t)n < sizeof(found) && (size_t)n == strlen(target) &&
           memcmp(found, target, (size_t)n) == 0;
}

tandem_code td_hub_cache_link(const td_hub_cache *cache, const char *commit,
                              const td_hub_file *file, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char path[NAME_BYTES_MAX], target[NAME_BYTES_MAX], temporary[NAME_BYTES_MAX];
    const char *leaf = NULL;
    size_t n = 0;
    int at = -1;

    snprintf(path, sizeof(path), "snapshots/%s/%s", commit, file->path);
    TD_TRY(open_parent(cache, cache->repo, path, &at, &leaf, err));
    target[0] = '\0';
    for (const char *c = path; *c; c++)
        n += *c == '/' ? (size_t)snprintf(target + n, sizeof(target) - n, "../") : 0;
    snprintf(target + n, sizeof(target) - n, "blobs/%s", file->hash);
    if (is_link_to(at, leaf, target))
        goto out;
    temporary_name(leaf, temporary);
    (void)unlinkat(at, temporary, 0); /* of a process of this number that was killed */
    if (symlinkat(target, at, temporary) != 0 || renameat(at, temporary, at, leaf) != 0) {
        int failure = errno;
        (void)unlinkat(at, temporary, 0);
        TD_TRY(fail_at(cache, path, failure, err));
    }
    (void)fsync(at);
out:
    if (at >= 0)
        close(at);
    return code;
}

static bool write_whole(int fd, const char *text)
{
    size_t n = strlen(text);

    return write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
}

tandem_code td_hub_cache_refer(const td_hub_cache *cache, td_str revision, const char *commit,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char path[NAME_BYTES_MAX], temporary[NAME_BYTES_MAX];
    const char *leaf = NULL;
    int at = -1, fd = -1;

    if (td_str_eq(revision, td_str_from(commit)))
        return TANDEM_OK;
    snprintf(path, sizeof(path), "refs/%.*s", TD_STR_FMT(revision));
    TD_TRY(open_parent(cache, cache->repo, path, &at, &leaf, err));
    temporary_name(leaf, temporary);
    (void)unlinkat(at, temporary, 0);
    fd = openat(at, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0 || !write_whole(fd, commit) || renameat(at, temporary, at, leaf) != 0) {
        int failure = errno;
        (void)unlinkat(at, temporary, 0);
        TD_TRY(fail_at(cache, path, failure, err));
    }
    (void)fsync(at);
out:
    if (fd >= 0)
        close(fd);
    if (at >= 0)
        close(at);
    return code;
}
