#include "chunk/plain.h"

#include "chunk/chunk.h"

enum {
    TARGET_BYTES_MAX = 4096,
    OPEN_MAX = 8,             /* brackets inside brackets that are remembered */
    TEXT_BYTES_MAX = 1 << 22, /* a chunk is at most 100,000 code points */
};

typedef struct plain {
    td_str in;
    td_buf *out;
    size_t open[OPEN_MAX]; /* where in `out` each '[' stands */
    size_t n_open;
} plain;

/* Bytes of "(target)" at `at`; 0 if there is no such thing. */
static size_t target_n(td_str s, size_t at)
{
    size_t depth = 0;

    for (size_t i = at; i < s.n && i - at < TARGET_BYTES_MAX; i++) {
        if (s.ptr[i] == '\n')
            return 0;
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '(')
            depth++;
        else if (s.ptr[i] == ')' && --depth == 0)
            return i + 1 - at;
    }
    return 0;
}

/* Whether code begins at `at`: between back-ticks, or behind a fence of tildes. */
static bool is_code(td_str s, size_t at)
{
    return s.ptr[at] == '`' || ((at == 0 || s.ptr[at - 1] == '\n') &&
                                td_str_starts(td_str_slice(s, at, s.n), TD_STR("~~~")));
}

/* Bytes of the code that begins at `at` with a run of such signs; the run alone if none ends. */
static size_t code_n(td_str s, size_t at)
{
    const char sign = s.ptr[at];
    size_t run = 0;

    while (at + run < s.n && s.ptr[at + run] == sign)
        run++;
    for (size_t i = at + run; i < s.n;) {
        size_t n = 0;
        while (i + n < s.n && s.ptr[i + n] == sign)
            n++;
        if (n == run)
            return i + n - at;
        i += n ? n : 1;
    }
    return run;
}

/* A link ends at `at` (its ']'): its brackets, its target and an image's '!' go, its label
 * stays. */
static void drop_link(plain *p)
{
    size_t start = p->open[--p->n_open];
    size_t keep = start + 1;

    if (start > 0 && p->out->ptr[start - 1] == '!')
        start--;
    memmove(p->out->ptr + start, p->out->ptr + keep, p->out->n - keep);
    td_buf_cut(p->out, p->out->n - (keep - start));
}

static tandem_code add_one(plain *p, size_t *at, tandem_error *err)
{
    char c = p->in.ptr[*at];
    size_t n = 1;

    if (is_code(p->in, *at)) {
        n = code_n(p->in, *at);
    } else if (c == '\\' && *at + 1 < p->in.n) {
        *at += strchr("*_`~<>[]!&#+-=|.)", p->in.ptr[*at + 1]) != NULL; /* the sign alone is read */
        n = p->in.ptr[*at] == '\\' ? 2 : 1;
    } else if (c == '[' && p->n_open < OPEN_MAX) {
        p->open[p->n_open++] = p->out->n;
    } else if (c == ']' && p->n_open > 0) {
        size_t target =
            *at + 1 < p->in.n && p->in.ptr[*at + 1] == '(' ? target_n(p->in, *at + 1) : 0;
        if (target) {
            drop_link(p);
            *at += 1 + target;
            return TANDEM_OK;
        }
        p->n_open--;
    }
    tandem_code code = td_buf_add(p->out, td_str_slice(p->in, *at, *at + n), err);
    *at += n;
    return code;
}

tandem_code td_chunk_plain_add(td_str markdown, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    plain p = {.in = markdown, .out = out};

    for (size_t at = 0; at < markdown.n;)
        TD_TRY(add_one(&p, &at, err));
out:
    return code;
}

tandem_code td_chunk_model_text(const tandem_chunk *chunk, td_arena *arena, td_str *text_out,
                                tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf buf = TD_BUF(TEXT_BYTES_MAX);
    bool has_heading = chunk->text.n && chunk->text.ptr[0] == '#';

    if (chunk->is_code) {
        *text_out = chunk->text;
        return TANDEM_OK;
    }
    if (chunk->heading.n && !has_heading)
        TD_TRY(td_buf_add_fmt(&buf, err, "%.*s\n\n", TD_STR_FMT(chunk->heading)));
    TD_TRY(td_chunk_plain_add(chunk->text, &buf, err));
    td_str copy = td_arena_copy(arena, td_buf_str(&buf));
    if (!copy.ptr)
        TD_TRY(td_arena_fail(arena, err));
    *text_out = copy;
out:
    td_buf_clear(&buf);
    return code;
}
