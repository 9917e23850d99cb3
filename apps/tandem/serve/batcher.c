#include "serve/batcher.h"

#include "serve/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BATCH_TEXTS_MAX = 128,
    BATCH_TOKENS_MAX = 2048,
    /* The engine is no faster with more at once (embed/local.c); less is worth waiting for. */
    BATCH_TOKENS_GOOD = 512,
    MEASURED_TOKENS_MIN = 256, /* what fewer take is mostly the price of a call */
    TEXTS_OF_ONE_JOB = 8,      /* in turn */
    GATHER_US = 300,
    RETRY_AFTER_S_MAX = 60,
};

typedef struct queue {
    batch_job *first, *last;
    size_t n_texts, n_tokens; /* that wait */
    size_t n_jobs_last;       /* in the last batch */
    size_t text_tokens_max;   /* that the model reads of a text */
    double tokens_per_second; /* of one thread, recently; 0: not known */
} queue;

struct batcher {
    batcher_options options;
    size_t dims[TANDEM_N_LANES];
    pthread_mutex_t lock;   /* rank 3: guards all below */
    pthread_cond_t changed; /* there is work for a thread that has none */
    pthread_cond_t more; /* and for those that gather: a signal to one must not go to the other */
    queue queues[TANDEM_N_LANES];
    batcher_state state;
    int turn; /* the lane that is asked first */
    bool ends;
    pthread_t *threads;
    size_t n_threads;
};

/* One text of a batch. */
typedef struct pick {
    batch_job *job;
    size_t i;
} pick;

typedef struct batch {
    tandem_lane lane;
    tandem_role role;
    pick picks[BATCH_TEXTS_MAX];
    tandem_str texts[BATCH_TEXTS_MAX];
    tandem_text_note notes[BATCH_TEXTS_MAX];
    float *vectors; /* [BATCH_TEXTS_MAX, widest dim] */
    size_t n, n_tokens, n_jobs;
} batch;

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Prose has about 4.5 bytes a token, code about 3.5; the two are [CLS] and [SEP]. */
static size_t tokens_of(const queue *q, tandem_str text)
{
    size_t n = text.n / 4 + 2;

    return n < q->text_tokens_max ? n : q->text_tokens_max;
}

/* -- the queue -- */

static void fail(batch_job *job, tandem_code code)
{
    job->code = code;
    job->error.code = code;
    if (code == TANDEM_E_TIMEOUT)
        strcpy(job->error.message, "waited too long for its turn: the server has more to do than "
                                   "it can");
    else
        strcpy(job->error.message, tandem_code_text(code));
}

/* Takes a job out of its queue, with the texts of it that no batch took. */
static void unlink_locked(queue *q, batch_job *job, batch_job *before)
{
    if (before)
        before->next = job->next;
    else
        q->first = job->next;
    if (q->last == job)
        q->last = before;
    q->n_texts -= job->n - job->n_taken;
    q->n_tokens -= job->n_tokens_waiting;
    job->n_left -= job->n - job->n_taken;
    job->n_taken = job->n;
    job->n_tokens_waiting = 0;
    job->next = NULL;
}

/* Jobs that nobody waits for, or that have waited too long, go; those none of whose texts is in a
 * running batch come back as a list to be told. */
static batch_job *weed_locked(batcher *b, queue *q)
{
    int64_t now = now_us();
    batch_job *before = NULL, *told = NULL;

    for (batch_job *job = q->first, *next; job; job = next) {
        next = job->next;
        bool late = job->wait_ms_max && now - job->since_us > (int64_t)job->wait_ms_max * 1000;
        bool gone = !late && job->gone && job->gone(job->user);
        if (!late && !gone) {
            before = job;
            continue;
        }
        b->state.n_late += late;
        b->state.n_gone += gone;
        fail(job, late ? TANDEM_E_TIMEOUT : TANDEM_E_CANCELLED);
        unlink_locked(q, job, before);
        if (job->n_left == 0) {
            job->next = told;
            told = job;
        }
    }
    return told;
}

static void tell(batch_job *jobs)
{
    while (jobs) {
        batch_job *next = jobs->next;
        jobs->done(jobs->user);
        jobs = next;
    }
}

