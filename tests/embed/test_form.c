#include "embed/form.h"
#include "net/client.h"

static const char *base_of(const char *url, const td_form **form_out)
{
    static char out[300];
    td_buf base = TD_BUF(1000);
    tandem_error err = {0};

    *form_out = NULL;
    if (td_embed_form_base(td_str_from(url), &base, form_out, &err) != TANDEM_OK) {
        assert_int_equal(err.code, TANDEM_E_INVALID);
        snprintf(out, sizeof(out), "%s", err.message);
    } else {
        snprintf(out, sizeof(out), "%s", base.ptr);
    }
    td_buf_clear(&base);
    return out;
}

static void a_url_is_taken_as_people_write_it(void **state)
{
    static const struct {
        const char *url, *base;
        const td_form *form;
    } cases[] = {
        {"http://a:8080", "http://a:8080", NULL},
        {"HTTP://A:80/", "http://a", NULL},
        {"http://a:8080/embed", "http://a:8080", &td_embed_form_tei},
        {"http://a/tei/embed/", "http://a/tei", &td_embed_form_tei},
        {"http://a:11434/api/embed", "http://a:11434", &td_embed_form_ollama},
        {"https://api.openai.com/v1/", "https://api.openai.com/v1", &td_embed_form_openai},
        {"https://api.openai.com/v1/embeddings", "https://api.openai.com/v1",
         &td_embed_form_openai},
        {"https://a/openai/embeddings", "https://a/openai", &td_embed_form_openai},
    };
    const td_form *form;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(base_of(cases[i].url, &form), cases[i].base);
        assert_ptr_equal(form, cases[i].form);
    }
}

static void a_url_that_is_none_is_an_error_that_keeps_secrets(void **state)
{
    const td_form *form;

    (void)state;
    assert_non_null(strstr(base_of("localhost:8080", &form), "must start with http"));
    assert_non_null(strstr(base_of("http://a/?key=1", &form), "no query"));
    assert_null(strstr(base_of("http://me:hush@a/", &form), "hush"));
    assert_non_null(strstr(base_of("ftp://a/", &form), "not a usable URL"));
}

static const char *url_of(const td_form *form, const char *base, const char *path)
{
    static char out[300];
    td_buf url = TD_BUF(1000);

    assert_int_equal(td_embed_form_url(form, td_str_from(base), path, &url, NULL), TANDEM_OK);
    snprintf(out, sizeof(out), "%s", url.ptr);
    td_buf_clear(&url);
    return out;
}

static void paths_follow_the_base(void **state)
{
    const td_form *openai = &td_embed_form_openai;

    (void)state;
    assert_string_equal(url_of(&td_embed_form_tei, "http://a/x", "/embed"), "http://a/x/embed");
    assert_string_equal(url_of(openai, "http://a:1", openai->embed), "http://a:1/v1/embeddings");
    assert_string_equal(url_of(openai, "http://a/v1", openai->embed), "http://a/v1/embeddings");
    assert_string_equal(url_of(openai, "http://a/api/v4", openai->about), "http://a/api/v4/models");
}

static void forms_are_known_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(td_embed_form_named("tei"), &td_embed_form_tei);
    assert_ptr_equal(td_embed_form_named("openai"), &td_embed_form_openai);
    assert_ptr_equal(td_embed_form_named("ollama"), &td_embed_form_ollama);
    assert_null(td_embed_form_named("auto"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_taken_as_people_write_it),
        cmocka_unit_test(a_url_that_is_none_is_an_error_that_keeps_secrets),
        cmocka_unit_test(paths_follow_the_base),
        cmocka_unit_test(forms_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
