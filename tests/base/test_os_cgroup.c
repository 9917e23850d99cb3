#include "base/os.h"
#include "base/os_cgroup.h"
#include "base/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void put(const char *folder, const char *file, const char *text)
{
    char name[256];
    assert_int_equal(td_os_make_dirs(scratch_path(folder), NULL), TANDEM_OK);
    snprintf(name, sizeof(name), "%s/%s", folder, file);
    assert_int_equal(scratch_write(name, text), 0);
}

static void takes_the_tightest_quota_on_the_way_up(void **state)
{
    (void)state;
    put("v2/a/b", "cpu.max", "max 100000\n");
    put("v2/a", "cpu.max", "250000 100000\n");
    put("v2", "cpu.max", "400000 100000\n");
    put("v2/a/b", "memory.max", "2000\n");
    put("v2/a", "memory.max", "1000\n");
    td_str self = TD_STR("0::/a/b\n");
    assert_true(td_os_cgroup_cpus(self, scratch_path("v2")) == 2.5);
    assert_int_equal(td_os_cgroup_memory_bytes(self, scratch_path("v2")), 1000);
    assert_true(td_os_cgroup_cpus(TD_STR("0::/\n"), scratch_path("v2")) == 4);
}

static void knows_no_limit_where_none_is_set(void **state)
{
    (void)state;
    put("free/a", "cpu.max", "max 100000\n");
    put("free/a", "memory.max", "max\n");
    td_str self = TD_STR("0::/a\n");
    assert_true(td_os_cgroup_cpus(self, scratch_path("free")) == 0);
    assert_int_equal(td_os_cgroup_memory_bytes(self, scratch_path("free")), 0);
    assert_true(td_os_cgroup_cpus(self, scratch_path("none")) == 0);
    assert_true(td_os_cgroup_cpus(TD_STR(""), scratch_path("free")) == 0);
    assert_true(td_os_cgroup_cpus(TD_STR("nonsense\n:\n::\n"), scratch_path("free")) == 0);
}

static void reads_version_1_by_its_controllers(void **state)
{
    (void)state;
    put("v1/cpu/box", "cpu.cfs_quota_us", "150000\n");
    put("v1/cpu/box", "cpu.cfs_period_us", "100000\n");
    put("v1/cpu", "cpu.cfs_quota_us", "-1\n");
    put("v1/cpu", "cpu.cfs_period_us", "100000\n");
    put("v1/memory/box", "memory.limit_in_bytes", "4096\n");
    put("v1/memory", "memory.limit_in_bytes", "9223372036854771712\n");
    td_str self = TD_STR("5:memory:/box\n4:cpu,cpuacct:/box\n1:cpuset:/box\n");
    assert_true(td_os_cgroup_cpus(self, scratch_path("v1")) == 1.5);
    assert_int_equal(td_os_cgroup_memory_bytes(self, scratch_path("v1")), 4096);
}

static void reads_the_root_when_the_path_is_the_hosts(void **state)
{
    (void)state;
    put("box/cpu", "cpu.cfs_quota_us", "50000\n");
    put("box/cpu", "cpu.cfs_period_us", "100000\n");
    td_str self = TD_STR("4:cpu,cpuacct:/docker/0123456789abcdef\n0::/docker/0123456789abcdef\n");
    assert_true(td_os_cgroup_cpus(self, scratch_path("box")) == 0.5);
}

static void takes_broken_files_for_no_limit(void **state)
{
    (void)state;
    put("bad/a", "cpu.max", "100000\n");
    put("bad/b", "cpu.max", "100000 0\n");
    put("bad/c", "cpu.max", "");
    put("bad/d", "cpu.max", "-5 xyz\n");
    static const char *const selves[] = {"0::/a\n", "0::/b\n", "0::/c\n", "0::/d\n"};
    for (size_t i = 0; i < 4; i++)
        assert_true(td_os_cgroup_cpus(td_str_from(selves[i]), scratch_path("bad")) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_tightest_quota_on_the_way_up),
        cmocka_unit_test(knows_no_limit_where_none_is_set),
        cmocka_unit_test(reads_version_1_by_its_controllers),
        cmocka_unit_test(reads_the_root_when_the_path_is_the_hosts),
        cmocka_unit_test(takes_broken_files_for_no_limit),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
