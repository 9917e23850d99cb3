/* chunk/headings.h - the headings that are open at a place of a document, as a path.
 *
 * Threads:  one owner
 */
#ifndef TD_CHUNK_HEADINGS_H
#define TD_CHUNK_HEADINGS_H

#include "base/arena.h"

typedef struct td_chunk_headings {
    struct {
        td_str title; /* a slice of the document */
        size_t level;
    } at[6]; /* levels rise */
    size_t n;
} td_chunk_headings;

/* Opens a heading of level 1..6; closes those of its level and deeper. */
void td_chunk_headings_open(td_chunk_headings *headings, td_str title, size_t level);

/* The path that both share; `a` if they share nothing but `b` is another tree, `b` if `a` is
 * empty. */
td_chunk_headings td_chunk_headings_common(const td_chunk_headings *a, const td_chunk_headings *b);

/* "Install > Linux", in `arena`: titles without markup, each of 120 bytes at most. ptr is NULL when
 * the arena is full. */
td_str td_chunk_headings_path(const td_chunk_headings *headings, td_arena *arena);

#endif
