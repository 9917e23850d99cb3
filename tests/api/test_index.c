#include "api/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void says_that_there_is_no_index(void **state)
{
    tandem_index_options options = TANDEM_INDEX_OPTIONS;
    tandem_index *index = NULL;
    tandem_error error = {0};

    (void)state;
    options.read_only = true;
    assert_int_equal(tandem_index_open(location, &options, &index, &error), TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(error.message, "index.db"));
    options.read_only = false;
    options.must_exist = true;
    assert_int_equal(tandem_index_open(location, &options, &index, &error), TANDEM_E_NOT_FOUND);
    options.store_bytes_max = 1000;
    assert_int_equal(tandem_index_open(location, &options, &index, &error), TANDEM_E_INVALID);
    assert_non_null(strstr(error.message, "store_bytes_max"));
    options.store_bytes_max = 0;
    options.precision = "f64";
    assert_int_equal(tandem_index_open(location, &options, &index, &error), TANDEM_E_INVALID);
    assert_null(index);
}

static void an_empty_index_finds_nothing_and_says_so(void **state)
{
    tandem_index *index = NULL;
    tandem_hits *hits = NULL;
    tandem_status status;
    size_t n = 1;

    (void)state;
    assert_int_equal(tandem_index_open(location, NULL, &index, NULL), TANDEM_OK);
    assert_int_equal(tandem_index_search(index, (tandem_str){"words", 5}, NULL, &hits, NULL),
                     TANDEM_OK);
    tandem_hits_get(hits, &n);
    assert_int_equal(n, 0);
    tandem_hits_free(hits);
    assert_int_equal(tandem_index_get_status(index, &status, NULL), TANDEM_OK);
    assert_int_equal(status.pages + status.sources + status.chunks[0] + status.chunks[1], 0);
    tandem_index_close(index);
}

static void refuses_an_empty_query_and_bounds(void **state)
{
    tandem_search_options options = TANDEM_SEARCH_OPTIONS;
    tandem_index *index = NULL;
    tandem_hits *hits = NULL;
    tandem_error error = {0};

    (void)state;
    assert_int_equal(tandem_index_open(location, NULL, &index, NULL), TANDEM_OK);
    assert_int_equal(tandem_index_search(index, (tandem_str){"  ", 2}, NULL, &hits, &error),
                     TANDEM_E_EMPTY);
    options.k = 1001;
    assert_int_equal(tandem_index_search(index, (tandem_str){"a", 1}, &options, &hits, &error),
                     TANDEM_E_INVALID);
    assert_non_null(strstr(error.message, "k is 1001"));
    assert_int_equal(tandem_index_remove(index, tree, &error), TANDEM_E_NOT_FOUND);
    tandem_index_close(index);
}

static void lets_one_writer_in_at_a_time(void **state)
{
    tandem_index *first = NULL;
    tandem_index *second = NULL;
    tandem_error error = {0};

    (void)state;
    assert_int_equal(tandem_index_open(location, NULL, &first, NULL), TANDEM_OK);
    assert_int_equal(tandem_index_open(location, NULL, &second, &error), TANDEM_E_BUSY);
    assert_non_null(strstr(error.message, "index.db"));
    tandem_index_close(first);
    assert_int_equal(tandem_index_open(location, NULL, &second, &error), TANDEM_OK);
    tandem_index_close(second);
}

static void lends_the_model_of_a_lane(void **state)
{
    static float vector[384];
    tandem_index *index = NULL;
    tandem_embedder *prose = NULL, *again = NULL, *code = NULL;
    tandem_model_info info;
    tandem_str text = {"a key", 5};

    (void)state;
    assert_int_equal(tandem_index_open(location, NULL, &index, NULL), TANDEM_OK);
    assert_int_equal(tandem_index_get_embedder(index, TANDEM_LANE_GTE, &prose, NULL), TANDEM_OK);
    assert_int_equal(tandem_index_get_embedder(index, TANDEM_LANE_GTE, &again, NULL), TANDEM_OK);
    assert_int_equal(tandem_index_get_embedder(index, TANDEM_LANE_CODERANK, &code, NULL),
                     TANDEM_OK);
    assert_ptr_equal(prose, again);
    assert_ptr_not_equal(prose, code);
    tandem_embedder_get_info(code, &info);
    assert_int_equal(info.dim, 384);
    assert_int_equal(tandem_embedder_run(code, &text, 1, TANDEM_ROLE_DOCUMENT, vector, NULL, NULL),
                     TANDEM_OK);
    assert_int_equal(tandem_index_get_embedder(index, (tandem_lane)2, &code, NULL),
                     TANDEM_E_INVALID);
    tandem_index_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(says_that_there_is_no_index),       TEST(an_empty_index_finds_nothing_and_says_so),
        TEST(refuses_an_empty_query_and_bounds), TEST(lets_one_writer_in_at_a_time),
        TEST(lends_the_model_of_a_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
