#include "base/error.h"
#include "embed/embed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_batch_fails_for_the_reason_given_and_for_good(void **state)
{
    tandem_error why = {0}, err = {0};
    td_embedder *embedder = NULL;
    td_str text = TD_STR("x");
    float vector = 0;
    td_batch batch = {.texts = &text, .n = 1, .vectors = &vector};
    uint32_t retry_ms = 7;

    (void)state;
    td_fail(&why, TANDEM_E_NETWORK, "nobody there");
    assert_int_equal(td_embed_down_open(&why, &embedder, NULL), TANDEM_OK);
    assert_int_equal(embedder->embed(embedder, &batch, &retry_ms, &err), TANDEM_E_NOT_FOUND);
    assert_int_equal(err.code, TANDEM_E_NOT_FOUND);
    assert_string_equal(err.message, "nobody there");
    assert_int_equal(retry_ms, 0);
    assert_true(embedder->dim > 0);
    assert_true(embedder->estimate_tokens(embedder, text) > 0);
    embedder->close(embedder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_batch_fails_for_the_reason_given_and_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
