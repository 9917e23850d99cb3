#include "store_fixture.h"

static void a_replaced_page_loses_its_old_chunks_words_and_vectors(void **state)
{
    fixture *f = *state;
    int64_t old_ids[16], ids[16], found[16];
    fixture_bits *seen = calloc(1, sizeof(*seen));

    fixture_put_page(f, "p", "oldword here|readLine old", old_ids);
    fixture_put_vectors(f, old_ids, 2);
    fixture_put_page(f, "p", "newword here", ids);
    fixture_put_vectors(f, ids, 1);
    fixture_flush(f);
    assert_int_equal(fixture_find(f, "oldword", NULL, found), 0);
    assert_int_equal(fixture_find(f, "line", NULL, found), 0);
    assert_int_equal(fixture_find(f, "newword", NULL, found), 1);
    assert_int_equal(found[0], ids[0]);
    ok_or_fail(f, f->store->each_bits(f->store, TANDEM_LANE_GTE, fixture_see_bits, seen, &f->err));
    assert_int_equal(seen->n_rows, 1);
    ok_or_fail(f, f->store->each_bits(f->store, TANDEM_LANE_CODERANK, fixture_see_bits, seen,
                                      &f->err));
    assert_int_equal(seen->n_rows, 1);
    fixture_check_invariants(f);
    free(seen);
}

static void a_vector_for_a_chunk_that_is_gone_is_passed_over(void **state)
{
    fixture *f = *state;
    int64_t old_ids[16], ids[16];
    td_store_counts counts;

    fixture_put_page(f, "p", "old", old_ids);
    fixture_put_page(f, "p", "new", ids);
    fixture_put_vectors(f, old_ids, 1);
    fixture_flush(f);
    ok_or_fail(f, f->store->counts_get(f->store, &counts, &f->err));
    assert_int_equal(counts.chunks[0], 0);
    assert_int_equal(counts.chunks_pending, 1);
    fixture_check_invariants(f);
}

static void a_failed_chunk_is_found_by_words_but_has_no_vector(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    td_store_counts counts;
    float zeros[FIXTURE_DIM] = {0};

    fixture_put_page(f, "p", "alpha|beta", ids);
    td_store_vector vectors[2] = {
        {.chunk_id = ids[0], .status = TD_VECTOR_FAILED, .reason = TD_STR("timed out")},
        {.chunk_id = ids[1], .lane = TANDEM_LANE_CODERANK, .values = zeros, .reason = TD_STR("")}};
    ok_or_fail(f, f->store->vectors_put(f->store, vectors, 2, &f->err));
    fixture_flush(f);
    ok_or_fail(f, f->store->counts_get(f->store, &counts, &f->err));
    assert_int_equal(counts.chunks_failed, 2); /* a zero vector is never stored */
    assert_int_equal(counts.chunks[0] + counts.chunks[1], 0);
    assert_int_equal(fixture_find(f, "alpha", NULL, found), 1);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM chunks WHERE reason = 'timed out'"), 1);
    fixture_check_invariants(f);
}

static void a_failed_page_keeps_its_text_and_a_gone_one_does_not(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    td_store_miss failed = {.uri = TD_STR("p"), .failed = true, .reason = TD_STR("timed out")};
    td_store_miss gone = {.uri = TD_STR("p"),
                          .failed = true,
                          .gone = true,
                          .reason = TD_STR("404")};
    td_store_counts counts;

    fixture_put_page(f, "p", "words", ids);
    ok_or_fail(f, f->store->page_miss(f->store, f->run, &failed, &f->err));
    fixture_flush(f);
    assert_int_equal(fixture_find(f, "words", NULL, found), 1);
    ok_or_fail(f, f->store->counts_get(f->store, &counts, &f->err));
    assert_int_equal(counts.pages, 1);
    assert_int_equal(counts.failed, 1);
    ok_or_fail(f, f->store->page_miss(f->store, f->run, &gone, &f->err));
    fixture_flush(f);
    assert_int_equal(fixture_find(f, "words", NULL, found), 0);
    fixture_check_invariants(f);
}

static void names_and_texts_may_hold_any_bytes(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    td_arena *arena = td_arena_new(1 << 20);
    td_str uri = {"a\0b\xff'\"%\n", 8};

    fixture_put_page_of(f, uri, uri, false, TD_STR("t\xfe"), TD_STR("words inside"), ids);
    fixture_flush(f);
    assert_true(td_str_eq(fixture_hit(f, ids[0], arena).path, uri));
    td_store_filter filter = {.source = TD_STR("/src"), .path_glob = TD_STR("a*")};
    assert_int_equal(fixture_find(f, "words", &filter, found), 1);
    fixture_put_page_of(f, uri, uri, false, TD_STR("t"), TD_STR("others"), ids);
    fixture_flush(f);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM pages"), 1);
    fixture_check_invariants(f);
    td_arena_free(arena);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_replaced_page_loses_its_old_chunks_words_and_vectors),
        T(a_vector_for_a_chunk_that_is_gone_is_passed_over),
        T(a_failed_chunk_is_found_by_words_but_has_no_vector),
        T(a_failed_page_keeps_its_text_and_a_gone_one_does_not),
        T(names_and_texts_may_hold_any_bytes),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
