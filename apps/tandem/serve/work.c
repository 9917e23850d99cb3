#include "serve/work.h"

#include <pthread.h>
#include <stdlib.h>

struct work_pool {
    pthread_mutex_t lock; /* rank 3: guards all below */
    pthread_cond_t changed;
    void **items; /* a ring */
    size_t n_slots, first, n;
    bool ends;
    void (*run)(void *item);
    pthread_t *threads;
    size_t n_threads;
};

static bool pop(work_pool *pool, void **item_out)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->n == 0 && !pool->ends)
        pthread_cond_wait(&pool->changed, &pool->lock);
    bool got = pool->n > 0;
    if (got) {
        *item_out = pool->items[pool->first];
        pool->first = (pool->first + 1) % pool->n_slots;
        pool->n--;
    }
    pthread_mutex_unlock(&pool->lock);
    return got;
}

static void *work(void *user)
{
    work_pool *pool = user;
    void *item = NULL;

    while (pop(pool, &item))
        pool->run(item);
    return NULL;
}

work_pool *work_open(size_t n_threads, size_t n_waiting_max, void (*run)(void *item))
{
    work_pool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    pool->run = run;
    pool->n_slots = n_waiting_max;
    pool->items = calloc(n_waiting_max, sizeof(*pool->items));
    pool->threads = calloc(n_threads, sizeof(*pool->threads));
    while (pool->items && pool->threads && pool->n_threads < n_threads) {
        if (pthread_create(&pool->threads[pool->n_threads], NULL, work, pool) != 0)
            break;
        pool->n_threads++;
    }
    if (pool->n_threads > 0)
        return pool;
    work_close(pool);
    return NULL;
}

void work_close(work_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ends = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n_threads; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool->items);
    free(pool->threads);
    free(pool);
}

bool work_push(work_pool *pool, void *item)
{
    pthread_mutex_lock(&pool->lock);
    bool fits = pool->n < pool->n_slots && !pool->ends;
    if (fits) {
        pool->items[(pool->first + pool->n) % pool->n_slots] = item;
        pool->n++;
        pthread_cond_signal(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    return fits;
}
