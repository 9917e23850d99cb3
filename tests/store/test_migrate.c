#include "store/migrate.h"
#include "store_fixture.h"

static void exec(const fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void assert_message(const fixture *f, const char *part)
{
    if (!strstr(f->err.message, part) || !strstr(f->err.message, "t.db"))
        fail_msg("\"%s\" does not say \"%s\"", f->err.message, part);
}

static bool has_lock_file(const fixture *f)
{
    char name[160];
    snprintf(name, sizeof(name), "%s.lock", f->path);
    return access(name, F_OK) == 0;
}

static void steps_run_once_each_and_a_failed_one_leaves_those_before(void **state)
{
    fixture *f = *state;
    static const char *const STEPS[] = {"CREATE TABLE one(a)",
                                        "CREATE TABLE two(a); CREATE TABLE three(a)",
                                        "CREATE TABLE four(a)"};
    static const char *const BAD[] = {"CREATE TABLE one(a)",
                                      "CREATE TABLE two(a); CREATE TABLE two(a)"};
    td_store_db db;

    ok_or_fail(f, td_store_sqlite_db_open(f->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 0,
                                          &db, &f->err));
    assert_int_not_equal(td_store_migrate_run(&db, BAD, 2, &f->err), TANDEM_OK);
    assert_non_null(strstr(f->err.context, "schema step 2"));
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), 1);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM sqlite_schema"), 1);
    ok_or_fail(f, td_store_migrate_run(&db, STEPS, 3, &f->err));
    ok_or_fail(f, td_store_migrate_run(&db, STEPS, 3, &f->err));
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), 3);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM sqlite_schema"), 4);
    td_store_sqlite_db_close(&db);
}

static void a_newer_schema_asks_for_a_newer_tandem(void **state)
{
    fixture *f = *state;
    fixture_open_store(f, false);
    fixture_close_store(f);
    exec(f, "PRAGMA user_version = 4711");
    for (int read_only = 0; read_only < 2; read_only++) {
        assert_int_equal(fixture_open_code(f, read_only, 0), TANDEM_E_UNSUPPORTED);
        assert_message(f,
                       "was made by a newer tandem (schema 4711, this one knows 3): update tandem");
    }
}

/* The oldest schema, with a run and a chunk that failed, as its own program left them. */
static void an_older_schema_is_brought_up_with_all_it_holds(void **state)
{
    fixture *f = *state;
    td_store_db db;
    td_arena *arena = td_arena_new(1 << 20);
    td_store_open_chunk open[4];
    td_store_run run;
    int64_t next = 0;
    size_t n = 0;
    bool found = false;

    ok_or_fail(f, td_store_sqlite_db_open(f->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 0,
                                          &db, &f->err));
    ok_or_fail(f, td_store_migrate_to(&db, 1, &f->err));
    td_store_sqlite_db_close(&db);
    exec(f, "INSERT INTO scopes VALUES(1, 'global', '', '', 'global_knowledge');"
            "INSERT INTO sources VALUES(1, x'2f737263', 'dir', 1);"
            "INSERT INTO runs(id, source, state, complete, begun_ms, ended_ms, summary)"
            " VALUES(3, 1, 'done', 1, 5, 6, '{\"x\":2}');"
            "INSERT INTO pages(id, source, uri, has_text, n_chunks) VALUES(1, 1, x'61', 1, 1);"
            "INSERT INTO page_texts VALUES(1, CAST('some words' AS BLOB));"
            "INSERT INTO chunks VALUES(9, 1, 0, 5, 10, 5, 10, 1, 1, 0, 1.0, 0, 2, 0, 'markdown',"
            " 'H', '', 'the server was away')");
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), 1);
    assert_int_equal(fixture_open_code(f, true, 0),
                     TANDEM_E_UNSUPPORTED); /* to read: not changed */
    assert_message(f, "run tandem index once");
    fixture_open_store(f, false);
    assert_int_equal(fixture_sql(f, "PRAGMA user_version"), 3);
    ok_or_fail(f, f->store->run_get(f->store, 0, &run, &found, arena, &f->err));
    assert_true(found && run.id == 3 && run.n_sources == 1 && run.ended_wall_ms == 6);
    assert_true(td_str_eq(run.kind, TD_STR("index")));
    assert_true(td_str_eq(run.summary_json, TD_STR("{\"x\":2}")));
    ok_or_fail(f, f->store->open_get(f->store, 1, 0, open, 4, &n, arena, &f->err));
    assert_int_equal(n, 1);
    assert_int_equal(open[0].chunk_id, 9);
    assert_true(td_str_eq(open[0].chunk.text, TD_STR("words")));
    ok_or_fail(f, f->store->run_begin(f->store, 1, "retry", 0, &next, &f->err));
    assert_int_equal(next, 4); /* numbers of runs go on */
    td_arena_free(arena);
}

static void another_programs_database_is_refused_and_left_alone(void **state)
{
    fixture *f = *state;
    exec(f, "CREATE TABLE bookmarks(url TEXT)");
    assert_int_equal(fixture_open_code(f, false, 0), TANDEM_E_FORMAT);
    assert_message(f, "another program's");
    assert_int_equal(fixture_open_code(f, true, 0), TANDEM_E_FORMAT);
    assert_false(has_lock_file(f));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM sqlite_schema"), 1);
    exec(f, "DROP TABLE bookmarks; PRAGMA application_id = 7");
    assert_int_equal(fixture_open_code(f, false, 0), TANDEM_E_FORMAT);
}

static void the_caches_table_may_be_there_first_and_stays(void **state)
{
    fixture *f = *state;
    exec(f, "PRAGMA journal_mode = WAL; CREATE TABLE cache(k, v); INSERT INTO cache VALUES(1, 2)");
    assert_int_equal(fixture_open_code(f, true, 0), TANDEM_E_NOT_FOUND);
    fixture_open_store(f, false);
    fixture_begin(f);
    fixture_close_store(f);
    assert_int_equal(fixture_sql(f, "SELECT v FROM cache"), 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(steps_run_once_each_and_a_failed_one_leaves_those_before),
        T(a_newer_schema_asks_for_a_newer_tandem),
        T(an_older_schema_is_brought_up_with_all_it_holds),
        T(another_programs_database_is_refused_and_left_alone),
        T(the_caches_table_may_be_there_first_and_stays),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
