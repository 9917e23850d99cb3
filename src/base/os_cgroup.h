/* base/os_cgroup.h - the limits that control groups put on a process. For os_linux.c.
 *
 * Threads:  pure functions of the files below `root`
 * Source:   Linux, Documentation/: admin-guide/cgroup-v2.rst, admin-guide/cgroup-v1/memory.rst,
 *           scheduler/sched-bwc.rst
 */
#ifndef TD_BASE_OS_CGROUP_H
#define TD_BASE_OS_CGROUP_H

#include "base/str.h"

/* The tightest limits on the way from the process's group up to the root, of versions 1 and 2.
 *
 *   self   text of /proc/self/cgroup                 borrowed
 *   root   where the groups are: "/sys/fs/cgroup"    borrowed
 *
 * CPUs may be a fraction. 0: no limit. */
double td_os_cgroup_cpus(td_str self, const char *root);
uint64_t td_os_cgroup_memory_bytes(td_str self, const char *root);

#endif
