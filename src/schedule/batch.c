#include "schedule/batch.h"

#include "base/error.h"

#include <math.h>

static const double NORM_TOLERANCE = 1e-3;

static size_t group_of(size_t n_tokens)
{
    if (n_tokens < 2)
        return 0;
    unsigned high = 63 - (unsigned)__builtin_clzll((unsigned long long)n_tokens);
    size_t group = (size_t)high * 2 + ((n_tokens >> (high - 1)) & 1);
    return group < TD_PENDING_GROUPS ? group : TD_PENDING_GROUPS - 1;
}

void td_schedule_batch_add(td_pending *pending, td_task *task)
{
    size_t g = group_of(task->n_tokens);
    task->next = NULL;
    if (pending->first[g])
        pending->last[g]->next = task;
    else
        pending->first[g] = task;
    pending->last[g] = task;
    pending->filled |= UINT64_C(1) << g;
    pending->n++;
    pending->n_tokens += task->n_tokens;
}

static td_task *pop(td_pending *pending, size_t g)
{
    td_task *task = pending->first[g];
    pending->first[g] = task->next;
    if (!task->next) {
        pending->last[g] = NULL;
        pending->filled &= ~(UINT64_C(1) << g);
    }
    task->next = NULL;
    pending->n--;
    pending->n_tokens -= task->n_tokens;
    return task;
}

/* The group whose first task is the oldest of all. */
static size_t oldest_group(const td_pending *pending)
{
    size_t oldest = 0;
    uint64_t order = UINT64_MAX;
    for (uint64_t left = pending->filled; left; left &= left - 1) {
        size_t g = (size_t)__builtin_ctzll(left);
        if (pending->first[g]->order <= order) {
            order = pending->first[g]->order;
            oldest = g;
        }
    }
    return oldest;
}

int64_t td_schedule_batch_oldest_us(const td_pending *pending)
{
    return pending->n ? pending->first[oldest_group(pending)]->put_us : INT64_MAX;
}

uint64_t td_schedule_batch_longest(const td_pending *pending)
{
    if (pending->n == 0)
        return 0;
    size_t next = 64 - (size_t)__builtin_clzll(pending->filled);
    return (UINT64_C(2) + (next & 1)) << (next / 2) >> 1;
}

/* The filled group nearest to `from`, the shorter on a tie. */
static size_t nearest_group(uint64_t filled, size_t from)
{
    uint64_t low = filled & ((UINT64_C(2) << from) - 1), high = filled & ~low;
    if (!low)
        return (size_t)__builtin_ctzll(high);
    size_t below = 63 - (size_t)__builtin_clzll(low);
    if (!high)
        return below;
    size_t above = (size_t)__builtin_ctzll(high);
    return from - below <= above - from ? below : above;
}

static size_t start_group(const td_pending *pending, td_pick pick)
{
    return pick == TD_PICK_LONGEST ? 63 - (size_t)__builtin_clzll(pending->filled)
                                   : oldest_group(pending);
}

td_task *td_schedule_batch_cut(td_pending *pending, td_pick pick, size_t items_max,
                               uint64_t tokens_max)
{
    if (pending->n == 0)
        return NULL;
    size_t from = start_group(pending, pick), n = 1;
    uint64_t closed = 0; /* groups whose first task is too long for what is left */
    td_task *batch = pop(pending, from), *last = batch;
    uint64_t tokens = batch->n_tokens;

    while (n < items_max && (pending->filled & ~closed)) {
        size_t g = pick == TD_PICK_IN_ORDER ? oldest_group(pending)
                                            : nearest_group(pending->filled & ~closed, from);
        if (tokens + pending->first[g]->n_tokens > tokens_max) {
            if (pick == TD_PICK_IN_ORDER)
                break;
            closed |= UINT64_C(1) << g;
            continue;
        }
        last->next = pop(pending, g);
        last = last->next;
        tokens += last->n_tokens;
        n++;
    }
    batch->batch_n = (uint32_t)n;
    batch->batch_tokens = tokens;
    batch->batch_tries = 0;
    batch->due_us = 0;
    batch->next_batch = NULL;
    return batch;
}

td_task *td_schedule_batch_halve(td_task *batch)
{
    uint32_t n_first = (batch->batch_n + 1) / 2;
    uint64_t tokens = batch->n_tokens;
    td_task *last = batch;
    for (uint32_t i = 1; i < n_first; i++) {
        last = last->next;
        tokens += last->n_tokens;
    }
    td_task *second = last->next;
    last->next = NULL;
    second->batch_n = batch->batch_n - n_first;
    second->batch_tokens = batch->batch_tokens - tokens;
    second->batch_tries = 0;
    second->due_us = 0;
    second->next_batch = NULL;
    batch->batch_n = n_first;
    batch->batch_tokens = tokens;
    batch->batch_tries = 0;
    batch->due_us = 0;
    return second;
}

tandem_code td_schedule_batch_check(const float *vectors, size_t n, size_t dim, tandem_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const float *v = vectors + i * dim;
        double sum = 0; /* a NaN or an infinity anywhere ends up here */
        for (size_t d = 0; d < dim; d++)
            sum += (double)v[d] * (double)v[d];
        if (!isfinite(sum))
            return td_fail(err, TANDEM_E_FORMAT, "vector %zu of %zu is not finite", i + 1, n);
        if (fabs(sqrt(sum) - 1) > NORM_TOLERANCE)
            return td_fail(err, TANDEM_E_FORMAT, "vector %zu of %zu has length %.4g instead of 1",
                           i + 1, n, sqrt(sum));
    }
    return TANDEM_OK;
}
