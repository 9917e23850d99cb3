#include "base/metrics.h"
#include "cache/cache.h"

#include <sqlite3.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    DIM = 64,
    VECTOR_BYTES = DIM * 4
};

typedef struct fixture {
    char folder[64], path[96];
    td_cache *cache;
} fixture;

static td_hash key_of(int i)
{
    char text[32];
    snprintf(text, sizeof(text), "text %d", i);
    return td_cache_key(TD_STR("model"), TANDEM_ROLE_DOCUMENT, td_str_from(text));
}

static void vector_of(int i, float out[DIM])
{
    for (int d = 0; d < DIM; d++)
        out[d] = (float)(i + 1) / (float)(d + 3);
}

static td_cache *open_or_fail(const char *path, uint64_t bytes_max)
{
    td_cache *cache = NULL;
    tandem_error err = {0};
    tandem_code code = td_cache_open_sqlite(path, bytes_max, &cache, &err);
    if (code != TANDEM_OK)
        fail_msg("open: %s", err.message);
    return cache;
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    strcpy(f->folder, "/tmp/tandem-cache-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/a.db", f->folder);
    f->cache = open_or_fail(f->path, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    if (f->cache)
        f->cache->close(f->cache);
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < 4; i++) {
        char name[128];
        snprintf(name, sizeof(name), "%s%s", f->path, ends[i]);
        unlink(name);
    }
    rmdir(f->folder);
    free(f);
    return 0;
}

static void reopen(fixture *f, uint64_t bytes_max)
{
    if (f->cache)
        f->cache->close(f->cache);
    f->cache = open_or_fail(f->path, bytes_max);
}

static void put(fixture *f, int i)
{
    float v[DIM];
    tandem_error err = {0};
    td_hash key = key_of(i);
    vector_of(i, v);
    tandem_code code = f->cache->put(f->cache, &key, v, 1, DIM, &err);
    if (code != TANDEM_OK)
        fail_msg("put: %s", err.message);
}

/* Whether vector i is there; if so it must be the one that was put. */
static bool has(fixture *f, int i)
{
    float v[DIM] = {0}, wanted[DIM];
    bool found = false;
    tandem_error err = {0};
    if (f->cache->get(f->cache, key_of(i), v, DIM, &found, &err) != TANDEM_OK)
        fail_msg("get: %s", err.message);
    vector_of(i, wanted);
    if (found)
        assert_memory_equal(v, wanted, sizeof(v));
    return found;
}

/* Runs SQL on a connection of its own; the first number it gives. */
static int64_t sql(fixture *f, const char *text)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    int step = sqlite3_step(s);
    assert_true(step == SQLITE_ROW || step == SQLITE_DONE);
    int64_t value = step == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    sqlite3_finalize(s);
    sqlite3_close(db);
    return value;
}

static double count_of(const char *labels)
{
    return td_metrics_value(td_metrics_counter("tandem_cache_total", labels));
}

static void a_vector_comes_back_bit_for_bit(void **state)
{
    fixture *f = *state;
    assert_false(has(f, 1));
    put(f, 1);
    assert_true(has(f, 1));
    assert_false(has(f, 2));
    reopen(f, 0);
    assert_true(has(f, 1));
}

static void many_vectors_go_in_with_one_call(void **state)
{
    fixture *f = *state;
    enum {
        N = 100
    };
    td_hash keys[N];
    float *vectors = malloc(sizeof(float) * N * DIM);
    for (int i = 0; i < N; i++) {
        keys[i] = key_of(i);
        vector_of(i, vectors + (size_t)i * DIM);
    }
    assert_int_equal(f->cache->put(f->cache, keys, vectors, N, DIM, NULL), TANDEM_OK);
    for (int i = 0; i < N; i++)
        assert_true(has(f, i));
    free(vectors);
}

