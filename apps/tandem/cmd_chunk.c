#include "commands.h"
#include "input.h"
#include "output.h"
#include "run_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(const tandem_item *item, const tandem_chunk *c)
{
    output_json(json_pack("{s:o,s:i,s:o,s:I,s:I,s:I,s:I,s:i,s:i,s:b,s:o,s:f,s:s,s:o,s:o}", "path",
                          output_json_text(item->uri), "chunk_index", (int)c->index, "text",
                          output_json_text(c->text), "start_byte", (json_int_t)c->start_byte,
                          "end_byte", (json_int_t)c->end_byte, "start_char",
                          (json_int_t)c->start_char, "end_char", (json_int_t)c->end_char,
                          "start_line", (int)c->start_line, "end_line", (int)c->end_line, "is_code",
                          c->is_code, "language", output_json_text(c->language), "confidence",
                          (double)c->confidence, "model_hint", tandem_lane_name(c->lane), "heading",
                          output_json_text(c->heading), "symbol", output_json_text(c->symbol)));
}

static void visit(void *user, const tandem_item *item)
{
    (void)user;
    if (!item->has_document)
        output_note("%s %.*s: %.*s", item->status == TANDEM_PAGE_FAILED ? "failed" : "skipped",
                    (int)item->uri.n, item->uri.ptr, (int)item->reason.n, item->reason.ptr);
    for (size_t i = 0; i < item->n_chunks; i++)
        print(item, &item->chunks[i]);
}

int cmd_chunk(const settings *s)
{
    tandem_job_options options = job_options_of(s);
    tandem_summary summary = {0};
    tandem_str input = {0};
    const char *sources[1024];
    size_t n = 0;

    options.until = TANDEM_UNTIL_CHUNK;
    options.visit = visit;
    for (size_t i = 0; i < s->n_operands; i++) {
        if (strcmp(s->operands[i], "-") != 0) {
            sources[n++] = s->operands[i];
            continue;
        }
        int status = input.ptr ? 0 : input_read("-", &input);
        if (status)
            return status;
        options.input_name = "-";
        options.input = input;
    }
    int status = job_run(NULL, sources, n, &options, false, &summary);
    free((char *)input.ptr);
    return status;
}
