#include "store_fixture.h"

typedef struct seen {
    char text[256];
    int64_t source;
} seen;

static bool see_open(void *user, const td_store_open_source *row)
{
    seen *s = user;
    size_t n = strlen(s->text);
    s->source = row->source;
    snprintf(s->text + n, sizeof(s->text) - n, "%.*s %llu %llu;", TD_STR_FMT(row->uri),
             (unsigned long long)row->chunks[0], (unsigned long long)row->chunks[1]);
    return true;
}

static void put_failure(fixture *f, int64_t id, tandem_lane lane)
{
    td_store_vector vector = {.chunk_id = id,
                              .lane = lane,
                              .status = TD_VECTOR_FAILED,
                              .reason = TD_STR("the server was away")};
    ok_or_fail(f, f->store->vectors_put(f->store, &vector, 1, &f->err));
}

static void sources_with_chunks_without_a_vector_are_told_by_lane(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    seen s = {.source = 0};

    fixture_put_page(f, "done", "one|two", ids);
    fixture_put_vectors(f, ids, 2);
    fixture_flush(f);
    ok_or_fail(f, f->store->each_open(f->store, TD_STR(""), see_open, &s, &f->err));
    assert_string_equal(s.text, "");
    fixture_put_page(f, "open", "prose|code|prose", ids);
    put_failure(f, ids[1], TANDEM_LANE_CODERANK);
    fixture_flush(f);
    ok_or_fail(f, f->store->each_open(f->store, TD_STR(""), see_open, &s, &f->err));
    assert_string_equal(s.text, "/src 2 1;"); /* pending ones count as well */
    assert_int_equal(s.source, f->source);
    ok_or_fail(f, f->store->each_open(f->store, TD_STR("/other"), see_open, &s, &f->err));
    ok_or_fail(f, f->store->each_open(f->store, TD_STR("/src"), see_open, &s, &f->err));
    assert_string_equal(s.text, "/src 2 1;/src 2 1;");
}

static void chunks_come_slice_by_slice_as_they_were_put(void **state)
{
    fixture *f = *state;
    int64_t ids[16], more[16], after = 0;
    td_store_open_chunk open[2];
    td_arena *arena = td_arena_new(1 << 20);
    size_t n = 99, n_all = 0;

    fixture_put_page(f, "a", "one|def two(): pass|three", ids);
    fixture_put_vectors(f, ids, 1);
    put_failure(f, ids[1], TANDEM_LANE_CODERANK);
    fixture_put_page(f, "b", "four|five", more);
    fixture_flush(f);
    do {
        ok_or_fail(f, f->store->open_get(f->store, f->source, after, open, 2, &n, arena, &f->err));
        for (size_t i = 0; i < n; i++) {
            assert_true(open[i].chunk_id > after);
            after = open[i].chunk_id;
        }
        if (n_all == 0) {
            assert_int_equal(open[0].chunk_id, ids[1]);
            assert_true(td_str_eq(open[0].chunk.text, TD_STR("def two(): pass")));
            assert_true(td_str_eq(open[0].chunk.heading, TD_STR("Top > Part")));
            assert_true(td_str_eq(open[0].chunk.symbol, TD_STR("Parser.read_line")));
            assert_true(td_str_eq(open[0].chunk.language, TD_STR("python")));
            assert_true(open[0].chunk.is_code);
            assert_int_equal(open[0].chunk.lane, TANDEM_LANE_CODERANK);
            assert_true(td_str_eq(open[1].chunk.text, TD_STR("three")));
        }
        n_all += n;
    } while (n == 2);
    assert_int_equal(n_all, 4);
    ok_or_fail(f, f->store->open_get(f->store, f->source + 1, 0, open, 2, &n, arena, &f->err));
    assert_int_equal(n, 0);
    td_arena_free(arena);
}

static void a_failed_chunk_is_done_once_it_has_its_vector(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    td_store_open_chunk open[4];
    td_arena *arena = td_arena_new(1 << 20);
    td_store_counts counts;
    fixture_bits bits = {.n_rows = 0};
    size_t n = 0;

    fixture_put_page(f, "a", "alpha|beta", ids);
    put_failure(f, ids[0], TANDEM_LANE_GTE);
    put_failure(f, ids[1], TANDEM_LANE_CODERANK);
    fixture_flush(f);
    /* words find it, vectors do not */
    assert_int_equal(fixture_find(f, "alpha", NULL, found), 1);
    ok_or_fail(f, f->store->each_bits(f->store, TANDEM_LANE_GTE, fixture_see_bits, &bits, &f->err));
    assert_int_equal(bits.n_rows, 0);
    fixture_check_invariants(f);
    fixture_put_vectors(f, ids, 2);
    fixture_flush(f);
    ok_or_fail(f, f->store->open_get(f->store, f->source, 0, open, 4, &n, arena, &f->err));
    assert_int_equal(n, 0);
    ok_or_fail(f, f->store->counts_get(f->store, &counts, &f->err));
    assert_int_equal(counts.chunks_failed + counts.chunks_pending, 0);
    assert_int_equal(counts.chunks[0] + counts.chunks[1], 2);
    fixture_check_invariants(f);
    td_arena_free(arena);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(sources_with_chunks_without_a_vector_are_told_by_lane),
        T(chunks_come_slice_by_slice_as_they_were_put),
        T(a_failed_chunk_is_done_once_it_has_its_vector),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
