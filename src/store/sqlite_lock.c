#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
    POLL_MS = 20
};

/* The lock is flock on a file of its own that is never removed: the system drops it with the
 * process, however that ends, and removing the file would let two writers lock two files of one
 * name. SQLite's own locks are not used for this, since a writer must not keep the cache (another
 * connection to the same file) from writing. */

/* The process that holds the lock, as it wrote itself; 0 if it says nothing. */
static long holder_of(int fd)
{
    char text[24];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    return strtol(text, NULL, 10);
}

static tandem_code fail_busy(const td_store_sqlite *self, int fd, tandem_error *err)
{
    long holder = holder_of(fd);

    if (holder > 0)
        return td_fail(
            err, TANDEM_E_BUSY,
            "another tandem (process %ld) is writing to %s: wait for it or name another --db",
            holder, self->path);
    return td_fail(err, TANDEM_E_BUSY,
                   "another tandem is writing to %s: wait for it or name another --db", self->path);
}

static void write_holder(int fd)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    /* For people only; a full disk must not keep the lock from being held. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) < 0)
        td_log(TD_DEBUG, "store", "cannot note the writer in the lock file");
}

tandem_code td_store_sqlite_lock_take(td_store_sqlite *self, tandem_error *err)
{
    int64_t until = td_clock_ms() + self->busy_ms;
    int fd = open(self->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return td_fail_errno(err, errno, "cannot make the lock file %s", self->lock_path);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
        tandem_code code = TANDEM_OK;
        if (errno != EWOULDBLOCK && errno != EINTR)
            code = td_fail_errno(err, errno, "cannot lock %s", self->lock_path);
        else if (td_clock_ms() >= until)
            code = fail_busy(self, fd, err);
        if (code != TANDEM_OK) {
            close(fd);
            return code;
        }
        nanosleep(&pause, NULL);
    }
    write_holder(fd);
    self->lock_fd = fd;
    return TANDEM_OK;
}

void td_store_sqlite_lock_drop(td_store_sqlite *self)
{
    if (self->lock_fd >= 0)
        close(self->lock_fd);
    self->lock_fd = -1;
}

bool td_store_sqlite_lock_held(const td_store_sqlite *self)
{
    if (self->lock_fd >= 0)
        return true;
    int fd = open(self->lock_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return held;
}
