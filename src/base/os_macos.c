#include "base/os.h"

#if defined(__APPLE__)

#    include <mach/mach.h>
#    include <stdio.h>
#    include <string.h>
#    include <sys/resource.h>
#    include <sys/stat.h>
#    include <sys/sysctl.h>
#    include <unistd.h>

size_t td_os_n_cpus(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

size_t td_os_n_cpus_online(void)
{
    return td_os_n_cpus();
}

void td_os_cpu_name(char *out, size_t out_bytes)
{
    char name[256] = "";
    size_t n = sizeof(name) - 1;
    if (sysctlbyname("machdep.cpu.brand_string", name, &n, NULL, 0) != 0)
        name[0] = '\0';
    snprintf(out, out_bytes, "%s", name);
}

void td_os_cpu_features(td_buf *features)
{
    (void)features; /* a sysctl for each, and no table of ours asks for any */
}

uint64_t td_os_rss_peak_bytes(void)
{
    struct rusage usage; /* ru_maxrss is in bytes here, in kilobytes on Linux */
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss : 0;
}

uint64_t td_os_rss_bytes(void)
{
    mach_task_basic_info_data_t info;
    mach_msg_type_number_t n = MACH_TASK_BASIC_INFO_COUNT;
    if (task_info(mach_task_self(), MACH_TASK_BASIC_INFO, (task_info_t)&info, &n) != KERN_SUCCESS)
        return 0;
    return info.resident_size;
}

uint64_t td_os_memory_bytes(void)
{
    uint64_t bytes = 0;
    size_t n = sizeof(bytes);
    return sysctlbyname("hw.memsize", &bytes, &n, NULL, 0) == 0 ? bytes : 0;
}

void td_os_error_text(int errno_value, char *out, size_t out_bytes)
{
    if (strerror_r(errno_value, out, out_bytes) != 0)
        snprintf(out, out_bytes, "error %d", errno_value);
}

td_os_identity td_os_identity_of(const struct stat *facts)
{
    const int64_t second = 1000000000;
    return (td_os_identity){
        .device = (uint64_t)facts->st_dev,
        .inode = (uint64_t)facts->st_ino,
        .n_bytes = (uint64_t)facts->st_size,
        .written_ns = (int64_t)facts->st_mtimespec.tv_sec * second + facts->st_mtimespec.tv_nsec,
        .changed_ns = (int64_t)facts->st_ctimespec.tv_sec * second + facts->st_ctimespec.tv_nsec,
    };
}

void td_os_thread_name(const char *name)
{
    pthread_setname_np(name);
}

/* Conditions know the wall clock only, so a deadline moves with it. */
int td_os_cond_init(pthread_cond_t *cond)
{
    return pthread_cond_init(cond, NULL);
}

clockid_t td_os_cond_clock(void)
{
    return CLOCK_REALTIME;
}

bool td_os_allow_amx(void)
{
    return false;
}

void td_os_child_tie(int64_t parent_pid)
{
    (void)parent_pid; /* nothing of the kind here: the child must look at its descriptor 3 */
}

bool td_os_child_unplug(void)
{
    return false;
}

bool td_os_refuses_namespaces(void)
{
    return false; /* sandboxes are made otherwise here */
}

void td_os_close_from(int first)
{
    for (int fd = first; fd < getdtablesize(); fd++)
        close(fd);
}

#endif
