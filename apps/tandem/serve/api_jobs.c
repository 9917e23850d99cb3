/* One job in detail: what became of its pages, and what its slots did when. */
#include "serve/answer.h"
#include "serve/jobs.h"
#include "serve/serve.h"
#include "serve/visits.h"
#include "timeline_bins.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAGES_PRESET = 100,
    COLUMNS_PRESET = 240,
    COLUMNS_MIN = 16,
    COLUMNS_MAX = 1000,
    SLOTS_MAX = 64,
};

/* A number from the query, or its preset. False after an answer. */
static bool read_number(http_request *request, const char *name, uint64_t min, uint64_t max,
                        uint64_t *value_io)
{
    const char *text = http_argument(request, name);

    if (!text)
        return true;
    if (text[0] && strspn(text, "0123456789") == strlen(text) && strlen(text) <= 18) {
        *value_io = strtoull(text, NULL, 10);
        if (*value_io >= min && *value_io <= max)
            return true;
    }
    json_t *input = json_text(text_of(text));
    char field[32];
    snprintf(field, sizeof(field), "?%s", name);
    http_invalid(request, "int_parsing", field, input,
                 "Input should be a whole number of %llu to %llu", (unsigned long long)min,
                 (unsigned long long)max);
    json_decref(input);
    return false;
}

/* -- pages -- */

static bool read_state(http_request *request, const char **state_out)
{
    const char *state = http_argument(request, "state");

    *state_out = NULL;
    if (!state)
        return true;
    for (int s = TANDEM_PAGE_FETCHED; s <= TANDEM_PAGE_FAILED; s++)
        if (strcmp(state, visits_state_name((tandem_page_status)s)) == 0)
            *state_out = state;
    if (*state_out)
        return true;
    json_t *input = json_text(text_of(state));
    http_invalid(request, "enum", "?state", input,
                 "Input should be one of fetched, unchanged, skipped, failed");
    json_decref(input);
    return false;
}

void api_jobs_pages(http_request *request)
{
    static const uint64_t most = 1000000000000; /* bytes; more than a file has */
    serve *sv = request->app;
    visits_asked asked = {.n_max = PAGES_PRESET, .before = most};
    uint64_t limit = PAGES_PRESET, n_listed = 0, n_total = 0, next = 0;
    FILE *file = NULL;
    wire w = {.ptr = NULL};

    if (!read_state(request, &asked.state) ||
        !read_number(request, "limit", 1, VISITS_AT_ONCE_MAX, &limit) ||
        !read_number(request, "before", 0, most, &asked.before))
        return;
    asked.n_max = (size_t)limit;
    if (!jobs_visits(sv->jobs, request->segment, &file, &n_listed, &n_total)) {
        http_fail(request, 404, "Unknown progress id");
        return;
    }
    wire_text(&w, "{\"pages\":[");
    bool ok = !file || visits_read(file, &asked, &w, &next);
    wire_text(&w, "],\"next\":");
    if (next)
        wire_format(&w, "%llu", (unsigned long long)next);
    else
        wire_text(&w, "null");
    wire_format(&w, ",\"listed\":%llu,\"total\":%llu}", (unsigned long long)n_listed,
                (unsigned long long)n_total);
    if (file)
        fclose(file);
    if (ok) {
        http_reply_wire(request, 200, &w);
        return;
    }
    wire_clear(&w);
    http_fail(request, 500, "the list of this crawl's pages cannot be read");
}

/* -- timeline -- */

/* Chunks a second of a lane in each column: a span's chunks spread evenly over its time. */
static void add_rates(const timeline *t, int lane, float *rates, size_t n_columns)
{
    double column_us = (double)t->end_us / (double)n_columns;

    for (size_t i = 0; i < t->n; i++) {
        const tandem_span *span = &t->spans[i];
        double from = (double)span->start_us / column_us, to = (double)span->end_us / column_us;
        double rate = to > from ? span->chunks[lane] / ((to - from) * column_us / 1e6) : 0;
        for (size_t c = (size_t)from; rate > 0 && c < n_columns && (double)c < to; c++) {
            double start = from > (double)c ? from : (double)c;
            double end = to < (double)c + 1 ? to : (double)c + 1;
            rates[c] += (float)(rate * (end - start));
        }
    }
}

