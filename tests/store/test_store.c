/* What td_store_open makes of files that are not (yet, or no longer) a store of its own. */
#include "store_fixture.h"

#include <sys/wait.h>

static void write_file(const fixture *f, const void *bytes, size_t n)
{
    FILE *file = fopen(f->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

static bool has_lock_file(const fixture *f)
{
    char name[160];
    snprintf(name, sizeof(name), "%s.lock", f->path);
    return access(name, F_OK) == 0;
}

static void assert_message(const fixture *f, const char *part)
{
    if (!strstr(f->err.message, part) || !strstr(f->err.message, "t.db"))
        fail_msg("\"%s\" does not say \"%s\"", f->err.message, part);
}

static bool ignore_bits(void *user, const int64_t *ids, const uint8_t *bits, size_t n,
                        size_t row_bytes)
{
    (void)ids, (void)bits, (void)n, (void)row_bytes;
    ++*(int *)user;
    return true;
}

static bool ignore_vector(void *user, int64_t id, const float *values, size_t dim)
{
    (void)id, (void)values, (void)dim;
    ++*(int *)user;
    return true;
}

static bool ignore_source(void *user, const td_store_source_row *row)
{
    (void)row;
    ++*(int *)user;
    return true;
}

/* Uses every function; each may fail with a clear error, none may crash. */
static void use_all(fixture *f)
{
    td_arena *arena = td_arena_new(64 << 20);
    td_store_found found[16];
    td_store_counts counts;
    tandem_hit hits[16];
    td_store_lane lane;
    int64_t all[16], ids[16], *filtered = NULL;
    size_t n = 0, n_filtered = 0;
    int n_seen = 0;
    td_store *store = f->store;
    td_store_filter filter = {.language = TD_STR("python"), .path_glob = TD_STR("**")};

    for (int64_t i = 0; i < 16; i++)
        all[i] = i + 1;
    store->lane_get(store, TANDEM_LANE_GTE, &lane, arena, NULL);
    store->text_search(store, TD_STR("words line call_3"), NULL, 16, found, &n, NULL);
    store->text_search(store, TD_STR("words line call_3"), &filter, 16, found, &n, NULL);
    if (store->filter_ids(store, &filter, &filtered, &n_filtered, NULL) == TANDEM_OK)
        free(filtered);
    store->hits_get(store, all, 16, arena, hits, NULL);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        store->each_bits(store, (tandem_lane)l, ignore_bits, &n_seen, NULL);
        store->each_vector(store, (tandem_lane)l, ignore_vector, &n_seen, NULL);
        store->vectors_get(store, (tandem_lane)l, all, 16, ignore_vector, &n_seen, NULL);
    }
    store->counts_get(store, &counts, NULL);
    store->each_source(store, ignore_source, &n_seen, NULL);
    td_store_source source = {.kind = TD_STR("dir"), .uri = TD_STR("/src")};
    bool removed;
    if (store->source_put(store, &source, &f->source, NULL) == TANDEM_OK &&
        store->run_begin(store, f->source, "index", 0, &f->run, NULL) == TANDEM_OK) {
        td_page page = {.uri = TD_STR("p1")};
        td_document document = {.text = TD_STR("new words")};
        tandem_chunk chunk = {.end_byte = 9};
        td_chunks chunks = {&chunk, 1};
        float values[FIXTURE_DIM];
        fixture_vector(1, values);
        store->page_put(store, f->run, &page, &document, &chunks, ids, NULL);
        td_store_vector vector = {.chunk_id = ids[0], .values = values};
        store->vectors_put(store, &vector, 1, NULL);
        store->run_end(store, f->run, "done", TD_STR("{}"), true, NULL, NULL);
        store->source_remove(store, TD_STR("/src"), &removed, NULL);
    }
    td_arena_free(arena);
}

static void a_text_file_is_refused_and_left_alone(void **state)
{
    fixture *f = *state;
    write_file(f, "my precious notes, longer than a header", 39);
    assert_int_equal(fixture_open_code(f, false, 0), TANDEM_E_FORMAT);
    assert_message(f, "not a tandem database");
    assert_int_equal(fixture_open_code(f, true, 0), TANDEM_E_FORMAT);
    assert_false(has_lock_file(f));
    struct stat info;
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_size, 39);
}

static void a_reader_makes_no_file(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_open_code(f, true, 0), TANDEM_E_NOT_FOUND);
    assert_message(f, "tandem index");
    assert_int_not_equal(access(f->path, F_OK), 0);
    write_file(f, "", 0);
    assert_int_equal(fixture_open_code(f, true, 0), TANDEM_E_NOT_FOUND);
    fixture_open_store(f, false); /* an empty file is as good as none */
}

static void a_folder_or_a_name_that_is_no_place_is_refused(void **state)
{
    fixture *f = *state;
    td_store *store = NULL;
    assert_int_equal(td_store_open(f->folder, NULL, &store, &f->err), TANDEM_E_INVALID);
    assert_int_equal(td_store_open("", NULL, &store, &f->err), TANDEM_E_INVALID);
    assert_int_equal(td_store_open("qdrant://host:1/x", NULL, &store, &f->err),
                     TANDEM_E_UNSUPPORTED);
    assert_non_null(strstr(f->err.message, "qdrant"));
    assert_int_equal(td_store_open("/dev/null", NULL, &store, &f->err), TANDEM_E_INVALID);
    assert_int_not_equal(td_store_open("/proc/no/such/t.db", NULL, &store, &f->err), TANDEM_OK);
}

