#include "base/clock.h"
#include "store_fixture.h"

static size_t find(fixture *f, const char *query, const td_store_filter *filter, int64_t *ids_out)
{
    td_store_found found[16];
    size_t n = 0;
    ok_or_fail(f,
               f->store->text_search(f->store, td_str_from(query), filter, 16, found, &n, &f->err));
    for (size_t i = 0; i < n; i++)
        ids_out[i] = found[i].chunk_id;
    return n;
}

static tandem_hit hit_of(fixture *f, int64_t id, td_arena *arena)
{
    tandem_hit hit;
    ok_or_fail(f, f->store->hits_get(f->store, &id, 1, arena, &hit, &f->err));
    return hit;
}

static void gives_back_what_was_put(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    td_arena *arena = td_arena_new(1 << 20);

    assert_int_equal(fixture_put_page(f, "a/b.md", "first words|def code(): pass|last", ids), 3);
    fixture_put_vectors(f, ids, 3);
    fixture_flush(f);
    tandem_hit hit = hit_of(f, ids[1], arena);
    assert_true(td_str_eq(hit.text, TD_STR("def code(): pass")));
    assert_true(td_str_eq(hit.path, TD_STR("a/b.md")));
    assert_int_equal(hit.url.n, 0);
    assert_true(td_str_eq(hit.title, TD_STR("A title")));
    assert_true(td_str_eq(hit.heading, TD_STR("Top > Part")));
    assert_true(td_str_eq(hit.symbol, TD_STR("Parser.read_line")));
    assert_true(td_str_eq(hit.language, TD_STR("python")));
    assert_true(hit.is_code);
    assert_int_equal(hit.lane, TANDEM_LANE_CODERANK);
    assert_int_equal(hit.start_byte, 12);
    assert_int_equal(hit.end_byte, 28);
    assert_int_equal(hit.start_line, 2);
    fixture_check_invariants(f);
    td_arena_free(arena);
}

static void leaves_a_hit_empty_for_a_chunk_that_is_gone(void **state)
{
    fixture *f = *state;
    td_arena *arena = td_arena_new(1 << 20);
    tandem_hit hit = hit_of(f, 12345, arena);

    assert_null(hit.text.ptr);
    td_arena_free(arena);
}

typedef struct bits_seen {
    size_t n_rows, n_blocks;
    int64_t ids[4096];
    uint8_t first_row[64];
} bits_seen;

static bool see_bits(void *user, const int64_t *ids, const uint8_t *bits, size_t n,
                     size_t row_bytes)
{
    bits_seen *seen = user;
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

static bool copy_vector(void *user, int64_t chunk_id, const float *values, size_t dim)
{
    (void)chunk_id;
    memcpy(user, values, dim * sizeof(float));
    return true;
}

static void keeps_a_vector_and_its_signs(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    float wanted[FIXTURE_DIM], got[FIXTURE_DIM] = {0};
    bits_seen *seen = calloc(1, sizeof(*seen));

    fixture_put_page(f, "p", "only", ids);
    fixture_put_vectors(f, ids, 1);
    fixture_flush(f);
    fixture_vector((uint64_t)ids[0], wanted);
    ok_or_fail(f,
               f->store->vectors_get(f->store, TANDEM_LANE_GTE, ids, 1, copy_vector, got, &f->err));
    assert_memory_equal(got, wanted, sizeof(wanted));
    ok_or_fail(f, f->store->each_bits(f->store, TANDEM_LANE_GTE, see_bits, seen, &f->err));
    assert_int_equal(seen->n_rows, 1);
    assert_int_equal(seen->ids[0], ids[0]);
    for (size_t i = 0; i < FIXTURE_DIM; i++)
        assert_int_equal((seen->first_row[i / 8] >> (i % 8)) & 1, wanted[i] > 0);
    free(seen);
}

static void a_replaced_page_loses_its_old_chunks_words_and_vectors(void **state)
{
    fixture *f = *state;
    int64_t old_ids[16], ids[16], found[16];
    bits_seen *seen = calloc(1, sizeof(*seen));

    fixture_put_page(f, "p", "oldword here|readLine old", old_ids);
    fixture_put_vectors(f, old_ids, 2);
    fixture_put_page(f, "p", "newword here", ids);
    fixture_put_vectors(f, ids, 1);
    fixture_flush(f);
    assert_int_equal(find(f, "oldword", NULL, found), 0);
    assert_int_equal(find(f, "line", NULL, found), 0);
    assert_int_equal(find(f, "newword", NULL, found), 1);
    assert_int_equal(found[0], ids[0]);
    ok_or_fail(f, f->store->each_bits(f->store, TANDEM_LANE_GTE, see_bits, seen, &f->err));
    assert_int_equal(seen->n_rows, 1);
    ok_or_fail(f, f->store->each_bits(f->store, TANDEM_LANE_CODERANK, see_bits, seen, &f->err));
    assert_int_equal(seen->n_rows, 1);
    fixture_check_invariants(f);
    free(seen);
}

static void a_vector_for_a_chunk_that_is_gone_is_passed_over(void **state)
{
    fixture *f = *state;
    int64_t old_ids[16], ids[16];
    td_store_counts counts;

    fixture_put_page(f, "p", "old", old_ids);
    fixture_put_page(f, "p", "new", ids);
    fixture_put_vectors(f, old_ids, 1);
    fixture_flush(f);
    ok_or_fail(f, f->store->counts_get(f->store, &counts, &f->err));
    assert_int_equal(counts.chunks[0], 0);
    assert_int_equal(counts.chunks_pending, 1);
    fixture_check_invariants(f);
}

static void freed_rows_of_bits_are_used_again(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    char name[16];

    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 400; i++) {
            snprintf(name, sizeof(name), "p%d", i);
            fixture_put_page(f, name, "a|b|c|d", ids);
            fixture_put_vectors(f, ids, 4);
        }
        fixture_flush(f);
        fixture_check_invariants(f);
    }
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM vectors"), 1600);
    assert_in_range(fixture_sql(f, "SELECT count(*) FROM bit_blocks"), 2, 4);
}

