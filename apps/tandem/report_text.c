#include "report_text.h"

#include <string.h>
#include <time.h>

double report_number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

const char *report_text_of(const json_t *object, const char *name, char *out, size_t n)
{
    const char *text = json_string_value(json_object_get(object, name));

    snprintf(out, n, "%s", text ? text : "-");
    return out;
}

void report_when(int64_t wall_ms, char *out, size_t n)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;

    snprintf(out, n, "-");
    if (wall_ms > 0 && localtime_r(&seconds, &parts))
        strftime(out, n, "%Y-%m-%d %H:%M", &parts);
}

/* A span that joins calls of both lanes counts for the lane with more of them. */
uint64_t report_halved(const timeline *t, int lane)
{
    uint64_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        const tandem_span *s = &t->spans[i];
        int most = s->batches[TANDEM_LANE_GTE] >= s->batches[TANDEM_LANE_CODERANK] ? 0 : 1;
        n += most == lane ? s->n_halved : 0;
    }
    return n;
}

const char *report_without_spans(const tandem_run_info *run)
{
    bool ended = run->state.n == 4 && !memcmp(run->state.ptr, "done", 4);

    return ended ? "No timeline: the run called no model, or is not among the last that keep one."
                 : "No timeline: a run keeps its own when it ends, and this one has not, or was "
                   "cut off.";
}

static void put_lane(FILE *out, const timeline *t, const json_t *summary, int l)
{
    const char *name = tandem_lane_name((tandem_lane)l);
    const json_t *lane = json_object_get(json_object_get(summary, "lanes"), name);
    double busy = report_number(lane, "busy_seconds"), whole = (double)t->end_us / 1e6;

    fprintf(
        out,
        "%-9s %.0f chunks in %.0f calls, %.0f failed, %.0f tried again, busy %.2f s (%.0f %%)\n",
        name, report_number(lane, "chunks"), report_number(lane, "batches"),
        report_number(lane, "failed"), report_number(lane, "retries"), busy,
        whole > 0 ? 100 * busy / whole : 0);
}

void report_text(FILE *out, const tandem_run_info *run, const timeline *t, const json_t *summary)
{
    char when[32], strategy[32];

    report_when(run->begun_wall_ms, when, sizeof(when));
    fprintf(out, "%srun %lld%s   %.*s, %.*s, %s   ", output_style_of(out, STYLE_BOLD),
            (long long)run->run, output_style_of(out, STYLE_PLAIN), (int)run->kind.n, run->kind.ptr,
            (int)run->state.n, run->state.ptr, when);
    output_text(out, run->source);
    if (run->n_sources > 1)
        fprintf(out, " and %llu more", (unsigned long long)run->n_sources - 1);
    fputc('\n', out);
    if (t->n == 0) {
        fprintf(out, "%s\n", report_without_spans(run));
        return;
    }
    fprintf(out, "%s, %u slots, %.2f s; overlap %.0f %%, speedup %.2f\n",
            report_text_of(summary, "strategy", strategy, sizeof(strategy)), t->n_slots,
            (double)t->end_us / 1e6, 100 * report_number(summary, "overlap_ratio"),
            report_number(summary, "speedup"));
    for (int l = 0; l < TANDEM_N_LANES; l++)
        put_lane(out, t, summary, l);
    fputc('\n', out);
    timeline_text(out, t, output_columns());
    fprintf(out,
            "\n%s\u2588%s gte  %s\u2592%s coderank  \u00b7 idle  %s!%s a call that failed, was "
            "halved or is tried again; on the right, time in calls\n",
            output_style_of(out, STYLE_GREEN), output_style_of(out, STYLE_PLAIN),
            output_style_of(out, STYLE_CYAN), output_style_of(out, STYLE_PLAIN),
            output_style_of(out, STYLE_RED), output_style_of(out, STYLE_PLAIN));
}