static void a_key_that_is_there_is_left_alone(void **state)
{
    fixture *f = *state;
    put(f, 1);
    float other[DIM] = {1};
    td_hash key = key_of(1);
    assert_int_equal(f->cache->put(f->cache, &key, other, 1, DIM, NULL), TANDEM_OK);
    assert_true(has(f, 1));
    assert_int_equal(sql(f, "SELECT count(*) FROM cache"), 1);
}

static void hits_and_misses_are_counted(void **state)
{
    fixture *f = *state;
    double hits = count_of("result=\"hit\""), misses = count_of("result=\"miss\"");
    put(f, 1);
    has(f, 1);
    has(f, 1);
    has(f, 2);
    assert_true(count_of("result=\"hit\"") - hits == 2);
    assert_true(count_of("result=\"miss\"") - misses == 1);
}

static void counts_tell_what_it_did_and_holds(void **state)
{
    fixture *f = *state;
    td_cache_counts before, after;
    f->cache->get_counts(f->cache, &before);
    put(f, 1);
    put(f, 2);
    has(f, 1);
    has(f, 3);
    f->cache->get_counts(f->cache, &after);
    assert_int_equal(after.n_stored - before.n_stored, 2);
    assert_int_equal(after.n_hits - before.n_hits, 1);
    assert_int_equal(after.n_misses - before.n_misses, 1);
    assert_int_equal(after.n_evicted, before.n_evicted);
    assert_int_equal(after.bytes - before.bytes, 2 * VECTOR_BYTES);
}

static void a_flipped_bit_makes_a_miss_and_the_row_goes(void **state)
{
    fixture *f = *state;
    put(f, 1);
    put(f, 2);
    sql(f, "UPDATE cache SET vector = CAST(x'01' || substr(vector, 2) AS BLOB) WHERE id = 1");
    assert_int_equal(sql(f, "SELECT length(vector) FROM cache WHERE id = 1"), VECTOR_BYTES);
    assert_false(has(f, 1));
    assert_true(has(f, 2));
    assert_int_equal(sql(f, "SELECT count(*) FROM cache"), 1);
    put(f, 1);
    assert_true(has(f, 1));
}

static void a_row_under_another_rows_key_is_a_miss(void **state)
{
    fixture *f = *state;
    put(f, 1);
    put(f, 2);
    sql(f, "UPDATE cache SET (vector, sum) = (SELECT vector, sum FROM cache WHERE id = 2) "
           "WHERE id = 1");
    assert_false(has(f, 1));
    assert_true(has(f, 2));
}

static void a_row_of_another_width_or_type_is_a_miss(void **state)
{
    fixture *f = *state;
    float v[DIM * 2] = {0};
    bool found = true;
    put(f, 1);
    assert_int_equal(f->cache->get(f->cache, key_of(1), v, DIM * 2, &found, NULL), TANDEM_OK);
    assert_false(found);
    assert_int_equal(sql(f, "SELECT count(*) FROM cache"), 0);
    put(f, 1);
    sql(f, "UPDATE cache SET vector = 'text', used = 'when', sum = 1.5");
    assert_false(has(f, 1));
    put(f, 1);
    sql(f, "UPDATE cache SET vector = x''");
    assert_false(has(f, 1));
}

static void a_hit_writes_nothing(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 50; i++)
        put(f, i);
    reopen(f, 0); /* the rows are of an earlier tick now: a hit has something to note */
    sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
    int64_t version = sql(f, "SELECT max(used) FROM cache");
    char wal[128];
    snprintf(wal, sizeof(wal), "%s-wal", f->path);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++)
            assert_true(has(f, i));
    }
    FILE *file = fopen(wal, "rb");
    if (file) {
        fseek(file, 0, SEEK_END);
        assert_int_equal(ftell(file), 0);
        fclose(file);
    }
    assert_int_equal(sql(f, "SELECT max(used) FROM cache"), version);
}

static void uses_reach_the_file_with_the_next_put_or_close(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 10; i++)
        put(f, i);
    reopen(f, 0);
    assert_true(has(f, 3));
    put(f, 10);
    assert_int_equal(sql(f,
                         "SELECT count(*) FROM cache WHERE used > (SELECT min(used) FROM cache)"),
                     2);
    assert_true(has(f, 4));
    reopen(f, 0);
    assert_int_equal(sql(f,
                         "SELECT count(*) FROM cache WHERE used > (SELECT min(used) FROM cache)"),
                     3);
}

