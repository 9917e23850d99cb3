/* chunk/bare.h - lines of a document that are code, though nobody marked them.
 *
 * A chain of two states over the lines that are not blank: each line says by its features
 * (features.h) how much it looks like code, each paragraph as a whole by what the languages say of
 * it, each gap between two lines how likely the state turns there; the likeliest path through all
 * is taken (Viterbi), some hundred lines at a time. Lines between fences are left to the fences;
 * those of patches are code by their own counts.
 * Threads:  one owner
 * Source:   linear-chain conditional random field, Lafferty et al. 2001; trained by tools/language
 */
#ifndef TD_CHUNK_BARE_H
#define TD_CHUNK_BARE_H

#include "chunk/lines.h"
#include "chunk/patch.h"
#include "flow/document.h"

enum {
    TD_CHUNK_BARE_LINES = 512
};

typedef struct td_chunk_bare_line {
    size_t start, end; /* bytes; end is behind the newline */
    float looks;       /* how much rather code than not, in nats; with `is_code`, and the turns */
    uint8_t gap;       /* what is before it: see language_table.h */
    bool is_told;      /* between fences, a setting, of a patch: nothing else has a say */
    bool is_mute;      /* says nothing, and no vote is counted for it */
    uint8_t from[2];   /* the likeliest state before, for each of its own */
    bool is_code;
} td_chunk_bare_line;

/* A run of lines of code, from the start of its first to the end of its last. */
typedef struct td_chunk_bare_run {
    size_t start, end, n_lines;
    float sure; /* how much likelier than that all of it is prose, in nats */
} td_chunk_bare_run;

typedef struct td_chunk_bare {
    td_str text;
    td_format format;
    size_t at;                                     /* the next line to be read */
    td_chunk_bare_line lines[TD_CHUNK_BARE_LINES]; /* read and decided */
    size_t n, next;
    size_t n_blank, indent;     /* before the line at `at` */
    bool is_code;               /* of the line before lines[0] */
    char fence;                 /* the mark of the fence that is open; '\0': none */
    size_t fence_n, n_settings; /* lines that the settings may still have */
    td_chunk_patch patch;
    size_t n_lines_read;
} td_chunk_bare;

void td_chunk_bare_init(td_chunk_bare *bare, td_str text, td_format format);

/* The next run of lines of code; false at the end. Cost of all calls together: linear. */
bool td_chunk_bare_next(td_chunk_bare *bare, td_chunk_bare_run *run_out);

#endif
