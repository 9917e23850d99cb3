/* base/os.h - what the operating system does for us, in one place.
 *
 * System differences live in os_linux.c and os_macos.c; os_posix.c and os_child.c hold what both
 * share.
 * Threads:  any
 */
#ifndef TD_BASE_OS_H
#define TD_BASE_OS_H

#include "base/buf.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

/* CPUs that this process may use: the smaller of the affinity mask and the cgroup quota (rounded
 * up), >= 1. */
size_t td_os_n_cpus(void);

/* CPUs of the machine that are online, whether or not this process may use them. */
size_t td_os_n_cpus_online(void);

/* What the CPU calls itself, and the features that the system shows of it, words between spaces;
 * empty if not known. */
void td_os_cpu_name(char *out, size_t out_bytes);
void td_os_cpu_features(td_buf *features);

/* Whether threads of this process may use the tile registers of AMX, which a system hands out only
 * to those who ask: they make every switch of threads dearer. May be asked again. */
bool td_os_allow_amx(void);

/* Peak and present resident memory of this process, bytes; 0 if not known. */
uint64_t td_os_rss_peak_bytes(void);
uint64_t td_os_rss_bytes(void);

/* Memory that this process may use: the smaller of physical memory and the cgroup limit. */
uint64_t td_os_memory_bytes(void);

/* CPU seconds used by all threads of this process so far. */
double td_os_cpu_seconds(void);

/* What tells a file that was written, moved or replaced since from one that was not. */
typedef struct td_os_identity {
    uint64_t device, inode, n_bytes;
    int64_t written_ns, changed_ns; /* since 1970; no program sets the second */
} td_os_identity;
struct stat;
td_os_identity td_os_identity_of(const struct stat *facts);

/* A read-only mapping of a regular file. An empty file maps to an empty text.
 * Errors: as td_fail_errno, E_INVALID for what is no regular file. */
typedef struct td_os_map {
    td_str bytes;
    td_os_identity identity;
    void *base; /* internal */
    size_t base_bytes;
} td_os_map;
tandem_code td_os_map_open(const char *path, td_os_map *map_out, tandem_error *err);
void td_os_map_close(td_os_map *map); /* an empty struct is fine */

/* Gives the memory of whole pages inside `bytes` back, which must lie in a map: they come from the
 * file again when they are read. */
void td_os_map_forget(td_str bytes);

/* Appends a whole file, at most `bytes_max`. Errors: E_TOO_LARGE, and as td_fail_errno. */
tandem_code td_os_read_file(const char *path, size_t bytes_max, td_buf *buf, tandem_error *err);

/* Reads standard input or any descriptor to its end, at most `bytes_max`. */
tandem_code td_os_read_fd(int fd, const char *what, size_t bytes_max, td_buf *buf,
                          tandem_error *err);

/* Writes a new file beside `path`, syncs it and renames it over: a reader sees all or nothing. */
tandem_code td_os_write_file(const char *path, td_str bytes, tandem_error *err);

/* The same from several pieces, but not synced: after a crash the file may be there and torn. For
 * what can be made again, and has a hash. */
tandem_code td_os_write_pieces(const char *path, const td_str *pieces, size_t n, tandem_error *err);

/* Makes a directory and its parents (0700 for new ones). */
tandem_code td_os_make_dirs(const char *path, tandem_error *err);

bool td_os_is_dir(const char *path);
bool td_os_is_file(const char *path);

/* "$XDG_DATA_HOME/tandem" and the like, made of the environment's HOME and XDG variables; appended
 * without a slash at the end. Errors: E_NOT_FOUND when neither variable is set. */
tandem_code td_os_data_dir(td_buf *buf, tandem_error *err);
tandem_code td_os_cache_dir(td_buf *buf, tandem_error *err);

/* Removes a directory with all that is in it; links are not followed. What is gone already is fine.
 * Errors: as td_fail_errno. */
tandem_code td_os_remove_tree(const char *path, tandem_error *err);

/* Another program, that lives while the thread that started it does. */
typedef struct td_os_child {
    int64_t pid; /* and of its process group; 0: none */
    int to_fd;   /* what is written here it reads from its descriptor 3; neither end waits */
    int from_fd; /* what it writes to its descriptor 4 */
} td_os_child;

/* Starts `argv[0]`, a path, with this environment and no other, its standard descriptors on
 * /dev/null and none of ours open. is_offline: without any network, where the system can do that
 * for us. It is killed when the calling thread ends, also by a kill of the process (Linux).
 * Errors: E_NOMEM, E_IO when no process can be made; a program that cannot be run closes its
 * descriptors, no more. */
tandem_code td_os_child_start(const char *const *argv, const char *const *environment,
                              bool is_offline, td_os_child *child_out, tandem_error *err);

/* Kills it with its process group and waits for its end. An empty struct is fine. */
void td_os_child_kill(td_os_child *child);

/* Whether that is a file that may be run; and where a program of that name is in PATH, appended. */
bool td_os_is_program(const char *path);
bool td_os_find_program(const char *name, td_buf *path_out);

/* Another program that reads a file and writes what it makes of it, within limits. */
typedef struct td_os_filter {
    const char *const *argv;        /* argv[0] is a path */
    const char *const *environment; /* this and no other */
    int input_fd;                   /* its standard input; -1: nothing */
    uint32_t wall_ms_max, cpu_s_max;
    uint64_t memory_bytes_max; /* of its address space */
} td_os_filter;

/* Runs it to its end: without network where the system allows that, without files to write to, with
 * its process group killed afterwards whatever happened. Appends its output to `out`, up to the
 * buffer's cap, and to `said` as much of what it writes to standard error as has room there.
 * *status_out is its exit status, 128 and the signal if one ended it, 127 if it cannot be run; 0
 * too where this process ignores SIGCHLD, so that nobody is told.
 * Errors: E_TIMEOUT, E_TOO_LARGE (more than `out` may hold), E_IO, E_NOMEM. Blocks. */
tandem_code td_os_filter_run(const td_os_filter *filter, td_buf *out, td_buf *said, int *status_out,
                             tandem_error *err);

/* A file without a name that holds `bytes`, gone when it is closed, whatever ends this process. */
tandem_code td_os_temporary(td_str bytes, FILE **file_out, tandem_error *err);

/* Between fork and exec, so nothing but system calls: the process dies with the thread that made
 * it; it loses its network (false where it may not); descriptors from `first` on are closed. */
void td_os_child_tie(int64_t parent_pid);
bool td_os_child_unplug(void);
void td_os_close_from(int first);

/* Whether the system forbids the user namespaces that sandboxes of who is not root are made of. */
bool td_os_refuses_namespaces(void);

/* errno's text: "No such file or directory". */
void td_os_error_text(int errno_value, char *out, size_t out_bytes);

/* Tells the CPU that the calling thread is looking at memory in a loop. */
void td_os_relax(void);

/* Names the calling thread, for debuggers and top; at most 15 bytes. */
void td_os_thread_name(const char *name);

/* pthread_cond_init on the clock that td_os_cond_clock names: monotonic where the system can. */
int td_os_cond_init(pthread_cond_t *cond);
clockid_t td_os_cond_clock(void);

#endif
