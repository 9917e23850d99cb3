/* serve/progress.h - a crawl's progress as the runner's clients read it.
 *
 * Threads:  pure functions on the caller's struct
 * Source:   the crawl4ai runner's CrawlProgress: fifteen fields, phases with their ranges, a bar
 *           that never goes back. What is added is behind them; its clients pass over what they
 *           don't know.
 */
#ifndef SERVE_PROGRESS_H
#define SERVE_PROGRESS_H

#include "output.h"

enum {
    PROGRESS_ERRORS_MAX = 100,
    PROGRESS_URL_BYTES = 512,
};

typedef enum progress_phase {
    PHASE_INITIALIZING, /* 0..5 */
    PHASE_DISCOVERY,    /* 5..15 */
    PHASE_CRAWLING,     /* 15..60 */
    PHASE_CHUNKING,     /* 60..70 */
    PHASE_SUMMARIZING,  /* 70..80 */
    PHASE_EMBEDDING,    /* 80..92 */
    PHASE_STORING,      /* 92..98 */
    PHASE_COMPLETED,    /* 100 */
} progress_phase;

typedef struct progress {
    const char *status; /* "running", "completed", "failed", "cancelled"; static */
    progress_phase phase;
    int percent;
    char detail[64], log[256];
    char url[PROGRESS_URL_BYTES]; /* the last page; empty: none */
    tandem_progress counts;
    bool waits;  /* for its turn */
    bool stores; /* chunks are embedded and stored */
    int64_t begun_wall_ms, updated_wall_ms;
    json_t *errors; /* [{"url", "reason"}], at most PROGRESS_ERRORS_MAX; owned */
    uint64_t n_errors;
} progress;

const char *progress_phase_name(progress_phase phase);

/* What a running job says now. `pages_expected`: as many pages as may come, 0: not known. */
void progress_update(progress *p, const tandem_progress *counts, uint64_t pages_expected);

/* Ends it. `status` is static; `log` says why, or how much came of it. */
void progress_end(progress *p, const char *status, const char *log);

/* Adds one page that failed. */
void progress_add_error(progress *p, tandem_str url, tandem_str reason);

/* The object that clients get. New reference; NULL when memory is out. */
json_t *progress_json(const progress *p, const char *id);

/* Reads such an object back; what is missing stays as it is. */
void progress_read(progress *p, const json_t *object);

#endif
