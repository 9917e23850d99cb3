/* schedule/schedule.h - two lanes at once: nothing waiting, nothing lost.
 *
 * In:       tasks (a text for a lane), as they come
 * Out:      each task once, with its vector or the reason why it has none
 * Threads:  put, cancel, progress from any thread; finish from one. The `done` callback runs on the
 *           schedule's own threads, several at once.
 *
 * Memory is bounded by the window: put waits while window_chunks_max tasks are inside.
 *
 * Strategies, besides what design section 1 says:
 *   all         in_flight_max is the cap over both lanes, whatever the strategy. While input still
 *               comes, a batch that is not full waits until it is, until nothing of its lane is in
 *               flight, or until its oldest task has waited 5 s.
 *   pipelined   a lane that has work and no slot takes the spare one, or else the next that comes
 *               free; the others go to the lane that would end last. No batch is larger than makes
 *               it faster, so that slots come free often. Near the end batches shrink, long texts
 *               go first; on servers no further than lets all slots end together with one call
 *               each, since a call has its price.
 *   rounds      batches in the order of put. With in_flight_max 1 the two batches of a round run
 *               one after the other. A batch that waits for another try does not hold its round up:
 *               it is its lane's batch of a later round.
 *   sequential  coderank starts when no gte task is inside and the input has ended or the window
 *               is full.
 */
#ifndef TD_SCHEDULE_H
#define TD_SCHEDULE_H

#include "embed/embed.h"

#include <pthread.h>

typedef enum td_strategy {
    TD_STRATEGY_AUTO,       /* pipelined when both lanes have chunks, else single */
    TD_STRATEGY_PIPELINED,  /* no barrier: a free slot takes from the lane that would end last */
    TD_STRATEGY_ROUNDS,     /* a batch of each lane side by side, then the next round */
    TD_STRATEGY_SEQUENTIAL, /* all of gte, then all of coderank */
    TD_STRATEGY_SINGLE,     /* the only lane that has chunks; never asked for, only chosen */
} td_strategy;

const char *td_schedule_strategy_name(td_strategy strategy);

typedef enum td_task_status {
    TD_TASK_DONE,
    TD_TASK_FAILED,    /* vector is zeros of the lane's width; reason says why */
    TD_TASK_CANCELLED, /* never embedded: the run was cancelled */
} td_task_status;

/* One text to embed. Caller's memory from put until its `done`. */
typedef struct td_task {
    tandem_lane lane;
    td_str text;
    void *user; /* the caller's own */
    /* filled in before `done` */
    td_task_status status;
    const float *vector; /* [dim of the lane]; borrowed, good inside `done` only */
    td_text_note note;
    tandem_error error;
    /* internal */
    struct td_task *next;       /* in its queue, or in its batch */
    struct td_task *next_batch; /* of a batch's first task: the next batch that waits */
    size_t n_tokens;            /* estimated */
    uint64_t order;             /* of put */
    int64_t put_us, due_us;     /* due_us of a batch's first task: no call before */
    uint64_t batch_tokens;      /* of a batch's first task */
    uint32_t batch_n, batch_tries;
    bool batch_beside;  /* begun beside another of its lane */
    bool batch_doubted; /* its texts were answered by nonsense before */
} td_task;

/* What became of a call's texts. */
typedef enum td_settled {
    TD_SETTLED_DONE,
    TD_SETTLED_FAILED,
    TD_SETTLED_RETRIED, /* to be called again, later */
    TD_SETTLED_HALVED,  /* to be called again, in two batches */
} td_settled;

/* One call of a backend, as it went. */
typedef struct td_batch_event {
    tandem_lane lane;
    uint32_t slot;  /* 0.. n_slots - 1 */
    uint32_t round; /* from 1; 0 outside rounds */
    uint32_t n;     /* chunks */
    uint64_t n_tokens;
    int64_t start_us, end_us; /* of the schedule's clock */
    tandem_code code;         /* OK, or why it failed, was halved or is tried again */
    td_settled settled;
} td_batch_event;

