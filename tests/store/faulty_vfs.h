/* tests/store/faulty_vfs.h - SQLite's file system, with a fault at the n-th write or sync.
 *
 * Registered as the default, it stands below every connection of the test's process.
 */
#ifndef TD_TESTS_STORE_FAULTY_VFS_H
#define TD_TESTS_STORE_FAULTY_VFS_H

#include <sqlite3.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

typedef enum faulty_kind {
    FAULTY_NONE,
    FAULTY_KILL,      /* the process dies instead of writing */
    FAULTY_KILL_TORN, /* half of the bytes are written, then it dies */
    FAULTY_FULL,      /* no space, from the n-th write on */
    FAULTY_SYNC,      /* every sync fails, from the n-th on */
} faulty_kind;

static struct {
    faulty_kind kind;
    int at;    /* the first write or sync that meets the fault, from 1 */
    int count; /* so far */
} faulty;

typedef struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real;
} faulty_file;

static sqlite3_vfs *faulty_real_vfs;
static sqlite3_vfs faulty_vfs;
static sqlite3_io_methods faulty_methods;

#define REAL(file)              (((faulty_file *)(file))->real)
#define CALL(file, method, ...) REAL(file)->pMethods->method(REAL(file), ##__VA_ARGS__)

static int faulty_close(sqlite3_file *file)
{
    return CALL(file, xClose);
}
static int faulty_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
    return CALL(file, xRead, to, n, at);
}
static int faulty_truncate(sqlite3_file *file, sqlite3_int64 n)
{
    return CALL(file, xTruncate, n);
}
static int faulty_size(sqlite3_file *file, sqlite3_int64 *n)
{
    return CALL(file, xFileSize, n);
}
static int faulty_lock(sqlite3_file *file, int how)
{
    return CALL(file, xLock, how);
}
static int faulty_unlock(sqlite3_file *file, int how)
{
    return CALL(file, xUnlock, how);
}
static int faulty_check(sqlite3_file *file, int *out)
{
    return CALL(file, xCheckReservedLock, out);
}
static int faulty_control(sqlite3_file *file, int op, void *arg)
{
    return CALL(file, xFileControl, op, arg);
}
static int faulty_sector(sqlite3_file *file)
{
    return CALL(file, xSectorSize);
}
static int faulty_traits(sqlite3_file *file)
{
    return CALL(file, xDeviceCharacteristics);
}
static int faulty_shm_map(sqlite3_file *file, int i, int n, int grow, void volatile **out)
{
    return CALL(file, xShmMap, i, n, grow, out);
}
static int faulty_shm_lock(sqlite3_file *file, int at, int n, int how)
{
    return CALL(file, xShmLock, at, n, how);
}
static void faulty_shm_barrier(sqlite3_file *file)
{
    CALL(file, xShmBarrier);
}
static int faulty_shm_unmap(sqlite3_file *file, int remove)
{
    return CALL(file, xShmUnmap, remove);
}

static int faulty_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    bool now =
        faulty.kind != FAULTY_NONE && faulty.kind != FAULTY_SYNC && ++faulty.count >= faulty.at;

    if (now && faulty.kind == FAULTY_FULL)
        return SQLITE_FULL;
    if (now) {
        if (faulty.kind == FAULTY_KILL_TORN)
            CALL(file, xWrite, from, n / 2, at);
        kill(getpid(), SIGKILL);
    }
    return CALL(file, xWrite, from, n, at);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    if (faulty.kind == FAULTY_SYNC && ++faulty.count >= faulty.at)
        return SQLITE_IOERR_FSYNC;
    return CALL(file, xSync, flags);
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *flags_out)
{
    faulty_file *self = (faulty_file *)file;
    (void)vfs;

    self->base.pMethods = NULL;
    self->real = (sqlite3_file *)(void *)(self + 1);
    int rc = faulty_real_vfs->xOpen(faulty_real_vfs, name, self->real, flags, flags_out);
    if (rc == SQLITE_OK)
        self->base.pMethods = &faulty_methods;
    return rc;
}

static void faulty_install(void)
{
    if (faulty_real_vfs)
        return;
    faulty_real_vfs = sqlite3_vfs_find(NULL);
    faulty_vfs = *faulty_real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.szOsFile = faulty_real_vfs->szOsFile + (int)sizeof(faulty_file);
    faulty_vfs.xOpen = faulty_open;
    faulty_methods = (sqlite3_io_methods){.iVersion = 2,
                                          .xClose = faulty_close,
                                          .xRead = faulty_read,
                                          .xWrite = faulty_write,
                                          .xTruncate = faulty_truncate,
                                          .xSync = faulty_sync,
                                          .xFileSize = faulty_size,
                                          .xLock = faulty_lock,
                                          .xUnlock = faulty_unlock,
                                          .xCheckReservedLock = faulty_check,
                                          .xFileControl = faulty_control,
                                          .xSectorSize = faulty_sector,
                                          .xDeviceCharacteristics = faulty_traits,
                                          .xShmMap = faulty_shm_map,
                                          .xShmLock = faulty_shm_lock,
                                          .xShmBarrier = faulty_shm_barrier,
                                          .xShmUnmap = faulty_shm_unmap};
    sqlite3_vfs_register(&faulty_vfs, 1);
}

static void faulty_set(faulty_kind kind, int at)
{
    faulty.kind = kind;
    faulty.at = at;
    faulty.count = 0;
}

#endif
