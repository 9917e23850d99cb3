/* tests/chunk/puzzle.h - texts made of pieces that are never cut, the same for the same seed. */
#ifndef TESTS_CHUNK_PUZZLE_H
#define TESTS_CHUNK_PUZZLE_H

#include "base/utf8.h"
#include "split.h"

enum {
    PUZZLE_PIECES_MAX = 400
};

typedef struct puzzle {
    char text[64 * 1024];
    size_t n;
    struct {
        size_t start, end;
    } pieces[PUZZLE_PIECES_MAX];
    size_t n_pieces;
    uint32_t seed;
} puzzle;

/* How many pieces fitted, and how many of the others were cut, in all puzzles so far. */
typedef struct puzzle_counts {
    size_t n_fit, n_cut;
} puzzle_counts;

/* A number below n. */
static inline uint32_t pick(puzzle *p, uint32_t n)
{
    p->seed = p->seed * 1664525u + 1013904223u;
    return (p->seed >> 8) % n;
}

static inline void add(puzzle *p, const char *text)
{
    size_t n = strlen(text);
    assert_true(p->n + n < sizeof p->text);
    memcpy(p->text + p->n, text, n + 1);
    p->n += n;
}

/* From `start` to the end of what was added. */
static inline void add_piece(puzzle *p, size_t start)
{
    assert_true(p->n_pieces < PUZZLE_PIECES_MAX);
    p->pieces[p->n_pieces].start = start;
    p->pieces[p->n_pieces++].end = p->n;
}

static inline bool is_whole(const split *s, size_t start, size_t end)
{
    for (size_t i = 0; i < s->chunks.n; i++)
        if (s->chunks.items[i].start_byte <= start && s->chunks.items[i].end_byte >= end)
            return true;
    return false;
}

/* Cuts the Markdown into chunks of `size`: each piece that fits lies whole in one. */
static inline void assert_pieces_whole(const puzzle *p, uint32_t seed, uint32_t size,
                                       puzzle_counts *counts)
{
    td_str text = {p->text, p->n};
    split s = split_text(TD_FORMAT_MARKDOWN, "", text, size);
    for (size_t i = 0; i < p->n_pieces; i++) {
        td_str piece = td_str_slice(text, p->pieces[i].start, p->pieces[i].end);
        bool whole = is_whole(&s, p->pieces[i].start, p->pieces[i].end);
        if (td_utf8_count(piece) > size)
            counts->n_cut += !whole;
        else if (whole)
            counts->n_fit++;
        else
            fail_msg("seed %u, size %u: cut |%.*s|", seed, size, TD_STR_FMT(piece));
    }
    split_clear(&s);
}

#endif
