#include "chunk/ruler.h"

enum {
    STEP = 512
};

typedef struct td_chunk_ruler_mark {
    uint64_t chars, newlines; /* before the step's first byte */
} mark;

static bool begins_char(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

tandem_code td_chunk_ruler_init(td_chunk_ruler *ruler, td_str text, td_arena *arena,
                                tandem_error *err)
{
    size_t n_marks = text.n / STEP + 2;
    mark *marks = td_arena_zalloc(arena, n_marks, sizeof *marks);
    if (!marks)
        return td_arena_fail(arena, err);

    mark now = {0, 0};
    for (size_t i = 0; i < n_marks; i++) {
        marks[i] = now;
        td_str step = td_str_slice(text, i * STEP, (i + 1) * STEP);
        for (size_t k = 0; k < step.n; k++) {
            now.chars += begins_char(step.ptr[k]);
            now.newlines += step.ptr[k] == '\n';
        }
    }
    *ruler = (td_chunk_ruler){.text = text, .marks = marks, .n_marks = n_marks};
    return TANDEM_OK;
}

size_t td_chunk_ruler_chars(const td_chunk_ruler *ruler, size_t byte)
{
    size_t n = ruler->marks[byte / STEP].chars;
    for (size_t k = byte - byte % STEP; k < byte; k++)
        n += begins_char(ruler->text.ptr[k]);
    return n;
}

size_t td_chunk_ruler_newlines(const td_chunk_ruler *ruler, size_t byte)
{
    size_t n = ruler->marks[byte / STEP].newlines;
    for (size_t k = byte - byte % STEP; k < byte; k++)
        n += ruler->text.ptr[k] == '\n';
    return n;
}

size_t td_chunk_ruler_between(const td_chunk_ruler *ruler, size_t start, size_t end)
{
    return td_chunk_ruler_chars(ruler, end) - td_chunk_ruler_chars(ruler, start);
}

size_t td_chunk_ruler_forward(const td_chunk_ruler *ruler, size_t byte, size_t n_chars)
{
    uint64_t target = td_chunk_ruler_chars(ruler, byte) + n_chars;
    size_t low = byte / STEP, high = ruler->n_marks; /* the mark sought is in [low, high) */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (ruler->marks[middle].chars <= target)
            low = middle;
        else
            high = middle;
    }
    /* The mark may stand inside the target's own code point; the walk below ends where the next
     * one begins, so that the answer never splits a sequence. */
    uint64_t n = ruler->marks[low].chars;
    size_t at = low * STEP;
    if (at < byte) {
        at = byte;
        n = target - n_chars;
    }
    for (; at < ruler->text.n; at++) {
        if (begins_char(ruler->text.ptr[at]) && n++ == target)
            return at;
    }
    return ruler->text.n;
}
