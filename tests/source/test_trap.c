#include "source/trap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static td_source_trapped count(td_source_traps *traps, const char *url, uint32_t variants_max)
{
    const char *why = NULL;
    td_net_url parts;

    assert_true(td_net_url_split(td_str_from(url), &parts));
    td_source_trapped trapped =
        td_source_trap_count(traps, &parts, (td_source_trap_limits){variants_max, 0}, &why);
    assert_true((why != NULL) == (trapped != TD_SOURCE_TRAP_NONE));
    return trapped;
}

static void a_path_has_so_many_queries_and_no_more(void **state)
{
    td_source_traps traps = {0};
    char url[100];

    (void)state;
    for (int path = 0; path < 1000; path++)
        for (int i = 0; i < 5; i++) {
            snprintf(url, sizeof(url), "http://a/%d?day=%d", path, i);
            assert_int_equal(count(&traps, url, 3), i < 3    ? TD_SOURCE_TRAP_NONE
                                                    : i == 3 ? TD_SOURCE_TRAP_FIRST
                                                             : TD_SOURCE_TRAP_MORE);
        }
    /* Without a query, on another host, with no limit: another matter. */
    assert_int_equal(count(&traps, "http://a/1", 3), TD_SOURCE_TRAP_NONE);
    assert_int_equal(count(&traps, "http://b/1?x", 3), TD_SOURCE_TRAP_NONE);
    assert_int_equal(count(&traps, "http://a/1?x", 0), TD_SOURCE_TRAP_NONE);
    td_source_trap_clear(&traps);
}

static void a_host_has_so_many_addresses_and_no_more(void **state)
{
    td_source_trap_limits limits = {2, 5};
    td_source_traps traps = {0};
    const char *why = NULL;
    td_net_url parts;
    char url[100];

    (void)state;
    for (int i = 0; i < 8; i++) {
        snprintf(url, sizeof(url), "http://a/%d", i);
        assert_true(td_net_url_split(td_str_from(url), &parts));
        assert_int_equal(td_source_trap_count(&traps, &parts, limits, &why),
                         i < 5    ? TD_SOURCE_TRAP_NONE
                         : i == 5 ? TD_SOURCE_TRAP_FIRST
                                  : TD_SOURCE_TRAP_MORE);
    }
    assert_non_null(strstr(why, "of this host"));
    assert_true(td_net_url_split(TD_STR("http://b/"), &parts));
    assert_int_equal(td_source_trap_count(&traps, &parts, limits, &why), TD_SOURCE_TRAP_NONE);
    td_source_trap_clear(&traps);
}

static void a_path_that_repeats_itself_is_a_trap(void **state)
{
    td_source_traps traps = {0};

    (void)state;
    assert_int_equal(count(&traps, "http://a/x/y/x/y/x/y/x/y", 9), TD_SOURCE_TRAP_NONE);
    assert_int_equal(count(&traps, "http://a/x/y/x/y/x/y/x/y/x/z", 9), TD_SOURCE_TRAP_MORE);
    assert_int_equal(count(&traps, "http://a//////////x", 9), TD_SOURCE_TRAP_NONE);
    td_source_trap_clear(&traps);
}

static void a_path_without_end_is_a_trap(void **state)
{
    td_source_traps traps = {0};
    char url[1000] = "http://a";
    size_t n = 8;

    (void)state;
    for (int i = 0; i < 64; i++)
        n += (size_t)snprintf(url + n, sizeof(url) - n, "/%d", i);
    assert_int_equal(count(&traps, url, 9), TD_SOURCE_TRAP_NONE);
    snprintf(url + n, sizeof(url) - n, "/64");
    assert_int_equal(count(&traps, url, 9), TD_SOURCE_TRAP_MORE);
    td_source_trap_clear(&traps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_has_so_many_queries_and_no_more),
        cmocka_unit_test(a_host_has_so_many_addresses_and_no_more),
        cmocka_unit_test(a_path_that_repeats_itself_is_a_trap),
        cmocka_unit_test(a_path_without_end_is_a_trap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