static void a_page_is_known_only_when_every_chunk_has_its_vector(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    bool found = true;
    td_page_known known;

    ok_or_fail(f, f->store->page_known(f->store, f->source, TD_STR("p"), &found, &known, &f->err));
    assert_false(found);
    fixture_put_page(f, "p", "one|two", ids);
    fixture_put_vectors(f, ids, 1);
    fixture_flush(f);
    ok_or_fail(f, f->store->page_known(f->store, f->source, TD_STR("p"), &found, &known, &f->err));
    assert_false(found);
    fixture_put_vectors(f, ids, 2);
    fixture_flush(f);
    ok_or_fail(f, f->store->page_known(f->store, f->source, TD_STR("p"), &found, &known, &f->err));
    assert_true(found);
    assert_string_equal(known.etag, "\"e1\"");
    assert_string_equal(known.last_modified, "Mon");
    td_hash hash = td_hash_of(TD_STR("one|two"));
    assert_true(td_hash_eq(known.hash, hash));
}

static void a_failed_chunk_is_found_by_words_but_has_no_vector(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    td_store_counts counts;
    float zeros[FIXTURE_DIM] = {0};

    fixture_put_page(f, "p", "alpha|beta", ids);
    td_store_vector vectors[2] = {
        {.chunk_id = ids[0], .status = TD_VECTOR_FAILED, .reason = TD_STR("timed out")},
        {.chunk_id = ids[1], .lane = TANDEM_LANE_CODERANK, .values = zeros, .reason = TD_STR("")}};
    ok_or_fail(f, f->store->vectors_put(f->store, vectors, 2, &f->err));
    fixture_flush(f);
    ok_or_fail(f, f->store->counts_get(f->store, &counts, &f->err));
    assert_int_equal(counts.chunks_failed, 2); /* a zero vector is never stored */
    assert_int_equal(counts.chunks[0] + counts.chunks[1], 0);
    assert_int_equal(find(f, "alpha", NULL, found), 1);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM chunks WHERE reason = 'timed out'"), 1);
    fixture_check_invariants(f);
}

static void a_complete_run_removes_what_it_did_not_see(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    uint64_t n_removed = 99;

    fixture_put_page(f, "stays", "same words", ids);
    fixture_put_page(f, "changes", "some words", ids);
    fixture_put_page(f, "goes", "unique words", ids);
    fixture_end(f, true);
    ok_or_fail(f, f->store->run_begin(f->store, f->source, &f->run, &f->err));
    ok_or_fail(f, f->store->page_seen(f->store, f->run, TD_STR("stays"), &f->err));
    fixture_put_page(f, "changes", "other words", ids);
    ok_or_fail(f, f->store->run_end(f->store, f->run, "done", TD_STR("{}"), true, &n_removed,
                                    &f->err));
    assert_int_equal(n_removed, 1);
    assert_int_equal(find(f, "unique", NULL, found), 0);
    assert_int_equal(find(f, "same other", NULL, found), 2);
    fixture_check_invariants(f);
}

