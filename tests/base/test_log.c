#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct seen_lines {
    int n;
    td_log_level level;
    char room[32];
    char line[2048];
} seen_lines;

static void remember(void *user, td_log_level level, const char *room, const char *line)
{
    seen_lines *seen = user;
    seen->n++;
    seen->level = level;
    snprintf(seen->room, sizeof(seen->room), "%s", room);
    snprintf(seen->line, sizeof(seen->line), "%s", line);
}

static void is_silent_until_a_sink_is_set(void **state)
{
    (void)state;
    seen_lines seen = {0};
    td_log(TD_ERROR, "net", "lost");
    td_log_set(remember, &seen, TD_DEBUG);
    td_log_set(NULL, NULL, TD_DEBUG);
    td_log(TD_ERROR, "net", "lost");
    assert_int_equal(seen.n, 0);
}

static void hands_on_what_is_at_most_so_talkative(void **state)
{
    (void)state;
    seen_lines seen = {0};
    td_log_set(remember, &seen, TD_WARN);
    td_log(TD_INFO, "net", "too much");
    td_log(TD_DEBUG, "net", "too much");
    assert_int_equal(seen.n, 0);
    td_log(TD_WARN, "net", "url=%s status=%d", "http://a/", 404);
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.level, TD_WARN);
    assert_string_equal(seen.room, "net");
    assert_string_equal(seen.line, "url=http://a/ status=404");
    td_log(TD_ERROR, "store", "x");
    assert_int_equal(seen.n, 2);
    td_log_set(NULL, NULL, TD_ERROR);
}

static void keeps_one_event_on_one_line(void **state)
{
    (void)state;
    seen_lines seen = {0};
    td_log_set(remember, &seen, TD_INFO);
    td_log(TD_INFO, "net", "title=%s", "a\nb\r\x1B[2Jc\x7F\xC3\xA9");
    assert_string_equal(seen.line, "title=a b  [2Jc \xC3\xA9");
    td_log_set(NULL, NULL, TD_ERROR);
}

static void cuts_a_line_that_is_too_long(void **state)
{
    (void)state;
    seen_lines seen = {0};
    td_log_set(remember, &seen, TD_INFO);
    td_log(TD_INFO, "net", "%5000d", 1);
    assert_int_equal(strlen(seen.line), 1023);
    td_log_set(NULL, NULL, TD_ERROR);
}

static void log_again(void *user, td_log_level level, const char *room, const char *line)
{
    (void)level;
    (void)room;
    (void)line;
    td_log_set(remember, user, TD_INFO);
    td_log(TD_INFO, "net", "from inside");
}

static void a_sink_may_log_and_set_another_sink(void **state)
{
    (void)state;
    seen_lines seen = {0};
    td_log_set(log_again, &seen, TD_INFO);
    td_log(TD_INFO, "net", "x");
    assert_string_equal(seen.line, "from inside");
    td_log_set(NULL, NULL, TD_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_silent_until_a_sink_is_set),
        cmocka_unit_test(hands_on_what_is_at_most_so_talkative),
        cmocka_unit_test(keeps_one_event_on_one_line),
        cmocka_unit_test(cuts_a_line_that_is_too_long),
        cmocka_unit_test(a_sink_may_log_and_set_another_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
