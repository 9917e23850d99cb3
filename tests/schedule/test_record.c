#include "schedule/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static td_batch_event event(uint32_t slot, tandem_lane lane, int64_t start_us, int64_t end_us)
{
    return (td_batch_event){
        .lane = lane,
        .slot = slot,
        .n = 10,
        .n_tokens = 100,
        .start_us = start_us,
        .end_us = end_us,
    };
}

static void a_batch_is_a_span_and_times_count_from_the_start(void **state)
{
    td_record record;
    (void)state;
    assert_int_equal(td_schedule_record_init(&record, 64, 2, NULL), TANDEM_OK);
    td_batch_event e = event(1, TANDEM_LANE_CODERANK, 5000, 7000);
    e.settled = TD_SETTLED_RETRIED;
    e.code = TANDEM_E_BUSY;
    e.round = 3;
    td_schedule_record_add(&record, &e, 4000);
    assert_int_equal(record.n, 1);
    const tandem_span *s = &record.spans[0];
    assert_int_equal(s->slot, 1);
    assert_int_equal(s->round, 3);
    assert_int_equal(s->start_us, 1000);
    assert_int_equal(s->end_us, 3000);
    assert_int_equal(s->batches[TANDEM_LANE_CODERANK], 1);
    assert_int_equal(s->chunks[TANDEM_LANE_CODERANK], 10);
    assert_int_equal(s->busy_us[TANDEM_LANE_CODERANK], 2000);
    assert_int_equal(s->batches[TANDEM_LANE_GTE], 0);
    assert_int_equal(s->n_retried, 1);
    assert_int_equal(s->code, TANDEM_E_BUSY);
    td_schedule_record_clear(&record);
}

/* Whatever the length of the run: nothing is lost, nothing overlaps, the room is kept. */
static void a_long_run_is_kept_whole_at_less_sharpness(void **state)
{
    enum {
        SLOTS = 3,
        BATCHES = 10000
    };
    td_record record;
    (void)state;
    assert_int_equal(td_schedule_record_init(&record, 64, SLOTS, NULL), TANDEM_OK);
    for (int64_t i = 0; i < BATCHES; i++) {
        td_batch_event e =
            event((uint32_t)(i % SLOTS), (tandem_lane)(i % 2), i * 100, i * 100 + 250);
        e.settled = i % 100 == 0 ? TD_SETTLED_FAILED : TD_SETTLED_DONE;
        e.code = i % 100 == 0 ? TANDEM_E_TIMEOUT : TANDEM_OK;
        td_schedule_record_add(&record, &e, 0);
        assert_true(record.n <= 64);
    }
    assert_true(record.n > 16); /* it is not thrown away either */
    uint64_t batches[2] = {0}, chunks = 0, tokens = 0, failed = 0;
    int64_t busy_us = 0, end_us[SLOTS] = {0};
    for (size_t i = 0; i < record.n; i++) {
        const tandem_span *s = &record.spans[i];
        assert_true(s->start_us >= end_us[s->slot]);
        assert_true(s->busy_us[0] + s->busy_us[1] <= s->end_us - s->start_us);
        assert_true(s->batches[0] + s->batches[1] <= record.per_span);
        assert_int_equal(s->code, s->n_failed ? TANDEM_E_TIMEOUT : TANDEM_OK);
        end_us[s->slot] = s->end_us;
        for (int l = 0; l < 2; l++) {
            batches[l] += s->batches[l];
            chunks += s->chunks[l];
            busy_us += s->busy_us[l];
        }
        tokens += s->n_tokens;
        failed += s->n_failed;
    }
    assert_int_equal(batches[0], BATCHES / 2);
    assert_int_equal(batches[1], BATCHES / 2);
    assert_int_equal(chunks, BATCHES * 10);
    assert_int_equal(tokens, BATCHES * 100);
    assert_int_equal(busy_us, BATCHES * 250);
    assert_int_equal(failed, BATCHES / 100);
    td_schedule_record_clear(&record);
}

static void there_is_room_for_two_spans_of_every_slot(void **state)
{
    td_record record;
    (void)state;
    assert_int_equal(td_schedule_record_init(&record, 64, 1000, NULL), TANDEM_OK);
    for (int64_t i = 0; i < 10000; i++) {
        td_batch_event e = event((uint32_t)(i % 1000), TANDEM_LANE_GTE, i, i + 1);
        td_schedule_record_add(&record, &e, 0);
        assert_true(record.n <= 2000);
    }
    td_schedule_record_clear(&record);
}

static void nothing_is_kept_unless_asked(void **state)
{
    td_record record;
    td_batch_event e = event(0, TANDEM_LANE_GTE, 0, 1);
    (void)state;
    assert_int_equal(td_schedule_record_init(&record, 0, 4, NULL), TANDEM_OK);
    td_schedule_record_add(&record, &e, 0);
    assert_int_equal(record.n, 0);
    td_schedule_record_clear(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_a_span_and_times_count_from_the_start),
        cmocka_unit_test(a_long_run_is_kept_whole_at_less_sharpness),
        cmocka_unit_test(there_is_room_for_two_spans_of_every_slot),
        cmocka_unit_test(nothing_is_kept_unless_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
