#include "../store/store_fixture.h"
#include "search/scan.h"
#include "search/search.h"

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

/* 300 pages of four chunks, each with its own vector (fixture_vector of its id). */
static void fill(fixture *f)
{
    char name[32], text[128];
    int64_t ids[16];

    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "%s/p%d", i % 2 ? "odd" : "even", i);
        snprintf(text, sizeof(text), "prose %d|code%d(x)|more prose word%d|x = call_%d()", i, i, i,
                 i);
        fixture_put_page(f, name, text, ids);
        fixture_put_vectors(f, ids, 4);
    }
    fixture_flush(f);
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

    fill(f);
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

/* The bits may only lose what falls out of the candidates: with enough of these, nothing. */
static void bits_with_all_candidates_are_as_good_as_exact(void **state)
{
    fixture *f = *state;
    float vector[FIXTURE_DIM];
    td_store_found exact[20], found[20];
    size_t n_exact = 0, n = 0;

    fill(f);
    fixture_vector(999999, vector);
    td_search_scan_options options = {.exact = true, .n_candidates = 600};
    ok_or_fail(f, td_search_scan(f->store, TANDEM_LANE_GTE, vector, FIXTURE_DIM, &options, exact,
                                 20, &n_exact, &f->err));
    options.exact = false;
    ok_or_fail(f, td_search_scan(f->store, TANDEM_LANE_GTE, vector, FIXTURE_DIM, &options, found,
                                 20, &n, &f->err));
    assert_int_equal(n, 20);
    assert_int_equal(n_exact, 20);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(found[i].chunk_id, exact[i].chunk_id);
        assert_true(found[i].score == exact[i].score);
    }
}

static void a_scan_with_a_filter_gives_the_best_of_those_that_pass(void **state)
{
    fixture *f = *state;
    float vector[FIXTURE_DIM];
    int64_t ids[300];
    td_store_found found[300], all[600];
    size_t n = 0, n_all = 0, n_same = 0;

    fill(f);
    fixture_vector(5, vector);
    for (int64_t i = 0; i < 300; i++)
        ids[i] = 1 + i * 4; /* the first chunk of each page */
    td_search_scan_options options = {.exact = true, .n_candidates = 100};
    ok_or_fail(f, td_search_scan(f->store, TANDEM_LANE_GTE, vector, FIXTURE_DIM, &options, all, 600,
                                 &n_all, &f->err));
    options.ids = ids;
    options.n_ids = 300;
    ok_or_fail(f, td_search_scan(f->store, TANDEM_LANE_GTE, vector, FIXTURE_DIM, &options, found,
                                 300, &n, &f->err));
    assert_int_equal(n, 300);
    for (size_t i = 0; i < n_all; i++)
        if (all[i].chunk_id % 4 == 1)
            assert_int_equal(all[i].chunk_id, found[n_same++].chunk_id);
    assert_int_equal(n_same, 300);
}

static void the_heap_keeps_the_best_in_order_with_ties_by_id(void **state)
{
    td_store_found items[5];
    td_search_scan_top top = {.items = items, .n_max = 5};
    (void)state;

    for (int64_t id = 40; id > 0; id--)
        td_search_scan_top_add(&top, id, (double)(id % 7));
    td_search_scan_top_sort(&top);
    const int64_t wanted[] = {6, 13, 20, 27, 34};
    for (int i = 0; i < 5; i++)
        assert_int_equal(items[i].chunk_id, wanted[i]);
}

static void words_alone_find_and_show_what_they_found(void **state)
{
    fixture *f = *state;
    tandem_hit hits[10];
    td_search_query query = {.text = TD_STR("word77")};

    fill(f);
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

    fill(f);
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

    fill(f);
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
        T(finds_the_chunk_whose_vector_it_is_given),
        T(bits_with_all_candidates_are_as_good_as_exact),
        T(a_scan_with_a_filter_gives_the_best_of_those_that_pass),
        T(the_heap_keeps_the_best_in_order_with_ties_by_id),
        T(words_alone_find_and_show_what_they_found),
        T(vectors_and_words_agree_on_the_first_hit),
        T(filters_hold_for_vectors_and_words),
        T(equal_texts_do_not_fill_the_list),
        T(an_empty_store_has_no_hits),
        T(what_is_out_of_bounds_is_refused_by_name),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
