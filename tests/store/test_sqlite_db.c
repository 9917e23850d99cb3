#include "store/sqlite_db.h"
#include "store_fixture.h"

typedef struct opened {
    fixture *f;
    td_store_db db;
} opened;

static int setup(void **state)
{
    opened *o = calloc(1, sizeof(*o));
    void *inner = NULL;
    fixture_setup(&inner);
    o->f = inner;
    ok_or_fail(o->f, td_store_sqlite_db_open(o->f->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                             0, &o->db, &o->f->err));
    *state = o;
    return 0;
}

static int teardown(void **state)
{
    opened *o = *state;
    void *inner = o->f;
    td_store_sqlite_db_close(&o->db);
    fixture_teardown(&inner);
    free(o);
    return 0;
}

static void a_transaction_ends_as_its_code_says(void **state)
{
    opened *o = *state;
    tandem_error *err = &o->f->err;

    ok_or_fail(o->f, td_store_sqlite_db_exec(&o->db, "CREATE TABLE t(a)", err));
    ok_or_fail(o->f, td_store_sqlite_db_begin(&o->db, TD_SQL_BEGIN_WRITE, err));
    ok_or_fail(o->f, td_store_sqlite_db_exec(&o->db, "INSERT INTO t VALUES(1)", err));
    ok_or_fail(o->f, td_store_sqlite_db_end(&o->db, TANDEM_OK, err));
    ok_or_fail(o->f, td_store_sqlite_db_begin(&o->db, TD_SQL_BEGIN_WRITE, err));
    ok_or_fail(o->f, td_store_sqlite_db_exec(&o->db, "INSERT INTO t VALUES(2)", err));
    td_fail(err, TANDEM_E_INVALID, "what went wrong first");
    assert_int_equal(td_store_sqlite_db_end(&o->db, TANDEM_E_INVALID, err), TANDEM_E_INVALID);
    assert_string_equal(err->message, "what went wrong first");
    assert_int_equal(fixture_sql(o->f, "SELECT sum(a) FROM t"), 1);
}

static void a_number_is_read_and_a_wrong_statement_is_told(void **state)
{
    opened *o = *state;
    int64_t value = 0;

    ok_or_fail(o->f, td_store_sqlite_db_number(&o->db, "SELECT 42", &value, &o->f->err));
    assert_int_equal(value, 42);
    assert_int_equal(td_store_sqlite_db_number(&o->db, "SELECT absent", &value, &o->f->err),
                     TANDEM_E_INTERNAL);
    assert_non_null(strstr(o->f->err.message, "no such column: absent"));
    assert_int_equal(value, 42);
}

static void a_lock_that_stays_is_told_as_busy(void **state)
{
    opened *o = *state;
    sqlite3 *other = NULL;

    assert_int_equal(sqlite3_open(o->f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(td_store_sqlite_db_exec(&o->db, "CREATE TABLE t(a)", &o->f->err),
                     TANDEM_E_BUSY);
    assert_true(tandem_code_retry(TANDEM_E_BUSY));
    assert_non_null(strstr(o->f->err.message, o->f->path));
    sqlite3_close(other);
}

static void what_stands_in_the_way_of_opening_is_named(void **state)
{
    opened *o = *state;
    td_store_db db;

    assert_int_equal(td_store_sqlite_db_open("/no/such/folder/t.db", SQLITE_OPEN_READWRITE, 0, &db,
                                             &o->f->err),
                     TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(o->f->err.message, "/no/such/folder/t.db"));
    td_store_sqlite_db_close(&db);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_transaction_ends_as_its_code_says),
        T(a_number_is_read_and_a_wrong_statement_is_told),
        T(a_lock_that_stays_is_told_as_busy),
        T(what_stands_in_the_way_of_opening_is_named),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
