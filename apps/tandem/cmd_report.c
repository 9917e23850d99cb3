#include "commands.h"
#include "report_page.h"
#include "report_text.h"
#include "whole_file.h"

#include <errno.h>
#include <stdlib.h>

static json_t *span_json(const tandem_span *s)
{
    json_t *span =
        json_pack("{s:i,s:i,s:f,s:f,s:I,s:i,s:i,s:i,s:s}", "slot", (int)s->slot, "round",
                  (int)s->round, "start", (double)s->start_us / 1e6, "end", (double)s->end_us / 1e6,
                  "tokens", (json_int_t)s->n_tokens, "failed", (int)s->n_failed, "retried",
                  (int)s->n_retried, "halved", (int)s->n_halved, "code", tandem_code_name(s->code));

    for (int l = 0; l < TANDEM_N_LANES; l++)
        json_object_set_new(span, tandem_lane_name((tandem_lane)l),
                            json_pack("{s:i,s:i,s:f}", "batches", (int)s->batches[l], "chunks",
                                      (int)s->chunks[l], "busy", (double)s->busy_us[l] / 1e6));
    return span;
}

static void print_json(const tandem_run_info *run, const timeline *t, json_t *summary)
{
    json_t *spans = json_array();

    for (size_t i = 0; i < t->n; i++)
        json_array_append_new(spans, span_json(&t->spans[i]));
    output_json(json_pack("{s:I,s:o,s:o,s:o,s:I,s:I,s:I,s:O?,s:o}", "run", (json_int_t)run->run,
                          "kind", output_json_text(run->kind), "state",
                          output_json_text(run->state), "source", output_json_text(run->source),
                          "sources", (json_int_t)run->n_sources, "begun_at_ms",
                          (json_int_t)run->begun_wall_ms, "ended_at_ms",
                          (json_int_t)run->ended_wall_ms, "summary", summary, "spans", spans));
}

static bool write_page(const char *path, const tandem_run_info *run, const timeline *t,
                       const json_t *summary)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (out)
        report_page(out, run, t, summary);
    bool ok = out && fclose(out) == 0;
    if (!ok)
        output_error("out of memory for %s", path);
    ok = ok && whole_file_write(path, text, n);
    free(text);
    return ok;
}

static bool read_number(const settings *s, int64_t *run_out)
{
    char *end = NULL;

    *run_out = 0;
    if (s->n_operands == 0)
        return true;
    errno = 0;
    *run_out = strtoll(s->operands[0], &end, 10);
    if (!errno && !*end && *run_out > 0)
        return true;
    output_error("\"%s\" is no run: they are numbers from 1 on, and without one the last is "
                 "reported",
                 s->operands[0]);
    return false;
}

static int show(const settings *s, const tandem_report *report)
{
    tandem_run_info run;
    size_t n = 0;
    bool ok = true;

    tandem_report_get_run(report, &run);
    const tandem_span *spans = tandem_report_get_spans(report, &n);
    timeline t = timeline_of(NULL, spans, n);
    json_t *summary = json_loadb(run.summary_json.ptr, run.summary_json.n, 0, NULL);
    if (s->json)
        print_json(&run, &t, summary);
    if (s->output)
        ok = write_page(s->output, &run, &t, summary);
    else if (!s->json)
        report_text(stdout, &run, &t, summary);
    json_decref(summary);
    return ok ? 0 : 1;
}

int cmd_report(const settings *s)
{
    tandem_index_options options = TANDEM_INDEX_OPTIONS;
    tandem_index *index = NULL;
    tandem_report *report = NULL;
    tandem_error error = {0};
    int64_t number = 0;

    options.read_only = true;
    if (!read_number(s, &number))
        return 2;
    tandem_code code = tandem_index_open(s->db, &options, &index, &error);
    if (code == TANDEM_OK)
        code = tandem_report_new(index, number, &report, &error);
    int status = code == TANDEM_OK ? show(s, report) : output_failure(&error);
    tandem_report_free(report);
    tandem_index_close(index);
    return status;
}
