#include "pipeline/state.h"

#include <stdlib.h>

tandem_code td_pipeline_once_init(td_once *once, size_t n_buckets, tandem_error *err)
{
    td_assert(n_buckets && (n_buckets & (n_buckets - 1)) == 0);
    once->buckets = calloc(n_buckets, sizeof(*once->buckets));
    if (!once->buckets)
        return td_fail_nomem(err, "table of texts under way");
    once->n_buckets = n_buckets;
    pthread_mutex_init(&once->lock, NULL);
    return TANDEM_OK;
}

void td_pipeline_once_clear(td_once *once)
{
    if (!once->buckets)
        return;
    pthread_mutex_destroy(&once->lock);
    free(once->buckets);
    *once = (td_once){0};
}

static td_piece **find_locked(td_once *once, td_hash key)
{
    size_t bucket = 0;

    memcpy(&bucket, key.bytes, sizeof(bucket));
    td_piece **place = &once->buckets[bucket & (once->n_buckets - 1)];
    while (*place && !td_hash_eq((*place)->key, key))
        place = &(*place)->next_in_bucket;
    return place;
}

bool td_pipeline_once_enter(td_once *once, td_piece *piece)
{
    pthread_mutex_lock(&once->lock);
    td_piece **place = find_locked(once, piece->key);
    bool first = !*place;
    if (first) {
        piece->next_in_bucket = NULL;
        piece->next_equal = NULL;
        *place = piece;
    } else {
        piece->next_equal = (*place)->next_equal;
        (*place)->next_equal = piece;
    }
    pthread_mutex_unlock(&once->lock);
    return first;
}

td_piece *td_pipeline_once_leave(td_once *once, td_piece *piece)
{
    pthread_mutex_lock(&once->lock);
    td_piece **place = find_locked(once, piece->key);
    td_assert(*place == piece);
    *place = piece->next_in_bucket;
    td_piece *waiting = piece->next_equal;
    piece->next_equal = NULL;
    pthread_mutex_unlock(&once->lock);
    return waiting;
}
