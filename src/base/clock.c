#include "base/clock.h"

#include "base/os.h"

#include <stdio.h>
#include <string.h>

static struct timespec now(clockid_t clock)
{
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return t;
}

static int64_t to_ms(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t td_clock_ms(void)
{
    return to_ms(now(CLOCK_MONOTONIC));
}

int64_t td_clock_us(void)
{
    struct timespec t = now(CLOCK_MONOTONIC);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t td_clock_wall_ms(void)
{
    return to_ms(now(CLOCK_REALTIME));
}

void td_clock_iso(int64_t wall_ms, char out[TD_CLOCK_ISO_N])
{
    /* Four digits of year, and whole seconds rounded down also before 1970. */
    static const int64_t first_s = INT64_C(-62167219200), last_s = INT64_C(253402300799);
    int64_t seconds = wall_ms / 1000 - (wall_ms % 1000 < 0);
    seconds = seconds < first_s ? first_s : seconds > last_s ? last_s : seconds;
    time_t when = (time_t)seconds;
    struct tm parts = {0};
    gmtime_r(&when, &parts);
    char text[64]; /* what the compiler thinks that six ints could need */
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
             parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    memcpy(out, text, TD_CLOCK_ISO_N - 1);
    out[TD_CLOCK_ISO_N - 1] = '\0';
}

tandem_code td_clock_cond_init(pthread_cond_t *cond, tandem_error *err)
{
    int failure = td_os_cond_init(cond);
    if (failure != 0)
        return td_fail_errno(err, failure, "cannot make a condition");
    return TANDEM_OK;
}

struct timespec td_clock_deadline(int64_t wait_ms)
{
    static const int64_t wait_ms_max = INT64_C(1000) * 60 * 60 * 24 * 365 * 10;
    wait_ms = wait_ms < 0 ? 0 : wait_ms > wait_ms_max ? wait_ms_max : wait_ms;
    struct timespec t = now(td_os_cond_clock());
    t.tv_sec += (time_t)(wait_ms / 1000);
    t.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}
