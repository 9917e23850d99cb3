#include "store_fixture.h"

static tandem_span span_of(uint32_t i)
{
    return (tandem_span){
        .slot = i % 3,
        .round = i,
        .start_us = 1000 + i,
        .end_us = 2000 + i,
        .batches = {i, 2 * i},
        .chunks = {3 * i, 4 * i},
        .busy_us = {5 * i, 6 * i},
        .n_tokens = 7 * i,
        .n_failed = i + 1,
        .n_retried = i + 2,
        .n_halved = i + 3,
        .code = i % 2 ? TANDEM_E_TIMEOUT : TANDEM_OK,
    };
}

static void put_spans(fixture *f, int64_t run, uint32_t n)
{
    tandem_span spans[8];
    for (uint32_t i = 0; i < n; i++)
        spans[i] = span_of(i);
    ok_or_fail(f, f->store->spans_put(f->store, run, spans, n, &f->err));
}

static size_t count_spans(fixture *f, int64_t run)
{
    td_arena *arena = td_arena_new(1 << 20);
    const tandem_span *spans = NULL;
    size_t n = 99;
    ok_or_fail(f, f->store->spans_get(f->store, run, &spans, &n, arena, &f->err));
    td_arena_free(arena);
    return n;
}

static void spans_come_back_as_they_were_put(void **state)
{
    fixture *f = *state;
    td_arena *arena = td_arena_new(1 << 20);
    const tandem_span *spans = NULL;
    size_t n = 0;

    put_spans(f, f->run, 5);
    ok_or_fail(f, f->store->spans_get(f->store, f->run, &spans, &n, arena, &f->err));
    assert_int_equal(n, 5);
    for (uint32_t i = 0; i < 5; i++) {
        tandem_span want = span_of(i);
        assert_memory_equal(&spans[i], &want, sizeof(want));
    }
    assert_int_equal(count_spans(f, f->run + 1), 0);
    td_arena_free(arena);
}

static void a_run_is_told_by_its_number_or_as_the_last(void **state)
{
    fixture *f = *state;
    td_arena *arena = td_arena_new(1 << 20);
    td_store_run run;
    bool found = false;
    int64_t first = f->run, second = 0, other = 0, third = 0;
    td_store_source source = {.kind = TD_STR("dir"), .uri = TD_STR("/other")};

    ok_or_fail(f, f->store->run_get(f->store, 0, &run, &found, arena, &f->err));
    assert_true(found);
    assert_true(td_str_eq(run.state, TD_STR("running")));
    assert_int_equal(run.ended_wall_ms, 0);
    fixture_end(f, true);
    /* a job of two sources, then a retry */
    ok_or_fail(f, f->store->source_put(f->store, &source, &other, &f->err));
    ok_or_fail(f, f->store->run_begin(f->store, f->source, "index", 0, &second, &f->err));
    ok_or_fail(f, f->store->run_begin(f->store, other, "index", second, &third, &f->err));
    ok_or_fail(f, f->store->run_get(f->store, 0, &run, &found, arena, &f->err));
    assert_int_equal(run.id, second); /* the last one belongs to it */
    assert_int_equal(run.n_sources, 2);
    assert_true(td_str_eq(run.source_uri, TD_STR("/src")));
    ok_or_fail(f, f->store->run_end(f->store, second, "done", TD_STR("{\"x\":1}"), false, NULL,
                                    &f->err));
    ok_or_fail(f, f->store->run_get(f->store, third, &run, &found, arena, &f->err));
    assert_true(td_str_eq(run.summary_json, TD_STR("{\"x\":1}")));
    assert_true(td_str_eq(run.state, TD_STR("done")));
    assert_true(run.ended_wall_ms > 0);
    ok_or_fail(f, f->store->run_begin(f->store, other, "retry", 0, &third, &f->err));
    ok_or_fail(f, f->store->run_get(f->store, 0, &run, &found, arena, &f->err));
    assert_true(td_str_eq(run.kind, TD_STR("retry")));
    ok_or_fail(f, f->store->run_get(f->store, first, &run, &found, arena, &f->err));
    assert_int_equal(run.id, first);
    ok_or_fail(f, f->store->run_get(f->store, third + 1, &run, &found, arena, &f->err));
    assert_false(found);
    td_arena_free(arena);
}

static void only_the_last_runs_keep_their_spans(void **state)
{
    fixture *f = *state;
    int64_t first = f->run, last = 0;

    put_spans(f, first, 2);
    for (int i = 0; i < TD_STORE_REPORTS_MAX; i++) {
        ok_or_fail(f, f->store->run_begin(f->store, f->source, "index", 0, &last, &f->err));
        put_spans(f, last, 3);
    }
    assert_int_equal(count_spans(f, first), 0);
    assert_int_equal(count_spans(f, last), 3);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM run_spans"), 3 * TD_STORE_REPORTS_MAX);
}

static void spans_go_with_their_source(void **state)
{
    fixture *f = *state;
    bool found = false;

    put_spans(f, f->run, 4);
    ok_or_fail(f, f->store->source_remove(f->store, TD_STR("/src"), &found, &f->err));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM run_spans"), 0);
    fixture_check_invariants(f);
}

static bool see_state(void *user, const td_store_source_row *row)
{
    snprintf(user, 32, "%.*s", TD_STR_FMT(row->last_run));
    return true;
}

static void a_retry_does_not_hide_how_the_last_reading_went(void **state)
{
    fixture *f = *state;
    int64_t run = 0;
    char seen[32] = "";

    ok_or_fail(f, f->store->run_end(f->store, f->run, "cancelled", TD_STR("{}"), false, NULL,
                                    &f->err));
    ok_or_fail(f, f->store->run_begin(f->store, f->source, "retry", 0, &run, &f->err));
    ok_or_fail(f, f->store->run_end(f->store, run, "done", TD_STR("{}"), false, NULL, &f->err));
    ok_or_fail(f, f->store->each_source(f->store, see_state, seen, &f->err));
    assert_string_equal(seen, "cancelled");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(spans_come_back_as_they_were_put),
        T(a_run_is_told_by_its_number_or_as_the_last),
        T(only_the_last_runs_keep_their_spans),
        T(spans_go_with_their_source),
        T(a_retry_does_not_hide_how_the_last_reading_went),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
