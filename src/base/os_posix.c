#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 * 1024,
    TEMPORARY_NAMES_MAX = 100,
    TREE_FDS_MAX = 16,
};

void td_os_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

double td_os_cpu_seconds(void)
{
    struct timespec used = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

/* Never waits for a writer, as opening a named pipe would. */
static int open_to_read(const char *path)
{
    int fd;
    do {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

tandem_code td_os_map_open(const char *path, td_os_map *map_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    struct stat facts;
    void *base = NULL;
    int fd = open_to_read(path);

    if (fd < 0 || fstat(fd, &facts) != 0) {
        code = td_fail_errno(err, errno, "cannot open %s", path);
        goto out;
    }
    if (!S_ISREG(facts.st_mode))
        TD_FAIL(err, TANDEM_E_INVALID, "%s is no regular file", path);
    if ((uintmax_t)facts.st_size > SIZE_MAX)
        TD_FAIL(err, TANDEM_E_TOO_LARGE, "%s is too large to map", path);
    if (facts.st_size > 0) {
        base = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (base == MAP_FAILED) {
            code = td_fail_errno(err, errno, "cannot map %s", path);
            goto out;
        }
    }
    *map_out = (td_os_map){
        .bytes = {base ? base : "", (size_t)facts.st_size},
        .identity = td_os_identity_of(&facts),
        .base = base,
        .base_bytes = (size_t)facts.st_size,
    };

out:
    close_fd(fd);
    return code;
}

void td_os_map_close(td_os_map *map)
{
    if (map->base)
        munmap(map->base, map->base_bytes);
    *map = (td_os_map){0};
}

void td_os_map_forget(td_str bytes)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)bytes.ptr + page - 1) / page * page;
    uintptr_t to = ((uintptr_t)bytes.ptr + bytes.n) / page * page;
    if (from < to)
        madvise((void *)from, to - from, MADV_DONTNEED);
}

static ssize_t read_some(int fd, void *to, size_t n)
{
    ssize_t got;
    do {
        got = read(fd, to, n);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* Reads what fits; then one byte more, to learn if that was all. */
static tandem_code read_to_end(int fd, const char *what, size_t bytes_max, td_buf *buf,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t left = buf->n_max - buf->n < bytes_max ? buf->n_max - buf->n : bytes_max;
    for (;;) {
        char beyond;
        size_t room = left < READ_BYTES ? left : READ_BYTES;
        TD_TRY(td_buf_reserve(buf, room, err));
        ssize_t got = read_some(fd, room ? buf->ptr + buf->n : &beyond, room ? room : 1);
        if (got < 0) {
            code = td_fail_errno(err, errno, "cannot read %s", what);
            goto out;
        }
        if (got == 0)
            break;
        if (room == 0)
            TD_FAIL(err, TANDEM_E_TOO_LARGE, "%s is larger than %zu bytes", what, bytes_max);
        buf->n += (size_t)got;
        buf->ptr[buf->n] = '\0';
        left -= (size_t)got;
    }

out:
    return code;
}

tandem_code td_os_read_fd(int fd, const char *what, size_t bytes_max, td_buf *buf,
                          tandem_error *err)
{
    size_t n_before = buf->n;
    tandem_code code = read_to_end(fd, what, bytes_max, buf, err);
    if (code != TANDEM_OK)
        td_buf_cut(buf, n_before);
    return code;
}

tandem_code td_os_read_file(const char *path, size_t bytes_max, td_buf *buf, tandem_error *err)
{
    int fd = open_to_read(path);
    if (fd < 0)
        return td_fail_errno(err, errno, "cannot open %s", path);
    tandem_code code = td_os_read_fd(fd, path, bytes_max, buf, err);
    close(fd);
    return code;
}

static bool write_all(int fd, td_str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes = td_str_slice(bytes, (size_t)n, bytes.n);
    }
    return true;
}

/* A new file beside `path`; its name goes to `name`. -1 with errno set on failure. */
static int open_temporary(const char *path, char *name, size_t name_bytes)
{
    static atomic_uint n_made;
    for (int i = 0; i < TEMPORARY_NAMES_MAX; i++) {
        unsigned number = atomic_fetch_add(&n_made, 1);
        int n = snprintf(name, name_bytes, "%s.%ld-%u.tmp", path, (long)getpid(), number);
        if (n < 0 || (size_t)n >= name_bytes) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || (errno != EEXIST && errno != EINTR))
            return fd;
    }
    return -1;
}

