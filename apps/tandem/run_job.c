#include "run_job.h"

#include "bar.h"
#include "output.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TICK_MS = 100
};

static atomic_int n_signals; /* two signals may come to two threads at once */

static void on_signal(int number)
{
    (void)number;
    if (atomic_fetch_add(&n_signals, 1) > 0)
        _exit(130);
}

void job_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool job_is_signalled(void)
{
    return n_signals > 0;
}

static tandem_strategy strategy_of(const char *name)
{
    for (int s = TANDEM_STRATEGY_AUTO; s <= TANDEM_STRATEGY_SEQUENTIAL; s++)
        if (name && !__builtin_strcmp(name, tandem_strategy_name((tandem_strategy)s)))
            return (tandem_strategy)s;
    return TANDEM_STRATEGY_AUTO;
}

static bool is_mode(const settings *s, const char *mode)
{
    return s->mode && !__builtin_strcmp(s->mode, mode);
}

static void set_mode(const settings *s, tandem_job_options *o)
{
    bool endless = s->recursive || is_mode(s, "recursive") || is_mode(s, "auto");

    if (is_mode(s, "sitemap"))
        o->mode = TANDEM_MODE_SITEMAP;
    else if (is_mode(s, "llms"))
        o->mode = TANDEM_MODE_LLMS;
    else if (is_mode(s, "auto"))
        o->mode = TANDEM_MODE_AUTO;
    /* Their pages are one link away from the start. */
    uint32_t usual = o->mode == TANDEM_MODE_LINKS ? 0 : 1;
    o->depth_max = s->depth ? (uint32_t)s->depth : endless ? UINT32_MAX : usual;
}

static void set_render(const settings *s, tandem_job_options *o)
{
    if (s->render && !__builtin_strcmp(s->render, "auto"))
        o->render = TANDEM_RENDER_AUTO;
    else if (s->render && !__builtin_strcmp(s->render, "always"))
        o->render = TANDEM_RENDER_ALWAYS;
    o->browser = s->browser;
    o->browser_no_sandbox = s->browser_no_sandbox;
}

static void set_chunks(const settings *s, tandem_job_options *o)
{
    uint64_t overlap = s->chunk_overlap;

    if (s->chunk_unit && !__builtin_strcmp(s->chunk_unit, "tokens")) {
        o->chunk_unit = TANDEM_CHUNK_TOKENS;
        o->chunk_size = 256; /* which every model takes */
    }
    if (s->chunk_size)
        o->chunk_size = (uint32_t)s->chunk_size;
    if (overlap == SETTING_NOT_GIVEN)
        overlap = o->chunk_size / 8 < 200 ? o->chunk_size / 8 : 200;
    o->chunk_overlap = (uint32_t)overlap;
    o->chunk_models[TANDEM_LANE_GTE] = s->models[TANDEM_LANE_GTE];
    o->chunk_models[TANDEM_LANE_CODERANK] = s->models[TANDEM_LANE_CODERANK];
}

tandem_index_options index_options_of(const settings *s)
{
    tandem_index_options o = TANDEM_INDEX_OPTIONS;

    o.models[TANDEM_LANE_GTE] = s->models[TANDEM_LANE_GTE];
    o.models[TANDEM_LANE_CODERANK] = s->models[TANDEM_LANE_CODERANK];
    o.precision = s->precision;
    o.isa = s->isa;
    o.threads = (uint32_t)s->threads;
    o.memory_bytes_max = s->memory_bytes_max;
    o.cache_bytes_max = s->cache_bytes_max;
    for (int l = 0; l < TANDEM_N_LANES; l++)
        o.backends[l] = settings_backend(s, (tandem_lane)l);
    return o;
}

tandem_job_options job_options_of(const settings *s)
{
    tandem_job_options o = TANDEM_JOB_OPTIONS;

    o.scope = s->scope;
    o.project = s->project;
    o.dataset = s->dataset;
    o.include = s->include.items;
    o.n_include = s->include.n;
    o.exclude = s->exclude.items;
    o.n_exclude = s->exclude.n;
    if (s->file_bytes_max)
        o.file_bytes_max = s->file_bytes_max;
    o.hidden = s->hidden;
    o.no_ignore = s->no_ignore;
    set_mode(s, &o);
    o.dry_run = s->dry_run;
    o.refresh = s->refresh;
    o.bytes_max = s->bytes_max;
    o.time_max_ms = (uint32_t)s->time_max_ms;
    o.variants_max = (uint32_t)s->variants_max;
    o.contact = s->contact;
    o.ca_file = s->site_ca_file;
    o.host_pages_max = (uint32_t)s->host_pages_max;
    set_render(s, &o);
    o.pages_max = (uint32_t)s->pages_max;
    o.any_host = s->any_host;
    o.below = s->below;
    o.no_robots = s->no_robots;
    o.delay_ms = (uint32_t)s->delay_ms;
    if (s->per_host)
        o.per_host_max = (uint32_t)s->per_host;
    if (s->timeout_ms)
        o.timeout_ms = (uint32_t)s->timeout_ms;
    o.allow_private = s->allow_private;
    o.user_agent = s->user_agent;
    o.whole_page = s->whole_page;
    set_chunks(s, &o);
    if (s->strategy) {
        o.strategy = strategy_of(s->strategy);
        o.sequential = !s->parallel;
        o.in_flight_max = (uint32_t)s->concurrency;
        o.batch_items_max = (uint32_t)s->batch_size;
        o.quiet_metrics = !s->metrics;
    }
    return o;
}

static void watch(tandem_job *job, bar *b, bool show)
{
    bool cancelled = false;
    tandem_progress progress;

    while (!tandem_job_wait(job, TICK_MS)) {
        bool is_lost = output_is_lost(); /* a site is not crawled for nobody */
        if ((n_signals || is_lost) && !cancelled) {
            cancelled = true;
            bar_clear(b);
            if (!is_lost)
                output_note("ending: what is in flight is kept; once more ends at once");
            tandem_job_cancel(job);
        }
        tandem_job_get_progress(job, &progress);
        if (show)
            bar_draw(b, &progress);
    }
    bar_clear(b);
}

int job_finish(tandem_job *job, bool stores, bool show, tandem_summary *summary_out)
{
    tandem_error error = {0};
    bar b = {.lanes = stores, .next_plain = 5};

    watch(job, &b, show);
    tandem_code code = tandem_job_get_summary(job, summary_out, &error);
    tandem_job_close(job);
    if (code == TANDEM_E_CANCELLED && output_is_lost() && !n_signals)
        return 0; /* output_finish says why */
    if (code != TANDEM_OK && code != TANDEM_E_PARTIAL)
        return output_failure(&error);
    return tandem_code_exit(code);
}

int job_run(tandem_index *index, const char *const *sources, size_t n_sources,
            const tandem_job_options *options, bool show, tandem_summary *summary_out)
{
    tandem_error error = {0};
    tandem_job *job = NULL;

    job_catch_signals();
    if (tandem_job_open(index, sources, n_sources, options, &job, &error) != TANDEM_OK)
        return output_failure(&error);
    return job_finish(job, options->until == TANDEM_UNTIL_STORE, show, summary_out);
}
