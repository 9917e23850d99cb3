#include "commands.h"
#include "input.h"
#include "output.h"
#include "run_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void print_json(const tandem_item *item)
{
    output_json(json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "title", output_json_text(item->title),
                          "description", output_json_text(item->description), "author",
                          output_json_text(item->author), "date", output_json_text(item->date),
                          "language", output_json_text(item->language), "canonical",
                          output_json_text(item->canonical), "markdown",
                          output_json_text(item->text)));
}

typedef struct seen {
    const settings *s;
    int status;
} seen;

static void visit(void *user, const tandem_item *item)
{
    seen *v = user;

    if (!item->has_document) {
        output_error("%.*s: %.*s", (int)item->uri.n, item->uri.ptr, (int)item->reason.n,
                     item->reason.ptr);
        v->status = 1;
    } else if (v->s->json) {
        print_json(item);
    } else {
        output_text(stdout, item->text);
        if (item->text.n && item->text.ptr[item->text.n - 1] != '\n')
            putchar('\n');
    }
}

int cmd_extract(const settings *s)
{
    tandem_job_options options = job_options_of(s);
    tandem_summary summary = {0};
    tandem_str input = {0};
    seen v = {s, 0};
    bool from_stdin = strcmp(s->operands[0], "-") == 0;
    struct stat info;

    if (!from_stdin && stat(s->operands[0], &info) == 0 && S_ISDIR(info.st_mode)) {
        output_error("%s is a folder: name one file or page (`tandem crawl` prints those of a "
                     "folder)",
                     s->operands[0]);
        return 2;
    }
    options.until = TANDEM_UNTIL_DOCUMENT;
    options.visit = visit;
    options.user = &v;
    options.hidden = options.no_ignore = true; /* it was named, so it is meant */
    if (from_stdin) {
        int status = input_read("-", &input);
        if (status)
            return status;
        options.input_name = "-";
        options.input = input;
    }
    int status = job_run(NULL, (const char *const *)s->operands, from_stdin ? 0 : 1, &options,
                         false, &summary);
    free((char *)input.ptr);
    return v.status ? v.status : status;
}
