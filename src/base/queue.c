#include "base/queue.h"

#include "base/clock.h"
#include "base/size.h"

#include <pthread.h>
#include <stdlib.h>

struct td_queue {
    pthread_mutex_t lock; /* rank 3: guards all below */
    pthread_cond_t has_item, has_room;
    size_t n_slots, n_used, head;
    bool ended;
    void *slots[];
};

static bool init_locks(td_queue *queue)
{
    if (pthread_mutex_init(&queue->lock, NULL) != 0)
        return false;
    if (td_clock_cond_init(&queue->has_item, NULL) == TANDEM_OK) {
        if (td_clock_cond_init(&queue->has_room, NULL) == TANDEM_OK)
            return true;
        pthread_cond_destroy(&queue->has_item);
    }
    pthread_mutex_destroy(&queue->lock);
    return false;
}

td_queue *td_queue_new(size_t n_slots)
{
    td_assert(n_slots >= 1);
    size_t bytes;
    if (!td_size_mul(n_slots, sizeof(void *), &bytes) ||
        !td_size_add(bytes, sizeof(td_queue), &bytes))
        return NULL;
    td_queue *queue = calloc(1, bytes);
    if (!queue)
        return NULL;
    queue->n_slots = n_slots;
    if (!init_locks(queue)) {
        free(queue);
        return NULL;
    }
    return queue;
}

void td_queue_free(td_queue *queue)
{
    if (!queue)
        return;
    pthread_cond_destroy(&queue->has_room);
    pthread_cond_destroy(&queue->has_item);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

bool td_queue_push(td_queue *queue, void *item)
{
    pthread_mutex_lock(&queue->lock);
    while (!queue->ended && queue->n_used == queue->n_slots)
        pthread_cond_wait(&queue->has_room, &queue->lock);
    bool pushed = !queue->ended;
    if (pushed) {
        queue->slots[(queue->head + queue->n_used) % queue->n_slots] = item;
        queue->n_used++;
        pthread_cond_signal(&queue->has_item);
    }
    pthread_mutex_unlock(&queue->lock);
    return pushed;
}

static bool pop_locked(td_queue *queue, void **item_out)
{
    if (queue->n_used == 0)
        return false;
    *item_out = queue->slots[queue->head];
    queue->head = (queue->head + 1) % queue->n_slots;
    queue->n_used--;
    pthread_cond_signal(&queue->has_room);
    return true;
}

bool td_queue_pop(td_queue *queue, void **item_out)
{
    pthread_mutex_lock(&queue->lock);
    while (!queue->ended && queue->n_used == 0)
        pthread_cond_wait(&queue->has_item, &queue->lock);
    bool popped = pop_locked(queue, item_out);
    pthread_mutex_unlock(&queue->lock);
    return popped;
}

bool td_queue_try_pop(td_queue *queue, void **item_out)
{
    pthread_mutex_lock(&queue->lock);
    bool popped = pop_locked(queue, item_out);
    pthread_mutex_unlock(&queue->lock);
    return popped;
}

bool td_queue_pop_within(td_queue *queue, uint32_t wait_ms, void **item_out)
{
    struct timespec deadline = td_clock_deadline(wait_ms);
    int rc = 0;

    pthread_mutex_lock(&queue->lock);
    while (!queue->ended && queue->n_used == 0 && rc == 0)
        rc = pthread_cond_timedwait(&queue->has_item, &queue->lock, &deadline);
    bool popped = pop_locked(queue, item_out);
    pthread_mutex_unlock(&queue->lock);
    return popped;
}

void td_queue_end(td_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->ended = true;
    pthread_cond_broadcast(&queue->has_item);
    pthread_cond_broadcast(&queue->has_room);
    pthread_mutex_unlock(&queue->lock);
}

size_t td_queue_n(td_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t n = queue->n_used;
    pthread_mutex_unlock(&queue->lock);
    return n;
}
