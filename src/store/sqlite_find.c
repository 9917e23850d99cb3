#include "store/sqlite.h"
#include "store/words.h"

#include <stdlib.h>

enum {
    QUERY_BYTES_MAX = 256 << 10,
    SQL_BYTES_MAX = 4096,
    BINDS_MAX = 10,
    IDS_AT_FIRST = 1024,
    /* Ranking costs 0.7 us for each chunk that has a term (2026-11-23, EPYC 4th generation). */
    RANKED_MAX = 200000,
    SAMPLES = 8,
    SAMPLE_IDS = 512,
};

/* A statement made for one filter: its text and what is bound to ?1, ?2, ... */
typedef struct filter_sql {
    td_buf sql;
    td_str binds[BINDS_MAX];
    bool is_blob[BINDS_MAX];
    int n_binds;
} filter_sql;

/* tandem_glob(pattern, uri, final_uri): whether the path matches by either name. */
static void match_glob(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    td_str text[3];

    td_assert(n_values == 3);
    for (int i = 0; i < n_values; i++) {
        const char *ptr = sqlite3_value_blob(values[i]);
        text[i] = (td_str){ptr ? ptr : "", (size_t)sqlite3_value_bytes(values[i])};
    }
    sqlite3_result_int(context, td_str_glob(text[0], text[1]) || td_str_glob(text[0], text[2]));
}

tandem_code td_store_sqlite_find_init(td_store_db *db, tandem_error *err)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;

    if (sqlite3_create_function_v2(db->handle, "tandem_glob", 3, flags, NULL, match_glob, NULL,
                                   NULL, NULL) != SQLITE_OK)
        return td_store_sqlite_db_fail(db, err);
    return TANDEM_OK;
}

/* -- filters -- */

static bool is_empty(const td_store_filter *filter)
{
    return !filter || (filter->scope.n == 0 && filter->project.n == 0 && filter->dataset.n == 0 &&
                       filter->language.n == 0 && filter->path_glob.n == 0 &&
                       filter->source.n == 0 && filter->kind == 0);
}

/* " AND <test>?<number>" when the filter has the value. */
static tandem_code add_test(filter_sql *made, const char *before, td_str value, const char *after,
                            bool is_blob, tandem_error *err)
{
    if (value.n == 0)
        return TANDEM_OK;
    td_assert(made->n_binds < BINDS_MAX);
    made->binds[made->n_binds] = value;
    made->is_blob[made->n_binds++] = is_blob;
    return td_buf_add_fmt(&made->sql, err, " AND %s?%d%s", before, made->n_binds, after);
}

/* Joins from chunks `c` on, as far as the filter needs them. CROSS keeps their order. */
static tandem_code add_joins(filter_sql *made, const td_store_filter *filter, tandem_error *err)
{
    bool scope = filter->scope.n > 0 || filter->project.n > 0 || filter->dataset.n > 0;
    bool source = scope || filter->source.n > 0;
    bool page = source || filter->path_glob.n > 0;
    tandem_code code = TANDEM_OK;

    if (page)
        TD_TRY(td_buf_add(&made->sql, TD_STR(" CROSS JOIN pages p ON p.id = c.page"), err));
    if (source)
        TD_TRY(td_buf_add(&made->sql, TD_STR(" CROSS JOIN sources s ON s.id = p.source"), err));
    if (scope)
        TD_TRY(td_buf_add(&made->sql, TD_STR(" CROSS JOIN scopes z ON z.id = s.scope"), err));

out:
    return code;
}

static tandem_code add_tests(filter_sql *made, const td_store_filter *filter, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(add_test(made, "z.scope = ", filter->scope, "", false, err));
    TD_TRY(add_test(made, "z.project = ", filter->project, "", false, err));
    TD_TRY(add_test(made, "z.dataset = ", filter->dataset, "", false, err));
    TD_TRY(add_test(made, "c.language = ", filter->language, "", false, err));
    TD_TRY(add_test(made, "s.uri = ", filter->source, "", true, err));
    TD_TRY(add_test(made, "tandem_glob(", filter->path_glob, ", p.uri, p.final_uri)", true, err));
    if (filter->kind != 0)
        TD_TRY(td_buf_add_fmt(&made->sql, err, " AND c.is_code = %d", filter->kind == 2));

out:
    return code;
}

