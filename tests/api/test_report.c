#include "api/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static tandem_index *indexed(void)
{
    const char *sources[] = {tree};
    tandem_index *index = NULL;
    tandem_job *job = NULL;
    tandem_summary summary;

    assert_int_equal(tandem_index_open(location, NULL, &index, NULL), TANDEM_OK);
    assert_int_equal(tandem_job_open(index, sources, 1, NULL, &job, NULL), TANDEM_OK);
    assert_int_equal(tandem_job_get_summary(job, &summary, NULL), TANDEM_OK);
    assert_true(summary.slots >= 1);
    assert_int_equal(summary.lanes[TANDEM_LANE_GTE].batches, 1);
    tandem_job_close(job);
    return index;
}

static void tells_what_the_last_run_did(void **state)
{
    tandem_index *index = indexed();
    tandem_report *report = NULL;
    tandem_run_info run;
    size_t n = 0;
    uint32_t chunks[2] = {0};

    (void)state;
    assert_int_equal(tandem_report_new(index, 0, &report, NULL), TANDEM_OK);
    tandem_report_get_run(report, &run);
    assert_int_equal(run.run, 1);
    assert_int_equal(run.n_sources, 1);
    assert_true(run.kind.n == 5 && !memcmp(run.kind.ptr, "index", 5));
    assert_true(run.state.n == 4 && !memcmp(run.state.ptr, "done", 4));
    assert_true(run.source.n == strlen(tree));
    assert_true(run.ended_wall_ms >= run.begun_wall_ms && run.begun_wall_ms > 0);
    assert_non_null(strstr(run.summary_json.ptr, "\"strategy\":\"pipelined\""));
    const tandem_span *spans = tandem_report_get_spans(report, &n);
    for (size_t i = 0; i < n; i++) {
        assert_true(spans[i].end_us >= spans[i].start_us && spans[i].start_us >= 0);
        for (int l = 0; l < TANDEM_N_LANES; l++)
            chunks[l] += spans[i].chunks[l];
    }
    assert_int_equal(chunks[0], 1);
    assert_int_equal(chunks[1], 1);
    tandem_report_free(report);
    tandem_report_free(NULL);
    tandem_index_close(index);
}

static void a_run_that_is_not_there_is_an_error(void **state)
{
    tandem_index *index = NULL;
    tandem_report *report = NULL;
    tandem_error error = {0};

    (void)state;
    assert_int_equal(tandem_index_open(location, NULL, &index, NULL), TANDEM_OK);
    assert_int_equal(tandem_report_new(index, 0, &report, &error), TANDEM_E_NOT_FOUND);
    assert_int_equal(tandem_report_new(index, 7, &report, &error), TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(error.message, "no run 7"));
    assert_int_equal(tandem_report_new(index, -1, &report, &error), TANDEM_E_INVALID);
    assert_int_equal(tandem_report_new(NULL, 0, &report, &error), TANDEM_E_INVALID);
    assert_null(report);
    tandem_index_close(index);
}

static void a_retry_with_nothing_to_do_ends_at_once(void **state)
{
    tandem_index *index = indexed();
    tandem_job *job = NULL;
    tandem_summary summary;
    tandem_error error = {0};

    (void)state;
    for (int named = 0; named < 2; named++) {
        assert_int_equal(tandem_job_open_retry(index, named ? tree : NULL, NULL, &job, &error),
                         TANDEM_OK);
        assert_int_equal(tandem_job_get_summary(job, &summary, &error), TANDEM_OK);
        assert_string_equal(summary.run, "0");
        tandem_job_close(job);
    }
    assert_int_equal(tandem_job_open_retry(index, "/absent", NULL, &job, &error),
                     TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(error.message, "/absent"));
    assert_int_equal(tandem_job_open_retry(NULL, NULL, NULL, &job, &error), TANDEM_E_INVALID);
    tandem_index_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tells_what_the_last_run_did),
        TEST(a_run_that_is_not_there_is_an_error),
        TEST(a_retry_with_nothing_to_do_ends_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
