#include "store_fixture.h"

static void put(fixture *f, const char *uri, const char *etag, const char *links)
{
    td_store_visit visit = {
        .uri = td_str_from(uri),
        .etag = td_str_from(etag),
        .last_modified = TD_STR("Tue, 01 Jan 2030 00:00:00 GMT"),
        .hash = td_hash_of(td_str_from(uri)),
        .recipe = td_hash_of(TD_STR("recipe")),
        .fetched_wall_ms = 1234567890123,
        .links = td_str_from(links),
    };

    ok_or_fail(f, f->store->visit_put(f->store, f->run, &visit, &f->err));
}

static bool get(fixture *f, const char *uri, td_store_visited *visited_out, td_buf *links)
{
    bool found = false;

    ok_or_fail(f, f->store->flush(f->store, &f->err));
    ok_or_fail(f, f->store->visit_get(f->store, f->source, td_str_from(uri), &found, visited_out,
                                      links, &f->err));
    return found;
}

static void what_is_put_is_remembered_and_the_last_one_counts(void **state)
{
    fixture *f = *state;
    td_store_visited visited;
    td_buf links = TD_BUF(1000);

    put(f, "https://a/", "\"1\"", "old");
    put(f, "https://a/", "\"2\"", "new");
    assert_true(get(f, "https://a/", &visited, &links));
    assert_string_equal(links.ptr, "new");
    assert_string_equal(visited.known.etag, "\"2\"");
    assert_string_equal(visited.known.last_modified, "Tue, 01 Jan 2030 00:00:00 GMT");
    assert_int_equal(visited.known.fetched_wall_ms, 1234567890123);
    assert_true(td_hash_eq(visited.known.hash, td_hash_of(TD_STR("https://a/"))));
    assert_true(td_hash_eq(visited.recipe, td_hash_of(TD_STR("recipe"))));
    assert_int_equal(visited.run, f->run);
    assert_false(get(f, "https://a/other", &visited, NULL));
    td_buf_clear(&links);
}

static void one_that_is_unchanged_keeps_all_but_its_run_and_time(void **state)
{
    fixture *f = *state;
    td_store_visited visited;
    td_store_visit seen = {.uri = TD_STR("https://a/"), .is_unchanged = true, .fetched_wall_ms = 2};
    td_buf links = TD_BUF(1000);

    put(f, "https://a/", "\"1\"", "links");
    fixture_end(f, true);
    ok_or_fail(f, f->store->run_begin(f->store, f->source, "index", 0, &f->run, &f->err));
    ok_or_fail(f, f->store->visit_put(f->store, f->run, &seen, &f->err));
    assert_true(get(f, "https://a/", &visited, &links));
    assert_string_equal(links.ptr, "links");
    assert_string_equal(visited.known.etag, "\"1\"");
    assert_int_equal(visited.known.fetched_wall_ms, 2);
    assert_int_equal(visited.run, f->run);
    td_buf_clear(&links);
}

static void a_complete_run_forgets_what_it_did_not_visit(void **state)
{
    fixture *f = *state;
    td_store_visited visited;
    int64_t last = -1;
    bool found = false;

    ok_or_fail(f, f->store->run_last_done(f->store, f->source, &last, &f->err));
    assert_int_equal(last, 0);
    put(f, "https://a/", "", "");
    put(f, "https://b/", "", "");
    fixture_end(f, false);
    ok_or_fail(f, f->store->run_last_done(f->store, f->source, &last, &f->err));
    assert_int_equal(last, f->run);
    ok_or_fail(f, f->store->run_begin(f->store, f->source, "index", 0, &f->run, &f->err));
    ok_or_fail(f, f->store->run_last_done(f->store, f->source, &last, &f->err));
    assert_int_equal(last, f->run - 1);
    put(f, "https://a/", "", "");
    fixture_end(f, true);
    assert_true(get(f, "https://a/", &visited, NULL));
    assert_false(get(f, "https://b/", &visited, NULL));
    /* A source that goes takes them along. */
    ok_or_fail(f, f->store->source_remove(f->store, TD_STR("/src"), &found, &f->err));
    assert_true(found);
    assert_false(get(f, "https://a/", &visited, NULL));
}

static void a_header_too_long_to_keep_is_left_out(void **state)
{
    fixture *f = *state;
    td_store_visited visited;
    char etag[400];

    memset(etag, 'x', sizeof(etag) - 1);
    etag[sizeof(etag) - 1] = '\0';
    put(f, "https://a/", etag, "");
    assert_true(get(f, "https://a/", &visited, NULL));
    assert_string_equal(visited.known.etag, "");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(what_is_put_is_remembered_and_the_last_one_counts),
        T(one_that_is_unchanged_keeps_all_but_its_run_and_time),
        T(a_complete_run_forgets_what_it_did_not_visit),
        T(a_header_too_long_to_keep_is_left_out),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