static void no_name_is_special(void **state)
{
    fixture *f = *state;
    char old[4096];
    td_store *store = NULL;
    assert_non_null(getcwd(old, sizeof(old)));
    assert_int_equal(chdir(f->folder), 0);
    ok_or_fail(f, td_store_open(":memory:", NULL, &store, &f->err));
    store->close(store);
    assert_int_equal(access("./:memory:", F_OK), 0);
    unlink("./:memory:");
    unlink("./:memory:.lock");
    assert_int_equal(chdir(old), 0);
}

static void the_cache_can_write_between_two_writes_of_the_store(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    sqlite3 *db = NULL;

    fixture_open_store(f, false);
    fixture_begin(f);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE cache(k)", NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < 50; i++) { /* no busy time-out: any lock kept would fail it */
        fixture_put_page(f, "p", "a|b", ids);
        assert_int_equal(sqlite3_exec(db, "INSERT INTO cache VALUES(1)", NULL, NULL, NULL),
                         SQLITE_OK);
        fixture_put_vectors(f, ids, 2);
        if (i % 10 == 0)
            fixture_flush(f);
    }
    sqlite3_close(db);
}

static void a_missing_folder_is_made(void **state)
{
    fixture *f = *state;
    char path[160], command[256];
    td_store *store = NULL;
    snprintf(path, sizeof(path), "%s/a/b/t.db", f->folder);
    ok_or_fail(f, td_store_open(path, NULL, &store, &f->err));
    store->close(store);
    assert_int_equal(access(path, F_OK), 0);
    snprintf(command, sizeof(command), "rm -r %s/a", f->folder);
    assert_int_equal(system(command), 0);
}

static void a_damaged_file_gives_errors_or_answers_but_no_crash(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    uint64_t x = 4711;
    char name[16];

    fixture_open_store(f, false);
    fixture_begin(f);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        size_t n =
            fixture_put_page(f, name, "some words here|def call_3(line): pass|more|end", ids);
        fixture_put_vectors(f, ids, n);
    }
    fixture_end(f, true);
    fixture_close_store(f);
    FILE *file = fopen(f->path, "rb");
    static char good[4 << 20], bad[4 << 20];
    size_t n_bytes = fread(good, 1, sizeof(good), file);
    fclose(file);
    assert_in_range(n_bytes, 100000, sizeof(good) - 1);

    int n_refused = 0;
    for (int round = 0; round < 300; round++) {
        memcpy(bad, good, n_bytes);
        size_t n_now = n_bytes;
        for (int flips = 0; flips < 1 + round % 24; flips++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            /* half of them in page headers, where they hurt most */
            size_t at =
                x % 2 ? (x >> 8) % n_bytes : (x >> 8) % (n_bytes / 16384) * 16384 + (x >> 40) % 128;
            bad[at] ^= (char)(1 << (x >> 60 & 7));
        }
        if (round % 10 == 9)
            n_now = (size_t)(x >> 16) % n_bytes;
        fixture_remove_files(f);
        write_file(f, bad, n_now);
        tandem_code code = fixture_open_code(f, round % 3 == 0, 0);
        if (code == TANDEM_OK)
            use_all(f);
        else
            n_refused++;
        fixture_close_store(f);
    }
    assert_in_range(n_refused, 5, 295);
}

/* As a user for whom the folder is closed; the super-user becomes one. */
static int read_as_nobody(fixture *f)
{
    td_store_counts counts = {.pages = 0};

    if (geteuid() == 0 && setuid(65534) != 0)
        return 1;
    if (fixture_open_code(f, false, 0) != TANDEM_E_DENIED)
        return 2;
    if (fixture_open_code(f, true, 0) != TANDEM_OK)
        return 3;
    if (f->store->counts_get(f->store, &counts, &f->err) != TANDEM_OK || counts.pages != 1)
        return 4;
    fixture_close_store(f);
    return 0;
}

static void a_store_in_a_folder_that_may_not_be_written_can_be_read(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    int status = 0;

    fixture_open_store(f, false);
    fixture_begin(f);
    fixture_put_page(f, "p", "words", ids);
    fixture_end(f, true);
    fixture_close_store(f);
    assert_int_equal(chmod(f->path, 0444), 0);
    assert_int_equal(chmod(f->folder, 0555), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(read_as_nobody(f));
    assert_int_equal(waitpid(child, &status, 0), child);
    chmod(f->folder, 0700);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_text_file_is_refused_and_left_alone),
        T(a_reader_makes_no_file),
        T(a_folder_or_a_name_that_is_no_place_is_refused),
        T(no_name_is_special),
        T(the_cache_can_write_between_two_writes_of_the_store),
        T(a_missing_folder_is_made),
        T(a_store_in_a_folder_that_may_not_be_written_can_be_read),
        T(a_damaged_file_gives_errors_or_answers_but_no_crash),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
