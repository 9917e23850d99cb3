#include "serve/progress.h"

#include "serve/json.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int from, to;
} phases[] = {
    [PHASE_INITIALIZING] = {"initializing", 0, 5}, [PHASE_DISCOVERY] = {"discovery", 5, 15},
    [PHASE_CRAWLING] = {"crawling", 15, 60},       [PHASE_CHUNKING] = {"chunking", 60, 70},
    [PHASE_SUMMARIZING] = {"summarizing", 70, 80}, [PHASE_EMBEDDING] = {"embedding", 80, 92},
    [PHASE_STORING] = {"storing", 92, 98},         [PHASE_COMPLETED] = {"completed", 100, 100},
};
enum {
    N_PHASES = sizeof(phases) / sizeof(phases[0]),
};

const char *progress_phase_name(progress_phase phase)
{
    return phases[phase].name;
}

/* A phase's share of the bar, once: done of total within its range. Neither goes back. */
static void move_to(progress *p, progress_phase phase, uint64_t done, uint64_t total)
{
    double part = total > 0 ? (double)(done < total ? done : total) / (double)total : 0;
    int percent = phases[phase].from + (int)(part * (phases[phase].to - phases[phase].from));

    if (phase > p->phase)
        p->phase = phase;
    if (percent > p->percent)
        p->percent = percent;
}

static uint64_t pages_done(const tandem_progress *c)
{
    return c->pages + c->files + c->unchanged + c->skipped + c->failed;
}

typedef struct chunk_counts {
    uint64_t total, done, failed;
} chunk_counts;

static chunk_counts count_chunks(const tandem_progress *c)
{
    chunk_counts n = {.total = 0};

    for (int l = 0; l < TANDEM_N_LANES; l++) {
        n.total += c->lanes[l].total;
        n.done += c->lanes[l].done;
        n.failed += c->lanes[l].failed;
    }
    return n;
}

void progress_update(progress *p, const tandem_progress *counts, uint64_t pages_expected)
{
    chunk_counts chunks = count_chunks(counts);
    uint64_t done = pages_done(counts);
    unsigned long long d = done, t = pages_expected > counts->pages_seen ? pages_expected
                                                                         : counts->pages_seen;

    p->counts = *counts;
    if (!counts->sources_ended) {
        move_to(p, PHASE_CRAWLING, done, t);
        snprintf(p->detail, sizeof(p->detail), "Fetching pages");
        snprintf(p->log, sizeof(p->log), "Crawled %llu/%llu", d, t);
    } else if (p->stores && chunks.done + chunks.failed < chunks.total) {
        move_to(p, PHASE_EMBEDDING, chunks.done + chunks.failed, chunks.total);
        snprintf(p->detail, sizeof(p->detail), "Content: %llu/%llu (parallel)",
                 (unsigned long long)(chunks.done + chunks.failed),
                 (unsigned long long)chunks.total);
        snprintf(p->log, sizeof(p->log), "Embedded %llu/%llu chunks",
                 (unsigned long long)(chunks.done + chunks.failed),
                 (unsigned long long)chunks.total);
    } else {
        move_to(p, PHASE_STORING, 0, 1);
        snprintf(p->detail, sizeof(p->detail), "%s", p->stores ? "Storing" : "Skipped");
        snprintf(p->log, sizeof(p->log), "Storing chunks");
    }
}

void progress_end(progress *p, const char *status, const char *log)
{
    p->status = status;
    p->waits = false;
    snprintf(p->log, sizeof(p->log), "%s", log);
    if (strcmp(status, "completed") != 0)
        return;
    p->phase = PHASE_COMPLETED;
    p->percent = 100;
    snprintf(p->detail, sizeof(p->detail), "Success");
}

void progress_add_error(progress *p, tandem_str url, tandem_str reason)
{
    p->n_errors++;
    if (!p->errors)
        p->errors = json_array();
    if (json_array_size(p->errors) < PROGRESS_ERRORS_MAX)
        json_array_append_new(p->errors, json_pack("{s:o,s:o}", "url", json_text(url), "reason",
                                                   json_text(reason)));
}

static json_t *lanes_json(const tandem_progress *c)
{
    json_t *lanes = json_object();

    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const tandem_lane_progress *lane = &c->lanes[l];
        json_object_set_new(lanes, tandem_lane_name((tandem_lane)l),
                            json_pack("{s:I,s:I,s:I,s:I,s:I,s:f,s:I,s:I,s:I,s:b}", "total",
                                      (json_int_t)lane->total, "done", (json_int_t)lane->done,
                                      "failed", (json_int_t)lane->failed, "cached",
                                      (json_int_t)lane->cached, "in_flight",
                                      (json_int_t)lane->in_flight, "chunks_per_second",
                                      lane->chunks_per_second, "batches", (json_int_t)lane->batches,
                                      "retries", (json_int_t)lane->retries, "tokens",
                                      (json_int_t)lane->tokens, "paused", lane->paused));
    }
    return lanes;
}

