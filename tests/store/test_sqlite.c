#include "store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

static bool ignore_bits(void *user, const int64_t *ids, const uint8_t *bits, size_t n,
                        size_t row_bytes)
{
    (void)ids, (void)bits, (void)n, (void)row_bytes;
    ++*(int *)user;
    return true;
}

typedef struct reading {
    fixture *f;
    td_store *store;
    atomic_bool stop;
    atomic_int n_rounds, n_wrong;
} reading;

static void *read_on(void *arg)
{
    reading *r = arg;
    while (!atomic_load(&r->stop)) {
        td_arena *arena = td_arena_new(1 << 20);
        td_store_found found[16];
        tandem_hit hits[16];
        int64_t ids[16];
        size_t n = 0;
        int n_seen = 0;
        td_store_counts counts;
        bool wrong = r->store->text_search(r->store, TD_STR("words"), NULL, 16, found, &n, NULL) !=
                     TANDEM_OK;
        for (size_t i = 0; i < n; i++)
            ids[i] = found[i].chunk_id;
        wrong |= r->store->hits_get(r->store, ids, n, arena, hits, NULL) != TANDEM_OK;
        wrong |=
            r->store->each_bits(r->store, TANDEM_LANE_GTE, ignore_bits, &n_seen, NULL) != TANDEM_OK;
        wrong |= r->store->counts_get(r->store, &counts, NULL) != TANDEM_OK;
        for (size_t i = 0; i < n && !wrong; i++) /* gone, or whole */
            wrong |= hits[i].text.ptr && !td_str_eq(hits[i].text, TD_STR("some words"));
        atomic_fetch_add(&r->n_wrong, wrong);
        atomic_fetch_add(&r->n_rounds, 1);
        td_arena_free(arena);
    }
    return NULL;
}

static void writes_wait_for_flush_but_are_there_after_close(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];

    fixture_put_page(f, "p", "word", ids);
    assert_int_equal(fixture_find(f, "word", NULL, found), 0);
    fixture_close_store(f);
    fixture_open_store(f, true);
    assert_int_equal(fixture_find(f, "word", NULL, found), 1);
}

/* SQLite counts for the whole process; the other connections of a store keep little. */
static void the_file_takes_no_more_memory_than_it_may(void **state)
{
    fixture *f = *state;
    td_store_options options = TD_STORE_OPTIONS;
    char text[4096];

    fixture_close_store(f);
    options.memory_bytes_max = 1 << 20;
    ok_or_fail(f, td_store_open(f->path, &options, &f->store, &f->err));
    for (int i = 0; i < 3000; i++) {
        char uri[32];
        td_store_visit visit = {.fetched_wall_ms = i, .links = {text, sizeof(text)}};
        memset(text, 'a' + i % 26, sizeof(text));
        snprintf(uri, sizeof(uri), "u%d", i * 7919 % 3000);
        visit.uri = td_str_from(uri);
        ok_or_fail(f, f->store->visit_put(f->store, f->run, &visit, &f->err));
    }
    ok_or_fail(f, f->store->flush(f->store, &f->err));
    assert_in_range(sqlite3_memory_used(), 1 << 19, 3 << 20); /* of 12 MB that were written */
}

static void a_reader_is_told_that_it_cannot_write(void **state)
{
    fixture *f = *state;
    int64_t id;
    bool found;
    td_store_source source = {.kind = TD_STR("dir"), .uri = TD_STR("/x")};

    fixture_close_store(f);
    fixture_open_store(f, true);
    assert_int_equal(f->store->source_put(f->store, &source, &id, &f->err), TANDEM_E_INVALID);
    assert_int_equal(f->store->run_end(f->store, 1, "done", TD_STR(""), false, NULL, &f->err),
                     TANDEM_E_INVALID);
    assert_int_equal(f->store->source_remove(f->store, TD_STR("/src"), &found, &f->err),
                     TANDEM_E_INVALID);
    assert_int_equal(f->store->page_seen(f->store, 1, TD_STR("p"), &f->err), TANDEM_E_INVALID);
}

static void a_chunk_outside_its_text_is_refused_and_nothing_is_stored(void **state)
{
    fixture *f = *state;
    int64_t id;
    td_page page = {.uri = TD_STR("p")};
    td_document document = {.text = TD_STR("short")};
    tandem_chunk chunk = {.start_byte = 3, .end_byte = 6};
    td_chunks chunks = {&chunk, 1};

    assert_int_equal(f->store->page_put(f->store, f->run, &page, &document, &chunks, &id, &f->err),
                     TANDEM_E_INVALID);
    fixture_flush(f);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM pages"), 0);
}

static void readers_see_whole_pages_while_the_writer_writes(void **state)
{
    enum {
        READERS = 3
    };
    fixture *f = *state;
    pthread_t threads[READERS];
    int64_t ids[16];
    char name[16];

    reading r = {.f = f, .store = f->store};
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &r), 0);
    for (int i = 0; i < 300 || atomic_load(&r.n_rounds) < 20; i++) {
        snprintf(name, sizeof(name), "p%d", i % 20);
        fixture_put_page(f, name, "some words|code", ids);
        fixture_put_vectors(f, ids, 2);
        if (i % 5 == 0)
            fixture_flush(f);
    }
    fixture_end(f, true);
    atomic_store(&r.stop, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&r.n_wrong), 0);
    fixture_check_invariants(f);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(writes_wait_for_flush_but_are_there_after_close),
        T(the_file_takes_no_more_memory_than_it_may),
        T(a_reader_is_told_that_it_cannot_write),
        T(a_chunk_outside_its_text_is_refused_and_nothing_is_stored),
        T(readers_see_whole_pages_while_the_writer_writes),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
