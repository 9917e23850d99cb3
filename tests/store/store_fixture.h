/* tests/store/store_fixture.h - a store in a folder of its own, and small pages to put there. */
#ifndef TD_TESTS_STORE_FIXTURE_H
#define TD_TESTS_STORE_FIXTURE_H

#include "store/store.h"

#include <sqlite3.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    FIXTURE_DIM = 72
}; /* nine bytes of bits: no multiple of a word */

typedef struct fixture {
    char folder[64];
    char path[128];
    td_store *store;
    int64_t source, run;
    tandem_error err;
} fixture;

static inline void ok_or_fail(const fixture *f, tandem_code code)
{
    if (code != TANDEM_OK)
        fail_msg("%s: %s (%s)", tandem_code_name(code), f->err.message, f->err.context);
}

static inline void fixture_open_store(fixture *f, bool read_only)
{
    td_store_options options = TD_STORE_OPTIONS;
    options.read_only = read_only;
    options.busy_ms = 2000;
    ok_or_fail(f, td_store_open(f->path, &options, &f->store, &f->err));
}

static inline void fixture_close_store(fixture *f)
{
    if (f->store)
        f->store->close(f->store);
    f->store = NULL;
}

/* A source and a run, both lanes pinned. */
static inline void fixture_begin(fixture *f)
{
    td_store_source source = {.kind = TD_STR("dir"),
                              .uri = TD_STR("/src"),
                              .scope = TD_STR(""),
                              .project = TD_STR(""),
                              .dataset = TD_STR("")};
    td_store_lane model = {.model_id = TD_STR("mini"),
                           .fingerprint = TD_STR("f1"),
                           .dim = FIXTURE_DIM};

    for (int lane = 0; lane < TANDEM_N_LANES; lane++)
        ok_or_fail(f, f->store->lane_put(f->store, (tandem_lane)lane, &model, &f->err));
    ok_or_fail(f, f->store->source_put(f->store, &source, &f->source, &f->err));
    ok_or_fail(f, f->store->run_begin(f->store, f->source, "index", 0, &f->run, &f->err));
}

static inline void fixture_end(fixture *f, bool complete)
{
    ok_or_fail(f,
               f->store->run_end(f->store, f->run, "done", TD_STR("{}"), complete, NULL, &f->err));
}

static inline int fixture_setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    snprintf(f->folder, sizeof(f->folder), "/tmp/td-store-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/t.db", f->folder);
    *state = f;
    return 0;
}

