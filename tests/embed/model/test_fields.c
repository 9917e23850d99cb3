#include "embed/model/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char JSON[] = "{\"n\": 12, \"f\": 1e3, \"half\": 0.5, \"neg\": -1, \"t\": \"text\","
                           "\"yes\": true, \"null\": null, \"list\": [\"a\", {\"b\": 7}],"
                           "\"o\": {\"p\": {\"q\": 2}}, \"huge\": 1e30}";

static td_fields *open_or_fail(const char *json)
{
    td_fields *fields = NULL;
    assert_int_equal(td_embed_model_fields_open("x.json", td_str_from(json), &fields, NULL),
                     TANDEM_OK);
    return fields;
}

static void reads_values_by_path(void **state)
{
    (void)state;
    td_fields *f = open_or_fail(JSON);
    size_t n = 0;
    double d = 0;
    bool yes = false;
    const char *text = NULL;
    assert_int_equal(td_embed_model_fields_size(f, "n", 1, 12, 0, &n, NULL), TANDEM_OK);
    assert_int_equal(n, 12);
    assert_int_equal(td_embed_model_fields_size(f, "f", 1, 9999, 0, &n, NULL), TANDEM_OK);
    assert_int_equal(n, 1000);
    assert_int_equal(td_embed_model_fields_size(f, "list.1.b", 1, 9, 0, &n, NULL), TANDEM_OK);
    assert_int_equal(n, 7);
    assert_int_equal(td_embed_model_fields_number(f, "o.p.q", 0, 9, 0, &d, NULL), TANDEM_OK);
    assert_true(d == 2);
    assert_int_equal(td_embed_model_fields_bool(f, "yes", false, &yes, NULL), TANDEM_OK);
    assert_true(yes);
    assert_int_equal(td_embed_model_fields_text(f, "list.0", NULL, &text, NULL), TANDEM_OK);
    assert_string_equal(text, "a");
    assert_int_equal(td_embed_model_fields_count(f, "list"), 2);
    assert_int_equal(td_embed_model_fields_count(f, "n"), 0);
    td_embed_model_fields_close(f);
}

static void absent_and_null_take_the_default(void **state)
{
    (void)state;
    td_fields *f = open_or_fail(JSON);
    size_t n = 0;
    const char *text = NULL;
    assert_false(td_embed_model_fields_has(f, "null"));
    assert_false(td_embed_model_fields_has(f, "list.2"));
    assert_false(td_embed_model_fields_has(f, "n.x"));
    assert_int_equal(td_embed_model_fields_size(f, "null", 1, 9, 5, &n, NULL), TANDEM_OK);
    assert_int_equal(n, 5);
    assert_int_equal(td_embed_model_fields_text(f, "no", "d", &text, NULL), TANDEM_OK);
    assert_string_equal(text, "d");
    td_embed_model_fields_close(f);
}

static void says_which_value_is_wrong_and_what_is_allowed(void **state)
{
    (void)state;
    td_fields *f = open_or_fail(JSON);
    static const char *const bad[] = {"half", "neg", "t", "yes", "huge", "list"};
    for (size_t i = 0; i < 6; i++) {
        tandem_error err;
        size_t n = 77;
        assert_int_equal(td_embed_model_fields_size(f, bad[i], 1, 4096, 0, &n, &err),
                         TANDEM_E_FORMAT);
        assert_int_equal(n, 77);
        assert_non_null(strstr(err.message, "x.json"));
        assert_non_null(strstr(err.message, bad[i]));
        assert_non_null(strstr(err.message, "4096"));
    }
    size_t n = 0;
    double d = 0;
    bool b = false;
    const char *text = NULL;
    assert_int_equal(td_embed_model_fields_size(f, "no", 1, 9, TD_FIELD_NEEDED, &n, NULL),
                     TANDEM_E_FORMAT);
    assert_int_equal(td_embed_model_fields_number(f, "no", 1, 9, TD_FIELD_NEEDED_F, &d, NULL),
                     TANDEM_E_FORMAT);
    assert_int_equal(td_embed_model_fields_bool(f, "t", false, &b, NULL), TANDEM_E_FORMAT);
    assert_int_equal(td_embed_model_fields_text(f, "n", NULL, &text, NULL), TANDEM_E_FORMAT);
    assert_int_equal(td_embed_model_fields_must_be(f, "t", "other", NULL), TANDEM_E_UNSUPPORTED);
    assert_int_equal(td_embed_model_fields_must_be(f, "no", "other", NULL), TANDEM_OK);
    assert_int_equal(td_embed_model_fields_must_be_bool(f, "yes", false, NULL),
                     TANDEM_E_UNSUPPORTED);
    td_embed_model_fields_close(f);
}

static void refuses_what_is_no_json_or_a_trap(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "{",        "{\"a\":1,\"a\":2}",
                                      "{}x", "nonsense", "{\"a\": NaN}"};
    td_fields *f = NULL;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(td_embed_model_fields_open("x.json", td_str_from(bad[i]), &f, NULL),
                         TANDEM_E_FORMAT);
    assert_int_equal(td_embed_model_fields_open("x.json", (td_str){0}, &f, NULL), TANDEM_E_FORMAT);
    size_t n = (size_t)5 << 20;
    char *deep = malloc(n);
    assert_non_null(deep);
    memset(deep, '[', n);
    assert_int_equal(td_embed_model_fields_open("x.json", (td_str){deep, 100000}, &f, NULL),
                     TANDEM_E_FORMAT);
    assert_int_equal(td_embed_model_fields_open("x.json", (td_str){deep, n}, &f, NULL),
                     TANDEM_E_TOO_LARGE);
    free(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values_by_path),
        cmocka_unit_test(absent_and_null_take_the_default),
        cmocka_unit_test(says_which_value_is_wrong_and_what_is_allowed),
        cmocka_unit_test(refuses_what_is_no_json_or_a_trap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
