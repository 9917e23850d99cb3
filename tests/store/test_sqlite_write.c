/* Writes that are cut off: by a kill, a full disk, a failed sync. */
#include "faulty_vfs.h"
#include "store_fixture.h"

#include <sys/resource.h>
#include <sys/wait.h>

enum {
    PAGES = 24
};

static int setup(void **state)
{
    faulty_install();
    faulty_set(FAULTY_NONE, 0);
    return fixture_setup(state);
}

static int teardown(void **state)
{
    faulty_set(FAULTY_NONE, 0);
    return fixture_teardown(state);
}

/* The text of page `i` in its version: several chunks with words of its own. */
static void text_of(int i, int version, char out[128])
{
    snprintf(out, 128, "page%d version%d prose|call_%d(v%d)|shared words|tail", i, version, i,
             version);
}

static bool is_known(fixture *f, const char *uri, const char *text)
{
    bool found = false;
    td_page_known known;
    ok_or_fail(f, f->store->page_known(f->store, f->source, td_str_from(uri), &found, &known,
                                       &f->err));
    td_hash hash = td_hash_of(td_str_from(text));
    return found && td_hash_eq(known.hash, hash);
}

/* A run as the pipeline makes it: what is known is only seen, all else is put with its vectors.
 * Every third page commits, so that a kill may fall between pages and vectors. Returns how many
 * pages were put. */
static int run_index(fixture *f, int version)
{
    int n_put = 0;
    char name[16], text[128];
    int64_t ids[16];

    fixture_begin(f);
    for (int i = 0; i < PAGES; i++) {
        if (version > 0 && i % 6 == 5)
            continue; /* gone in the later version */
        snprintf(name, sizeof(name), "p%d", i);
        text_of(i, i % 2 ? version : 0, text);
        if (is_known(f, name, text)) {
            ok_or_fail(f, f->store->page_seen(f->store, f->run, td_str_from(name), &f->err));
            continue;
        }
        size_t n = fixture_put_page(f, name, text, ids);
        n_put++;
        if (i % 3 == 0)
            fixture_flush(f);
        fixture_put_vectors(f, ids, n);
    }
    fixture_end(f, true);
    return n_put;
}

/* What a database holds, by content: ids differ after a kill, and may. */
static int64_t n_pages_of(fixture *f, int version)
{
    char sql[256];
    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM page_texts WHERE CAST(text AS TEXT) GLOB '*version%d*'",
             version);
    return fixture_sql(f, sql);
}

static void check_whole(fixture *f, int version)
{
    fixture_check_invariants(f);
    int gone = version > 0 ? PAGES / 6 : 0;
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM pages"), PAGES - gone);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM chunks"), (PAGES - gone) * 4);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM chunks WHERE status <> 0"), 0);
    if (version > 0)
        assert_int_equal(n_pages_of(f, 1), PAGES / 2 - gone);
}

/* Runs `version` in a child with a fault; true when the child was killed before its end. */
static bool run_in_child(fixture *f, int version, faulty_kind kind, int at)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        faulty_set(kind, at);
        fixture_open_store(f, false);
        run_index(f, version);
        fixture_close_store(f);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        assert_int_equal(WTERMSIG(status), SIGKILL);
    else
        assert_int_equal(WEXITSTATUS(status), 0);
    return WIFSIGNALED(status);
}

/* The number of writes of a whole run of both versions, so that kills cover all of it. */
static int count_writes(fixture *f)
{
    faulty_set(FAULTY_FULL, 1 << 30);
    fixture_open_store(f, false);
    run_index(f, 0);
    run_index(f, 1);
    fixture_close_store(f);
    int n = faulty.count;
    faulty_set(FAULTY_NONE, 0);
    check_whole(f, 1);
    fixture_remove_files(f);
    return n;
}

static void kill_and_resume(fixture *f, faulty_kind kind, int at)
{
    run_in_child(f, 0, kind, at);
    fixture_open_store(f, false);
    fixture_check_invariants(f);
    run_index(f, 0);
    assert_int_equal(run_index(f, 0), 0); /* all is known now */
    fixture_close_store(f);
    check_whole(f, 0);

    run_in_child(f, 1, kind, at);
    fixture_open_store(f, false);
    fixture_check_invariants(f);
    run_index(f, 1);
    fixture_close_store(f);
    check_whole(f, 1);
    fixture_remove_files(f);
}

static void a_kill_at_any_write_loses_and_doubles_nothing(void **state)
{
    fixture *f = *state;
    int n_writes = count_writes(f);
    uint64_t x = 20261123;

    assert_in_range(n_writes, 50, 100000);
    for (int round = 0; round < 40; round++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        kill_and_resume(f, round % 2 ? FAULTY_KILL_TORN : FAULTY_KILL,
                        (int)(x % (uint64_t)n_writes) + 1);
    }
}

static void a_kill_at_each_of_the_first_writes_leaves_a_file_that_opens(void **state)
{
    fixture *f = *state;

    for (int at = 1; at <= 30; at++) {
        run_in_child(f, 0, at % 2 ? FAULTY_KILL : FAULTY_KILL_TORN, at);
        fixture_open_store(f, false);
        run_index(f, 0);
        fixture_close_store(f);
        check_whole(f, 0);
        fixture_remove_files(f);
    }
}

