#include "tandem/tandem.h"

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char last[256];

static void keep(void *user, tandem_log_level level, const char *room, const char *line)
{
    (void)user;
    snprintf(last, sizeof(last), "%d %s %s", (int)level, room, line);
}

static void passes_log_lines_with_their_level(void **state)
{
    (void)state;
    tandem_log_set(keep, NULL, TANDEM_LOG_WARN);
    td_log(TD_WARN, "net", "url=%s", "x");
    assert_string_equal(last, "1 net url=x");
    td_log(TD_INFO, "net", "unheard");
    assert_string_equal(last, "1 net url=x");
    tandem_log_set(NULL, NULL, TANDEM_LOG_DEBUG);
    td_log(TD_ERROR, "net", "unheard");
    assert_string_equal(last, "1 net url=x");
}

static void tells_its_version(void **state)
{
    (void)state;
    assert_true(strlen(tandem_version()) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_log_lines_with_their_level),
        cmocka_unit_test(tells_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
