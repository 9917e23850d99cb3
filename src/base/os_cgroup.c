#include "base/os_cgroup.h"

#include "base/os.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    PATH_BYTES = 4096,
    LIMIT_BYTES_MAX = 4096
};

/* One kind of limit. `read` gives the limit that a group itself has, 0 for none. */
typedef struct limit_kind {
    const char *controller; /* of version 1 */
    double (*read)(const char *folder, bool version_2);
} limit_kind;

/* The first n numbers of a small file; a word that is no number (as "max") counts as -1. */
static bool read_numbers(const char *folder, const char *file, double *numbers, size_t n)
{
    char path[PATH_BYTES + 32];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    td_buf buf = TD_BUF(LIMIT_BYTES_MAX);
    bool read = td_os_read_file(path, LIMIT_BYTES_MAX, &buf, NULL) == TANDEM_OK;
    td_str rest = td_buf_str(&buf);
    for (size_t i = 0; i < n && read; i++) {
        td_str word;
        uint64_t value;
        read = td_str_next(&rest, ' ', &word);
        if (read)
            numbers[i] = td_str_to_u64(td_str_trim(word), &value) ? (double)value : -1;
    }
    td_buf_clear(&buf);
    return read;
}

static double read_cpus(const char *folder, bool version_2)
{
    double quota[2] = {-1, -1}; /* microseconds of CPU time in a period of so many */
    bool known = version_2 ? read_numbers(folder, "cpu.max", quota, 2)
                           : read_numbers(folder, "cpu.cfs_quota_us", &quota[0], 1) &&
                                 read_numbers(folder, "cpu.cfs_period_us", &quota[1], 1);
    return known && quota[0] > 0 && quota[1] > 0 ? quota[0] / quota[1] : 0;
}

static double read_memory(const char *folder, bool version_2)
{
    double bytes = -1;
    const char *file = version_2 ? "memory.max" : "memory.limit_in_bytes";
    return read_numbers(folder, file, &bytes, 1) && bytes > 0 ? bytes : 0;
}

/* The tightest limit from root + path up to root. A path that is not there (in a container it is
 * that of the host) leaves the root itself. */
static double tightest_above(const limit_kind *kind, const char *root, td_str path, bool version_2)
{
    char folder[PATH_BYTES];
    double tightest = 0;
    for (;;) {
        while (path.n > 0 && path.ptr[path.n - 1] == '/')
            path.n--;
        int n = snprintf(folder, sizeof(folder), "%s%.*s", root, TD_STR_FMT(path));
        double limit = n > 0 && n < PATH_BYTES ? kind->read(folder, version_2) : 0;
        if (limit > 0 && (tightest == 0 || limit < tightest))
            tightest = limit;
        if (path.n == 0)
            return tightest;
        size_t slash = td_str_find_last_byte(path, '/');
        path.n = slash == TD_STR_NONE ? 0 : slash;
    }
}

static bool names_controller(td_str controllers, const char *name)
{
    td_str controller;
    while (td_str_next(&controllers, ',', &controller)) {
        if (td_str_eq(controller, td_str_from(name)))
            return true;
    }
    return false;
}

/* A line is "0::/path" for version 2 and "4:cpu,cpuacct:/path" for version 1. */
static double limit_of_line(const limit_kind *kind, const char *root, td_str line)
{
    size_t first = td_str_find_byte(line, ':', 0);
    size_t second = first == TD_STR_NONE ? TD_STR_NONE : td_str_find_byte(line, ':', first + 1);
    if (second == TD_STR_NONE)
        return 0;
    td_str controllers = td_str_slice(line, first + 1, second);
    td_str path = td_str_slice(line, second + 1, line.n);
    char mount[PATH_BYTES];
    int n = 0;
    if (controllers.n == 0)
        n = snprintf(mount, sizeof(mount), "%s", root);
    else if (names_controller(controllers, kind->controller))
        n = snprintf(mount, sizeof(mount), "%s/%s", root, kind->controller);
    return n > 0 && n < PATH_BYTES ? tightest_above(kind, mount, path, controllers.n == 0) : 0;
}

static double limit_of(const limit_kind *kind, td_str self, const char *root)
{
    double tightest = 0;
    td_str line;
    while (td_str_next(&self, '\n', &line)) {
        double limit = limit_of_line(kind, root, line);
        if (limit > 0 && (tightest == 0 || limit < tightest))
            tightest = limit;
    }
    return tightest;
}

double td_os_cgroup_cpus(td_str self, const char *root)
{
    return limit_of(&(limit_kind){.controller = "cpu", .read = read_cpus}, self, root);
}

uint64_t td_os_cgroup_memory_bytes(td_str self, const char *root)
{
    double bytes = limit_of(&(limit_kind){.controller = "memory", .read = read_memory}, self, root);
    return bytes > 0 && bytes < 9e18 ? (uint64_t)bytes : 0;
}