/* Where time comes from; NULL in the options is the monotonic clock. For tests in virtual time. */
typedef struct td_schedule_clock {
    int64_t (*now_us)(void *user);
    /* Gives `lock` up, waits on `cond` until a wake or `until_us` (INT64_MAX: no limit), takes
     * `lock` again. May return early. */
    void (*wait)(void *user, pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_us);
    /* Wakes one (all) of those who wait on `cond`; the lock is held. */
    void (*wake)(void *user, pthread_cond_t *cond, bool all);
    void *user;
} td_schedule_clock;

typedef struct td_schedule_options {
    size_t struct_size;
    td_strategy strategy; /* auto, pipelined, rounds, sequential */
    bool parallel;        /* ENABLE_PARALLEL_EMBEDDING; false: sequential, whatever strategy says */
    uint32_t in_flight_max; /* MAX_EMBEDDING_CONCURRENCY: batches over both lanes, 1..1024; 0: one
                                   a thread if a lane is local, and 2 more if one is remote */
    uint32_t threads;       /* of local lanes; 0: one a core */
    bool spare_slot; /* pipelined, two lanes: a lane with nothing in flight may pass in_flight_max
                      * by one batch, so that a rare lane never waits for a batch of the other */
    uint32_t batch_items_max;   /* EMBEDDING_BATCH_SIZE, 1..4096 */
    uint32_t batch_tokens_max;  /* of one batch, estimated, 1..16777216 */
    uint32_t window_chunks_max; /* tasks inside at once, 1..16777216 */
    uint32_t tries_max;         /* calls for one batch when the failure may pass, 1..10 */
    uint32_t backoff_ms;        /* first wait, doubled up to 5 s, with jitter, 0..5000 */
    uint64_t jitter_seed;
    tandem_role role;   /* of all texts */
    bool metrics;       /* EMBEDDING_METRICS_ENABLED: log per round and at the end */
    bool quiet;         /* failures are not logged: the caller passes them on */
    uint32_t spans_max; /* kept for td_schedule_get_spans; 0: none, else 64..65536 */
    /* One task finished; called exactly once for each, in any order. Must not call put. */
    void (*done)(void *user, td_task *task);
    void *user;
    /* One call ended. From the schedule's threads, several at once, no lock held; may be NULL. */
    void (*observe)(void *user, const td_batch_event *event);
    const td_schedule_clock *clock; /* borrowed; NULL: the monotonic clock */
} td_schedule_options;

#define TD_SCHEDULE_OPTIONS                                                            \
    (td_schedule_options)                                                              \
    {                                                                                  \
        .struct_size = sizeof(td_schedule_options), .strategy = TD_STRATEGY_AUTO,      \
        .parallel = true, .batch_items_max = 32, .batch_tokens_max = 16384,            \
        .window_chunks_max = 4096, .tries_max = 3, .backoff_ms = 1000, .metrics = true \
    }

typedef struct td_lane_progress {
    uint64_t n_put, n_done, n_failed, n_cancelled;
    uint64_t n_batches, n_retries, n_truncated, n_tokens;
    uint32_t in_flight;  /* batches now */
    double busy_seconds; /* with at least one batch in flight */
    uint64_t n_queued;   /* tasks inside that are not in flight */
    uint32_t limit;      /* batches at once, as it stands now */
    bool circuit_open;   /* no calls for a while */
    bool given_up;       /* the lane fails whatever is put: refused for good, or dead */
} td_lane_progress;

typedef struct td_schedule_progress {
    td_lane_progress lanes[TANDEM_N_LANES];
    td_strategy strategy;     /* as chosen so far */
    double both_busy_seconds; /* both lanes in flight */
    double wall_seconds;      /* first batch begun to last one ended */
    double overlap_ratio;     /* both busy / either busy, while both lanes had work */
    double speedup;           /* sum of lane times / wall */
    uint64_t n_rounds;        /* begun; 0 outside rounds */
    uint32_t n_slots;         /* in_flight_max, and the spare one */
} td_schedule_progress;

typedef struct td_schedule td_schedule;

/* Starts the slots. lanes[l] may be NULL for a lane that will get no task; both borrowed.
 * Errors: E_INVALID naming the option and its bounds, E_NOMEM. */
