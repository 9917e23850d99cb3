/* serve/batcher.h - texts of many clients, embedded together.
 *
 * In:       jobs: the texts of one request
 * Out:      each job once, with its vectors or the reason why it has none
 * Threads:  submit from any; `gone` and `done` are called on the batcher's threads, one a core
 *
 * Nothing waits for company while a core is idle; what comes while the cores work forms the next
 * batch. Only if the last batch was of several jobs is a part of a millisecond spent on those whose
 * clients are just now asking again. Every batch takes a few texts of each job in turn, so a
 * request of one text passes a request of a thousand.
 */
#ifndef SERVE_BATCHER_H
#define SERVE_BATCHER_H

#include "tandem/tandem.h"

typedef struct batcher batcher;
typedef struct batch_job batch_job;

struct batch_job {
    tandem_lane lane;
    tandem_role role;
    const tandem_str *texts;  /* [n], borrowed until done */
    size_t n;                 /* > 0 */
    float *vectors;           /* [n, dim of the lane], caller's */
    tandem_text_note *notes;  /* [n], caller's */
    uint32_t wait_ms_max;     /* for its last text to begin; 0: no limit */
    bool (*gone)(void *user); /* nobody waits for it any more: asked before each of its batches */
    void (*done)(void *user); /* the last that the batcher does with it */
    void *user;
    /* filled in before `done` */
    tandem_code code; /* E_TIMEOUT, E_CANCELLED (gone), E_UNAVAILABLE (closing), or the model's */
    tandem_error error;
    /* internal */
    batch_job *next;
    size_t n_taken, n_left, n_tokens_waiting;
    int64_t since_us;
};

typedef struct batcher_options {
    tandem_embedder *embedders[TANDEM_N_LANES]; /* borrowed */
    size_t n_threads;
    size_t waiting_max; /* texts that wait, over all jobs; a job alone may have more */
} batcher_options;

typedef struct batcher_state {
    size_t n_waiting[TANDEM_N_LANES], n_running[TANDEM_N_LANES]; /* texts */
    uint64_t n_texts[TANDEM_N_LANES], n_tokens[TANDEM_N_LANES], n_batches[TANDEM_N_LANES];
    uint64_t n_refused, n_gone, n_late; /* jobs */
} batcher_state;

/* NULL when out of memory or threads. */
batcher *batcher_open(const batcher_options *options);

/* Jobs that wait fail with E_UNAVAILABLE. NULL is fine. */
void batcher_close(batcher *b);

/* Takes a job, or says false: too many texts wait, or its own turns would come later than
 * wait_ms_max; retry_after_s_out is how long those that wait take at the rate measured so far.
 * `before` is called with `user` once the job is sure to be taken, and before any `done`. */
bool batcher_submit(batcher *b, batch_job *job, void (*before)(void *user),
                    unsigned *retry_after_s_out);

void batcher_get_state(batcher *b, batcher_state *state_out);

#endif