/* Up to TEXTS_OF_ONE_JOB texts of `job`, as far as the batch has room. False: it is full. */
static bool pick_some_locked(queue *q, batch_job *job, batch *out, size_t tokens_max)
{
    for (size_t k = 0; k < TEXTS_OF_ONE_JOB && job->n_taken < job->n; k++) {
        size_t tokens = tokens_of(q, job->texts[job->n_taken]);
        if (out->n == BATCH_TEXTS_MAX || (out->n > 0 && out->n_tokens + tokens > tokens_max))
            return false;
        out->n_jobs += out->n == 0 || out->picks[out->n - 1].job != job;
        out->picks[out->n] = (pick){job, job->n_taken};
        out->texts[out->n++] = job->texts[job->n_taken++];
        out->n_tokens += tokens;
        job->n_tokens_waiting -= tokens;
        q->n_tokens -= tokens;
        q->n_texts--;
    }
    return true;
}

/* A few texts of each job in turn. A job that has more goes to the end of the line. */
static void fill_locked(batcher *b, tandem_lane lane, batch *out)
{
    queue *q = &b->queues[lane];
    size_t share = q->n_tokens / b->n_threads;
    size_t tokens_max = share < BATCH_TOKENS_GOOD  ? BATCH_TOKENS_GOOD
                        : share > BATCH_TOKENS_MAX ? BATCH_TOKENS_MAX
                                                   : share;
    bool room = true;
    batch_job *before = NULL;

    out->lane = lane;
    out->role = q->first->role;
    out->n = out->n_tokens = out->n_jobs = 0;
    for (batch_job *job = q->first; job && room;) {
        if (job->role != out->role) {
            before = job;
            job = job->next;
            continue;
        }
        room = pick_some_locked(q, job, out, tokens_max);
        bool all = job->n_taken == job->n;
        if (!room && !all)
            break;
        batch_job *next = job->next;
        if (before)
            before->next = next;
        else
            q->first = next;
        if (q->last == job)
            q->last = before;
        job->next = NULL;
        if (!all) { /* more of it when all others had their turn */
            if (q->last)
                q->last->next = job;
            else
                q->first = job;
            q->last = job;
            next = next ? next : job;
        }
        job = next;
    }
    q->n_jobs_last = out->n_jobs;
    b->state.n_running[lane] += out->n;
}

/* -- running -- */

static void run_one_by_one(batcher *b, batch *work, tandem_code *codes, tandem_error *errors)
{
    size_t dim = b->dims[work->lane];

    for (size_t i = 0; i < work->n; i++)
        codes[i] =
            tandem_embedder_run(b->options.embedders[work->lane], &work->texts[i], 1, work->role,
                                work->vectors + i * dim, &work->notes[i], &errors[i]);
}

/* Runs a batch; a text that fails spoils no other's. */
static void run(batcher *b, batch *work, tandem_code *codes, tandem_error *errors)
{
    tandem_code code = tandem_embedder_run(b->options.embedders[work->lane], work->texts, work->n,
                                           work->role, work->vectors, work->notes, &errors[0]);

    for (size_t i = 0; i < work->n; i++) {
        codes[i] = code;
        errors[i] = errors[0];
    }
    /* What will pass by itself is no text's fault: servers that are down are not asked n times. */
    if (code != TANDEM_OK && work->n > 1 && !tandem_code_retry(code))
        run_one_by_one(b, work, codes, errors);
}

/* Hands out what a batch gave; returns the jobs that are done, to be told without the lock. */
static batch_job *settle_locked(batcher *b, const batch *work, const tandem_code *codes,
                                const tandem_error *errors)
{
    size_t dim = b->dims[work->lane];
    batch_job *told = NULL;

    b->state.n_running[work->lane] -= work->n;
    b->state.n_batches[work->lane]++;
    b->state.n_texts[work->lane] += work->n;
    for (size_t i = 0; i < work->n; i++) {
        batch_job *job = work->picks[i].job;
        size_t at = work->picks[i].i;
        if (codes[i] == TANDEM_OK) {
            memcpy(job->vectors + at * dim, work->vectors + i * dim, dim * sizeof(float));
            job->notes[at] = work->notes[i];
            b->state.n_tokens[work->lane] += work->notes[i].n_tokens;
        } else if (job->code == TANDEM_OK) {
            job->code = codes[i];
            job->error = errors[i];
        }
        if (--job->n_left == 0) {
            job->next = told;
            told = job;
        }
    }
    return told;
}

