/* serve/visits.h - what became of each page that a job came to, a JSON line each, newest first.
 *
 * Threads:  one writer; any number of readers beside it, each with a file of its own
 */
#ifndef SERVE_VISITS_H
#define SERVE_VISITS_H

#include "serve/json.h"

#include <stdio.h>

enum {
    VISITS_BYTES_MAX = 64 << 20, /* of a file; pages past it are counted and not listed */
    VISITS_AT_ONCE_MAX = 1000,
};

/* "fetched", "unchanged", "skipped" or "failed". Static. */
const char *visits_state_name(tandem_page_status status);

/* Adds the page that came as number `n`, counted from 1; a reader takes whole lines
 * alone. Returns its bytes; 0: it cannot be written. */
size_t visits_add(FILE *file, uint64_t n, const tandem_item *item);

typedef struct visits_asked {
    const char *state; /* one of the names above; NULL: any */
    size_t n_max;      /* 1..VISITS_AT_ONCE_MAX */
    uint64_t before;   /* a byte: lines that end at or before it; UINT64_MAX: all */
} visits_asked;

/* Appends the newest lines that fit, newest first, commas between them. *next_out: where those
 * before them end, for the next `before`; 0: there are none. False: it cannot be read. */
bool visits_read(FILE *file, const visits_asked *asked, wire *out, uint64_t *next_out);

#endif
