/* tandem/value.h - the plain values that every part of tandem speaks of.
 *
 * Ownership: every pointer in these structs is borrowed; the function that hands the value out
 *            says how long it stays good.
 */
#ifndef TANDEM_VALUE_H
#define TANDEM_VALUE_H

#include "tandem/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* UTF-8 text (or raw bytes) by pointer and length; no NUL at its end is promised. */
typedef struct tandem_str {
    const char *ptr;
    size_t n; /* bytes */
} tandem_str;

/* A lane is one model with its queue: prose goes to gte, code to coderank. */
typedef enum tandem_lane {
    TANDEM_LANE_GTE,
    TANDEM_LANE_CODERANK,
} tandem_lane;
enum {
    TANDEM_N_LANES = 2
};

/* "gte" or "coderank". Static. */
const char *tandem_lane_name(tandem_lane lane);

/* What a text is to its model; some models put a different prompt before each. */
typedef enum tandem_role {
    TANDEM_ROLE_DOCUMENT,
    TANDEM_ROLE_QUERY,
} tandem_role;

/* Part of a document. text is exactly the document's bytes [start_byte, end_byte). */
typedef struct tandem_chunk {
    tandem_str text;
    uint32_t index;                /* place in its document, from 0 */
    uint64_t start_byte, end_byte; /* in the document's text, UTF-8 bytes, end exclusive */
    uint64_t start_char, end_char; /* the same in code points */
    uint32_t start_line, end_line; /* from 1, both inclusive */
    bool is_code;
    float confidence;    /* of is_code and language, 0..1 */
    tandem_str language; /* "markdown", "python", ...; "unknown" if it is code of no known one */
    tandem_str heading; /* path of headings, outermost first: "Install > Linux"; in source files the
                            signature: "def read_line(self, n)"; may be empty */
    tandem_str symbol;  /* path of symbols: "Parser.read_line"; may be empty */
    tandem_lane lane;   /* model_hint */
} tandem_chunk;

/* What a slot (one that calls models) did for a while: one batch, or, where a run is too long for
 * all of them to be kept, some that followed each other. */
typedef struct tandem_span {
    uint32_t slot;                    /* from 0 */
    uint32_t round;                   /* of its first batch, from 1; 0 outside rounds */
    int64_t start_us, end_us;         /* since the run began */
    uint32_t batches[TANDEM_N_LANES]; /* calls, those that failed included */
    uint32_t chunks[TANDEM_N_LANES];  /* of those calls */
    int64_t busy_us[TANDEM_N_LANES];  /* in calls; their sum is under end - start if it idled */
    uint64_t n_tokens;
    uint32_t n_failed, n_retried, n_halved; /* calls that ended so */
    tandem_code code;                       /* why the first of them did; OK if there is none */
} tandem_span;

/* One answer of a search, best first. */
typedef struct tandem_hit {
    uint64_t id;      /* of the chunk, as long as its page does not change */
    uint32_t index;   /* place in its page, from 0 */
    uint32_t rank;    /* from 1 */
    double score;     /* fused; comparable within one search only */
    tandem_str path;  /* path or URL of the page */
    tandem_str url;   /* empty unless the page came from the web */
    tandem_str title; /* of the page; may be empty */
    tandem_str heading, symbol, language;
    tandem_str scope, project, dataset; /* of the page's source */
    bool is_code;
    tandem_lane lane;
    uint32_t start_line, end_line;
    uint64_t start_byte, end_byte;
    tandem_str text;                    /* of the chunk */
    tandem_str snippet;                 /* the part of it that matches best, one line */
    uint32_t lane_rank[TANDEM_N_LANES]; /* place in that lane's own list, from 1; 0: not in it */
    float lane_score[TANDEM_N_LANES];   /* cosine; 0 where lane_rank is 0 */
    uint32_t text_rank;                 /* place in the keyword list, from 1; 0: not in it */
} tandem_hit;

#ifdef __cplusplus
}
#endif

#endif