static tandem_code prepare(td_store_db *db, const filter_sql *made, sqlite3_stmt **statement_out,
                           tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    if (sqlite3_prepare_v2(db->handle, made->sql.ptr, -1, statement_out, NULL) != SQLITE_OK)
        return td_store_sqlite_db_fail(db, err);
    for (int i = 0; i < made->n_binds; i++)
        TD_TRY(td_store_sqlite_db_bind_one(db, *statement_out, i + 1, made->binds[i],
                                           made->is_blob[i], err));

out:
    return code;
}

/* -- keyword search -- */

typedef struct find_term {
    td_str text;
    double n_chunks; /* estimated */
} find_term;

/* How many chunks have the term, by counting in a few short stretches of ids. */
static tandem_code estimate(td_store_db *db, int64_t n_ids, find_term *term, tandem_error *err)
{
    int64_t n_found = 0;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    for (int64_t i = 0; i < SAMPLES; i++) {
        int64_t first = n_ids / SAMPLES * i + 1;
        TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_WORDS_COUNT, &statement, err, "tii", term->text,
                                       first, first + SAMPLE_IDS - 1));
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        n_found += row ? sqlite3_column_int64(statement, 0) : 0;
        sqlite3_reset(statement);
    }
    term->n_chunks = (double)n_found / (SAMPLES * SAMPLE_IDS) * (double)n_ids;

out:
    return code;
}

static int compare_rarity(const void *a, const void *b)
{
    const find_term *x = a, *y = b;

    if (x->n_chunks != y->n_chunks)
        return x->n_chunks < y->n_chunks ? -1 : 1;
    return td_str_compare(x->text, y->text);
}

/* In a large store a word that stands in every other chunk takes long to rank and hardly moves the
 * ranking. The rarest terms stay, as long as together they stand in at most RANKED_MAX chunks. */
static tandem_code keep_rare(td_store_db *db, find_term *terms, size_t *n_terms, tandem_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_CHUNK_LAST, &statement, err, ""));
    TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
    int64_t n_ids = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    if (n_ids <= RANKED_MAX || *n_terms < 2)
        goto out;
    for (size_t i = 0; i < *n_terms; i++)
        TD_TRY(estimate(db, n_ids, &terms[i], err));
    qsort(terms, *n_terms, sizeof(*terms), compare_rarity);
    size_t n_kept = 1;
    for (double n = terms[0].n_chunks; n_kept < *n_terms; n_kept++) {
        n += terms[n_kept].n_chunks;
        if (n > RANKED_MAX)
            break;
    }
    *n_terms = n_kept;

out:
    return code;
}

/* Terms joined by OR; empty when there is nothing to look for. */
static tandem_code make_expression(td_store_db *db, td_str query, td_buf *expression,
                                   tandem_error *err)
{
    td_arena *arena = td_arena_new(QUERY_BYTES_MAX);
    td_str texts[TD_STORE_TERMS_MAX];
    find_term terms[TD_STORE_TERMS_MAX];
    size_t n = 0;
    tandem_code code = TANDEM_OK;

    if (!arena)
        return td_fail_nomem(err, "the words of a query");
    TD_TRY(td_store_words_terms(query, arena, texts, &n, err));
    for (size_t i = 0; i < n; i++)
        terms[i] = (find_term){.text = texts[i]};
    TD_TRY(keep_rare(db, terms, &n, err));
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            TD_TRY(td_buf_add(expression, TD_STR(" OR "), err));
        TD_TRY(td_buf_add(expression, terms[i].text, err));
    }

out:
    td_arena_free(arena);
    return code;
}

/* Weights of the columns: a symbol or a title that has the word is about it; a part of an
 * identifier says less than the word itself. */
#define FIND_SQL                                                                   \
    "SELECT f.rowid, bm25(chunk_words, 1.0, 0.5, 2.0, 3.0, 2.0, 1.0) AS distance " \
    "FROM chunk_words f"
#define FIND_ORDER " ORDER BY distance, f.rowid LIMIT "

static tandem_code make_find(filter_sql *made, td_str expression, const td_store_filter *filter,
                             size_t k, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    made->binds[made->n_binds++] = expression;
    TD_TRY(td_buf_add(&made->sql, TD_STR(FIND_SQL), err));
    if (!is_empty(filter)) {
        TD_TRY(td_buf_add(&made->sql, TD_STR(" CROSS JOIN chunks c ON c.id = f.rowid"), err));
        TD_TRY(add_joins(made, filter, err));
    }
    TD_TRY(td_buf_add(&made->sql, TD_STR(" WHERE chunk_words MATCH ?1"), err));
    if (!is_empty(filter))
        TD_TRY(add_tests(made, filter, err));
    TD_TRY(td_buf_add_fmt(&made->sql, err, FIND_ORDER "%zu", k));

out:
    return code;
}