static inline void fixture_remove_files(const fixture *f)
{
    static const char *const SUFFIXES[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char name[160];
    for (size_t i = 0; i < sizeof(SUFFIXES) / sizeof(SUFFIXES[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", f->path, SUFFIXES[i]);
        unlink(name);
    }
}

static inline int fixture_teardown(void **state)
{
    fixture *f = *state;
    fixture_close_store(f);
    fixture_remove_files(f);
    rmdir(f->folder);
    free(f);
    return 0;
}

/* With an open, begun store. */
static inline int fixture_setup_begun(void **state)
{
    fixture_setup(state);
    fixture_open_store(*state, false);
    fixture_begin(*state);
    return 0;
}

/* Puts a page whose chunks are the parts of `text` between '|' (which stay in the text). Even
 * parts are prose, odd ones code. Returns the number of chunks; ids in ids_out [16]. */
static inline size_t fixture_put_page_of(fixture *f, td_str uri, td_str final_uri, bool is_web,
                                         td_str title, td_str text, int64_t *ids_out)
{
    td_page page = {.uri = uri,
                    .final_uri = final_uri,
                    .is_web = is_web,
                    .media_type = TD_STR("text/plain"),
                    .etag = TD_STR("\"e1\""),
                    .last_modified = TD_STR("Mon"),
                    .hash = td_hash_of(text),
                    .charset = TD_STR(""),
                    .body = TD_STR(""),
                    .reason = TD_STR("")};
    td_document document = {.uri = uri,
                            .title = title,
                            .text = text,
                            .description = TD_STR(""),
                            .author = TD_STR(""),
                            .date = TD_STR(""),
                            .natural_language = TD_STR("en")};
    tandem_chunk items[16];
    td_chunks chunks = {.items = items, .n = 0};
    size_t start = 0;

    while (start < text.n && chunks.n < 16) {
        size_t end = td_str_find_byte(text, '|', start);
        end = end == TD_STR_NONE ? text.n : end;
        bool code = chunks.n % 2 == 1;
        items[chunks.n] = (tandem_chunk){.text = td_str_slice(text, start, end),
                                         .index = (uint32_t)chunks.n,
                                         .start_byte = start,
                                         .end_byte = end,
                                         .start_char = start,
                                         .end_char = end,
                                         .start_line = (uint32_t)chunks.n + 1,
                                         .end_line = (uint32_t)chunks.n + 1,
                                         .is_code = code,
                                         .confidence = 0.75f,
                                         .language = code ? TD_STR("python") : TD_STR("markdown"),
                                         .heading = TD_STR("Top > Part"),
                                         .symbol = code ? TD_STR("Parser.read_line") : TD_STR(""),
                                         .lane = code ? TANDEM_LANE_CODERANK : TANDEM_LANE_GTE};
        chunks.n++;
        start = end + 1;
    }
    ok_or_fail(f,
               f->store->page_put(f->store, f->run, &page, &document, &chunks, ids_out, &f->err));
    return chunks.n;
}

static inline size_t fixture_put_page(fixture *f, const char *uri, const char *text,
                                      int64_t *ids_out)
{
    return fixture_put_page_of(f, td_str_from(uri), td_str_from(uri), false, TD_STR("A title"),
                               td_str_from(text), ids_out);
}

/* A vector of length 1 that depends on the seed alone. */
static inline void fixture_vector(uint64_t seed, float out[FIXTURE_DIM])
{
    double sum = 0;
    uint64_t x = seed * 0x9E3779B97F4A7C15u + 1;
    for (size_t i = 0; i < FIXTURE_DIM; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        out[i] = (float)((double)(x >> 11) / 9007199254740992.0 - 0.5);
        sum += (double)out[i] * out[i];
    }
    for (size_t i = 0; i < FIXTURE_DIM; i++)
        out[i] = (float)(out[i] / __builtin_sqrt(sum));
}

static inline void fixture_put_vectors(fixture *f, const int64_t *ids, size_t n)
{
    float values[16][FIXTURE_DIM];
    td_store_vector vectors[16];
    for (size_t i = 0; i < n; i++) {
        fixture_vector((uint64_t)ids[i], values[i]);
        vectors[i] = (td_store_vector){.chunk_id = ids[i],
                                       .status = TD_VECTOR_DONE,
                                       .values = values[i],
                                       .lane = i % 2 ? TANDEM_LANE_CODERANK : TANDEM_LANE_GTE,
                                       .reason = TD_STR("")};
    }
    ok_or_fail(f, f->store->vectors_put(f->store, vectors, n, &f->err));
}

static inline void fixture_flush(fixture *f)
{
    ok_or_fail(f, f->store->flush(f->store, &f->err));
}

/* Ids of the chunks that the words find, best first, into ids_out [16]. */
static inline size_t fixture_find(fixture *f, const char *query, const td_store_filter *filter,
                                  int64_t *ids_out)
{
    td_store_found found[16];
    size_t n = 0;
    ok_or_fail(f,
               f->store->text_search(f->store, td_str_from(query), filter, 16, found, &n, &f->err));
    for (size_t i = 0; i < n; i++)
        ids_out[i] = found[i].chunk_id;
    return n;
}

static inline tandem_hit fixture_hit(fixture *f, int64_t id, td_arena *arena)
{
    tandem_hit hit;
    ok_or_fail(f, f->store->hits_get(f->store, &id, 1, arena, &hit, &f->err));
    return hit;
}

static inline tandem_code fixture_open_code(fixture *f, bool read_only, uint32_t busy_ms)
{
    td_store_options options = TD_STORE_OPTIONS;
    options.read_only = read_only;
    options.busy_ms = busy_ms;
    return td_store_open(f->path, &options, &f->store, &f->err);
}

/* The rows of a lane that are in use, by each_bits. */
typedef struct fixture_bits {
    size_t n_rows, n_blocks;
    int64_t ids[4096];
    uint8_t first_row[64];
} fixture_bits;

static inline bool fixture_see_bits(void *user, const int64_t *ids, const uint8_t *bits, size_t n,
                                    size_t row_bytes)
{
    fixture_bits *seen = user;
    seen->n_blocks++;
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == 0)
            continue;
        if (seen->n_rows == 0)
            memcpy(seen->first_row, bits + i * row_bytes, row_bytes);
        seen->ids[seen->n_rows++] = ids[i];
    }
    return true;
}

/* A number by SQL over a connection of its own. */
static inline int64_t fixture_sql(const fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;
    sqlite3_open(f->path, &db);
    sqlite3_busy_timeout(db, 2000);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    if (sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

/* Everything that must hold of a database at any moment. */
static inline void fixture_check_invariants(const fixture *f)
{
    static const char *const NONE[] = {
        "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        "SELECT count(*) FROM pragma_foreign_key_check",
        /* a page with text has its text and as many chunks as it says; one without has none */
        "SELECT count(*) FROM pages p WHERE has_text <>"
        " EXISTS(SELECT 1 FROM page_texts t WHERE t.page = p.id)",
        "SELECT count(*) FROM pages p WHERE n_chunks <>"
        " (SELECT count(*) FROM chunks c WHERE c.page = p.id)",
        "SELECT count(*) FROM chunks c JOIN page_texts t ON t.page = c.page"
        " WHERE c.end_byte > length(t.text)",
        /* a chunk is done iff it has a vector, and the vector has its place in the bits */
        "SELECT count(*) FROM chunks c WHERE (status = 0) <>"
        " EXISTS(SELECT 1 FROM vectors v WHERE v.chunk = c.id)",
        "SELECT count(*) FROM vectors v LEFT JOIN bit_rows r ON r.block = v.slot / 1024"
        " WHERE r.ids IS NULL"
        " OR hex(substr(r.ids, v.slot % 1024 * 8 + 1, 1)) <> printf('%02X', v.chunk % 256)",
        "SELECT count(*) FROM bit_blocks b WHERE n_used <>"
        " (SELECT count(*) FROM vectors v WHERE v.slot / 1024 = b.id)",
        "SELECT (SELECT ifnull(sum(n_used), 0) FROM bit_blocks) - (SELECT count(*) FROM vectors)",
        /* the keyword index has exactly the chunks */
        "SELECT count(*) FROM chunks WHERE id NOT IN (SELECT id FROM chunk_words_docsize)",
        "SELECT count(*) FROM chunk_words_docsize WHERE id NOT IN (SELECT id FROM chunks)",
    };
    for (size_t i = 0; i < sizeof(NONE) / sizeof(NONE[0]); i++)
        if (fixture_sql(f, NONE[i]) != 0)
            fail_msg("not 0: %s", NONE[i]);
}

#endif