/* Makes a rename in the folder of `path` last. Not all file systems can; the file's own bytes are
 * already safe, so that is no failure. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    snprintf(folder, sizeof(folder), "%.*s", (int)n, path);
    int fd = open(n ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static bool write_pieces(int fd, const td_str *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!write_all(fd, pieces[i]))
            return false;
    }
    return true;
}

static tandem_code write_and_rename(const char *path, const td_str *pieces, size_t n, bool sync,
                                    tandem_error *err)
{
    char temporary[PATH_MAX];
    int fd = open_temporary(path, temporary, sizeof(temporary));
    if (fd < 0)
        return td_fail_errno(err, errno, "cannot write %s", path);

    bool written = write_pieces(fd, pieces, n) && (!sync || fsync(fd) == 0);
    int failure = errno;
    if (close(fd) != 0 && written) {
        written = false;
        failure = errno;
    }
    if (written && rename(temporary, path) == 0) {
        if (sync)
            sync_folder(path);
        return TANDEM_OK;
    }
    failure = written ? errno : failure;
    unlink(temporary);
    return td_fail_errno(err, failure, "cannot write %s", path);
}

tandem_code td_os_write_file(const char *path, td_str bytes, tandem_error *err)
{
    return write_and_rename(path, &bytes, 1, true, err);
}

tandem_code td_os_write_pieces(const char *path, const td_str *pieces, size_t n, tandem_error *err)
{
    return write_and_rename(path, pieces, n, false, err);
}

tandem_code td_os_make_dirs(const char *path, tandem_error *err)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof(part))
        return td_fail(err, TANDEM_E_INVALID, "not a path of 1 to %d bytes: \"%.64s\"",
                       PATH_MAX - 1, path);
    memcpy(part, path, n + 1);

    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        part[i] = '\0';
        if (mkdir(part, 0700) != 0) {
            int failure = errno;
            if (!td_os_is_dir(part))
                return td_fail_errno(err, failure, "cannot make folder %s", part);
        }
        part[i] = path[i];
    }
    return TANDEM_OK;
}

bool td_os_is_dir(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

bool td_os_is_file(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

/* The XDG base directory rules: a variable that holds no absolute path counts as not set. */
static tandem_code add_xdg_dir(td_buf *buf, const char *variable, const char *below_home,
                               tandem_error *err)
{
    const char *folder = getenv(variable);
    const char *below = "";
    if (!folder || folder[0] != '/') {
        folder = getenv("HOME");
        below = below_home;
    }
    if (!folder || folder[0] != '/')
        return td_fail(err, TANDEM_E_NOT_FOUND, "neither %s nor HOME is set", variable);
    td_str trimmed = td_str_from(folder);
    while (trimmed.n > 0 && trimmed.ptr[trimmed.n - 1] == '/')
        trimmed.n--;
    return td_buf_add_fmt(buf, err, "%.*s%s/tandem", TD_STR_FMT(trimmed), below);
}

tandem_code td_os_data_dir(td_buf *buf, tandem_error *err)
{
    return add_xdg_dir(buf, "XDG_DATA_HOME", "/.local/share", err);
}

tandem_code td_os_cache_dir(td_buf *buf, tandem_error *err)
{
    return add_xdg_dir(buf, "XDG_CACHE_HOME", "/.cache", err);
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

tandem_code td_os_remove_tree(const char *path, tandem_error *err)
{
    if (nftw(path, remove_one, TREE_FDS_MAX, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return TANDEM_OK;
    return td_fail_errno(err, errno, "cannot remove %s", path);
}