tandem_code td_store_sqlite_find_text(td_store *store, td_str query, const td_store_filter *filter,
                                      size_t k, td_store_found *found, size_t *n_out,
                                      tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    td_buf expression = TD_BUF(QUERY_BYTES_MAX);
    filter_sql made = {.sql = TD_BUF(SQL_BYTES_MAX)};
    sqlite3_stmt *statement = NULL;
    td_store_db *db = NULL;
    bool row = true;
    size_t n = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_take_reader(self, &db, err));
    TD_TRY(make_expression(db, query, &expression, err));
    if (expression.n == 0 || k == 0)
        goto out;
    TD_TRY(make_find(&made, td_buf_str(&expression), filter, k, err));
    TD_TRY(prepare(db, &made, &statement, err));
    while (n < k) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        found[n++] = (td_store_found){.chunk_id = sqlite3_column_int64(statement, 0),
                                      .score = -sqlite3_column_double(statement, 1)};
    }

out:
    sqlite3_finalize(statement);
    td_store_sqlite_give_reader(self, db);
    td_buf_clear(&made.sql);
    td_buf_clear(&expression);
    if (code == TANDEM_OK)
        *n_out = n;
    return code;
}

/* -- ids -- */

typedef struct id_list {
    int64_t *ids;
    size_t n, capacity;
} id_list;

static tandem_code add_id(id_list *list, int64_t id, tandem_error *err)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity > 0 ? list->capacity * 2 : IDS_AT_FIRST;
        int64_t *ids = realloc(list->ids, capacity * sizeof(*ids));
        if (!ids)
            return td_fail_nomem(err, "the ids of a filter");
        list->ids = ids;
        list->capacity = capacity;
    }
    list->ids[list->n++] = id;
    return TANDEM_OK;
}

/* Without a test on chunks alone the walk starts at the few pages, not at the many chunks. */
static tandem_code make_ids(filter_sql *made, const td_store_filter *filter, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_buf_add(&made->sql, TD_STR("SELECT c.id FROM chunks c"), err));
    if (filter->scope.n + filter->project.n + filter->dataset.n + filter->source.n +
            filter->path_glob.n >
        0) {
        /* A filter on pages is answered for each page once, not for each of its chunks. */
        TD_TRY(td_buf_add(&made->sql,
                          TD_STR(" WHERE c.page IN (SELECT p.id FROM pages p JOIN sources s ON"
                                 " s.id = p.source JOIN scopes z ON z.id = s.scope WHERE 1"),
                          err));
        td_store_filter of_page = *filter;
        of_page.language = (td_str){"", 0};
        of_page.kind = 0;
        TD_TRY(add_tests(made, &of_page, err));
        TD_TRY(td_buf_add(&made->sql, TD_STR(")"), err));
    } else {
        TD_TRY(td_buf_add(&made->sql, TD_STR(" WHERE 1"), err));
    }
    td_store_filter of_chunk = {.language = filter->language, .kind = filter->kind};
    TD_TRY(add_tests(made, &of_chunk, err));
    TD_TRY(td_buf_add(&made->sql, TD_STR(" ORDER BY c.id"), err));

out:
    return code;
}

tandem_code td_store_sqlite_find_ids(td_store *store, const td_store_filter *filter,
                                     int64_t **ids_out, size_t *n_out, tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    static const td_store_filter ALL = {.kind = 0};
    filter_sql made = {.sql = TD_BUF(SQL_BYTES_MAX)};
    sqlite3_stmt *statement = NULL;
    td_store_db *db = NULL;
    id_list list = {.ids = NULL};
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(make_ids(&made, filter ? filter : &ALL, err));
    TD_TRY(td_store_sqlite_take_reader(self, &db, err));
    TD_TRY(prepare(db, &made, &statement, err));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        TD_TRY(add_id(&list, sqlite3_column_int64(statement, 0), err));
    }

out:
    sqlite3_finalize(statement);
    td_store_sqlite_give_reader(self, db);
    td_buf_clear(&made.sql);
    if (code != TANDEM_OK) {
        free(list.ids);
        return code;
    }
    *ids_out = list.ids;
    *n_out = list.n;
    return TANDEM_OK;
}
