#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_rule(const char *asked, const char *project, const char *dataset,
                        const char *wanted)
{
    td_str scope;
    tandem_error err;
    assert_int_equal(td_store_scope_rule(td_str_from(asked), td_str_from(project),
                                         td_str_from(dataset), &scope, &err),
                     TANDEM_OK);
    assert_true(td_str_eq(scope, td_str_from(wanted)));
}

static void the_rule_is_the_runners(void **state)
{
    (void)state;
    assert_rule("global", "P", "D", "global");
    assert_rule("project", "P", "D", "project");
    assert_rule("local", "P", "D", "local");
    assert_rule("", "P", "D", "local");
    assert_rule("", "P", "", "project");
    assert_rule("local", "P", "", "project");
    assert_rule("", "", "", "global");
    assert_rule("local", "", "D", "global");
    assert_rule("project", "", "", "global");
}

static void a_scope_of_another_name_is_refused_by_name(void **state)
{
    td_str scope;
    tandem_error err;
    (void)state;
    assert_int_equal(td_store_scope_rule(TD_STR("Global"), TD_STR(""), TD_STR(""), &scope, &err),
                     TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "Global"));
    assert_non_null(strstr(err.message, "local"));
}

static void assert_name(const char *scope, const char *project, const char *dataset,
                        const char *wanted)
{
    td_buf name = TD_BUF(256);
    tandem_error err;
    assert_int_equal(td_store_scope_name(td_str_from(scope), td_str_from(project),
                                         td_str_from(dataset), &name, &err),
                     TANDEM_OK);
    assert_string_equal(name.ptr, wanted);
    td_buf_clear(&name);
}

static void names_are_the_runners(void **state)
{
    (void)state;
    assert_name("global", "P", "D", "global_knowledge");
    assert_name("project", "My  Web-Site!", "", "project_my_web_site");
    assert_name("local", "_A_", "Docs (v2)", "project_a_dataset_docs_v2");
    assert_name("local", "\xc3\xa9t\xc3\xa9", "", "project_t_dataset_");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_is_the_runners),
        cmocka_unit_test(a_scope_of_another_name_is_refused_by_name),
        cmocka_unit_test(names_are_the_runners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
