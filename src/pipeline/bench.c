/* Runs of the schedule for people who want to know how good it is. */
#include "pipeline/state.h"

#include <stdlib.h>

enum {
    TOKENS_MIN = 50,
    TOKENS_MAX = 600,
    SPANS_MAX = 4096
};

typedef struct told {
    tandem_bench_done done;
    void *user;
} told;

static void pass_result(void *user, const td_simulated *from)
{
    const told *t = user;
    tandem_bench_result result = {
        .strategy = (tandem_strategy)from->strategy,
        .seconds = from->seconds,
        .bound_seconds = from->bound_seconds,
        .overlap_ratio = from->overlap_ratio,
        .speedup = from->speedup,
        .batches = from->n_batches,
        .retries = from->n_retries,
        .failed = from->n_failed,
        .spans = from->spans,
        .n_spans = from->n_spans,
    };

    t->done(t->user, &result);
}

/* SplitMix64: enough for lengths, the same on every machine. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Short texts are many and long ones few, as in real chunks: the square of an even spread. */
static size_t random_tokens(uint64_t *seed)
{
    double u = (double)(next_random(seed) >> 11) / 9007199254740992.0;

    return TOKENS_MIN + (size_t)(u * u * (TOKENS_MAX - TOKENS_MIN));
}

/* Lanes mixed as on pages; total_out: tokens of each lane. */
static void mix(const tandem_bench_options *o, td_simulated_text *texts, double *total_out)
{
    uint64_t seed = o->seed;
    uint64_t left[TANDEM_N_LANES] = {o->chunks[0], o->chunks[1]};

    for (size_t i = 0; left[0] + left[1] > 0; i++) {
        int lane = next_random(&seed) % (left[0] + left[1]) < left[0] ? 0 : 1;
        left[lane]--;
        texts[i].lane = (tandem_lane)lane;
        texts[i].n_tokens = o->random_lengths ? random_tokens(&seed) : 100;
        total_out[lane] += (double)texts[i].n_tokens;
    }
}

/* A chunk costs what it was said to cost, on average, whatever its length. */
static td_simulated_service service_of(const tandem_bench_options *o, int lane, double tokens)
{
    const tandem_bench_service *from = &o->services[lane];
    td_simulated_service to = {
        .sigma = from->jitter,
        .servers = from->at_once,
        .p_passing = from->p_fault,
        .dead_from_us = (int64_t)(from->dead_from * 1e6),
        .dead_until_us = (int64_t)(from->dead_until * 1e6),
    };

    if (o->random_lengths && tokens > 0)
        to.per_token = from->seconds_per_chunk * o->chunks[lane] / tokens;
    else
        to.per_item = from->seconds_per_chunk;
    return to;
}

static tandem_code run_services(const tandem_bench_options *o, told *t, tandem_error *err)
{
    size_t n = (size_t)o->chunks[0] + o->chunks[1];
    td_simulated_text *texts = calloc(n ? n : 1, sizeof(*texts));
    double tokens[TANDEM_N_LANES] = {0};
    td_simulation how = {
        .strategy = (td_strategy)o->strategy,
        .parallel = true,
        .in_flight_max = o->in_flight_max,
        .batch_items_max = o->batch_items_max,
        .seed = o->seed,
        .texts = texts,
        .n = n,
        .spans_max = SPANS_MAX,
        .done = pass_result,
        .user = t,
    };

    if (!texts)
        return td_fail_nomem(err, "a simulation");
    mix(o, texts, tokens);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        how.services[l] = service_of(o, l, tokens[l]);
    tandem_code code = td_schedule_simulate(&how, err);
    free(texts);
    return code;
}

/* -- in earnest -- */

static void count_failed(void *user, td_task *task)
{
    atomic_size_t *n_failed = user;

    if (task->status != TD_TASK_DONE)
        atomic_fetch_add(n_failed, 1);
}

static tandem_code run_engines(const tandem_bench_options *o, const told *t, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n = (size_t)o->chunks[0] + o->chunks[1], i = 0;
    td_task *tasks = calloc(n ? n : 1, sizeof(*tasks));
    atomic_size_t n_failed = 0;
    td_embedder *lanes[TANDEM_N_LANES];
    td_schedule_options options = TD_SCHEDULE_OPTIONS;
    td_schedule_progress p = {0};

    if (!tasks)
        return td_fail_nomem(err, "texts to embed");
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        lanes[l] = td_pipeline_model_door(o->engines[l]);
        for (uint32_t k = 0; k < o->chunks[l]; k++)
            tasks[i++] = (td_task){.lane = (tandem_lane)l, .text = o->texts[l][k]};
    }
    options.strategy = (td_strategy)o->strategy;
    td_pipeline_lanes_slots(lanes, o->in_flight_max, td_pipeline_model_threads(o->engines[0]),
                            &options);
    options.batch_items_max = o->batch_items_max;
    options.window_chunks_max = n ? (uint32_t)n : 1;
    options.metrics = false;
    options.done = count_failed;
    options.user = &n_failed;
    TD_TRY(td_schedule_run(lanes, &options, tasks, n, NULL, &p, err));
    tandem_bench_result result = {
        .strategy = (tandem_strategy)p.strategy,
        .seconds = p.wall_seconds,
        .overlap_ratio = p.overlap_ratio,
        .speedup = p.speedup,
        .batches = p.lanes[0].n_batches + p.lanes[1].n_batches,
        .retries = p.lanes[0].n_retries + p.lanes[1].n_retries,
        .failed = n_failed,
    };
    t->done(t->user, &result);

out:
    free(tasks);
    return code;
}

tandem_code td_pipeline_bench_schedule(const tandem_bench_options *options, tandem_bench_done done,
                                       void *user, tandem_error *err)
{
    told t = {done, user};

    return options->engines[0] ? run_engines(options, &t, err) : run_services(options, &t, err);
}