static void a_run_that_was_cut_off_removes_nothing(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];

    fixture_put_page(f, "stays", "same words", ids);
    fixture_end(f, true);
    ok_or_fail(f, f->store->run_begin(f->store, f->source, &f->run, &f->err));
    fixture_end(f, false);
    assert_int_equal(find(f, "same", NULL, found), 1);
}

static void a_failed_page_keeps_its_text_and_a_gone_one_does_not(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    td_store_miss failed = {.uri = TD_STR("p"), .failed = true, .reason = TD_STR("timed out")};
    td_store_miss gone = {.uri = TD_STR("p"),
                          .failed = true,
                          .gone = true,
                          .reason = TD_STR("404")};
    td_store_counts counts;

    fixture_put_page(f, "p", "words", ids);
    ok_or_fail(f, f->store->page_miss(f->store, f->run, &failed, &f->err));
    fixture_flush(f);
    assert_int_equal(find(f, "words", NULL, found), 1);
    ok_or_fail(f, f->store->counts_get(f->store, &counts, &f->err));
    assert_int_equal(counts.pages, 1);
    assert_int_equal(counts.failed, 1);
    ok_or_fail(f, f->store->page_miss(f->store, f->run, &gone, &f->err));
    fixture_flush(f);
    assert_int_equal(find(f, "words", NULL, found), 0);
    fixture_check_invariants(f);
}

static bool see_miss(void *user, const td_store_miss *miss)
{
    snprintf(user, 64, "%.*s:%d:%.*s", TD_STR_FMT(miss->uri), miss->failed,
             TD_STR_FMT(miss->reason));
    return true;
}

static void tells_why_a_page_was_left_out_until_it_is_there(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    char seen[64] = "";
    td_store_miss miss = {.uri = TD_STR("b.bin"), .reason = TD_STR("binary file")};

    ok_or_fail(f, f->store->page_miss(f->store, f->run, &miss, &f->err));
    fixture_flush(f);
    ok_or_fail(f, f->store->each_miss(f->store, TD_STR("/src"), see_miss, seen, &f->err));
    assert_string_equal(seen, "b.bin:0:binary file");
    fixture_put_page(f, "b.bin", "text now", ids);
    fixture_flush(f);
    seen[0] = '\0';
    ok_or_fail(f, f->store->each_miss(f->store, TD_STR(""), see_miss, seen, &f->err));
    assert_string_equal(seen, "");
}

static void a_lane_with_vectors_refuses_another_model(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    td_store_lane other = {.model_id = TD_STR("big"),
                           .fingerprint = TD_STR("f2"),
                           .dim = FIXTURE_DIM};

    ok_or_fail(f, f->store->lane_put(f->store, TANDEM_LANE_GTE, &other, &f->err)); /* empty: fine */
    fixture_put_page(f, "p", "words", ids);
    fixture_put_vectors(f, ids, 1);
    other.fingerprint = TD_STR("f3");
    assert_int_equal(f->store->lane_put(f->store, TANDEM_LANE_GTE, &other, &f->err),
                     TANDEM_E_CONFLICT);
    assert_non_null(strstr(f->err.message, "another --db"));
    bool found = false;
    ok_or_fail(f, f->store->source_remove(f->store, TD_STR("/src"), &found, &f->err));
    assert_true(found);
    ok_or_fail(f, f->store->lane_put(f->store, TANDEM_LANE_GTE, &other, &f->err));
}

static void removing_a_source_leaves_nothing_of_it(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    char name[16];
    bool found = false;

    for (int i = 0; i < 600; i++) { /* more than one transaction of the sweep */
        snprintf(name, sizeof(name), "p%d", i);
        fixture_put_page(f, name, "a|b", ids);
        fixture_put_vectors(f, ids, 2);
    }
    ok_or_fail(f, f->store->source_remove(f->store, TD_STR("/src"), &found, &f->err));
    assert_true(found);
    assert_int_equal(
        fixture_sql(f, "SELECT (SELECT count(*) FROM pages) + (SELECT count(*) FROM chunks)"
                       " + (SELECT count(*) FROM vectors) + (SELECT count(*) FROM bit_rows)"
                       " + (SELECT count(*) FROM runs) + (SELECT count(*) FROM sources)"
                       " + (SELECT count(*) FROM scopes)"),
        0);
    ok_or_fail(f, f->store->source_remove(f->store, TD_STR("/src"), &found, &f->err));
    assert_false(found);
    fixture_check_invariants(f);
}

