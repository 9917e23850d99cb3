/* What the schedule itself costs: a million chunks through it with models that take no time.
 *
 * bench_schedule [CHUNKS]: CPU time a chunk and peak memory, for each strategy.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/os.h"
#include "schedule/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    DIM = 384,
    TEXT_BYTES = 1200
};

static char text[TEXT_BYTES];

static tandem_code embed(td_embedder *self, td_batch *batch, uint32_t *retry_after_ms_out,
                         tandem_error *err)
{
    (void)self, (void)retry_after_ms_out, (void)err;
    for (size_t i = 0; i < batch->n; i++)
        batch->vectors[i * DIM] = 1;
    return TANDEM_OK;
}

static void done(void *user, td_task *task)
{
    (void)user;
    free(task);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void must(tandem_code code, const tandem_error *err)
{
    if (code == TANDEM_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static void run(td_strategy strategy, size_t n)
{
    td_embedder model = {.embed = embed, .dim = DIM, .tokens_max = 512, .is_local = true};
    td_embedder *lanes[] = {&model, &model};
    td_schedule_options options = TD_SCHEDULE_OPTIONS;
    td_schedule *schedule = NULL;
    tandem_error err = {0};

    options.strategy = strategy;
    options.metrics = false;
    options.spans_max = 2048;
    options.done = done;
    double cpu = cpu_seconds();
    int64_t begun_us = td_clock_us();
    must(td_schedule_open(lanes, &options, &schedule, &err), &err);
    for (size_t i = 0; i < n; i++) {
        td_task *task = calloc(1, sizeof(*task));
        if (!task)
            exit(1);
        *task = (td_task){.lane = (tandem_lane)(i % 3 == 0),
                          .text = {text, TEXT_BYTES / 4 + i % (TEXT_BYTES / 2)}};
        must(td_schedule_put(schedule, task, &err), &err);
    }
    must(td_schedule_finish(schedule, &err), &err);
    td_schedule_close(schedule);
    printf("%-11s %8zu chunks %7.2f s wall %6.2f us of CPU a chunk, peak memory %.1f MB\n",
           td_schedule_strategy_name(strategy), n, (double)(td_clock_us() - begun_us) / 1e6,
           1e6 * (cpu_seconds() - cpu) / (double)n, (double)td_os_rss_peak_bytes() / 1048576.0);
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    static const td_strategy strategies[] = {TD_STRATEGY_PIPELINED, TD_STRATEGY_ROUNDS,
                                             TD_STRATEGY_SEQUENTIAL};

    printf("before: peak memory %.1f MB\n", (double)td_os_rss_peak_bytes() / 1048576.0);
    for (size_t i = 0; i < 3; i++)
        run(strategies[i], n);
    return 0;
}