static void measure_locked(batcher *b, const batch *work, int64_t took_us)
{
    double *known = &b->queues[work->lane].tokens_per_second;
    double rate = (double)work->n_tokens * 1e6 / (double)(took_us > 0 ? took_us : 1);

    if (work->n_tokens >= MEASURED_TOKENS_MIN)
        *known = *known > 0 ? 0.9 * *known + 0.1 * rate : rate;
}

/* Waits a little if more is likely to come at once. */
static void gather_locked(batcher *b, const queue *q)
{
    struct timespec until = clock_after_us(GATHER_US);

    while (!b->ends && q->n_jobs_last >= 2 && q->n_tokens < BATCH_TOKENS_GOOD &&
           pthread_cond_timedwait(&b->more, &b->lock, &until) == 0)
        continue;
}

/* The lane whose turn it is, if it has work, else the other one; -1 for none. */
static int choose_locked(batcher *b)
{
    for (int k = 0; k < TANDEM_N_LANES; k++) {
        int lane = (b->turn + k) % TANDEM_N_LANES;
        if (b->queues[lane].first) {
            b->turn = (lane + 1) % TANDEM_N_LANES;
            return lane;
        }
    }
    return -1;
}

/* The next batch; returns jobs to be told meanwhile. False: closing. */
static bool next_batch(batcher *b, batch *work, batch_job **told_out)
{
    work->n = 0;
    *told_out = NULL;
    pthread_mutex_lock(&b->lock);
    while (!b->ends && work->n == 0 && !*told_out) {
        int lane = choose_locked(b);
        if (lane < 0) {
            pthread_cond_wait(&b->changed, &b->lock);
            continue;
        }
        gather_locked(b, &b->queues[lane]);
        *told_out = weed_locked(b, &b->queues[lane]);
        if (b->queues[lane].first)
            fill_locked(b, (tandem_lane)lane, work);
        if (b->queues[0].first || b->queues[1].first)
            pthread_cond_signal(&b->changed); /* one job may be work for several threads */
    }
    bool goes_on = !b->ends || work->n > 0 || *told_out;
    pthread_mutex_unlock(&b->lock);
    return goes_on;
}

static void *serve_batches(void *user)
{
    batcher *b = user;
    size_t dim = b->dims[0] > b->dims[1] ? b->dims[0] : b->dims[1];
    batch *work = calloc(1, sizeof(*work));
    tandem_code *codes = calloc(BATCH_TEXTS_MAX, sizeof(*codes));
    tandem_error *errors = calloc(BATCH_TEXTS_MAX, sizeof(*errors));
    float *vectors = malloc(BATCH_TEXTS_MAX * dim * sizeof(*vectors));
    batch_job *told = NULL;

    if (work && codes && errors && vectors) {
        work->vectors = vectors;
        while (next_batch(b, work, &told)) {
            tell(told);
            if (work->n == 0)
                continue;
            int64_t begun = now_us();
            run(b, work, codes, errors);
            pthread_mutex_lock(&b->lock);
            measure_locked(b, work, now_us() - begun);
            told = settle_locked(b, work, codes, errors);
            pthread_mutex_unlock(&b->lock);
            tell(told);
        }
    }
    free(work);
    free(codes);
    free(errors);
    free(vectors);
    return NULL;
}

/* -- from outside -- */

batcher *batcher_open(const batcher_options *options)
{
    batcher *b = calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    b->options = *options;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    clock_init_condition(&b->more);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        tandem_model_info info;
        tandem_embedder_get_info(options->embedders[l], &info);
        b->dims[l] = info.dim;
        b->queues[l].text_tokens_max = info.tokens_max > 0 ? info.tokens_max : SIZE_MAX;
    }
    b->threads = calloc(options->n_threads, sizeof(*b->threads));
    b->n_threads = b->threads ? options->n_threads : 0;
    for (size_t i = 0; i < b->n_threads; i++) {
        if (pthread_create(&b->threads[i], NULL, serve_batches, b) != 0) {
            pthread_mutex_lock(&b->lock);
            b->n_threads = i;
            pthread_mutex_unlock(&b->lock);
        }
    }
    if (b->n_threads > 0)
        return b;
    batcher_close(b);
    return NULL;
}

