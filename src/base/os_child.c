#include "base/clock.h"
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SPARE_FD = 16, /* ours are moved up there, out of the way of the child's */
    ENDS_MAX = 5,
    READ_BYTES = 64 << 10,
    FILTER_FDS_MAX = 64,
    END_WAIT_NS = 1000 * 1000,
};

/* What a child becomes: its descriptors 0 to n_ends - 1, -1 for /dev/null; all others close. */
typedef struct start {
    const char *const *argv, *const *environment;
    int ends[ENDS_MAX];
    int n_ends;
    bool is_offline;
    const td_os_filter *limits; /* NULL: none */
    int64_t parent_pid;
} start;

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static bool limit(int what, uint64_t most)
{
    return setrlimit(what, &(struct rlimit){most, most}) == 0;
}

static bool set_limits(const td_os_filter *f)
{
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) &&
           limit(RLIMIT_NOFILE, FILTER_FDS_MAX) && limit(RLIMIT_CPU, f->cpu_s_max) &&
           limit(RLIMIT_AS, f->memory_bytes_max);
}

/* After a fork in a process with threads: system calls alone. */
static _Noreturn void become(const start *s)
{
    int ends[ENDS_MAX];
    sigset_t none;

    setpgid(0, 0);
    td_os_child_tie(s->parent_pid);
    for (int fd = 0; fd < s->n_ends; fd++)
        ends[fd] =
            s->ends[fd] < 0 ? open("/dev/null", O_RDWR) : fcntl(s->ends[fd], F_DUPFD, SPARE_FD);
    for (int fd = 0; fd < s->n_ends; fd++)
        if (dup2(ends[fd], fd) < 0)
            _exit(127);
    td_os_close_from(s->n_ends);
    if (s->is_offline)
        (void)td_os_child_unplug();
    if (s->limits && !set_limits(s->limits))
        _exit(127);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    execve(s->argv[0], (char *const *)s->argv, (char *const *)s->environment);
    _exit(127);
}

static tandem_code begin(const start *s, pid_t *pid_out, tandem_error *err)
{
    pid_t pid = fork();

    if (pid < 0)
        return td_fail_errno(err, errno, "cannot start %s", s->argv[0]);
    if (pid == 0)
        become(s);
    setpgid(pid, pid); /* here too, so that it has its group before anybody may kill it */
    *pid_out = pid;
    return TANDEM_OK;
}

/* Both ends of a pipe: the one of `ours` does not wait, and neither outlives an exec. */
static tandem_code open_pipe(int ends[2], int ours, const char *program, tandem_error *err)
{
    bool ok = pipe(ends) == 0;

    if (!ok)
        ends[0] = ends[1] = -1;
    ok = ok && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
         fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[ours], F_SETFL, O_NONBLOCK) == 0;
    return ok ? TANDEM_OK : td_fail_errno(err, errno, "cannot make a pipe to %s", program);
}

tandem_code td_os_child_start(const char *const *argv, const char *const *environment,
                              bool is_offline, td_os_child *child_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    pid_t pid = -1;

    TD_TRY(open_pipe(to, 1, argv[0], err));
    TD_TRY(open_pipe(from, 0, argv[0], err));
    start s = {.argv = argv,
               .environment = environment,
               .ends = {-1, -1, -1, to[0], from[1]},
               .n_ends = 5,
               .is_offline = is_offline,
               .parent_pid = getpid()};
    TD_TRY(begin(&s, &pid, err));
    *child_out = (td_os_child){pid, to[1], from[0]};
    to[1] = from[0] = -1;

out:
    close_fd(to[0]);
    close_fd(to[1]);
    close_fd(from[0]);
    close_fd(from[1]);
    return code;
}

