#include "serve/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void gives_a_text_back_from_its_ids(void **state)
{
    tandem_embedder *embedder = NULL;
    uint32_t ids[256];
    size_t n = 0;
    bool truncated = false;
    tandem_str text = {"the lanes are unbatched", 23};

    (void)state;
    assert_int_equal(tandem_embedder_open(NULL, NULL, &embedder, NULL), TANDEM_OK);
    assert_int_equal(tandem_embedder_tokenize(embedder, text, TANDEM_ROLE_DOCUMENT, ids, &n,
                                              &truncated, NULL),
                     TANDEM_OK);
    char *plain = decode_ids(embedder, ids, n, true);
    char *whole = decode_ids(embedder, ids, n, false);
    assert_string_equal(plain, text.ptr);
    assert_string_equal(whole, "[CLS] the lanes are unbatched [SEP]");
    ids[1] = 4000000;
    assert_null(decode_ids(embedder, ids, n, true));
    free(plain);
    free(whole);
    tandem_embedder_close(embedder);
}

static void gives_bytes_back_from_byte_level_tokens(void **state)
{
    const char *golden = getenv("TANDEM_GOLDEN");
    char path[512];
    tandem_embedder *embedder = NULL;
    uint32_t ids[1024];
    size_t n = 0;
    bool truncated = false;
    tandem_str text = {"the caf\xc3\xa9 of a code\n  indented", 30};

    (void)state;
    snprintf(path, sizeof(path), "%s/models/modernbert", golden ? golden : "");
    assert_int_equal(tandem_embedder_open(path, NULL, &embedder, NULL), TANDEM_OK);
    assert_int_equal(tandem_embedder_tokenize(embedder, text, TANDEM_ROLE_DOCUMENT, ids, &n,
                                              &truncated, NULL),
                     TANDEM_OK);
    char *plain = decode_ids(embedder, ids, n, true);
    assert_memory_equal(plain, text.ptr, text.n);
    free(plain);
    tandem_embedder_close(embedder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_a_text_back_from_its_ids),
        cmocka_unit_test(gives_bytes_back_from_byte_level_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