static void the_least_lately_used_goes_first_and_the_limit_holds(void **state)
{
    fixture *f = *state;
    uint64_t limit = 64 * VECTOR_BYTES;
    reopen(f, limit);
    for (int i = 0; i < 60; i++)
        put(f, i);
    assert_int_equal(sql(f, "SELECT count(*) FROM cache"), 60);
    reopen(f, limit);
    for (int i = 0; i < 20; i++)
        assert_true(has(f, i)); /* used again: now younger than 20..59 */
    for (int i = 60; i < 90; i++) {
        put(f, i);
        assert_true((uint64_t)sql(f, "SELECT sum(length(vector)) FROM cache") <= limit);
    }
    for (int i = 0; i < 20; i++)
        assert_true(has(f, i));
    for (int i = 20; i < 40; i++)
        assert_false(has(f, i));
    for (int i = 60; i < 90; i++)
        assert_true(has(f, i));
}

static void a_smaller_limit_takes_hold_of_an_older_file(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 100; i++)
        put(f, i);
    reopen(f, 10 * VECTOR_BYTES);
    put(f, 100);
    assert_true(sql(f, "SELECT count(*) FROM cache") <= 10);
    assert_true(has(f, 100));
}

static void a_limit_below_one_vector_keeps_nothing_and_fails_nothing(void **state)
{
    fixture *f = *state;
    reopen(f, 10);
    put(f, 1);
    assert_false(has(f, 1));
}

static void a_foreign_table_of_that_name_is_refused_and_left_alone(void **state)
{
    fixture *f = *state;
    f->cache->close(f->cache);
    f->cache = NULL;
    sql(f, "DROP TABLE cache");
    sql(f, "CREATE TABLE cache(url TEXT, body TEXT)");
    sql(f, "INSERT INTO cache VALUES('u', 'b')");
    tandem_error err = {0};
    assert_int_equal(td_cache_open_sqlite(f->path, 0, &f->cache, &err), TANDEM_E_FORMAT);
    assert_null(f->cache);
    assert_non_null(strstr(err.message, "url TEXT"));
    assert_non_null(strstr(err.message, f->path));
    assert_int_equal(sql(f, "SELECT count(*) FROM cache"), 1);
    sql(f, "DROP TABLE cache");
    sql(f, "CREATE VIEW cache AS SELECT 1 AS id");
    assert_int_equal(td_cache_open_sqlite(f->path, 0, &f->cache, &err), TANDEM_E_FORMAT);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    fixture *f = *state;
    f->cache->close(f->cache);
    f->cache = NULL;
    FILE *file = fopen(f->path, "wb");
    for (int i = 0; i < 2000; i++)
        fputs("not a database ", file);
    fclose(file);
    tandem_error err = {0};
    assert_int_equal(td_cache_open_sqlite(f->path, 0, &f->cache, &err), TANDEM_E_FORMAT);
    assert_non_null(strstr(err.message, f->path));
    assert_int_not_equal(td_cache_open_sqlite("/nowhere/at/all.db", 0, &f->cache, &err), TANDEM_OK);
    assert_null(f->cache);
}

static void other_tables_and_the_schema_version_are_left_alone(void **state)
{
    fixture *f = *state;
    sql(f, "PRAGMA user_version = 7");
    sql(f, "PRAGMA application_id = 99");
    sql(f, "CREATE TABLE pages(id INTEGER)");
    reopen(f, 0);
    put(f, 1);
    assert_int_equal(sql(f, "PRAGMA user_version"), 7);
    assert_int_equal(sql(f, "PRAGMA application_id"), 99);
    assert_int_equal(sql(f, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"), 2);
}

/* ---- a disk that is full ---- */

static sqlite3_vfs full_vfs;
static sqlite3_io_methods full_methods;
static const sqlite3_io_methods *real_methods;
static int (*real_open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);
static bool disk_full;

static int full_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    return disk_full ? SQLITE_FULL : real_methods->xWrite(file, bytes, n, at);
}

static int full_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    int code = real_open(vfs, name, file, flags, out);
    if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL)) { /* where every write goes first */
        real_methods = file->pMethods;
        full_methods = *real_methods;
        full_methods.xWrite = full_write;
        file->pMethods = &full_methods;
    }
    return code;
}