void td_os_child_kill(td_os_child *child)
{
    if (child->pid <= 0)
        return;
    kill((pid_t)-child->pid, SIGKILL);
    while (waitpid((pid_t)child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(child->to_fd);
    close(child->from_fd);
    *child = (td_os_child){0};
}

/* -- filters -- */

bool td_os_find_program(const char *name, td_buf *path_out)
{
    td_str rest = td_str_from(getenv("PATH")), folder;
    size_t n = path_out->n;

    while (td_str_next(&rest, ':', &folder)) {
        td_buf_cut(path_out, n);
        if (folder.n > 0 && folder.ptr[0] == '/' &&
            td_buf_add_fmt(path_out, NULL, "%.*s/%s", TD_STR_FMT(folder), name) == TANDEM_OK &&
            td_os_is_program(path_out->ptr + n))
            return true;
    }
    td_buf_cut(path_out, n);
    return false;
}

bool td_os_is_program(const char *path)
{
    return td_os_is_file(path) && access(path, X_OK) == 0;
}

tandem_code td_os_temporary(td_str bytes, FILE **file_out, tandem_error *err)
{
    FILE *file = tmpfile();

    if (file && fcntl(fileno(file), F_SETFD, FD_CLOEXEC) == 0 &&
        fwrite(bytes.ptr, 1, bytes.n, file) == bytes.n && fflush(file) == 0) {
        *file_out = file;
        return TANDEM_OK;
    }
    tandem_code code = td_fail_errno(err, errno, "cannot write a temporary file");
    if (file)
        fclose(file);
    return code;
}

/* Reads some of what there is, so that one who never stops speaking does not keep us from the
 * clock; false at the end. */
static bool drain(int fd, td_buf *into, bool *too_large)
{
    char bytes[READ_BYTES];
    ssize_t n = read(fd, bytes, sizeof(bytes));

    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    td_str part = td_str_slice((td_str){bytes, (size_t)n}, 0, into->n_max - into->n);
    if (td_buf_add(into, part, NULL) != TANDEM_OK || part.n < (size_t)n)
        *too_large = true;
    return true;
}

/* Until both are at their end: what it says and what it complains of, which is cut where `said`
 * is full. */
static tandem_code hear(const td_os_filter *f, const int fds[2], td_buf *out, td_buf *said,
                        int64_t end_ms, tandem_error *err)
{
    struct pollfd polled[2] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
    bool too_large = false, is_cut = false;

    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        int64_t left_ms = end_ms - td_clock_ms();
        if (left_ms <= 0)
            return td_fail(err, TANDEM_E_TIMEOUT, "%s takes longer than %u s", f->argv[0],
                           f->wall_ms_max / 1000);
        if (poll(polled, 2, (int)left_ms) < 0 && errno != EINTR)
            return td_fail_errno(err, errno, "cannot wait for %s", f->argv[0]);
        if (polled[0].fd >= 0 && polled[0].revents && !drain(fds[0], out, &too_large))
            polled[0].fd = -1;
        if (polled[1].fd >= 0 && polled[1].revents && !drain(fds[1], said, &is_cut))
            polled[1].fd = -1;
        if (too_large)
            return td_fail(err, TANDEM_E_TOO_LARGE, "%s gives more than %zu bytes", f->argv[0],
                           out->n_max);
    }
    return TANDEM_OK;
}

/* Its end, which it may put off though it has closed what it speaks on. It stays a zombie, whose
 * number is nobody else's, until its group is killed; but for a program that ignores SIGCHLD or
 * waits for all its children: that has none left to be waited for here once it has ended. */
static tandem_code wait_for_end(const td_os_filter *f, pid_t pid, int64_t end_ms, tandem_error *err)
{
    for (;;) {
        siginfo_t ended = {.si_pid = 0};
        bool is_gone =
            waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
        if (is_gone || ended.si_pid == pid)
            return TANDEM_OK;
        if (td_clock_ms() > end_ms)
            return td_fail(err, TANDEM_E_TIMEOUT, "%s takes longer than %u s", f->argv[0],
                           f->wall_ms_max / 1000);
        nanosleep(&(struct timespec){.tv_nsec = END_WAIT_NS}, NULL);
    }
}

tandem_code td_os_filter_run(const td_os_filter *filter, td_buf *out, td_buf *said, int *status_out,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    int from[2] = {-1, -1}, complaints[2] = {-1, -1};
    int64_t end_ms = td_clock_ms() + filter->wall_ms_max;
    pid_t pid = -1;
    int status = 0;

    TD_TRY(open_pipe(from, 0, filter->argv[0], err));
    TD_TRY(open_pipe(complaints, 0, filter->argv[0], err));
    start s = {.argv = filter->argv,
               .environment = filter->environment,
               .ends = {filter->input_fd, from[1], complaints[1]},
               .n_ends = 3,
               .is_offline = true,
               .limits = filter,
               .parent_pid = getpid()};
    TD_TRY(begin(&s, &pid, err));
    close_fd(from[1]);
    close_fd(complaints[1]);
    from[1] = complaints[1] = -1;
    TD_TRY(hear(filter, (int[2]){from[0], complaints[0]}, out, said, end_ms, err));
    TD_TRY(wait_for_end(filter, pid, end_ms, err));

out:
    if (pid > 0) { /* the rest of its group too, if it has started any */
        kill(-pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        *status_out = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    close_fd(from[0]);
    close_fd(from[1]);
    close_fd(complaints[0]);
    close_fd(complaints[1]);
    return code;
}
