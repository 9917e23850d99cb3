#include "fault/fault.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t n, size_t item_bytes);
void *__real_realloc(void *old, size_t bytes);
int __real_posix_memalign(void **out, size_t alignment, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
void __real_free(void *block);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t n, size_t item_bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_reallocarray(void *old, size_t n, size_t item_bytes);
int __wrap_posix_memalign(void **out, size_t alignment, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);
void __wrap_free(void *block);

enum {
    N_SLOTS = 1 << 17,
    N_RUNS_MAX = 200000
};
#define GONE ((void *)1) /* a slot that was used: looking for a block goes on behind it */

static struct {
    pthread_mutex_t lock; /* guards all below; taken by nobody but the functions here */
    bool armed;
    size_t n_seen;           /* allocations of this run */
    size_t first_bad, n_bad; /* fail these many from the first_bad-th on (from 1) */
    size_t n_failed;         /* so many did */
    size_t n_live;           /* blocks of this run that nobody freed */
    void *blocks[N_SLOTS];   /* their addresses, by open addressing */
} run = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t slot_of(const void *block)
{
    return (size_t)(((uintptr_t)block >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 40) % N_SLOTS;
}

static void *remember(void *block)
{
    if (!block)
        return NULL;
    pthread_mutex_lock(&run.lock);
    if (run.armed && run.n_live < N_SLOTS / 2) {
        size_t i = slot_of(block);
        while (run.blocks[i] && run.blocks[i] != GONE)
            i = (i + 1) % N_SLOTS;
        run.blocks[i] = block;
        run.n_live++;
    }
    pthread_mutex_unlock(&run.lock);
    return block;
}

static void forget(void *block)
{
    if (!block)
        return;
    pthread_mutex_lock(&run.lock);
    size_t i = slot_of(block);
    for (size_t n = 0; n < N_SLOTS && run.blocks[i] && run.blocks[i] != block; n++)
        i = (i + 1) % N_SLOTS;
    if (run.blocks[i] == block) {
        run.blocks[i] = GONE;
        run.n_live--;
    }
    pthread_mutex_unlock(&run.lock);
}

static bool fails_now(void)
{
    pthread_mutex_lock(&run.lock);
    bool fails = false;
    if (run.armed) {
        run.n_seen++;
        fails = run.n_seen >= run.first_bad && run.n_seen - run.first_bad < run.n_bad;
        run.n_failed += fails;
    }
    pthread_mutex_unlock(&run.lock);
    if (fails)
        errno = ENOMEM;
    return fails;
}

void *__wrap_malloc(size_t bytes)
{
    return fails_now() ? NULL : remember(__real_malloc(bytes));
}

void *__wrap_calloc(size_t n, size_t item_bytes)
{
    return fails_now() ? NULL : remember(__real_calloc(n, item_bytes));
}

void *__wrap_realloc(void *old, size_t bytes)
{
    if (fails_now())
        return NULL;
    forget(old); /* before: another thread may get the address at once */
    void *block = __real_realloc(old, bytes);
    if (!block && bytes > 0)
        remember(old);
    return remember(block);
}

void *__wrap_reallocarray(void *old, size_t n, size_t item_bytes)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, item_bytes, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return __wrap_realloc(old, bytes);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t bytes)
{
    if (fails_now())
        return ENOMEM;
    int failure = __real_posix_memalign(out, alignment, bytes);
    if (failure == 0)
        remember(*out);
    return failure;
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    return fails_now() ? NULL : remember(__real_aligned_alloc(alignment, bytes));
}

char *__wrap_strndup(const char *text, size_t n)
{
    size_t bytes = strnlen(text, n);
    char *copy = __wrap_malloc(bytes + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

void __wrap_free(void *block)
{
    forget(block);
    __real_free(block);
}

static void arm(size_t first_bad, size_t n_bad)
{
    pthread_mutex_lock(&run.lock);
    memset(run.blocks, 0, sizeof(run.blocks));
    run.armed = true;
    run.n_seen = run.n_failed = run.n_live = 0;
    run.first_bad = first_bad;
    run.n_bad = n_bad;
    pthread_mutex_unlock(&run.lock);
}

static void disarm(void)
{
    pthread_mutex_lock(&run.lock);
    run.armed = false;
    pthread_mutex_unlock(&run.lock);
}

/* One run. Returns whether an allocation failed in it. */
static bool run_once(fault_work work, void *user, unsigned allowed, size_t first_bad, size_t n_bad)
{
    tandem_error err = {.code = TANDEM_OK};
    arm(first_bad, n_bad);
    tandem_code code = work(user, &err);
    disarm();

    const char *how = n_bad == 1 ? "the" : "all from the";
    bool failed = run.n_failed > 0;
    if (failed && code == TANDEM_OK && !(allowed & FAULT_MAY_DO_WITHOUT))
        fail_msg("%s %zu. allocation failed, and nobody said so", how, first_bad);
    if (failed && code != TANDEM_OK && code != TANDEM_E_NOMEM)
        fail_msg("%s %zu. allocation failed, and it became %s: %s", how, first_bad,
                 tandem_code_name(code), err.message);
    if (!failed && code != TANDEM_OK)
        fail_msg("no allocation failed, but %s: %s", tandem_code_name(code), err.message);
    if (code != TANDEM_OK && err.code != TANDEM_OK && err.code != code)
        fail_msg("%s returned, %s told", tandem_code_name(code), tandem_code_name(err.code));
    if (run.n_live > 0 && !(allowed & FAULT_MAY_KEEP))
        fail_msg("%s %zu. allocation failed, and %zu blocks were left", how, first_bad, run.n_live);
    return failed;
}

void fault_each(fault_work work, void *user, unsigned allowed)
{
    /* Twice whole: what is made once for the whole program is made here, and counts nowhere. */
    run_once(work, user, allowed | FAULT_MAY_KEEP, 1, 0);
    run_once(work, user, allowed, 1, 0);

    const char *only = getenv("TANDEM_FAULT_N");
    if (only) {
        run_once(work, user, allowed, strtoull(only, NULL, 10), 1);
        return;
    }
    for (size_t kind = 0; kind < 2; kind++) {
        size_t n = 1;
        while (run_once(work, user, allowed, n, kind ? SIZE_MAX : 1)) {
            if (++n > N_RUNS_MAX)
                fail_msg("no end after %zu runs", n);
        }
    }
}

size_t fault_count(fault_work work, void *user)
{
    run_once(work, user, FAULT_MAY_KEEP, 1, 0);
    return run.n_seen;
}