static void names_and_texts_may_hold_any_bytes(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    td_arena *arena = td_arena_new(1 << 20);
    td_str uri = {"a\0b\xff'\"%\n", 8};

    fixture_put_page_of(f, uri, uri, false, TD_STR("t\xfe"), TD_STR("words inside"), ids);
    fixture_flush(f);
    assert_true(td_str_eq(hit_of(f, ids[0], arena).path, uri));
    td_store_filter filter = {.source = TD_STR("/src"), .path_glob = TD_STR("a*")};
    assert_int_equal(find(f, "words", &filter, found), 1);
    fixture_put_page_of(f, uri, uri, false, TD_STR("t"), TD_STR("others"), ids);
    fixture_flush(f);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM pages"), 1);
    fixture_check_invariants(f);
    td_arena_free(arena);
}

static bool see_source(void *user, const td_store_source_row *row)
{
    snprintf(user, 128, "%.*s %.*s %.*s %llu %llu %.*s %d", TD_STR_FMT(row->source.uri),
             TD_STR_FMT(row->source.scope), TD_STR_FMT(row->source.project),
             (unsigned long long)row->pages, (unsigned long long)row->chunks,
             TD_STR_FMT(row->last_run), row->indexed_wall_ms > 0);
    return true;
}

static void a_source_moves_to_another_scope_with_all_it_holds(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16], again = 0;
    char seen[128] = "";
    td_store_source moved = {.kind = TD_STR("dir"),
                             .uri = TD_STR("/src"),
                             .scope = TD_STR(""),
                             .project = TD_STR("Web"),
                             .dataset = TD_STR("")};

    fixture_put_page(f, "p", "words|code", ids);
    fixture_end(f, true);
    ok_or_fail(f, f->store->source_put(f->store, &moved, &again, &f->err));
    assert_int_equal(again, f->source);
    ok_or_fail(f, f->store->each_source(f->store, see_source, seen, &f->err));
    assert_string_equal(seen, "/src project Web 1 2 done 1");
    td_store_filter filter = {.project = TD_STR("Web")};
    assert_int_equal(find(f, "words", &filter, found), 1);
    filter.project = TD_STR("Other");
    assert_int_equal(find(f, "words", &filter, found), 0);
}

static void a_run_without_an_end_is_interrupted_once_its_writer_is_gone(void **state)
{
    fixture *f = *state;
    char seen[128] = "";

    ok_or_fail(f, f->store->each_source(f->store, see_source, seen, &f->err));
    assert_non_null(strstr(seen, " running "));
    fixture_close_store(f);
    fixture_open_store(f, true);
    ok_or_fail(f, f->store->each_source(f->store, see_source, seen, &f->err));
    assert_non_null(strstr(seen, " interrupted "));
}

static void filters_choose_by_language_kind_path_and_source(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16], *all = NULL;
    size_t n = 0;

    fixture_put_page(f, "docs/a.md", "word one|word code", ids);
    fixture_put_page(f, "src/b.py", "word two|word more", ids);
    fixture_flush(f);
    td_store_filter filter = {.language = TD_STR("python")};
    assert_int_equal(find(f, "word", &filter, found), 2);
    filter = (td_store_filter){.kind = 1};
    assert_int_equal(find(f, "word", &filter, found), 2);
    filter.path_glob = TD_STR("src/**");
    assert_int_equal(find(f, "word", &filter, found), 1);
    ok_or_fail(f, f->store->filter_ids(f->store, &filter, &all, &n, &f->err));
    assert_int_equal(n, 1);
    assert_int_equal(all[0], ids[0]);
    free(all);
    filter = (td_store_filter){.source = TD_STR("/other")};
    assert_int_equal(find(f, "word", &filter, found), 0);
    ok_or_fail(f, f->store->filter_ids(f->store, &filter, &all, &n, &f->err));
    assert_int_equal(n, 0);
    free(all);
}