static void write_list(wire *w, const char *name, const float *values, size_t n, int places)
{
    char number[32];

    wire_format(w, "\"%s\":[", name);
    for (size_t c = 0; c < n; c++) {
        snprintf(number, sizeof(number), "%.*f", places, (double)values[c]);
        wire_text(w, c ? "," : "");
        wire_text(w, number);
    }
    wire_text(w, "]");
}

/* False when memory is out. */
static bool write_lanes(wire *w, const timeline *t, const timeline_bins *b)
{
    float *values = calloc(b->n_columns, sizeof(*values));

    for (int l = 0; values && l < TANDEM_N_LANES; l++) {
        wire_format(w, "%s\"%s\":{", l ? "," : ",\"lanes\":{", tandem_lane_name((tandem_lane)l));
        for (size_t c = 0; c < b->n_columns; c++)
            values[c] = timeline_bins_in_flight(b, l, c);
        write_list(w, "in_flight", values, b->n_columns, 2);
        memset(values, 0, b->n_columns * sizeof(*values));
        if (t->end_us > 0)
            add_rates(t, l, values, b->n_columns);
        wire_text(w, ",");
        write_list(w, "chunks_per_second", values, b->n_columns, 1);
        wire_text(w, "}");
    }
    wire_text(w, "}");
    free(values);
    return values != NULL;
}

static void write_slot(wire *w, const timeline_bins *b, uint32_t slot)
{
    const char *comma = "";

    for (int l = 0; l < TANDEM_N_LANES; l++) {
        float *share = timeline_bins_share(b, slot, l);
        for (size_t c = 0; c < b->n_columns; c++)
            share[c] = share[c] < 1 ? share[c] * 100 : 100;
        wire_text(w, l ? "," : "{");
        write_list(w, tandem_lane_name((tandem_lane)l), share, b->n_columns, 0);
    }
    wire_text(w, ",\"marks\":[");
    for (size_t c = 0; c < b->n_columns; c++) {
        if (b->marked[slot * b->n_columns + c]) {
            wire_format(w, "%s%zu", comma, c);
            comma = ",";
        }
    }
    wire_text(w, "]}");
}

/* False when memory is out. */
static bool write_timeline(wire *w, const jobs_spans *spans, size_t n_columns)
{
    timeline t = timeline_of(NULL, spans->items, spans->n);
    timeline_bins b;

    if (t.n_slots > 0 && t.end_us < spans->now_us)
        t.end_us = spans->now_us;
    if (!timeline_bins_make(&t, n_columns, &b))
        return false;
    wire_format(w, "{\"live\":%s,\"seconds\":%.3f,\"slots_total\":%u",
                spans->live ? "true" : "false", (double)t.end_us / 1e6, b.n_slots);
    bool ok = write_lanes(w, &t, &b);
    wire_text(w, ",\"slots\":[");
    for (uint32_t s = 0; s < b.n_slots && s < SLOTS_MAX; s++) {
        wire_text(w, s ? "," : "");
        write_slot(w, &b, s);
    }
    wire_text(w, "]}");
    timeline_bins_clear(&b);
    return ok;
}

void api_jobs_timeline(http_request *request)
{
    serve *sv = request->app;
    uint64_t n_columns = COLUMNS_PRESET;
    jobs_spans spans = {.items = NULL};
    tandem_error error = {.code = TANDEM_OK};
    wire w = {.ptr = NULL};

    if (!read_number(request, "columns", COLUMNS_MIN, COLUMNS_MAX, &n_columns))
        return;
    if (!jobs_copy_spans(sv->jobs, request->segment, &spans, &error)) {
        http_fail(request, 404, "Unknown progress id");
        return;
    }
    if (error.code != TANDEM_OK) {
        http_fail_error(request, &error);
        return;
    }
    bool ok = write_timeline(&w, &spans, (size_t)n_columns);
    free(spans.items);
    if (ok) {
        http_reply_wire(request, 200, &w);
        return;
    }
    wire_clear(&w);
    http_fail(request, 503, "out of memory");
}
