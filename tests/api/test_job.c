#include "api/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct seen {
    size_t n_items, n_chunks, n_code;
    char uris[256];
} seen;

static void visit(void *user, const tandem_item *item)
{
    seen *s = user;

    s->n_items++;
    s->n_chunks += item->n_chunks;
    for (size_t i = 0; i < item->n_chunks; i++) {
        const tandem_chunk *c = &item->chunks[i];
        s->n_code += c->lane == TANDEM_LANE_CODERANK;
        assert_memory_equal(item->text.ptr + c->start_byte, c->text.ptr, c->text.n);
    }
    strncat(s->uris, item->uri.ptr, item->uri.n < 60 ? item->uri.n : 60);
    strcat(s->uris, " ");
}

static tandem_summary run(tandem_index *index, const tandem_job_options *options, tandem_code want)
{
    const char *sources[] = {tree};
    tandem_job *job = NULL;
    tandem_summary summary = {0};
    tandem_error error = {0};

    assert_int_equal(tandem_job_open(index, sources, 1, options, &job, &error), TANDEM_OK);
    assert_int_equal(tandem_job_get_summary(job, &summary, &error), want);
    tandem_job_close(job);
    return summary;
}

static void ends_where_it_is_told_to(void **state)
{
    tandem_job_options options = TANDEM_JOB_OPTIONS;
    seen s = {0};

    (void)state;
    options.visit = visit;
    options.user = &s;
    options.until = TANDEM_UNTIL_PAGE;
    assert_int_equal(run(NULL, &options, TANDEM_OK).files, 2);
    assert_int_equal(s.n_items, 2);
    assert_int_equal(s.n_chunks, 0);
    s = (seen){0};
    options.until = TANDEM_UNTIL_CHUNK;
    run(NULL, &options, TANDEM_OK);
    assert_string_equal(s.uris, "shed.md walk.py ");
    assert_int_equal(s.n_chunks, 2);
    assert_int_equal(s.n_code, 1);
}

static void fills_an_index_that_answers(void **state)
{
    tandem_index *index = NULL;
    tandem_hits *hits = NULL;
    tandem_error error = {0};
    size_t n = 0;

    (void)state;
    assert_int_equal(tandem_index_open(location, NULL, &index, &error), TANDEM_OK);
    tandem_summary first = run(index, NULL, TANDEM_OK);
    assert_int_equal(first.embedded, 2);
    assert_int_equal(first.chunks[TANDEM_LANE_GTE], 1);
    assert_int_equal(first.chunks[TANDEM_LANE_CODERANK], 1);
    tandem_summary second = run(index, NULL, TANDEM_OK);
    assert_int_equal(second.embedded, 0);
    assert_int_equal(second.unchanged, 2);
    tandem_str query = {"where is the key?", 17};
    assert_int_equal(tandem_index_search(index, query, NULL, &hits, &error), TANDEM_OK);
    const tandem_hit *hit = tandem_hits_get(hits, &n);
    assert_true(n >= 1);
    assert_true(hit[0].path.n > 7);
    assert_memory_equal(hit[0].path.ptr + hit[0].path.n - 7, "shed.md", 7);
    tandem_hits_free(hits);
    tandem_index_close(index);
}

static void every_strategy_gives_the_same_counts(void **state)
{
    (void)state;
    for (int s = TANDEM_STRATEGY_AUTO; s <= TANDEM_STRATEGY_SEQUENTIAL; s++) {
        tandem_job_options options = TANDEM_JOB_OPTIONS;
        tandem_index *index = NULL;
        char path[96];
        snprintf(path, sizeof(path), "%s.%d", location, s);
        options.strategy = (tandem_strategy)s;
        assert_int_equal(tandem_index_open(path, NULL, &index, NULL), TANDEM_OK);
        tandem_summary summary = run(index, &options, TANDEM_OK);
        assert_int_equal(summary.embedded, 2);
        assert_int_equal(summary.chunks_failed[0] + summary.chunks_failed[1], 0);
        tandem_index_close(index);
    }
}

static void takes_an_input_instead_of_sources(void **state)
{
    tandem_job_options options = TANDEM_JOB_OPTIONS;
    tandem_job *job = NULL;
    tandem_summary summary;
    seen s = {0};

    (void)state;
    options.until = TANDEM_UNTIL_CHUNK;
    options.visit = visit;
    options.user = &s;
    options.input_name = "words.md";
    options.input = (tandem_str){"# A\n\nSome words.\n", 17};
    assert_int_equal(tandem_job_open(NULL, NULL, 0, &options, &job, NULL), TANDEM_OK);
    assert_int_equal(tandem_job_get_summary(job, &summary, NULL), TANDEM_OK);
    tandem_job_close(job);
    assert_int_equal(s.n_chunks, 1);
}

