#include "embed/form.h"
#include "net/client.h"

static void the_request_is_as_the_api_wants_it(void **state)
{
    td_buf out = TD_BUF(1000);
    const td_str texts[2] = {TD_STR("a"), TD_STR("b")};

    (void)state;
    assert_int_equal(td_embed_form_tei.write(&out, "m\"1", TD_STR("p: "), texts, 2, NULL),
                     TANDEM_OK);
    assert_string_equal(out.ptr,
                        "{\"inputs\":[\"p: a\",\"p: b\"],\"truncate\":true,\"normalize\":true}");
    td_buf_clear(&out);
}

static void another_model_than_the_wanted_one_is_a_conflict(void **state)
{
    td_str info = TD_STR("{\"model_id\":\"a/b\",\"model_sha\":\"c\"}");
    td_wire_about about = {0};
    tandem_error err;

    (void)state;
    assert_int_equal(td_embed_form_tei.tell(info, "a/c", &about, &err), TANDEM_E_CONFLICT);
    assert_string_equal(err.message, "the server has the model a/b, not a/c");
    assert_string_equal(about.model, "");
    assert_int_equal(td_embed_form_tei.tell(info, "a/b", &about, NULL), TANDEM_OK);
    assert_int_equal(td_embed_form_tei.tell(info, NULL, &about, NULL), TANDEM_OK);
    assert_string_equal(about.revision, "c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request_is_as_the_api_wants_it),
        cmocka_unit_test(another_model_than_the_wanted_one_is_a_conflict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
