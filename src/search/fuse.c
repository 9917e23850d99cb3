#include "search/fuse.h"

#include <stdlib.h>

enum {
    RANK_CONSTANT = 60
};

static int compare_ids(const void *a, const void *b)
{
    int64_t x = ((const td_search_fused *)a)->chunk_id, y = ((const td_search_fused *)b)->chunk_id;

    return x < y ? -1 : x > y;
}

/* The best rank and the list that has it, as one number: smaller is better. */
static uint32_t best_place(const td_search_fused *item)
{
    uint32_t best = UINT32_MAX;

    for (uint32_t list = 0; list < TD_SEARCH_N_LISTS; list++) {
        uint32_t place = item->rank[list] * TD_SEARCH_N_LISTS + list;
        if (item->rank[list] > 0 && place < best)
            best = place;
    }
    return best;
}

static int compare_scores(const void *a, const void *b)
{
    const td_search_fused *x = a, *y = b;
    uint32_t x_place = best_place(x), y_place = best_place(y);

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x_place != y_place)
        return x_place < y_place ? -1 : 1;
    return compare_ids(a, b);
}

/* Adds up the entries of one chunk, list by list: the order of additions, and so the sum, does not
 * depend on how they were sorted. */
static void finish(td_search_fused *item, const td_search_list lists[TD_SEARCH_N_LISTS])
{
    item->score = 0;
    for (size_t list = 0; list < TD_SEARCH_N_LISTS; list++)
        if (item->rank[list] > 0)
            item->score += (double)lists[list].weight / (RANK_CONSTANT + item->rank[list]);
}

size_t td_search_fuse(const td_search_list lists[TD_SEARCH_N_LISTS], td_search_fused *fused_out)
{
    size_t n_all = 0, n = 0;

    for (size_t list = 0; list < TD_SEARCH_N_LISTS; list++)
        for (size_t i = 0; i < lists[list].n; i++) {
            td_search_fused *item = &fused_out[n_all++];
            *item = (td_search_fused){.chunk_id = lists[list].items[i].chunk_id};
            item->rank[list] = (uint32_t)i + 1;
            item->list_score[list] = lists[list].items[i].score;
        }
    if (n_all == 0)
        return 0;
    qsort(fused_out, n_all, sizeof(*fused_out), compare_ids);
    for (size_t i = 0; i < n_all; i++) {
        if (n == 0 || fused_out[n - 1].chunk_id != fused_out[i].chunk_id) {
            fused_out[n++] = fused_out[i];
            continue;
        }
        for (size_t list = 0; list < TD_SEARCH_N_LISTS; list++)
            if (fused_out[i].rank[list] > 0) {
                fused_out[n - 1].rank[list] = fused_out[i].rank[list];
                fused_out[n - 1].list_score[list] = fused_out[i].list_score[list];
            }
    }
    for (size_t i = 0; i < n; i++)
        finish(&fused_out[i], lists);
    qsort(fused_out, n, sizeof(*fused_out), compare_scores);
    return n;
}

/* -- repeats -- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

td_hash td_search_fuse_hash(td_str text)
{
    char *folded = malloc(text.n + 1);
    size_t n = 0;

    if (!folded) /* then only texts that are equal byte for byte are seen as repeats */
        return td_hash_of(text);
    text = td_str_trim(text);
    for (size_t i = 0; i < text.n; i++) {
        if (!is_space(text.ptr[i]))
            folded[n++] = text.ptr[i];
        else if (n > 0 && folded[n - 1] != ' ')
            folded[n++] = ' ';
    }
    td_hash hash = td_hash_of((td_str){folded, n});
    free(folded);
    return hash;
}

static bool overlaps(const tandem_hit *a, const tandem_hit *b)
{
    if (!td_str_eq(a->path, b->path))
        return false;
    uint64_t start = a->start_byte > b->start_byte ? a->start_byte : b->start_byte;
    uint64_t end = a->end_byte < b->end_byte ? a->end_byte : b->end_byte;
    uint64_t shorter = a->text.n < b->text.n ? a->text.n : b->text.n;
    return end > start && (end - start) * 2 >= shorter;
}

bool td_search_fuse_repeats(const tandem_hit *hit, td_hash hash, const tandem_hit *kept,
                            const td_hash *hashes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (td_hash_eq(hash, hashes[i]) || overlaps(hit, &kept[i]))
            return true;
    return false;
}