static void a_full_disk_names_the_file_and_loses_nothing(void **state)
{
    fixture *f = *state;
    f->cache->close(f->cache);
    f->cache = NULL;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    full_vfs = *real;
    full_vfs.zName = "full";
    real_open = real->xOpen;
    full_vfs.xOpen = full_open;
    sqlite3_vfs_register(&full_vfs, 1);

    f->cache = open_or_fail(f->path, 0);
    put(f, 1);
    disk_full = true;
    float v[DIM];
    tandem_error err = {0};
    td_hash key = key_of(2);
    vector_of(2, v);
    assert_int_equal(f->cache->put(f->cache, &key, v, 1, DIM, &err), TANDEM_E_NO_SPACE);
    assert_non_null(strstr(err.message, f->path));
    assert_true(has(f, 1));
    assert_false(has(f, 2));
    disk_full = false;
    put(f, 2);
    assert_true(has(f, 2));
    f->cache->close(f->cache);
    f->cache = NULL;
    sqlite3_vfs_unregister(&full_vfs);
    reopen(f, 0);
    assert_true(has(f, 1) && has(f, 2));
}

/* ---- many threads ---- */

typedef struct worker {
    fixture *f;
    int number;
} worker;

static void *work(void *arg)
{
    worker *w = arg;
    for (int i = 0; i < 100; i++) {
        put(w->f, w->number * 1000 + i);
        if (!has(w->f, w->number * 1000 + i))
            return w;
        has(w->f, i);
    }
    return NULL;
}

static void threads_share_one_cache(void **state)
{
    fixture *f = *state;
    pthread_t threads[4];
    worker workers[4];
    for (int i = 0; i < 4; i++) {
        workers[i] = (worker){f, i};
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (int i = 0; i < 4; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(sql(f, "SELECT count(*) FROM cache"), 400);
}

static void two_connections_share_one_file(void **state)
{
    fixture *f = *state;
    fixture other = *f;
    other.cache = open_or_fail(f->path, 0);
    for (int i = 0; i < 50; i++) {
        put(f, i * 2);
        put(&other, i * 2 + 1);
    }
    for (int i = 0; i < 100; i++) {
        assert_true(has(f, i));
        assert_true(has(&other, i));
    }
    other.cache->close(other.cache);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_vector_comes_back_bit_for_bit),
        TEST(many_vectors_go_in_with_one_call),
        TEST(a_key_that_is_there_is_left_alone),
        TEST(hits_and_misses_are_counted),
        TEST(counts_tell_what_it_did_and_holds),
        TEST(a_flipped_bit_makes_a_miss_and_the_row_goes),
        TEST(a_row_under_another_rows_key_is_a_miss),
        TEST(a_row_of_another_width_or_type_is_a_miss),
        TEST(a_hit_writes_nothing),
        TEST(uses_reach_the_file_with_the_next_put_or_close),
        TEST(the_least_lately_used_goes_first_and_the_limit_holds),
        TEST(a_smaller_limit_takes_hold_of_an_older_file),
        TEST(a_limit_below_one_vector_keeps_nothing_and_fails_nothing),
        TEST(a_foreign_table_of_that_name_is_refused_and_left_alone),
        TEST(a_file_that_is_no_database_is_refused),
        TEST(other_tables_and_the_schema_version_are_left_alone),
        TEST(a_full_disk_names_the_file_and_loses_nothing),
        TEST(threads_share_one_cache),
        TEST(two_connections_share_one_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
