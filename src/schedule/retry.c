#include "schedule/retry.h"

td_verdict td_schedule_retry_judge(tandem_code code)
{
    if (tandem_code_retry(code))
        return TD_VERDICT_AGAIN;
    switch (code) {
    case TANDEM_E_TOO_LARGE:
    case TANDEM_E_FORMAT:
    case TANDEM_E_NOMEM:
    case TANDEM_E_INVALID:
    case TANDEM_E_EMPTY: /* a text without tokens says nothing about its neighbours */
        return TD_VERDICT_HALVE;
    case TANDEM_E_DENIED:
    case TANDEM_E_NOT_FOUND:
        return TD_VERDICT_LANE;
    default:
        return TD_VERDICT_FAIL;
    }
}

/* SplitMix64: enough for spreading retries, the same on every machine. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint32_t td_schedule_retry_wait_ms(uint32_t backoff_ms, uint32_t tries, uint32_t retry_after_ms,
                                   uint64_t *seed)
{
    uint64_t wait = backoff_ms;
    for (uint32_t i = 1; i < tries && wait < TD_RETRY_BACKOFF_MS_MAX; i++)
        wait *= 2;
    wait = wait > TD_RETRY_BACKOFF_MS_MAX ? TD_RETRY_BACKOFF_MS_MAX : wait;

    /* What a server asked for is never cut short, so its jitter only adds. */
    uint64_t jitter = next_random(seed) % 1001; /* thousandths */
    wait = wait * (750 + jitter / 2) / 1000;
    wait = wait > TD_RETRY_BACKOFF_MS_MAX ? TD_RETRY_BACKOFF_MS_MAX : wait;
    uint64_t asked = retry_after_ms + (uint64_t)retry_after_ms * jitter / 10000;
    return (uint32_t)(asked > wait ? asked : wait);
}
