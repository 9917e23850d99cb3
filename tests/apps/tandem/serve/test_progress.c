#include "serve/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static tandem_progress pages_of(uint64_t seen, uint64_t pages)
{
    return (tandem_progress){.pages_seen = seen, .pages = pages};
}

static void phases_lie_in_their_ranges_and_never_go_back(void **state)
{
    progress p = {.status = "running", .stores = true};
    tandem_progress counts = pages_of(5, 5);

    (void)state;
    progress_update(&p, &counts, 10);
    assert_int_equal(p.phase, PHASE_CRAWLING);
    assert_int_equal(p.percent, 15 + 45 / 2);
    counts = pages_of(40, 10); /* links made it longer */
    progress_update(&p, &counts, 0);
    assert_int_equal(p.percent, 15 + 45 / 2);
    counts.sources_ended = true;
    counts.lanes[0] = (tandem_lane_progress){.total = 10, .done = 4, .failed = 1};
    counts.lanes[1] = (tandem_lane_progress){.total = 10, .done = 5};
    progress_update(&p, &counts, 0);
    assert_int_equal(p.phase, PHASE_EMBEDDING);
    assert_int_equal(p.percent, 80 + 6);
    assert_string_equal(p.log, "Embedded 10/20 chunks");
    counts.lanes[0].done = 9;
    counts.lanes[1].done = 10;
    progress_update(&p, &counts, 0);
    assert_int_equal(p.phase, PHASE_STORING);
    assert_int_equal(p.percent, 92);
    progress_end(&p, "completed", "Crawl finished successfully");
    assert_int_equal(p.percent, 100);
    assert_string_equal(progress_phase_name(p.phase), "completed");
}

static void a_cancelled_one_stays_where_it_was(void **state)
{
    progress p = {.status = "running"};
    tandem_progress counts = pages_of(5, 5);

    (void)state;
    progress_update(&p, &counts, 10);
    progress_end(&p, "cancelled", "Crawl cancelled");
    assert_int_equal(p.phase, PHASE_CRAWLING);
    assert_int_equal(p.percent, 37);
}

static void has_the_fifteen_fields_and_what_clients_look_for(void **state)
{
    static const char *const fields[] = {"progress_id",
                                         "status",
                                         "progress",
                                         "log",
                                         "current_url",
                                         "total_pages",
                                         "processed_pages",
                                         "chunks_stored",
                                         "code_examples_found",
                                         "current_phase",
                                         "phase_detail",
                                         "chunks_total",
                                         "chunks_processed",
                                         "summaries_generated",
                                         "embeddings_generated",
                                         "percentage",
                                         "phase",
                                         "current",
                                         "total",
                                         "pages_failed",
                                         "pages_skipped",
                                         "errors",
                                         "lanes"};
    progress p = {.status = "running", .stores = true, .url = "http://a/\xff"};
    tandem_progress counts = pages_of(5, 3);

    (void)state;
    counts.failed = 1;
    counts.lanes[0] = (tandem_lane_progress){.total = 10, .done = 4, .failed = 1};
    progress_update(&p, &counts, 0);
    progress_add_error(&p, text_of("http://b/"), text_of("HTTP 404"));
    json_t *object = progress_json(&p, "abc");
    assert_non_null(object);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        assert_non_null(json_object_get(object, fields[i]));
    assert_int_equal(json_integer_value(json_object_get(object, "processed_pages")), 4);
    assert_int_equal(json_integer_value(json_object_get(object, "chunks_stored")), 4);
    assert_int_equal(json_integer_value(json_object_get(object, "chunks_processed")), 5);

    progress back = {.status = "running"};
    progress_read(&back, object);
    json_t *again = progress_json(&back, "abc");
    assert_true(json_equal(object, again));
    json_decref(object);
    json_decref(again);
    json_decref(p.errors);
    json_decref(back.errors);
}

static void keeps_no_more_errors_than_it_may(void **state)
{
    progress p = {.status = "running"};

    (void)state;
    for (int i = 0; i < 3 * PROGRESS_ERRORS_MAX; i++)
        progress_add_error(&p, text_of("http://b/"), text_of("HTTP 404"));
    assert_int_equal(json_array_size(p.errors), PROGRESS_ERRORS_MAX);
    assert_int_equal(p.n_errors, 3 * PROGRESS_ERRORS_MAX);
    json_decref(p.errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phases_lie_in_their_ranges_and_never_go_back),
        cmocka_unit_test(a_cancelled_one_stays_where_it_was),
        cmocka_unit_test(has_the_fifteen_fields_and_what_clients_look_for),
        cmocka_unit_test(keeps_no_more_errors_than_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
