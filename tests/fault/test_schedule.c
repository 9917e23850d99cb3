#include "base/error.h"
#include "fault/fault.h"
#include "schedule/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    DIM = 8,
    N = 100
};

static tandem_code embed(td_embedder *self, td_batch *batch, uint32_t *retry_after_ms,
                         tandem_error *err)
{
    *retry_after_ms = 0;
    for (size_t i = 0; i < batch->n; i++) {
        if (td_str_starts(batch->texts[i], TD_STR("bad")))
            return td_fail(err, TANDEM_E_FORMAT, "a bad text");
        batch->vectors[i * self->dim] = 1;
    }
    return TANDEM_OK;
}

static size_t estimate(td_embedder *self, td_str text)
{
    (void)self;
    return text.n;
}

/* All memory is taken by open: a run under way never fails for want of it. `user`: how many of the
 * tasks, NULL: all. */
static tandem_code run_both_lanes(void *user, tandem_error *err)
{
    const size_t n = user ? *(const size_t *)user : N;
    td_embedder model = {.embed = embed, .estimate_tokens = estimate, .dim = DIM};
    td_embedder other = model;
    td_embedder *lanes[] = {&model, &other};
    static td_task tasks[N];
    static float rows[N][DIM];
    float *vectors[N];
    td_schedule_options options = TD_SCHEDULE_OPTIONS;
    options.in_flight_max = 3;
    options.window_chunks_max = 40;
    for (size_t i = 0; i < N; i++) {
        tasks[i] = (td_task){.lane = (tandem_lane)(i % 2),
                             .text = i % 10 ? TD_STR("good") : TD_STR("bad")};
        vectors[i] = rows[i];
    }
    tandem_code code = td_schedule_run(lanes, &options, tasks, n, vectors, NULL, err);
    for (size_t i = 0; i < n && code == TANDEM_OK; i++) {
        assert_int_equal(tasks[i].status, i % 10 ? TD_TASK_DONE : TD_TASK_FAILED);
        assert_true(rows[i][0] == (i % 10 ? 1 : 0));
    }
    return code;
}

static void a_run_survives_every_failed_allocation(void **state)
{
    size_t one = 1;

    (void)state;
    /* Makes the metrics, which stay; by a bad text alone those of calls that are made again, which
     * come or do not among others. */
    run_both_lanes(&one, NULL);
    run_both_lanes(NULL, NULL);
    fault_each(run_both_lanes, NULL, FAULT_STRICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
