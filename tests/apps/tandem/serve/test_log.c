#include "serve/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_line_stays_one_line_without_the_query(void **state)
{
    http_request request = {.method = "GET",
                            .path = "/a\nb\x1b[31m\xff",
                            .status = 404,
                            .note = "Not Found"};
    char line[200];

    (void)state;
    size_t n = log_format(&request, 0.0015, line, sizeof(line));
    assert_int_equal(n, strlen(line));
    assert_string_equal(line, "tandem: GET /a?b?[31m? 404 1.5 ms: Not Found");
}

static void a_long_path_is_cut(void **state)
{
    char path[1000];
    http_request request = {.method = "GET", .path = path, .status = 404};
    char line[300];

    (void)state;
    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_true(log_format(&request, 1, line, sizeof(line)) < 260);
    assert_true(log_format(&request, 1, line, 50) == 49);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_stays_one_line_without_the_query),
        cmocka_unit_test(a_long_path_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
