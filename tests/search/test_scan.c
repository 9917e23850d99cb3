#include "search/scan.h"
#include "search_fixture.h"

/* The bits may only lose what falls out of the candidates: with enough of these, nothing. */
static void bits_with_all_candidates_are_as_good_as_exact(void **state)
{
    fixture *f = *state;
    float vector[FIXTURE_DIM];
    td_store_found exact[20], found[20];
    size_t n_exact = 0, n = 0;

    fixture_fill(f);
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

    fixture_fill(f);
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

static void a_vector_of_another_width_is_refused(void **state)
{
    fixture *f = *state;
    float vector[FIXTURE_DIM + 8] = {1};
    td_store_found found[4];
    size_t n = 0;

    fixture_fill(f);
    for (int exact = 0; exact < 2; exact++) {
        td_search_scan_options options = {.exact = exact, .n_candidates = 100};
        assert_int_equal(td_search_scan(f->store, TANDEM_LANE_GTE, vector, FIXTURE_DIM + 8,
                                        &options, found, 4, &n, &f->err),
                         TANDEM_E_CONFLICT);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(bits_with_all_candidates_are_as_good_as_exact),
        T(a_scan_with_a_filter_gives_the_best_of_those_that_pass),
        T(the_heap_keeps_the_best_in_order_with_ties_by_id),
        T(a_vector_of_another_width_is_refused),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
