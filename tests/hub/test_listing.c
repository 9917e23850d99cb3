#include "hub/listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define SHA256 "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

static td_hub_listing *listing; /* large */

static int make_listing(void **state)
{
    (void)state;
    listing = calloc(1, sizeof(*listing));
    return listing ? 0 : -1;
}

static int free_listing(void **state)
{
    (void)state;
    free(listing);
    return 0;
}

static tandem_code read_siblings(const char *siblings, tandem_error *err)
{
    char json[4096];

    snprintf(json, sizeof(json), "{\"sha\":\"" COMMIT "\",\"siblings\":[%s]}", siblings);
    return td_hub_listing_read(td_str_from(json), listing, err);
}

#define FILE_OF(name) "{\"rfilename\":\"" name "\"}"

static void tells_lengths_and_hashes(void **state)
{
    (void)state;
    assert_int_equal(
        read_siblings("{\"rfilename\":\"config.json\",\"size\":7,\"blobId\":\"" COMMIT "\"},"
                      "{\"rfilename\":\"model.safetensors\",\"size\":9,\"blobId\":\"" COMMIT
                      "\",\"lfs\":{\"size\":10,\"sha256\":\"" SHA256 "\"}},"
                      "{\"rfilename\":\"README.md\",\"size\":\"odd\"}," FILE_OF("vocab.txt"),
                      NULL),
        TANDEM_OK);
    assert_string_equal(listing->commit, COMMIT);
    assert_int_equal(listing->n_files, 3);
    assert_string_equal(listing->files[0].hash, COMMIT);
    assert_int_equal(listing->files[0].n_bytes, 7);
    assert_string_equal(listing->files[1].hash, SHA256);
    assert_int_equal(listing->files[1].n_bytes, 10);
    assert_string_equal(listing->files[2].hash, "");
    assert_true(listing->files[2].n_bytes == UINT64_MAX);
}

#define SHARDED                                                                         \
    FILE_OF("model-1-of-1.safetensors")                                                 \
    "," FILE_OF("model.safetensors.index.json") "," FILE_OF("config.json") "," FILE_OF( \
        "tokenizer.json")

static void takes_whole_weights_before_shards(void **state)
{
    (void)state;
    assert_int_equal(read_siblings(SHARDED, NULL), TANDEM_OK);
    assert_int_equal(listing->n_files, 4);
    assert_int_equal(read_siblings(SHARDED "," FILE_OF("model.safetensors"), NULL), TANDEM_OK);
    assert_int_equal(listing->n_files, 3);
}

static void says_what_is_missing(void **state)
{
    static const char *const cases[][2] = {
        {FILE_OF("README.md"), "config.json"},
        {FILE_OF("config.json") "," FILE_OF("vocab.txt") "," FILE_OF("a.gguf"), "GGUF"},
        {FILE_OF("config.json") "," FILE_OF("vocab.txt") "," FILE_OF("model-1-of-2.safetensors"),
         "model.safetensors"},
        {FILE_OF("config.json") "," FILE_OF("model.safetensors"), "tokenizer.json"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tandem_error err = {0};
        assert_int_equal(read_siblings(cases[i][0], &err), TANDEM_E_UNSUPPORTED);
        assert_non_null(strstr(err.message, cases[i][1]));
    }
}

static void shows_a_hubs_words_without_their_controls(void **state)
{
    tandem_error err = {0};

    (void)state;
    assert_int_equal(read_siblings("{\"rfilename\":\"config.json\",\"blobId\":\"\\u001b[2J\\n\"}",
                                   &err),
                     TANDEM_E_FORMAT);
    assert_null(strpbrk(err.message, "\n\x1b"));
    assert_non_null(strstr(err.message, "config.json"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_listing, free_listing)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tells_lengths_and_hashes),
        TEST(takes_whole_weights_before_shards),
        TEST(says_what_is_missing),
        TEST(shows_a_hubs_words_without_their_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
