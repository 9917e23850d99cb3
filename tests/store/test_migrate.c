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
                       "was made by a newer tandem (schema 4711, this one knows 1): update tandem");
    }
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
        T(another_programs_database_is_refused_and_left_alone),
        T(the_caches_table_may_be_there_first_and_stays),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