/* The additions: what clients of the runner look for under other names, and ours. */
static int add_more(json_t *object, const progress *p)
{
    const tandem_progress *c = &p->counts;
    json_t *left = c->eta_seconds >= 0 && !p->waits && strcmp(p->status, "running") == 0
                       ? json_real(c->eta_seconds)
                       : json_null();
    json_t *more =
        json_pack("{s:i,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:I,s:I,s:f,s:o,s:b,s:o}", "percentage",
                  p->percent, "phase", phases[p->phase].name, "current", (json_int_t)pages_done(c),
                  "total", (json_int_t)c->pages_seen, "pages_failed", (json_int_t)c->failed,
                  "pages_skipped", (json_int_t)c->skipped, "pages_unchanged",
                  (json_int_t)c->unchanged, "errors_total", (json_int_t)p->n_errors, "errors",
                  p->errors ? json_deep_copy(p->errors) : json_array(), "started_at_ms",
                  (json_int_t)p->begun_wall_ms, "updated_at_ms", (json_int_t)p->updated_wall_ms,
                  "seconds", c->seconds, "lanes", lanes_json(c), "waiting", p->waits, "eta_seconds",
                  left);
    int failed = more ? json_object_update(object, more) : -1;

    json_decref(more);
    return failed;
}

json_t *progress_json(const progress *p, const char *id)
{
    const tandem_progress *c = &p->counts;
    chunk_counts chunks = count_chunks(c);
    json_int_t processed = (json_int_t)(chunks.done + chunks.failed);
    json_t *object =
        json_pack("{s:s,s:s,s:i,s:o,s:o,s:I,s:I,s:I,s:i,s:s,s:o,s:I,s:I,s:I,s:I}", "progress_id",
                  id, "status", p->status, "progress", p->percent, "log",
                  json_text(text_of(p->log)), "current_url",
                  p->url[0] ? json_text(text_of(p->url)) : json_null(), "total_pages",
                  (json_int_t)c->pages_seen, "processed_pages", (json_int_t)pages_done(c),
                  "chunks_stored", (json_int_t)(p->stores ? chunks.done : 0), "code_examples_found",
                  0, "current_phase", phases[p->phase].name, "phase_detail",
                  p->detail[0] ? json_text(text_of(p->detail)) : json_null(), "chunks_total",
                  (json_int_t)chunks.total, "chunks_processed", processed, "summaries_generated",
                  processed, "embeddings_generated", (json_int_t)chunks.done);

    if (object && add_more(object, p) != 0) {
        json_decref(object);
        object = NULL;
    }
    return object;
}

/* -- back from a file -- */

static void read_text(const json_t *object, const char *field, char *out, size_t n)
{
    const char *text = json_string_value(json_object_get(object, field));

    if (text)
        snprintf(out, n, "%s", text);
}

static uint64_t read_count(const json_t *object, const char *field)
{
    json_int_t value = json_integer_value(json_object_get(object, field));

    return value > 0 ? (uint64_t)value : 0;
}

static const char *status_of(const char *name)
{
    static const char *const all[] = {"running", "completed", "failed", "cancelled"};

    for (size_t i = 0; name && i < sizeof(all) / sizeof(all[0]); i++)
        if (strcmp(name, all[i]) == 0)
            return all[i];
    return "running";
}

void progress_read(progress *p, const json_t *object)
{
    const char *phase = json_string_value(json_object_get(object, "current_phase"));
    json_t *errors = json_object_get(object, "errors");
    tandem_progress *c = &p->counts;

    p->status = status_of(json_string_value(json_object_get(object, "status")));
    for (int i = 0; phase && i < N_PHASES; i++)
        if (strcmp(phase, phases[i].name) == 0)
            p->phase = (progress_phase)i;
    uint64_t percent = read_count(object, "progress");
    p->percent = percent < 100 ? (int)percent : 100;
    read_text(object, "log", p->log, sizeof(p->log));
    read_text(object, "phase_detail", p->detail, sizeof(p->detail));
    read_text(object, "current_url", p->url, sizeof(p->url));
    p->begun_wall_ms = (int64_t)read_count(object, "started_at_ms");
    p->updated_wall_ms = (int64_t)read_count(object, "updated_at_ms");
    c->pages_seen = read_count(object, "total_pages");
    c->failed = read_count(object, "pages_failed");
    c->skipped = read_count(object, "pages_skipped");
    c->unchanged = read_count(object, "pages_unchanged");
    uint64_t others = c->failed + c->skipped + c->unchanged;
    uint64_t done = read_count(object, "processed_pages");
    c->pages = done > others ? done - others : 0;
    c->seconds = json_number_value(json_object_get(object, "seconds"));
    p->stores = p->stores || read_count(object, "chunks_stored") > 0;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        json_t *lane =
            json_object_get(json_object_get(object, "lanes"), tandem_lane_name((tandem_lane)l));
        c->lanes[l].total = read_count(lane, "total");
        c->lanes[l].done = read_count(lane, "done");
        c->lanes[l].failed = read_count(lane, "failed");
        c->lanes[l].cached = read_count(lane, "cached");
        c->lanes[l].chunks_per_second =
            json_number_value(json_object_get(lane, "chunks_per_second"));
        c->lanes[l].batches = read_count(lane, "batches");
        c->lanes[l].retries = read_count(lane, "retries");
        c->lanes[l].tokens = read_count(lane, "tokens");
    }
    if (json_is_array(errors) && !p->errors)
        p->errors = json_deep_copy(errors);
    p->n_errors = read_count(object, "errors_total");
}
