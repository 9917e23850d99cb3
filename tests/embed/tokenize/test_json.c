#include "embed/tokenize/json.h"
#include "golden.h"

static tandem_code open_text(const char *text, tandem_error *err)
{
    td_json_file file = {0};
    tandem_code code = td_embed_tokenize_json_open("f.json", td_str_from(text), &file, err);
    td_embed_tokenize_json_close(&file);
    return code;
}

static void a_bad_file_is_refused_with_its_name_and_line(void **state)
{
    (void)state;
    tandem_error err = {0};
    assert_int_equal(open_text("{\n\"a\":1,\n\"a\":2}", &err), TANDEM_E_FORMAT);
    assert_non_null(strstr(err.message, "f.json: line 3: duplicate object key"));
    assert_int_equal(open_text("", &err), TANDEM_E_FORMAT);
    assert_int_equal(open_text("[1]", &err), TANDEM_E_FORMAT);
    assert_string_equal(err.message, "f.json: is not a JSON object");
    assert_int_equal(open_text("{\"a\":\"\xFF\"}", &err), TANDEM_E_FORMAT);
    assert_int_equal(open_text("{} x", &err), TANDEM_E_FORMAT);
    assert_int_equal(open_text("{\"[[[[[[[[[[[[[[[[[[\":1}", &err), TANDEM_OK);
}

static void a_nested_or_crowded_file_is_refused_before_it_is_parsed(void **state)
{
    (void)state;
    tandem_error err = {0};
    size_t n = 5000000;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, '[', n);
    td_json_file file = {0};
    assert_int_equal(td_embed_tokenize_json_open("f.json", (td_str){text, n}, &file, &err),
                     TANDEM_E_FORMAT);
    assert_string_equal(err.message, "f.json: nested deeper than 16");
    memset(text, ',', n);
    assert_int_equal(td_embed_tokenize_json_open("f.json", (td_str){text, n}, &file, &err),
                     TANDEM_E_TOO_LARGE);
    free(text);
    text = calloc(1, 64 * 1024 * 1024 + 1);
    assert_non_null(text);
    assert_int_equal(td_embed_tokenize_json_open("f.json", (td_str){text, 64 * 1024 * 1024 + 1},
                                                 &file, &err),
                     TANDEM_E_TOO_LARGE);
    free(text);
}

static void a_field_of_the_wrong_type_is_named(void **state)
{
    (void)state;
    td_json_file file = {0};
    tandem_error err = {0};
    bool flag = false;
    uint32_t count = 7;
    td_str text = TD_STR("default");
    assert_int_equal(td_embed_tokenize_json_open("f.json",
                                                 TD_STR("{\"f\":1,\"c\":-1,\"t\":[],\"n\":null}"),
                                                 &file, &err),
                     TANDEM_OK);
    assert_int_equal(td_embed_tokenize_json_flag(&file, "x", file.root, "f", &flag, &err),
                     TANDEM_E_FORMAT);
    assert_string_equal(err.message, "f.json: x.f is not true or false");
    assert_int_equal(td_embed_tokenize_json_count(&file, "", file.root, "c", &count, &err),
                     TANDEM_E_FORMAT);
    assert_string_equal(err.message, "f.json: c is not a whole number");
    assert_int_equal(td_embed_tokenize_json_text(&file, "", file.root, "t", &text, &err),
                     TANDEM_E_FORMAT);
    assert_int_equal(td_embed_tokenize_json_text(&file, "", file.root, "n", &text, &err),
                     TANDEM_OK);
    assert_int_equal(td_embed_tokenize_json_count(&file, "", file.root, "none", &count, &err),
                     TANDEM_OK);
    assert_true(td_str_eq(text, TD_STR("default")) && count == 7);
    td_embed_tokenize_json_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_file_is_refused_with_its_name_and_line),
        cmocka_unit_test(a_nested_or_crowded_file_is_refused_before_it_is_parsed),
        cmocka_unit_test(a_field_of_the_wrong_type_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
