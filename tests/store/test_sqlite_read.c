#include "store_fixture.h"

static bool see_miss(void *user, const td_store_miss *miss)
{
    snprintf(user, 64, "%.*s:%d:%.*s", TD_STR_FMT(miss->uri), miss->failed,
             TD_STR_FMT(miss->reason));
    return true;
}

static bool see_source(void *user, const td_store_source_row *row)
{
    snprintf(user, 128, "%.*s %.*s %.*s %llu %llu %.*s %d", TD_STR_FMT(row->source.uri),
             TD_STR_FMT(row->source.scope), TD_STR_FMT(row->source.project),
             (unsigned long long)row->pages, (unsigned long long)row->chunks,
             TD_STR_FMT(row->last_run), row->indexed_wall_ms > 0);
    return true;
}

static void gives_back_what_was_put(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    td_arena *arena = td_arena_new(1 << 20);

    assert_int_equal(fixture_put_page(f, "a/b.md", "first words|def code(): pass|last", ids), 3);
    fixture_put_vectors(f, ids, 3);
    fixture_flush(f);
    tandem_hit hit = fixture_hit(f, ids[1], arena);
    assert_true(td_str_eq(hit.text, TD_STR("def code(): pass")));
    assert_true(td_str_eq(hit.path, TD_STR("a/b.md")));
    assert_int_equal(hit.url.n, 0);
    assert_true(td_str_eq(hit.title, TD_STR("A title")));
    assert_true(td_str_eq(hit.heading, TD_STR("Top > Part")));
    assert_true(td_str_eq(hit.symbol, TD_STR("Parser.read_line")));
    assert_true(td_str_eq(hit.language, TD_STR("python")));
    assert_true(hit.is_code);
    assert_int_equal(hit.lane, TANDEM_LANE_CODERANK);
    assert_int_equal(hit.start_byte, 12);
    assert_int_equal(hit.end_byte, 28);
    assert_int_equal(hit.start_line, 2);
    fixture_check_invariants(f);
    td_arena_free(arena);
}

static void leaves_a_hit_empty_for_a_chunk_that_is_gone(void **state)
{
    fixture *f = *state;
    td_arena *arena = td_arena_new(1 << 20);
    tandem_hit hit = fixture_hit(f, 12345, arena);

    assert_null(hit.text.ptr);
    td_arena_free(arena);
}

static void a_page_is_known_only_when_every_chunk_has_its_vector(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    bool found = true;
    td_page_known known;

    ok_or_fail(f, f->store->page_known(f->store, f->source, TD_STR("p"), &found, &known, &f->err));
    assert_false(found);
    fixture_put_page(f, "p", "one|two", ids);
    fixture_put_vectors(f, ids, 1);
    fixture_flush(f);
    ok_or_fail(f, f->store->page_known(f->store, f->source, TD_STR("p"), &found, &known, &f->err));
    assert_false(found);
    fixture_put_vectors(f, ids, 2);
    fixture_flush(f);
    ok_or_fail(f, f->store->page_known(f->store, f->source, TD_STR("p"), &found, &known, &f->err));
    assert_true(found);
    assert_string_equal(known.etag, "\"e1\"");
    assert_string_equal(known.last_modified, "Mon");
    td_hash hash = td_hash_of(TD_STR("one|two"));
    assert_true(td_hash_eq(known.hash, hash));
}

static void tells_why_a_page_was_left_out_until_it_is_there(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    char seen[64] = "";
    td_store_miss miss = {.uri = TD_STR("b.bin"), .reason = TD_STR("binary file")};

    ok_or_fail(f, f->store->page_miss(f->store, f->run, &miss, &f->err));
    fixture_flush(f);
    ok_or_fail(f, f->store->each_miss(f->store, TD_STR("/src"), see_miss, seen, &f->err));
    assert_string_equal(seen, "b.bin:0:binary file");
    fixture_put_page(f, "b.bin", "text now", ids);
    fixture_flush(f);
    seen[0] = '\0';
    ok_or_fail(f, f->store->each_miss(f->store, TD_STR(""), see_miss, seen, &f->err));
    assert_string_equal(seen, "");
}

static void a_run_without_an_end_is_interrupted_once_its_writer_is_gone(void **state)
{
    fixture *f = *state;
    char seen[128] = "";

    ok_or_fail(f, f->store->each_source(f->store, see_source, seen, &f->err));
    assert_non_null(strstr(seen, " running "));
    fixture_close_store(f);
    fixture_open_store(f, true);
    ok_or_fail(f, f->store->each_source(f->store, see_source, seen, &f->err));
    assert_non_null(strstr(seen, " interrupted "));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(gives_back_what_was_put),
        T(leaves_a_hit_empty_for_a_chunk_that_is_gone),
        T(a_page_is_known_only_when_every_chunk_has_its_vector),
        T(tells_why_a_page_was_left_out_until_it_is_there),
        T(a_run_without_an_end_is_interrupted_once_its_writer_is_gone),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
