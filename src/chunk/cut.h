/* chunk/cut.h - where a text that is too long may be cut.
 *
 * Threads:  pure functions
 */
#ifndef TD_CHUNK_CUT_H
#define TD_CHUNK_CUT_H

#include "base/str.h"

typedef enum td_chunk_cut_kind {
    TD_CHUNK_CUT_PROSE, /* paragraph, sentence, line, word, code point */
    TD_CHUNK_CUT_LINES, /* items: line first, then as prose */
    TD_CHUNK_CUT_ROWS,  /* rows: behind the last that fits, however short; then as LINES */
    TD_CHUNK_CUT_CODE,  /* blank line, line, statement, word, code point */
} td_chunk_cut_kind;

/* The best place to end a part that starts at `start` and may go to `limit`, a code point's start
 * inside the text: start < answer <= limit. The last half is searched for good places, then all
 * of it for a word; a grapheme and a CRLF are kept whole unless they are longer than 64 code
 * points.
 * Cost: linear in limit - start. */
size_t td_chunk_cut_at(td_str text, size_t start, size_t limit, td_chunk_cut_kind kind);

/* Where a sentence ends that has its full stop (or ! ? and their kin) just before `at`, a byte with
 * white space or a CJK text's next letter: true for "end.| Next", false for "e.g.| this". */
bool td_chunk_cut_is_sentence(td_str text, size_t at);

/* Where the overlap with the part that ends at `end` starts: the first sentence at or after `from`;
 * `end`, that is no overlap, if none begins there: half a sentence tells a reader nothing and a
 * model the wrong thing. White space before `from` is looked through. Cost: linear in
 * end - from. */
size_t td_chunk_cut_overlap(td_str text, size_t from, size_t end);

#endif