void batcher_close(batcher *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->ends = true;
    pthread_cond_broadcast(&b->changed);
    pthread_cond_broadcast(&b->more);
    pthread_mutex_unlock(&b->lock);
    for (size_t i = 0; i < b->n_threads; i++)
        pthread_join(b->threads[i], NULL);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        while (b->queues[l].first) {
            batch_job *job = b->queues[l].first;
            fail(job, TANDEM_E_UNAVAILABLE);
            unlink_locked(&b->queues[l], job, NULL);
            job->done(job->user);
        }
    }
    pthread_cond_destroy(&b->changed);
    pthread_cond_destroy(&b->more);
    pthread_mutex_destroy(&b->lock);
    free(b->threads);
    free(b);
}

/* What tokens of a lane take at the rate measured so far, or at the other lane's while none of its
 * own is; 0: no rate is known. */
static double seconds_of_locked(const batcher *b, int l, double tokens)
{
    double own = b->queues[l].tokens_per_second, other = b->queues[1 - l].tokens_per_second;
    double rate = (own > 0 ? own : other) * (double)b->n_threads;

    return rate > 0 ? tokens / rate : 0;
}

static unsigned retry_after_locked(const batcher *b)
{
    double seconds = 0;

    for (int l = 0; l < TANDEM_N_LANES; l++)
        seconds += seconds_of_locked(b, l, (double)b->queues[l].n_tokens);

    return seconds < 1                   ? 1
           : seconds > RETRY_AFTER_S_MAX ? RETRY_AFTER_S_MAX
                                         : (unsigned)seconds + 1;
}

/* Whether the job's last texts would have their turn too late. Those before it have as many turns
 * meanwhile as it has: of a job of a thousand texts a single one waits for a few. */
static bool is_late_locked(const batcher *b, const batch_job *job)
{
    size_t n_turns = (job->n + TEXTS_OF_ONE_JOB - 1) / TEXTS_OF_ONE_JOB;
    double n_most = (double)(n_turns * TEXTS_OF_ONE_JOB), seconds = 0;

    if (!job->wait_ms_max)
        return false;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        for (const batch_job *at = b->queues[l].first; at; at = at->next) {
            double n_left = (double)(at->n - at->n_taken);
            double share = n_left > n_most ? n_most / n_left : 1;
            seconds += seconds_of_locked(b, l, share * (double)at->n_tokens_waiting);
        }
    }
    return seconds * 1000 > job->wait_ms_max;
}

bool batcher_submit(batcher *b, batch_job *job, void (*before)(void *user),
                    unsigned *retry_after_s_out)
{
    queue *q = &b->queues[job->lane];

    job->next = NULL;
    job->code = TANDEM_OK;
    job->error = (tandem_error){.code = TANDEM_OK};
    job->n_taken = 0;
    job->n_left = job->n;
    job->n_tokens_waiting = 0;
    for (size_t i = 0; i < job->n; i++)
        job->n_tokens_waiting += tokens_of(q, job->texts[i]);
    job->since_us = now_us();
    pthread_mutex_lock(&b->lock);
    size_t waiting = b->queues[0].n_texts + b->queues[1].n_texts;
    bool fits = !b->ends && (waiting == 0 || waiting + job->n <= b->options.waiting_max) &&
                !is_late_locked(b, job); /* told at once, not after it has waited for nothing */
    if (fits) {
        before(job->user);
        if (q->last)
            q->last->next = job;
        else
            q->first = job;
        q->last = job;
        q->n_texts += job->n;
        q->n_tokens += job->n_tokens_waiting;
        pthread_cond_signal(&b->changed);
        pthread_cond_broadcast(&b->more);
    } else {
        b->state.n_refused++;
        *retry_after_s_out = retry_after_locked(b);
    }
    pthread_mutex_unlock(&b->lock);
    return fits;
}

void batcher_get_state(batcher *b, batcher_state *state_out)
{
    pthread_mutex_lock(&b->lock);
    *state_out = b->state;
    for (int l = 0; l < TANDEM_N_LANES; l++)
        state_out->n_waiting[l] = b->queues[l].n_texts;
    pthread_mutex_unlock(&b->lock);
}
