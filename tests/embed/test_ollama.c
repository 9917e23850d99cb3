#include "embed/form.h"
#include "net/client.h"

static void the_request_is_as_the_api_wants_it(void **state)
{
    td_buf out = TD_BUF(1000);
    const td_str texts[2] = {TD_STR("a"), TD_STR("b")};

    (void)state;
    assert_int_equal(td_embed_form_ollama.write(&out, "m\"1", TD_STR("p: "), texts, 2, NULL),
                     TANDEM_OK);
    assert_string_equal(out.ptr,
                        "{\"model\":\"m\\\"1\",\"input\":[\"p: a\",\"p: b\"],\"truncate\":true}");
    td_buf_clear(&out);
}

static void the_digest_of_the_model_is_its_revision(void **state)
{
    td_wire_about about;

    (void)state;
    assert_int_equal(td_embed_form_ollama.tell(
                         TD_STR("{\"models\":[{\"name\":\"n:latest\",\"digest\":\"sha\"}]}"), "n",
                         &about, NULL),
                     TANDEM_OK);
    assert_string_equal(about.revision, "sha");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request_is_as_the_api_wants_it),
        cmocka_unit_test(the_digest_of_the_model_is_its_revision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