static void its_slots_can_be_looked_at_while_it_runs(void **state)
{
    const char *sources[] = {tree};
    tandem_index *index = NULL;
    tandem_job *job = NULL;
    tandem_summary summary;
    tandem_report *report = NULL;
    tandem_span *spans = NULL;
    size_t n = 0, n_last = 0, n_recorded = 0;
    int64_t now_us = 0, last_us = 0;
    bool ended = false;

    (void)state;
    assert_int_equal(tandem_index_open(location, NULL, &index, NULL), TANDEM_OK);
    assert_int_equal(tandem_job_open(index, sources, 1, NULL, &job, NULL), TANDEM_OK);
    while (!ended) {
        ended = tandem_job_wait(job, 1);
        assert_int_equal(tandem_job_copy_spans(job, &spans, &n, &now_us, NULL), TANDEM_OK);
        assert_true(n >= n_last && now_us >= last_us);
        for (size_t i = 0; i < n; i++)
            assert_in_range(spans[i].end_us, spans[i].start_us, now_us);
        free(spans);
        n_last = n;
        last_us = now_us;
    }
    assert_int_equal(tandem_job_get_summary(job, &summary, NULL), TANDEM_OK);
    tandem_job_close(job);
    assert_int_equal(tandem_report_new(index, 0, &report, NULL), TANDEM_OK);
    tandem_report_get_spans(report, &n_recorded);
    assert_int_equal(n_last, n_recorded);
    tandem_report_free(report);
    tandem_index_close(index);
}

static void can_be_cancelled_at_once(void **state)
{
    const char *sources[] = {tree};
    tandem_index *index = NULL;
    tandem_job *job = NULL;
    tandem_summary summary;

    (void)state;
    assert_int_equal(tandem_index_open(location, NULL, &index, NULL), TANDEM_OK);
    assert_int_equal(tandem_job_open(index, sources, 1, NULL, &job, NULL), TANDEM_OK);
    tandem_job_cancel(job);
    tandem_code code = tandem_job_get_summary(job, &summary, NULL);
    assert_true(code == TANDEM_E_CANCELLED || code == TANDEM_OK); /* it may have been faster */
    tandem_job_close(job);
    assert_int_equal(tandem_job_open(index, sources, 1, NULL, &job, NULL), TANDEM_OK);
    tandem_job_close(job); /* cancels and waits */
    assert_int_equal(run(index, NULL, TANDEM_OK).failed, 0);
    tandem_index_close(index);
}

static void names_the_option_that_is_out_of_bounds(void **state)
{
    const char *sources[] = {tree};
    tandem_job_options options = TANDEM_JOB_OPTIONS;
    tandem_job *job = NULL;
    tandem_error error = {0};

    (void)state;
    options.until = TANDEM_UNTIL_CHUNK;
    options.chunk_size = 10;
    assert_int_equal(tandem_job_open(NULL, sources, 1, &options, &job, &error), TANDEM_E_INVALID);
    assert_non_null(strstr(error.message, "chunk_size is 10"));
    assert_int_equal(tandem_job_check(NULL, &options, &error), TANDEM_E_INVALID);
    assert_non_null(strstr(error.message, "chunk_size is 10"));
    options.chunk_size = 1000;
    assert_int_equal(tandem_job_check(NULL, &options, &error), TANDEM_OK);
    options.chunk_unit = TANDEM_CHUNK_TOKENS;
    options.chunk_size = 100000;
    assert_int_equal(tandem_job_check(NULL, &options, &error), TANDEM_E_INVALID);
    assert_non_null(strstr(error.message, "chunk size 100000 is more than the"));
    options = (tandem_job_options)TANDEM_JOB_OPTIONS;
    assert_int_equal(tandem_job_open(NULL, sources, 1, &options, &job, &error), TANDEM_E_INVALID);
    options.until = TANDEM_UNTIL_PAGE;
    assert_int_equal(tandem_job_open(NULL, sources, 0, &options, &job, &error), TANDEM_E_INVALID);
    sources[0] = "/no/such/folder";
    assert_int_equal(tandem_job_open(NULL, sources, 1, &options, &job, &error), TANDEM_E_NOT_FOUND);
    assert_null(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ends_where_it_is_told_to),
        TEST(fills_an_index_that_answers),
        TEST(every_strategy_gives_the_same_counts),
        TEST(takes_an_input_instead_of_sources),
        TEST(its_slots_can_be_looked_at_while_it_runs),
        TEST(can_be_cancelled_at_once),
        TEST(names_the_option_that_is_out_of_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
