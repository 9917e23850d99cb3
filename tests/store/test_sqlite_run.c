#include "store_fixture.h"

static bool see_source(void *user, const td_store_source_row *row)
{
    snprintf(user, 128, "%.*s %.*s %.*s %llu %llu %.*s %d", TD_STR_FMT(row->source.uri),
             TD_STR_FMT(row->source.scope), TD_STR_FMT(row->source.project),
             (unsigned long long)row->pages, (unsigned long long)row->chunks,
             TD_STR_FMT(row->last_run), row->indexed_wall_ms > 0);
    return true;
}

static void a_complete_run_removes_what_it_did_not_see(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    uint64_t n_removed = 99;

    fixture_put_page(f, "stays", "same words", ids);
    fixture_put_page(f, "changes", "some words", ids);
    fixture_put_page(f, "goes", "unique words", ids);
    fixture_end(f, true);
    ok_or_fail(f, f->store->run_begin(f->store, f->source, "index", 0, &f->run, &f->err));
    ok_or_fail(f, f->store->page_seen(f->store, f->run, TD_STR("stays"), &f->err));
    fixture_put_page(f, "changes", "other words", ids);
    ok_or_fail(f, f->store->run_end(f->store, f->run, "done", TD_STR("{}"), true, &n_removed,
                                    &f->err));
    assert_int_equal(n_removed, 1);
    assert_int_equal(fixture_find(f, "unique", NULL, found), 0);
    assert_int_equal(fixture_find(f, "same other", NULL, found), 2);
    fixture_check_invariants(f);
}

static void a_run_that_was_cut_off_removes_nothing(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];

    fixture_put_page(f, "stays", "same words", ids);
    fixture_end(f, true);
    ok_or_fail(f, f->store->run_begin(f->store, f->source, "index", 0, &f->run, &f->err));
    fixture_end(f, false);
    assert_int_equal(fixture_find(f, "same", NULL, found), 1);
}

static void a_lane_with_vectors_refuses_another_model(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    td_store_lane other = {.model_id = TD_STR("big"),
                           .fingerprint = TD_STR("f2"),
                           .dim = FIXTURE_DIM};

    ok_or_fail(f, f->store->lane_put(f->store, TANDEM_LANE_GTE, &other, &f->err)); /* empty: fine */
    fixture_put_page(f, "p", "words", ids);
    fixture_put_vectors(f, ids, 1);
    other.fingerprint = TD_STR("f3");
    assert_int_equal(f->store->lane_put(f->store, TANDEM_LANE_GTE, &other, &f->err),
                     TANDEM_E_CONFLICT);
    assert_non_null(strstr(f->err.message, "another --db"));
    bool found = false;
    ok_or_fail(f, f->store->source_remove(f->store, TD_STR("/src"), &found, &f->err));
    assert_true(found);
    ok_or_fail(f, f->store->lane_put(f->store, TANDEM_LANE_GTE, &other, &f->err));
}

static void removing_a_source_leaves_nothing_of_it(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    char name[16];
    bool found = false;

    for (int i = 0; i < 600; i++) { /* more than one transaction of the sweep */
        snprintf(name, sizeof(name), "p%d", i);
        fixture_put_page(f, name, "a|b", ids);
        fixture_put_vectors(f, ids, 2);
    }
    ok_or_fail(f, f->store->source_remove(f->store, TD_STR("/src"), &found, &f->err));
    assert_true(found);
    assert_int_equal(
        fixture_sql(f, "SELECT (SELECT count(*) FROM pages) + (SELECT count(*) FROM chunks)"
                       " + (SELECT count(*) FROM vectors) + (SELECT count(*) FROM bit_rows)"
                       " + (SELECT count(*) FROM runs) + (SELECT count(*) FROM sources)"
                       " + (SELECT count(*) FROM scopes)"),
        0);
    ok_or_fail(f, f->store->source_remove(f->store, TD_STR("/src"), &found, &f->err));
    assert_false(found);
    fixture_check_invariants(f);
}

static void a_source_moves_to_another_scope_with_all_it_holds(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16], again = 0;
    char seen[128] = "";
    td_store_source moved = {.kind = TD_STR("dir"),
                             .uri = TD_STR("/src"),
                             .scope = TD_STR(""),
                             .project = TD_STR("Web"),
                             .dataset = TD_STR("")};

    fixture_put_page(f, "p", "words|code", ids);
    fixture_end(f, true);
    ok_or_fail(f, f->store->source_put(f->store, &moved, &again, &f->err));
    assert_int_equal(again, f->source);
    ok_or_fail(f, f->store->each_source(f->store, see_source, seen, &f->err));
    assert_string_equal(seen, "/src project Web 1 2 done 1");
    td_store_filter filter = {.project = TD_STR("Web")};
    assert_int_equal(fixture_find(f, "words", &filter, found), 1);
    filter.project = TD_STR("Other");
    assert_int_equal(fixture_find(f, "words", &filter, found), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_complete_run_removes_what_it_did_not_see),
        T(a_run_that_was_cut_off_removes_nothing),
        T(a_lane_with_vectors_refuses_another_model),
        T(removing_a_source_leaves_nothing_of_it),
        T(a_source_moves_to_another_scope_with_all_it_holds),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
