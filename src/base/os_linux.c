#include "base/os.h"

#if defined(__linux__)

#    include "base/os_cgroup.h"

#    include <errno.h>
#    include <fcntl.h>
#    include <math.h>
#    include <sched.h>
#    include <signal.h>
#    include <stdio.h>
#    include <stdlib.h>
#    include <sys/prctl.h>
#    include <sys/resource.h>
#    include <sys/stat.h>
#    include <sys/syscall.h>
#    include <sys/wait.h>
#    include <unistd.h>

enum {
    PROC_BYTES_MAX = 1 << 16,
    CPUS_MAX = 1 << 16,
    FDS_OLD_KERNEL = 4096, /* before 5.9 they are closed one by one */
};

/* Appends nothing when the file can't be read. */
static td_buf read_proc(const char *path)
{
    td_buf buf = TD_BUF(PROC_BYTES_MAX);
    td_os_read_file(path, PROC_BYTES_MAX, &buf, NULL);
    return buf;
}

/* The mask may be larger than the 1,024 CPUs of a cpu_set_t: the kernel then says EINVAL. */
static size_t n_cpus_of_mask(void)
{
    for (size_t n_cpus = 1024; n_cpus <= CPUS_MAX; n_cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC(n_cpus);
        if (!set)
            break;
        size_t bytes = CPU_ALLOC_SIZE(n_cpus);
        int n = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
        CPU_FREE(set);
        if (n > 0)
            return (size_t)n;
    }
    return td_os_n_cpus_online();
}

size_t td_os_n_cpus(void)
{
    td_buf self = read_proc("/proc/self/cgroup");
    double quota = td_os_cgroup_cpus(td_buf_str(&self), "/sys/fs/cgroup");
    td_buf_clear(&self);
    size_t n = n_cpus_of_mask();
    return quota > 0 && ceil(quota) < (double)n ? (size_t)ceil(quota) : n;
}

size_t td_os_n_cpus_online(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

/* The value of the first of these fields in /proc/cpuinfo, which says the same for each CPU and is
 * long on large machines. */
static void read_cpuinfo(const char *const names[2], td_buf *value)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char *line = NULL;
    size_t capacity = 0;
    bool found = false;

    while (file && !found && getline(&line, &capacity, file) > 0) {
        td_str text = td_str_from(line);
        size_t colon = td_str_find_byte(text, ':', 0);
        td_str name = td_str_trim(td_str_slice(text, 0, colon == TD_STR_NONE ? 0 : colon));
        found = td_str_eq(name, td_str_from(names[0])) || td_str_eq(name, td_str_from(names[1]));
        if (found)
            td_buf_add(value, td_str_trim(td_str_slice(text, colon + 1, text.n)), NULL);
    }
    free(line);
    if (file)
        fclose(file);
}

void td_os_cpu_name(char *out, size_t out_bytes)
{
    static const char *const names[] = {"model name", "Model"};
    td_buf name = TD_BUF(256);
    read_cpuinfo(names, &name);
    snprintf(out, out_bytes, "%s", name.ptr ? name.ptr : "");
    td_buf_clear(&name);
}

void td_os_cpu_features(td_buf *features)
{
    static const char *const names[] = {"flags", "Features"};
    read_cpuinfo(names, features);
}

uint64_t td_os_rss_peak_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

uint64_t td_os_rss_bytes(void)
{
    td_buf statm = read_proc("/proc/self/statm");
    td_str rest = td_buf_str(&statm);
    td_str word;
    uint64_t pages = 0;
    for (int i = 0; i < 2; i++) { /* size, resident */
        if (!td_str_next(&rest, ' ', &word) || !td_str_to_u64(word, &pages))
            pages = 0;
    }
    td_buf_clear(&statm);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t td_os_memory_bytes(void)
{
    td_buf self = read_proc("/proc/self/cgroup");
    uint64_t limit = td_os_cgroup_memory_bytes(td_buf_str(&self), "/sys/fs/cgroup");
    td_buf_clear(&self);
    uint64_t physical = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    return limit > 0 && limit < physical ? limit : physical;
}

void td_os_error_text(int errno_value, char *out, size_t out_bytes)
{
    char space[128];
    snprintf(out, out_bytes, "%s", strerror_r(errno_value, space, sizeof(space)));
}

td_os_identity td_os_identity_of(const struct stat *facts)
{
    const int64_t second = 1000000000;
    return (td_os_identity){
        .device = (uint64_t)facts->st_dev,
        .inode = (uint64_t)facts->st_ino,
        .n_bytes = (uint64_t)facts->st_size,
        .written_ns = (int64_t)facts->st_mtim.tv_sec * second + facts->st_mtim.tv_nsec,
        .changed_ns = (int64_t)facts->st_ctim.tv_sec * second + facts->st_ctim.tv_nsec,
    };
}

void td_os_thread_name(const char *name)
{
    pthread_setname_np(pthread_self(), name);
}

int td_os_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    int failure = pthread_condattr_init(&attributes);
    if (failure != 0)
        return failure;
    failure = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (failure == 0)
        failure = pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
    return failure;
}

clockid_t td_os_cond_clock(void)
{
    return CLOCK_MONOTONIC;
}

bool td_os_allow_amx(void)
{
#    if defined(__x86_64__)
    enum {
        REQUEST_STATE = 0x1023, /* ARCH_REQ_XCOMP_PERM */
        TILE_DATA = 18          /* XFEATURE_XTILEDATA */
    };
    return syscall(SYS_arch_prctl, REQUEST_STATE, TILE_DATA) == 0;
#    else
    return false;
#    endif
}

void td_os_child_tie(int64_t parent_pid)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)parent_pid) /* it ended before it could be told */
        _exit(127);
}

static bool write_proc(const char *path, const char *text, size_t n)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n;

    if (fd >= 0)
        close(fd);
    return ok;
}

/* "1000 1000 1": inside one is who one is outside. */
static bool map_id(const char *path, unsigned id)
{
    char digits[16], line[40];
    size_t n = 0, n_line = 0;

    do
        digits[n++] = (char)('0' + id % 10);
    while ((id /= 10) > 0);
    for (int twice = 0; twice < 2; twice++) {
        for (size_t i = n; i > 0; i--)
            line[n_line++] = digits[i - 1];
        line[n_line++] = ' ';
    }
    line[n_line++] = '1';
    return write_proc(path, line, n_line);
}

bool td_os_child_unplug(void)
{
    unsigned uid = geteuid(), gid = getegid();

    if (unshare(CLONE_NEWNET) == 0)
        return true;
    /* Who is not root may leave the network only inside a user namespace of one's own. */
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           write_proc("/proc/self/setgroups", "deny", 4) && map_id("/proc/self/uid_map", uid) &&
           map_id("/proc/self/gid_map", gid);
}

bool td_os_refuses_namespaces(void)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(td_os_child_unplug() ? 0 : 1);
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false; /* nobody is told where SIGCHLD is ignored */
    return pid > 0 && status != 0;
}

void td_os_close_from(int first)
{
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
        return;
    for (int fd = first; fd < FDS_OLD_KERNEL; fd++)
        close(fd);
}

#endif
