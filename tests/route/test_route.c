#include "route/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char program[] = "int f(int a)\n{\n    return a + 1;\n}\n";
static const char comment[] =
    "/* The reader holds one line at a time, so that a file of any size can be read\n"
    " * with the memory of its longest line. It is not safe to use it from two\n"
    " * threads at once; each of them must have a reader of its own. */\nint a;\n";
static const char disabled[] = "// reader_open(path, &reader);\n// reader_read(reader, line);\n"
                               "// reader_close(reader);\n// free(reader);\nint a;\n";

static tandem_lane lane_of(const char *text, const char *language, bool is_code, float confidence,
                           td_route_rule rule)
{
    tandem_chunk chunk = {.text = td_str_from(text),
                          .language = td_str_from(language),
                          .is_code = is_code,
                          .confidence = confidence};
    td_chunks chunks = {&chunk, 1};
    td_route_set(&chunks, rule);
    return chunk.lane;
}

static void sends_code_to_coderank_and_prose_to_gte(void **state)
{
    (void)state;
    assert_int_equal(lane_of(program, "c", true, 1, TD_ROUTE_AUTO), TANDEM_LANE_CODERANK);
    assert_int_equal(lane_of("It rained.", "markdown", false, 0.9f, TD_ROUTE_AUTO),
                     TANDEM_LANE_GTE);
    assert_int_equal(lane_of("{\"a\": 1}", "json", true, 1, TD_ROUTE_AUTO), TANDEM_LANE_CODERANK);
}

static void obeys_a_rule_for_one_lane(void **state)
{
    (void)state;
    assert_int_equal(lane_of(program, "c", true, 1, TD_ROUTE_GTE), TANDEM_LANE_GTE);
    assert_int_equal(lane_of("It rained.", "markdown", false, 1, TD_ROUTE_CODERANK),
                     TANDEM_LANE_CODERANK);
}

static void sends_code_that_is_mostly_sentences_to_gte(void **state)
{
    (void)state;
    assert_int_equal(lane_of(comment, "c", true, 1, TD_ROUTE_AUTO), TANDEM_LANE_GTE);
    assert_int_equal(lane_of(disabled, "c", true, 1, TD_ROUTE_AUTO), TANDEM_LANE_CODERANK);
}

static void never_sends_prose_to_coderank(void **state)
{
    (void)state;
    assert_int_equal(lane_of(program, "markdown", false, 0.01f, TD_ROUTE_AUTO), TANDEM_LANE_GTE);
    assert_int_equal(lane_of("`f(a)`, `g(b)`: the first of the two", "markdown", false, 0.01f,
                             TD_ROUTE_AUTO),
                     TANDEM_LANE_GTE);
}

static void does_nothing_without_chunks(void **state)
{
    (void)state;
    td_chunks chunks = {NULL, 0};
    td_route_set(&chunks, TD_ROUTE_AUTO);
    assert_int_equal(chunks.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_code_to_coderank_and_prose_to_gte),
        cmocka_unit_test(obeys_a_rule_for_one_lane),
        cmocka_unit_test(sends_code_that_is_mostly_sentences_to_gte),
        cmocka_unit_test(never_sends_prose_to_coderank),
        cmocka_unit_test(does_nothing_without_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
