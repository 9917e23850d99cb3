#include "search/search.h"
#include "search_fixture.h"

static td_arena *arena;

static int setup(void **state)
{
    arena = td_arena_new(64 << 20);
    return fixture_setup_begun(state);
}

static int teardown(void **state)
{
    td_arena_free(arena);
    return fixture_teardown(state);
}

static size_t search(fixture *f, const td_search_query *query, const td_search_options *options,
                     tandem_hit *hits)
{
    size_t n = 0;
    ok_or_fail(f, td_search(f->store, query, options, arena, hits, &n, &f->err));
    return n;
}

static void finds_the_chunk_whose_vector_it_is_given(void **state)
{
    fixture *f = *state;
    float vector[FIXTURE_DIM];
    tandem_hit hits[10];

    fixture_fill(f);
    for (int64_t id = 1; id <= 1200; id += 171) {
        for (int exact = 0; exact < 2; exact++) {
            td_search_options options = TD_SEARCH_OPTIONS;
            options.exact = exact;
            fixture_vector((uint64_t)id, vector);
            bool code = (id - 1) % 2;
            td_search_query query = {.text = TD_STR(""), .dims = {FIXTURE_DIM, FIXTURE_DIM}};
            query.vectors[code] = vector;
            assert_int_equal(search(f, &query, &options, hits), 10);
            assert_int_equal(hits[0].rank, 1);
            assert_int_equal(hits[0].lane, code);
            assert_int_equal(hits[0].lane_rank[code], 1);
            assert_true(hits[0].lane_score[code] > 0.9999f);
            assert_int_equal(hits[0].text_rank, 0);
            assert_int_equal(hits[0].lane_rank[!code], 0);
            assert_true(hits[0].score > hits[1].score);
        }
    }
}

static void words_alone_find_and_show_what_they_found(void **state)
{
    fixture *f = *state;
    tandem_hit hits[10];
    td_search_query query = {.text = TD_STR("word77")};

    fixture_fill(f);
    assert_int_equal(search(f, &query, NULL, hits), 1);
    assert_int_equal(hits[0].text_rank, 1);
    assert_true(td_str_eq(hits[0].text, TD_STR("more prose word77")));
    assert_true(td_str_eq(hits[0].snippet, TD_STR("more prose word77")));
    assert_true(td_str_eq(hits[0].path, TD_STR("odd/p77")));
}

static void vectors_and_words_agree_on_the_first_hit(void **state)
{
    fixture *f = *state;
    tandem_hit hits[10];
    float vector[FIXTURE_DIM];
    td_search_query query = {.text = TD_STR("word77"),
                             .vectors = {vector, NULL},
                             .dims = {FIXTURE_DIM, 0}};

    fixture_fill(f);
    fixture_vector(77 * 4 + 3, vector);
    assert_int_equal(search(f, &query, NULL, hits), 10);
    assert_int_equal(hits[0].text_rank, 1);
    assert_int_equal(hits[0].lane_rank[0], 1);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(hits[i].rank, i + 1);
}

static void filters_hold_for_vectors_and_words(void **state)
{
    fixture *f = *state;
    tandem_hit hits[50];
    float vector[FIXTURE_DIM];
    td_search_query query = {.text = TD_STR("prose"),
                             .vectors = {vector, vector},
                             .dims = {FIXTURE_DIM, FIXTURE_DIM}};
    td_search_options options = TD_SEARCH_OPTIONS;

    fixture_fill(f);
    fixture_vector(1, vector);
    options.k = 50;
    options.filter = (td_store_filter){.kind = 1, .path_glob = TD_STR("odd/*")};
    size_t n = search(f, &query, &options, hits);
    assert_int_equal(n, 50);
    for (size_t i = 0; i < n; i++) {
        assert_false(hits[i].is_code);
        assert_true(td_str_starts(hits[i].path, TD_STR("odd/")));
    }
    options.filter = (td_store_filter){.project = TD_STR("nobody's")};
    assert_int_equal(search(f, &query, &options, hits), 0);
}

static void equal_texts_do_not_fill_the_list(void **state)
{
    fixture *f = *state;
    char name[16];
    int64_t ids[16];
    tandem_hit hits[10];
    td_search_query query = {.text = TD_STR("licence")};

    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        fixture_put_page(f, name,
                         i == 39 ? "another licence, longer than the others" : "the licence text",
                         ids);
    }
    fixture_flush(f);
    assert_int_equal(search(f, &query, NULL, hits), 2);
}

static void an_empty_store_has_no_hits(void **state)
{
    fixture *f = *state;
    tandem_hit hits[10];
    float vector[FIXTURE_DIM];
    td_search_query query = {.text = TD_STR("x"),
                             .vectors = {vector, vector},
                             .dims = {FIXTURE_DIM, FIXTURE_DIM}};
    td_search_options options = TD_SEARCH_OPTIONS;

    fixture_vector(1, vector);
    assert_int_equal(search(f, &query, NULL, hits), 0);
    options.exact = true;
    assert_int_equal(search(f, &query, &options, hits), 0);
}

static tandem_code code_of(fixture *f, const td_search_query *query,
                           const td_search_options *options)
{
    tandem_hit hits[10];
    size_t n = 0;
    return td_search(f->store, query, options, arena, hits, &n, &f->err);
}

static void what_is_out_of_bounds_is_refused_by_name(void **state)
{
    fixture *f = *state;
    float vector[FIXTURE_DIM], zeros[FIXTURE_DIM] = {0}, wrong[FIXTURE_DIM];
    td_search_query query = {.text = TD_STR(" \n")};
    td_search_options options = TD_SEARCH_OPTIONS;

    assert_int_equal(code_of(f, &query, NULL), TANDEM_E_EMPTY);
    query.text = TD_STR("x");
    options.k = 0;
    assert_int_equal(code_of(f, &query, &options), TANDEM_E_INVALID);
    options.k = 1001;
    assert_int_equal(code_of(f, &query, &options), TANDEM_E_INVALID);
    assert_non_null(strstr(f->err.message, "1001"));
    options = TD_SEARCH_OPTIONS;
    options.text_weight = -1;
    assert_int_equal(code_of(f, &query, &options), TANDEM_E_INVALID);
    query.vectors[0] = zeros;
    query.dims[0] = FIXTURE_DIM;
    assert_int_equal(code_of(f, &query, NULL), TANDEM_E_INVALID);
    fixture_vector(1, wrong);
    wrong[3] = __builtin_nanf("");
    query.vectors[0] = wrong;
    assert_int_equal(code_of(f, &query, NULL), TANDEM_E_INVALID);
    fixture_vector(1, vector);
    query.vectors[0] = vector;
    query.dims[0] = FIXTURE_DIM - 1;
    assert_int_equal(code_of(f, &query, NULL), TANDEM_E_CONFLICT);
    assert_non_null(strstr(f->err.message, "mini"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(finds_the_chunk_whose_vector_it_is_given), T(words_alone_find_and_show_what_they_found),
        T(vectors_and_words_agree_on_the_first_hit), T(filters_hold_for_vectors_and_words),
        T(equal_texts_do_not_fill_the_list),         T(an_empty_store_has_no_hits),
        T(what_is_out_of_bounds_is_refused_by_name),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
