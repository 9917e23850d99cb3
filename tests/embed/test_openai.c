#include "embed/form.h"
#include "net/client.h"

static void the_request_is_as_the_api_wants_it(void **state)
{
    td_buf out = TD_BUF(1000);
    const td_str texts[2] = {TD_STR("a"), TD_STR("b")};

    (void)state;
    assert_int_equal(td_embed_form_openai.write(&out, "m\"1", TD_STR("p: "), texts, 2, NULL),
                     TANDEM_OK);
    assert_string_equal(
        out.ptr,
        "{\"model\":\"m\\\"1\",\"input\":[\"p: a\",\"p: b\"],\"encoding_format\":\"base64\"}");
    td_buf_clear(&out);
}

static void a_server_that_sends_lists_instead_of_base64_is_understood(void **state)
{
    float v[2];
    td_wire_answer got = {.n = 1, .dim = 2, .vectors = v};

    (void)state;
    assert_int_equal(td_embed_form_openai.read(
                         TD_STR("{\"data\":[{\"index\":0,\"embedding\":[0,1]}]}"), &got, NULL),
                     TANDEM_OK);
    assert_float_equal(v[1], 1, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request_is_as_the_api_wants_it),
        cmocka_unit_test(a_server_that_sends_lists_instead_of_base64_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