/* Tries to index; what came of it is in f->err too. */
static tandem_code try_index(fixture *f)
{
    td_store_options options = TD_STORE_OPTIONS;
    int64_t ids[16], run = 0, source_id = 0;
    td_store_source source = {.kind = TD_STR("dir"), .uri = TD_STR("/src")};
    td_store_lane model = {.model_id = TD_STR("mini"),
                           .fingerprint = TD_STR("f1"),
                           .dim = FIXTURE_DIM};
    char text[4096];
    tandem_code code = td_store_open(f->path, &options, &f->store, &f->err);

    memset(text, 'w', sizeof(text));
    if (code == TANDEM_OK)
        code = f->store->lane_put(f->store, TANDEM_LANE_GTE, &model, &f->err);
    if (code == TANDEM_OK)
        code = f->store->source_put(f->store, &source, &source_id, &f->err);
    if (code == TANDEM_OK)
        code = f->store->run_begin(f->store, source_id, "index", 0, &run, &f->err);
    for (int i = 0; i < 200 && code == TANDEM_OK; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%d", i);
        td_page page = {.uri = td_str_from(name)};
        td_document document = {.text = {text, sizeof(text)}};
        tandem_chunk chunk = {.end_byte = sizeof(text)};
        td_chunks chunks = {&chunk, 1};
        code = f->store->page_put(f->store, run, &page, &document, &chunks, ids, &f->err);
        if (code == TANDEM_OK && i % 20 == 19)
            code = f->store->flush(f->store, &f->err);
    }
    if (code == TANDEM_OK)
        code = f->store->run_end(f->store, run, "done", TD_STR("{}"), true, NULL, &f->err);
    fixture_close_store(f);
    return code;
}

static void must_say_no_space(const fixture *f, tandem_code code)
{
    if (code != TANDEM_E_NO_SPACE || !strstr(f->err.message, f->path))
        fail_msg("%s: %s", tandem_code_name(code), f->err.message);
}

static void a_disk_that_fills_up_is_named_and_the_rest_comes_later(void **state)
{
    fixture *f = *state;
    int n_failed = 0;

    for (int at = 1;; at += at < 20 ? 1 : 37) {
        faulty_set(FAULTY_FULL, at);
        tandem_code code = try_index(f);
        bool reached = faulty.count >= at;
        faulty_set(FAULTY_NONE, 0);
        if (code != TANDEM_OK)
            must_say_no_space(f, code);
        n_failed += code != TANDEM_OK;
        if (!reached)
            break;
        ok_or_fail(f, try_index(f)); /* there is room again */
        fixture_check_invariants(f);
        fixture_remove_files(f);
    }
    assert_in_range(n_failed, 10, 1000);
}

/* A real limit of the system instead of the test's file system. */
static void a_limit_on_file_size_is_told_as_no_space(void **state)
{
    fixture *f = *state;
    struct rlimit old, small;
    void (*old_handler)(int) = signal(SIGXFSZ, SIG_IGN);

    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 600 << 10;
    setrlimit(RLIMIT_FSIZE, &small);
    tandem_code code = try_index(f);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, old_handler);
    must_say_no_space(f, code);
    ok_or_fail(f, try_index(f));
    fixture_check_invariants(f);
}

static void what_a_full_disk_kept_back_goes_through_with_the_next_flush(void **state)
{
    fixture *f = *state;
    int64_t ids[16];

    fixture_open_store(f, false);
    fixture_begin(f);
    size_t n = fixture_put_page(f, "p", "words|code", ids);
    fixture_put_vectors(f, ids, n);
    faulty_set(FAULTY_FULL, 1);
    assert_int_equal(f->store->flush(f->store, &f->err), TANDEM_E_NO_SPACE);
    faulty_set(FAULTY_NONE, 0);
    fixture_flush(f);
    fixture_check_invariants(f);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM vectors"), 2);
}

static void after_a_failed_sync_nothing_more_is_written(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    char name[16];
    tandem_code code = TANDEM_OK;

    fixture_open_store(f, false);
    fixture_begin(f);
    faulty_set(FAULTY_SYNC, 1);
    for (int i = 0; i < 5000 && code == TANDEM_OK; i++) { /* until the first checkpoint */
        snprintf(name, sizeof(name), "p%d", i);
        fixture_put_page(f, name, "a|b|c|d", ids);
        code = f->store->flush(f->store, &f->err);
    }
    assert_int_equal(code, TANDEM_E_IO);
    assert_non_null(strstr(f->err.message, "check the disk"));
    faulty_set(FAULTY_NONE, 0);
    td_store_miss miss = {.uri = TD_STR("x"), .reason = TD_STR("y")};
    assert_int_equal(f->store->page_miss(f->store, f->run, &miss, &f->err), TANDEM_E_IO);
    assert_int_equal(f->store->run_begin(f->store, f->source, "index", 0, &f->run, &f->err),
                     TANDEM_E_IO);
    fixture_close_store(f);
    fixture_check_invariants(f); /* what was committed is whole */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_kill_at_any_write_loses_and_doubles_nothing),
        T(a_kill_at_each_of_the_first_writes_leaves_a_file_that_opens),
        T(a_disk_that_fills_up_is_named_and_the_rest_comes_later),
        T(a_limit_on_file_size_is_told_as_no_space),
        T(what_a_full_disk_kept_back_goes_through_with_the_next_flush),
        T(after_a_failed_sync_nothing_more_is_written),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
