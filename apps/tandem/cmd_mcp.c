#include "commands.h"
#include "output.h"
#include "run_job.h"
#include "serve/mcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_BYTES_MAX = 4 << 20,
};

static void answer(json_t *value)
{
    if (value)
        output_json(value);
    fflush(stdout);
}

/* The tool `index` on stdio does the work before it answers. */
static bool run_index(mcp *m, json_t *arguments, wire *out)
{
    const settings *s = m->user;
    const char *source = json_string_value(json_object_get(arguments, "source"));
    json_t *pages = json_object_get(arguments, "max_pages");
    bool recursive = json_is_true(json_object_get(arguments, "recursive"));
    tandem_job_options options = job_options_of(s);
    tandem_job *job = NULL;
    tandem_summary summary;
    tandem_error error = {.code = TANDEM_OK};

    options.project = json_string_value(json_object_get(arguments, "project"));
    options.dataset = json_string_value(json_object_get(arguments, "dataset"));
    options.depth_max = recursive ? UINT32_MAX : 0;
    options.pages_max = pages ? (uint32_t)json_integer_value(pages) : 20;
    options.visit = NULL;
    tandem_code code = tandem_job_open(m->index, &source, 1, &options, &job, &error);
    if (code == TANDEM_OK)
        code = tandem_job_get_summary(job, &summary, &error);
    tandem_job_close(job);
    if (code != TANDEM_OK && code != TANDEM_E_PARTIAL) {
        wire_text(out, error.message);
        return false;
    }
    wire_format(out,
                "%llu pages, %llu files, %llu unchanged, %llu failed; %llu chunks of prose, "
                "%llu of code",
                (unsigned long long)summary.pages, (unsigned long long)summary.files,
                (unsigned long long)summary.unchanged, (unsigned long long)summary.failed,
                (unsigned long long)summary.chunks[0], (unsigned long long)summary.chunks[1]);
    return true;
}

static void take_line(mcp *m, const char *line, size_t n)
{
    char message[JSON_ERROR_BYTES];

    if (n == 0)
        return;
    json_t *value = n <= LINE_BYTES_MAX ? json_read(line, n, message) : NULL;
    if (n > LINE_BYTES_MAX)
        snprintf(message, sizeof(message), "a message has at most %d bytes", (int)LINE_BYTES_MAX);
    answer(value ? mcp_answer(m, value) : mcp_error(NULL, -32700, message));
    json_decref(value);
}

/* One line, of which no more than LINE_BYTES_MAX + 1 bytes are kept; false at the end. */
static bool read_line(char *line, size_t *n_out)
{
    size_t n = 0;
    int c;

    while ((c = getc_unlocked(stdin)) != EOF && c != '\n')
        if (n <= LINE_BYTES_MAX)
            line[n++] = (char)c;
    if (n > 0 && n <= LINE_BYTES_MAX && line[n - 1] == '\r')
        n--;
    *n_out = n;
    return c != EOF || n > 0;
}

static int serve_stdio(mcp *m)
{
    char *line = malloc(LINE_BYTES_MAX + 1);
    size_t n = 0;

    if (!line) {
        output_error("out of memory for messages");
        return 1;
    }
    while (read_line(line, &n))
        take_line(m, line, n);
    free(line);
    return 0;
}

int cmd_mcp(const settings *s)
{
    tandem_index_options options = index_options_of(s);
    tandem_job_options job_options = job_options_of(s);
    tandem_error error = {.code = TANDEM_OK};
    mcp m = {.user = (void *)s, .run_index = s->allow_index ? run_index : NULL};

    options.read_only = !s->allow_index;
    tandem_code code = tandem_index_open(s->db, &options, &m.index, &error);
    if (code == TANDEM_OK && s->allow_index)
        code = tandem_job_check(m.index, &job_options, &error);
    int status = code == TANDEM_OK ? serve_stdio(&m) : output_failure(&error);
    tandem_index_close(m.index);
    return status;
}
