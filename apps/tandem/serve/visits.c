#include "serve/visits.h"

#include <stdlib.h>
#include <string.h>

enum {
    URL_BYTES_MAX = 2048,
    TITLE_BYTES_MAX = 300,
    REASON_BYTES_MAX = 500,
    /* Longer than any line: the texts above, each byte as six, and the rest. */
    BLOCK_BYTES = 64 << 10,
};

static const char STATE[] = "{\"state\":\""; /* how each line begins */

const char *visits_state_name(tandem_page_status status)
{
    switch (status) {
    case TANDEM_PAGE_UNCHANGED:
        return "unchanged";
    case TANDEM_PAGE_SKIPPED:
        return "skipped";
    case TANDEM_PAGE_FAILED:
        return "failed";
    default:
        return "fetched";
    }
}

/* -- a line -- */

/* At most so many bytes, cut before a character that would be torn. */
static tandem_str head_of(tandem_str text, size_t n_max)
{
    if (text.n <= n_max)
        return text;
    while (n_max > 0 && ((unsigned char)text.ptr[n_max] & 0xC0) == 0x80)
        n_max--;
    return (tandem_str){text.ptr, n_max};
}

static void add_text(wire *w, const char *field, tandem_str text, size_t n_max)
{
    wire_format(w, ",\"%s\":", field);
    if (text.n)
        wire_string(w, head_of(text, n_max));
    else
        wire_text(w, "null");
}

static void add_chunks(wire *w, const tandem_item *item)
{
    unsigned long long n[TANDEM_N_LANES] = {0};

    for (size_t i = 0; i < item->n_chunks; i++)
        n[item->chunks[i].lane]++;
    for (int l = 0; l < TANDEM_N_LANES; l++)
        wire_format(w, "%s\"%s\":%llu", l ? "," : ",\"chunks\":{", tandem_lane_name((tandem_lane)l),
                    n[l]);
    wire_text(w, "}");
}

size_t visits_add(FILE *file, uint64_t n, const tandem_item *item)
{
    wire w = {.ptr = NULL};
    tandem_str url = item->final_uri.n ? item->final_uri : item->uri;

    wire_format(&w, "%s%s\",\"n\":%llu", STATE, visits_state_name(item->status),
                (unsigned long long)n);
    add_text(&w, "url", url, URL_BYTES_MAX);
    add_text(&w, "title", item->title, TITLE_BYTES_MAX);
    add_text(&w, "reason", item->reason, REASON_BYTES_MAX);
    wire_format(&w, ",\"http_status\":%d,\"bytes\":%llu,\"at_ms\":%lld", item->http_status,
                (unsigned long long)item->body.n, (long long)item->fetched_wall_ms);
    add_chunks(&w, item);
    wire_text(&w, "}\n");
    bool ok = !w.failed && fwrite(w.ptr, 1, w.n, file) == w.n && fflush(file) == 0;
    size_t n_bytes = ok ? w.n : 0;
    wire_clear(&w);
    return n_bytes;
}

/* -- from the end -- */

/* Part of a file that reaches up to `end`. */
typedef struct window {
    FILE *file;
    char *bytes; /* [BLOCK_BYTES] */
    uint64_t begin, end;
} window;

/* The bytes before `end`, as many as a block holds. */
static bool load(window *w, uint64_t end)
{
    w->begin = end > BLOCK_BYTES ? end - BLOCK_BYTES : 0;
    w->end = end;
    size_t n = (size_t)(end - w->begin);
    return fseeko(w->file, (off_t)w->begin, SEEK_SET) == 0 && fread(w->bytes, 1, n, w->file) == n;
}

/* Where the line that ends at `end`, with its '\n', begins; false: not within this window. */
static bool find_begin(const window *w, uint64_t end, uint64_t *begin_out)
{
    const char *last =
        end - w->begin > 1 ? memrchr(w->bytes, '\n', (size_t)(end - w->begin - 1)) : NULL;

    *begin_out = last ? w->begin + (uint64_t)(last - w->bytes) + 1 : w->begin;
    return last || w->begin == 0;
}

static bool is_of_state(const char *line, size_t n, const char *state)
{
    size_t head = sizeof(STATE) - 1, length = state ? strlen(state) : 0;

    return !state || (n > head + length && memcmp(line + head, state, length) == 0 &&
                      line[head + length] == '"');
}

/* The end of the last whole line at or before `before`: what is asked for may be anything, and the
 * last line not whole yet. */
static bool last_end(window *w, uint64_t before, uint64_t *end_out)
{
    if (fseeko(w->file, 0, SEEK_END) != 0)
        return false;
    uint64_t size = (uint64_t)ftello(w->file);
    if (!load(w, before < size ? before : size))
        return false;
    const char *last =
        w->end > w->begin ? memrchr(w->bytes, '\n', (size_t)(w->end - w->begin)) : NULL;
    *end_out = last ? w->begin + (uint64_t)(last - w->bytes) + 1 : 0;
    return true;
}

static bool read_lines(window *w, const visits_asked *asked, wire *out, uint64_t *next_out)
{
    uint64_t end = 0, begin = 0;
    size_t n = 0;

    if (!last_end(w, asked->before, &end))
        return false;
    for (; end > 0; end = begin) {
        if (!find_begin(w, end, &begin) && (!load(w, end) || !find_begin(w, end, &begin)))
            return false;
        const char *line = w->bytes + (begin - w->begin);
        size_t length = (size_t)(end - begin - 1);
        if (!is_of_state(line, length, asked->state))
            continue;
        if (n == asked->n_max)
            break;
        if (n++ > 0)
            wire_add(out, ",", 1);
        wire_add(out, line, length);
    }
    *next_out = end;
    return true;
}

bool visits_read(FILE *file, const visits_asked *asked, wire *out, uint64_t *next_out)
{
    window w = {.file = file, .bytes = malloc(BLOCK_BYTES)};
    bool ok = w.bytes && read_lines(&w, asked, out, next_out);

    free(w.bytes);
    return ok;
}
