#include "schedule/limit.h"

#include <math.h>

static const double TOLERANCE = 1.5; /* slower than unloaded by this much is no load yet */
static const double SMOOTHING = 0.2;
static const double DROP = 0.6;
static const double DRIFT = 0.02;

enum {
    LIMIT_FIRST = 4 /* more are let in only after a server has shown that it bears them */
};

td_limit td_schedule_limit_of(bool fixed, uint32_t max)
{
    uint32_t first = fixed || max < LIMIT_FIRST ? max : LIMIT_FIRST;
    return (td_limit){.fixed = fixed, .max = max, .value = first, .dropped_us = INT64_MIN};
}

void td_schedule_limit_good(td_limit *limit, uint64_t n_tokens, double seconds, uint32_t in_flight)
{
    if (limit->fixed || n_tokens == 0 || seconds <= 0)
        return;
    double tokens = (double)n_tokens, pace = seconds / tokens;
    if (limit->typical_tokens == 0) {
        limit->typical_tokens = tokens;
        limit->base = limit->recent = pace;
    }
    limit->typical_tokens += SMOOTHING * (tokens - limit->typical_tokens);
    /* A small batch's pace is mostly the way there and back. */
    if (tokens < 0.5 * limit->typical_tokens)
        return;
    limit->recent += SMOOTHING * (pace - limit->recent);
    /* One lucky batch must not rule for ever, so the base follows slowly, but only where few are
     * out: under our own load it would take the load for the server's pace, and so let in more. */
    if (limit->value <= LIMIT_FIRST)
        limit->base += DRIFT * (limit->recent - limit->base);
    limit->base = fmin(limit->base, pace);

    /* Where the limit was not used, its height was not tried. */
    if (2.0 * in_flight < limit->value)
        return;
    double gradient = fmax(0.5, fmin(1, TOLERANCE * limit->base / limit->recent));
    double aim = limit->value * gradient + sqrt(limit->value);
    limit->value += SMOOTHING * (aim - limit->value);
    limit->value = fmax(1, fmin(limit->value, limit->max));
}

void td_schedule_limit_drop(td_limit *limit, int64_t started_us, int64_t now_us)
{
    if (limit->fixed || started_us < limit->dropped_us)
        return;
    limit->dropped_us = now_us;
    limit->value = fmax(1, limit->value * DROP);
}

uint32_t td_schedule_limit_now(const td_limit *limit)
{
    uint32_t now = (uint32_t)limit->value;
    return now < 1 ? 1 : now > limit->max ? limit->max : now;
}