static void parts_of_identifiers_are_found_and_the_whole_one_ranks_higher(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];

    fixture_put_page_of(f, TD_STR("p"), TD_STR(""), false, TD_STR(""),
                        TD_STR(
                            "call parseHeader now|x = read_line(y)|nothing here|other line text"),
                        ids);
    fixture_flush(f);
    assert_int_equal(find(f, "header", NULL, found), 1);
    assert_int_equal(found[0], ids[0]);
    assert_true(find(f, "read_line", NULL, found) >= 2); /* symbols say Parser.read_line */
    assert_int_equal(found[0], ids[1]);
    assert_int_equal(find(f, "calling parse_header", NULL, found),
                     1); /* stem, and other spelling */
}

static void whatever_is_typed_is_a_question_not_syntax(void **state)
{
    static const char *const TYPED[] = {"\"",
                                        "\"\"",
                                        "AND",
                                        "OR NOT",
                                        "x AND",
                                        "text:word",
                                        "^word",
                                        "word*",
                                        "NEAR(word)",
                                        "(",
                                        ")",
                                        "{a b}: word",
                                        "-word",
                                        "+ +",
                                        "\"word",
                                        "wo\"rd",
                                        "*",
                                        "'",
                                        "word;--",
                                        "\xff\xfe",
                                        "",
                                        " \t\n",
                                        "\"word one\"",
                                        "\"one word\"",
                                        "日本語",
                                        "word, word; word!"};
    fixture *f = *state;
    int64_t ids[16], found[16];

    fixture_put_page(f, "p", "word one", ids);
    fixture_flush(f);
    for (size_t i = 0; i < sizeof(TYPED) / sizeof(TYPED[0]); i++) {
        size_t n = find(f, TYPED[i], NULL, found);
        bool has_word = strstr(TYPED[i], "word") && strcmp(TYPED[i], "\"one word\"") != 0;
        assert_int_equal(n, has_word ? 1 : 0);
    }
}

static void a_very_long_question_is_answered(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    char *query = malloc(1 << 20);
    size_t n = 0;

    fixture_put_page(f, "p", "needle w1 w2", ids);
    fixture_flush(f);
    n += (size_t)sprintf(query, "needle ");
    for (int i = 0; n < (1 << 20) - 16; i++)
        n += (size_t)sprintf(query + n, "w%d\" ", i);
    assert_int_equal(find(f, query, NULL, found), 1);
    free(query);
}

static void writes_wait_for_flush_but_are_there_after_close(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];

    fixture_put_page(f, "p", "word", ids);
    assert_int_equal(find(f, "word", NULL, found), 0);
    fixture_close_store(f);
    fixture_open_store(f, true);
    assert_int_equal(find(f, "word", NULL, found), 1);
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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(gives_back_what_was_put),
        T(leaves_a_hit_empty_for_a_chunk_that_is_gone),
        T(keeps_a_vector_and_its_signs),
        T(a_replaced_page_loses_its_old_chunks_words_and_vectors),
        T(a_vector_for_a_chunk_that_is_gone_is_passed_over),
        T(freed_rows_of_bits_are_used_again),
        T(a_page_is_known_only_when_every_chunk_has_its_vector),
        T(a_failed_chunk_is_found_by_words_but_has_no_vector),
        T(a_complete_run_removes_what_it_did_not_see),
        T(a_run_that_was_cut_off_removes_nothing),
        T(a_failed_page_keeps_its_text_and_a_gone_one_does_not),
        T(tells_why_a_page_was_left_out_until_it_is_there),
        T(a_lane_with_vectors_refuses_another_model),
        T(removing_a_source_leaves_nothing_of_it),
        T(names_and_texts_may_hold_any_bytes),
        T(a_source_moves_to_another_scope_with_all_it_holds),
        T(a_run_without_an_end_is_interrupted_once_its_writer_is_gone),
        T(filters_choose_by_language_kind_path_and_source),
        T(parts_of_identifiers_are_found_and_the_whole_one_ranks_higher),
        T(whatever_is_typed_is_a_question_not_syntax),
        T(a_very_long_question_is_answered),
        T(writes_wait_for_flush_but_are_there_after_close),
        T(a_reader_is_told_that_it_cannot_write),
        T(a_chunk_outside_its_text_is_refused_and_nothing_is_stored),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
