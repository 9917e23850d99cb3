#include "chunk/measure.h"

#include "base/utf8.h"

enum {
    PIECE_BYTES_MAX =
        16, /* short enough that a piece is never half a chunk, even of rare letters */
    PIECE_TOKENS_MAX = PIECE_BYTES_MAX,
    ROOM_MIN = 2 * PIECE_TOKENS_MAX
};

/* A piece goes from here to where the next one starts. */
typedef struct td_chunk_measure_piece {
    uint32_t start, before; /* byte; tokens of all pieces before */
} piece;

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Where the piece that starts at `at` ends: white space, and the word or the sign behind it. No
 * tokenizer that we know makes one token of more, so pieces add up to the whole. */
static size_t piece_end(td_str text, size_t at)
{
    size_t most = text.n - at < PIECE_BYTES_MAX ? text.n : at + PIECE_BYTES_MAX;
    size_t end = at;

    while (end < most && is_space(text.ptr[end]))
        end++;
    if (end < most && !is_word(text.ptr[end]))
        return end + 1;
    while (end < most && is_word(text.ptr[end]))
        end++;
    size_t whole = end < text.n ? td_utf8_floor(text, end) : end;
    return whole > at ? whole : end;
}

static tandem_code count_pieces(td_chunk_measure *m, size_t n_fixed, td_arena *arena,
                                tandem_error *err)
{
    td_str text = m->ruler->text;
    size_t n = 1;

    for (size_t at = 0; at < text.n; at = piece_end(text, at))
        n++;
    if (text.n >= UINT32_MAX / PIECE_TOKENS_MAX)
        return td_fail(err, TANDEM_E_TOO_LARGE, "a text of %zu bytes is too long for tokens",
                       text.n);
    m->pieces = td_arena_zalloc(arena, n, sizeof(*m->pieces));
    if (!m->pieces)
        return td_arena_fail(arena, err);
    uint32_t before = 0;
    for (size_t at = 0, end; at < text.n; at = end) {
        size_t n_tokens = 0;
        end = piece_end(text, at);
        tandem_code code = td_chunk_measure_text(m, td_str_slice(text, at, end), &n_tokens, err);
        if (code != TANDEM_OK)
            return code;
        n_tokens = n_tokens > n_fixed ? n_tokens - n_fixed : 0;
        m->pieces[m->n_pieces++] = (piece){(uint32_t)at, before};
        before += (uint32_t)(n_tokens < PIECE_TOKENS_MAX ? n_tokens : PIECE_TOKENS_MAX);
    }
    m->pieces[m->n_pieces++] = (piece){(uint32_t)text.n, before};
    return TANDEM_OK;
}

tandem_code td_chunk_measure_init(td_chunk_measure *measure, const td_chunk_ruler *ruler,
                                  const td_chunk_meter *meter, const td_chunk_options *options,
                                  td_arena *arena, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_chunk_measure m = {.ruler = ruler,
                          .meter = *meter,
                          .size = options->size,
                          .most = options->size};
    size_t n_fixed = 0;

    if (meter->count) {
        TD_TRY(meter->count(meter->user, TD_STR(""), &n_fixed, err));
        if (options->size < n_fixed + ROOM_MIN)
            TD_FAIL(err, TANDEM_E_INVALID,
                    "chunk size %u leaves no room beside the %zu tokens that the model adds: "
                    "at least %zu are needed",
                    options->size, n_fixed, n_fixed + ROOM_MIN);
        m.size -= n_fixed;
        TD_TRY(count_pieces(&m, n_fixed, arena, err));
    }
    /* More than half would make a text of n bytes into many times n bytes of chunks. */
    m.overlap = options->overlap > m.size / 2 ? m.size / 2 : options->overlap;
    *measure = m;
out:
    return code;
}

/* The piece that has the byte; the one past the text for its end. */
static size_t piece_at(const td_chunk_measure *m, size_t byte)
{
    size_t low = 0, high = m->n_pieces;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (m->pieces[middle].start <= byte)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first piece that starts at the byte or behind it. */
static size_t piece_from(const td_chunk_measure *m, size_t byte)
{
    size_t i = piece_at(m, byte);
    return m->pieces[i].start < byte ? i + 1 : i;
}

size_t td_chunk_measure_of(const td_chunk_measure *measure, size_t start, size_t end)
{
    if (!measure->meter.count)
        return td_chunk_ruler_between(measure->ruler, start, end);
    if (end <= start)
        return 0;
    return measure->pieces[piece_from(measure, end)].before -
           measure->pieces[piece_at(measure, start)].before;
}

size_t td_chunk_measure_forward(const td_chunk_measure *measure, size_t start, size_t n)
{
    if (!measure->meter.count)
        return td_chunk_ruler_forward(measure->ruler, start, n);
    size_t low = piece_at(measure, start), high = measure->n_pieces;
    uint64_t most = measure->pieces[low].before + (uint64_t)n;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (measure->pieces[middle].before <= most)
            low = middle;
        else
            high = middle;
    }
    return measure->pieces[low].start;
}

size_t td_chunk_measure_back(const td_chunk_measure *measure, size_t end, size_t n)
{
    if (!measure->meter.count) {
        size_t chars = td_chunk_ruler_chars(measure->ruler, end);
        return chars > n ? td_chunk_ruler_forward(measure->ruler, 0, chars - n) : 0;
    }
    size_t last = piece_from(measure, end), low = 0, high = last;
    uint32_t least = measure->pieces[last].before;

    least = least > n ? least - (uint32_t)n : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (measure->pieces[middle].before >= least)
            high = middle;
        else
            low = middle + 1;
    }
    return low < last ? measure->pieces[low].start : end;
}

tandem_code td_chunk_measure_text(const td_chunk_measure *measure, td_str text, size_t *n_out,
                                  tandem_error *err)
{
    return measure->meter.count(measure->meter.user, text, n_out, err);
}
