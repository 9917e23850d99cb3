#include "search/scan.h"

#include "search/bits.h"

#include <stdlib.h>

/* Filters with fewer chunks than this skip the bits: looking up their vectors costs less than the
 * pass over a lane, and is exact. */
enum {
    FEW_IDS = 2048,
    BLOCK_ROWS_MAX = 4096
};

/* -- the best so far -- */

static bool is_worse(td_store_found a, td_store_found b)
{
    return a.score != b.score ? a.score < b.score : a.chunk_id > b.chunk_id;
}

static void sink(td_store_found *items, size_t n, size_t at)
{
    td_store_found moving = items[at];

    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_worse(items[child + 1], items[child]))
            child++;
        if (!is_worse(items[child], moving))
            break;
        items[at] = items[child];
    }
    items[at] = moving;
}

static void rise(td_store_found *items, size_t at)
{
    td_store_found moving = items[at];

    for (size_t parent; at > 0; at = parent) {
        parent = (at - 1) / 2;
        if (!is_worse(moving, items[parent]))
            break;
        items[at] = items[parent];
    }
    items[at] = moving;
}

void td_search_scan_top_add(td_search_scan_top *top, int64_t chunk_id, double score)
{
    td_store_found item = {.chunk_id = chunk_id, .score = score};

    if (top->n < top->n_max) {
        top->items[top->n] = item;
        rise(top->items, top->n++);
    } else if (top->n > 0 && is_worse(top->items[0], item)) {
        top->items[0] = item;
        sink(top->items, top->n, 0);
    }
}

void td_search_scan_top_sort(td_search_scan_top *top)
{
    for (size_t n = top->n; n > 1; n--) { /* the worst goes to the end, then the next worse */
        td_store_found worst = top->items[0];
        top->items[0] = top->items[n - 1];
        sink(top->items, n - 1, 0);
        top->items[n - 1] = worst;
    }
}

/* -- passes -- */

typedef struct scan {
    const td_search_scan_options *options;
    const td_search_bits_kernel *kernel;
    const td_search_bits_query *query;
    const float *vector;
    size_t dim;
    td_search_scan_top top;
    bool is_wrong; /* a block or vector of another size than the lane's */
} scan;

static bool is_chosen(const td_search_scan_options *options, int64_t id)
{
    size_t from = 0, to = options->n_ids;

    if (!options->ids)
        return true;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (options->ids[middle] < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from < options->n_ids && options->ids[from] == id;
}

static bool add_block(void *user, const int64_t *ids, const uint8_t *bits, size_t n,
                      size_t row_bytes)
{
    scan *self = user;
    int32_t scores[BLOCK_ROWS_MAX];

    self->is_wrong = n > BLOCK_ROWS_MAX || row_bytes != (self->dim + 7) / 8;
    if (self->is_wrong)
        return false;
    self->kernel->score(self->query, bits, n, row_bytes, scores);
    for (size_t i = 0; i < n; i++) {
        /* Nearly all rows end here: worse than the worst candidate. The filter is asked last. */
        if (self->top.n == self->top.n_max && scores[i] < self->top.items[0].score)
            continue;
        if (ids[i] != 0 && is_chosen(self->options, ids[i]))
            td_search_scan_top_add(&self->top, ids[i], scores[i]);
    }
    return true;
}

static bool add_vector(void *user, int64_t chunk_id, const float *values, size_t dim)
{
    scan *self = user;

    self->is_wrong = dim != self->dim;
    if (self->is_wrong)
        return false;
    if (is_chosen(self->options, chunk_id))
        td_search_scan_top_add(&self->top, chunk_id, self->kernel->dot(self->vector, values, dim));
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static tandem_code fail_wrong(tandem_lane lane, size_t dim, tandem_error *err)
{
    return td_fail(
        err, TANDEM_E_CONFLICT,
        "lane %s does not hold vectors of %zu values: search with the model it was made by",
        tandem_lane_name(lane), dim);
}

/* Candidates by bits; their ids, ascending (rows then lie in the file's order), malloc'ed. */
static tandem_code find_candidates(td_store *store, tandem_lane lane, const float *vector,
                                   size_t dim, const td_search_scan_options *options,
                                   int64_t **ids_out, size_t *n_out, tandem_error *err)
{
    td_search_bits_query *query = malloc(sizeof(*query));
    td_store_found *items = calloc(options->n_candidates, sizeof(*items));
    int64_t *ids = calloc(options->n_candidates, sizeof(*ids));
    scan self = {.options = options,
                 .kernel = td_search_bits_best(),
                 .query = query,
                 .dim = dim,
                 .top = {.items = items, .n_max = options->n_candidates}};
    tandem_code code = TANDEM_OK;

    if (!query || !items || !ids) {
        code = td_fail_nomem(err, "candidates of a search");
        goto out;
    }
    td_search_bits_prepare(vector, dim, query);
    TD_TRY(store->each_bits(store, lane, add_block, &self, err));
    if (self.is_wrong) {
        code = fail_wrong(lane, dim, err);
        goto out;
    }
    for (size_t i = 0; i < self.top.n; i++)
        ids[i] = items[i].chunk_id;
    qsort(ids, self.top.n, sizeof(*ids), compare_ids);
    *ids_out = ids;
    *n_out = self.top.n;
    ids = NULL;

out:
    free(ids);
    free(items);
    free(query);
    return code;
}

tandem_code td_search_scan(td_store *store, tandem_lane lane, const float *vector, size_t dim,
                           const td_search_scan_options *options, td_store_found *found,
                           size_t n_max, size_t *n_out, tandem_error *err)
{
    td_search_scan_options everything = *options;
    scan self = {.options = options,
                 .kernel = td_search_bits_best(),
                 .vector = vector,
                 .dim = dim,
                 .top = {.items = found, .n_max = n_max}};
    int64_t *candidates = NULL;
    size_t n_candidates = 0;
    tandem_code code = TANDEM_OK;

    if (options->ids && options->n_ids <= FEW_IDS) {
        TD_TRY(
            store->vectors_get(store, lane, options->ids, options->n_ids, add_vector, &self, err));
    } else if (options->exact) {
        TD_TRY(store->each_vector(store, lane, add_vector, &self, err));
    } else {
        TD_TRY(find_candidates(store, lane, vector, dim, options, &candidates, &n_candidates, err));
        everything.ids = NULL; /* they were chosen already */
        self.options = &everything;
        TD_TRY(store->vectors_get(store, lane, candidates, n_candidates, add_vector, &self, err));
    }
    if (self.is_wrong) {
        code = fail_wrong(lane, dim, err);
        goto out;
    }
    td_search_scan_top_sort(&self.top);
    *n_out = self.top.n;

out:
    free(candidates);
    return code;
}
