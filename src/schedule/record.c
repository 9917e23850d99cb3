#include "schedule/record.h"

#include "base/error.h"

#include <stdlib.h>

tandem_code td_schedule_record_init(td_record *record, size_t n_max, uint32_t n_slots,
                                    tandem_error *err)
{
    *record = (td_record){.n_slots = n_slots, .per_span = 1};
    if (n_max == 0)
        return TANDEM_OK;
    record->n_max = n_max < 2 * (size_t)n_slots ? 2 * (size_t)n_slots : n_max;
    record->spans = calloc(record->n_max, sizeof(*record->spans));
    record->open = calloc(n_slots, sizeof(*record->open));
    if (record->spans && record->open)
        return TANDEM_OK;
    td_schedule_record_clear(record);
    return td_fail_nomem(err, "what the slots do");
}

void td_schedule_record_clear(td_record *record)
{
    free(record->spans);
    free(record->open);
    *record = (td_record){0};
}

/* `next` follows `span` on the same slot. */
static void join(tandem_span *span, const tandem_span *next)
{
    span->end_us = next->end_us;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        span->batches[l] += next->batches[l];
        span->chunks[l] += next->chunks[l];
        span->busy_us[l] += next->busy_us[l];
    }
    span->n_tokens += next->n_tokens;
    span->n_failed += next->n_failed;
    span->n_retried += next->n_retried;
    span->n_halved += next->n_halved;
    if (span->code == TANDEM_OK)
        span->code = next->code;
}

static uint32_t batches_of(const tandem_span *span)
{
    return span->batches[TANDEM_LANE_GTE] + span->batches[TANDEM_LANE_CODERANK];
}

/* A slot's last span stays apart when it has no partner; later batches fill it up. */
static void halve(td_record *record)
{
    size_t n = 0;

    for (uint32_t s = 0; s < record->n_slots; s++)
        record->open[s] = -1;
    for (size_t i = 0; i < record->n; i++) {
        const tandem_span *span = &record->spans[i];
        int64_t *open = &record->open[span->slot];
        if (*open >= 0) {
            join(&record->spans[*open], span);
            *open = -1;
        } else {
            *open = (int64_t)n;
            record->spans[n++] = *span;
        }
    }
    record->n = n;
    record->per_span *= 2;
}

/* The slot's last span, if it may take in one batch more. */
static tandem_span *unfilled(td_record *record, uint32_t slot)
{
    if (record->per_span == 1)
        return NULL;
    for (size_t i = record->n; i-- > 0;) {
        tandem_span *span = &record->spans[i];
        if (span->slot == slot)
            return batches_of(span) < record->per_span ? span : NULL;
    }
    return NULL;
}

void td_schedule_record_add(td_record *record, const td_batch_event *event, int64_t start_us)
{
    if (!record->spans)
        return;
    tandem_span span = {
        .slot = event->slot,
        .round = event->round,
        .start_us = event->start_us - start_us,
        .end_us = event->end_us - start_us,
        .n_tokens = event->n_tokens,
        .n_failed = event->settled == TD_SETTLED_FAILED,
        .n_retried = event->settled == TD_SETTLED_RETRIED,
        .n_halved = event->settled == TD_SETTLED_HALVED,
        .code = event->settled == TD_SETTLED_DONE ? TANDEM_OK : event->code,
    };
    span.batches[event->lane] = 1;
    span.chunks[event->lane] = event->n;
    span.busy_us[event->lane] = event->end_us - event->start_us;

    tandem_span *last = unfilled(record, event->slot);
    if (last) {
        join(last, &span);
        return;
    }
    if (record->n == record->n_max)
        halve(record);
    record->spans[record->n++] = span;
}
