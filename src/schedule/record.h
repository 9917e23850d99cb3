/* schedule/record.h - what each slot did when, in bounded memory whatever the run's length.
 *
 * One span a batch while there is room. When the room is used up, each slot's spans are joined two
 * by two, so that a run of any length is kept whole at half the sharpness.
 *
 * Threads:  one at a time
 */
#ifndef TD_SCHEDULE_RECORD_H
#define TD_SCHEDULE_RECORD_H

#include "schedule/schedule.h"

typedef struct td_record {
    tandem_span *spans; /* [n_max]; NULL: nothing is kept */
    size_t n, n_max;    /* n_max is at least twice the slots */
    int64_t *open;      /* [n_slots] while joining: the slot's span that waits for its second */
    uint32_t n_slots;
    uint32_t per_span; /* batches that a new span takes in, a power of two */
} td_record;

/* n_max 0: nothing is kept, nothing fails. */
tandem_code td_schedule_record_init(td_record *record, size_t n_max, uint32_t n_slots,
                                    tandem_error *err);
void td_schedule_record_clear(td_record *record);

/* A call ended; times of the event count from start_us on. */
void td_schedule_record_add(td_record *record, const td_batch_event *event, int64_t start_us);

#endif