tandem_code td_schedule_open(td_embedder *const lanes[TANDEM_N_LANES],
                             const td_schedule_options *options, td_schedule **schedule_out,
                             tandem_error *err);

/* Hands a task over; waits for room in the window. After a cancel the task is not taken and gets no
 * `done`: E_CANCELLED. */
tandem_code td_schedule_put(td_schedule *schedule, td_task *task, tandem_error *err);

/* No more tasks will come; waits until each had its `done`. E_CANCELLED if it was cancelled. */
tandem_code td_schedule_finish(td_schedule *schedule, tandem_error *err);

/* No new batch from now on; those in flight finish; all others are `done` as cancelled. */
void td_schedule_cancel(td_schedule *schedule);

void td_schedule_get_progress(td_schedule *schedule, td_schedule_progress *progress_out);

/* What each slot did so far, in order of ending; times since open. Borrowed; only after finish.
 * At most spans_max (or twice the slots, if that is more): long runs are told less sharply. */
const tandem_span *td_schedule_get_spans(const td_schedule *schedule, size_t *n_out);

/* The same while it runs: the caller's own, to be freed (NULL if there is none), with the time that
 * it is on their clock. Errors: E_NOMEM. */
tandem_code td_schedule_copy_spans(td_schedule *schedule, tandem_span **spans_out, size_t *n_out,
                                   int64_t *now_us_out, tandem_error *err);

/* Cancels what is left, waits, frees. NULL is fine. */
void td_schedule_close(td_schedule *schedule);

/* Embeds n texts and waits: results [n] in input order. For tests, benchmarks and the `embed`
 * command; tasks' vectors are copied to vectors_out[i] (caller's, dim of lane i's task). */
tandem_code td_schedule_run(td_embedder *const lanes[TANDEM_N_LANES],
                            const td_schedule_options *options, td_task *tasks, size_t n,
                            float *const *vectors_out, td_schedule_progress *progress_out,
                            tandem_error *err);

/* -- in virtual time: the same lanes and policy without threads, to see how good they are -- */

/* A backend that is only a price. */
typedef struct td_simulated_service {
    double per_batch, per_item, per_token; /* seconds */
    double way;            /* of per_batch: there and back, which keeps no server busy */
    double sigma;          /* of log-normal jitter on each call */
    uint32_t servers;      /* requests at a time; others queue; 0: no limit */
    double p_passing;      /* of a call that fails in passing */
    int64_t dead_from_us;  /* calls fail from then, */
    int64_t dead_until_us; /* until then */
    bool denied;
    uint64_t tokens_enough; /* more in one batch are no faster; 0: not known */
    uint32_t limit;         /* of batches at once; td_schedule_simulate: all slots */
    bool adapts;            /* a remote lane: its limit moves, and it was met before the start */
} td_simulated_service;

typedef struct td_simulated_text {
    tandem_lane lane;
    size_t n_tokens;
    bool poison; /* spoils its batch */
} td_simulated_text;

typedef struct td_simulated {
    td_strategy strategy; /* as chosen */
    double seconds;       /* first batch begun to last one ended */
    double bound_seconds; /* no schedule can be faster; of the work that was done */
    double overlap_ratio, speedup;
    uint64_t n_batches, n_retries, n_failed; /* n_failed: texts */
    const tandem_span *spans;                /* [n_spans] borrowed for the call */
    size_t n_spans;
} td_simulated;

typedef struct td_simulation {
    td_strategy strategy;
    bool parallel;
    uint32_t in_flight_max, batch_items_max; /* in_flight_max: 1..64 */
    uint64_t seed;                           /* of jitter and faults */
    td_simulated_service services[TANDEM_N_LANES];
    const td_simulated_text *texts; /* [n], all there at the start */
    size_t n;
    uint32_t spans_max;
    void (*done)(void *user, const td_simulated *result);
    void *user;
} td_simulation;

/* Runs it, then calls `done` once. Errors: E_INTERNAL when a rule of the schedule did not hold at
 * some step (each text once, no cap passed, ...), E_INVALID, E_NOMEM. */
tandem_code td_schedule_simulate(const td_simulation *how, tandem_error *err);

#endif
