#include "search/search.h"

#include "search/fuse.h"
#include "search/scan.h"
#include "search/snippet.h"

#include <math.h>
#include <stdlib.h>

enum {
    K_MAX = 1000,
    OVERSAMPLE_MAX = 1000,
    CANDIDATES_MAX = 100000,
    /* What each list hands to the fusion: a chunk that is 60th in two lists can beat the first of
     * one, so lists go deeper than k. */
    LIST_MIN = 100,
    WORDS = TANDEM_N_LANES, /* place of the keyword list */
};

typedef struct ask {
    td_store *store;
    const td_search_query *query;
    const td_search_options *options;
    td_store_found *items[TD_SEARCH_N_LISTS]; /* [list_max] each */
    size_t list_max;
    td_search_list lists[TD_SEARCH_N_LISTS];
    int64_t *ids; /* that pass the filter; NULL: all do */
    size_t n_ids;
} ask;

/* -- checks -- */

static bool is_weight(float weight)
{
    return isfinite(weight) && weight >= 0;
}

static tandem_code check_vectors(const td_search_query *query, tandem_error *err)
{
    for (size_t lane = 0; lane < TANDEM_N_LANES; lane++) {
        double sum = 0;
        if (!query->vectors[lane])
            continue;
        for (size_t i = 0; i < query->dims[lane]; i++)
            sum += (double)query->vectors[lane][i] * query->vectors[lane][i];
        if (!isfinite(sum) || sum <= 0)
            return td_fail(err, TANDEM_E_INVALID, "the query's vector for %s is zero or no number",
                           tandem_lane_name((tandem_lane)lane));
    }
    return TANDEM_OK;
}

static tandem_code check(const td_search_query *query, const td_search_options *options,
                         tandem_error *err)
{
    if (options->k < 1 || options->k > K_MAX)
        return td_fail(err, TANDEM_E_INVALID, "k is %u: 1 to %d hits", options->k, K_MAX);
    if (options->oversample < 1 || options->oversample > OVERSAMPLE_MAX)
        return td_fail(err, TANDEM_E_INVALID, "oversample is %u: 1 to %d", options->oversample,
                       OVERSAMPLE_MAX);
    if (!is_weight(options->text_weight) || !is_weight(options->weights[0]) ||
        !is_weight(options->weights[1]))
        return td_fail(err, TANDEM_E_INVALID, "a weight is negative or no number");
    return check_vectors(query, err);
}

static bool has_filter(const td_store_filter *filter)
{
    return filter->scope.n > 0 || filter->project.n > 0 || filter->dataset.n > 0 ||
           filter->language.n > 0 || filter->path_glob.n > 0 || filter->source.n > 0 ||
           filter->kind != 0;
}

/* -- the lists -- */

/* Whether the lane takes part: it was asked for, and the store has vectors to compare with. */
static tandem_code is_asked(const ask *self, tandem_lane lane, td_arena *arena, bool *asked_out,
                            tandem_error *err)
{
    td_store_lane model = {.dim = 0};
    tandem_code code = TANDEM_OK;

    *asked_out = false;
    if (!self->query->vectors[lane] || self->options->weights[lane] <= 0)
        return TANDEM_OK;
    TD_TRY(self->store->lane_get(self->store, lane, &model, arena, err));
    if (model.dim == 0)
        return TANDEM_OK;
    if (model.dim != self->query->dims[lane])
        return td_fail(
            err, TANDEM_E_CONFLICT,
            "lane %s holds vectors of %.*s with %zu values, the query has %zu: use that model",
            tandem_lane_name(lane), TD_STR_FMT(model.model_id), model.dim, self->query->dims[lane]);
    *asked_out = true;

out:
    return code;
}

static size_t candidates_of(const ask *self)
{
    size_t n = (size_t)self->options->k * self->options->oversample;

    n = n < self->list_max ? self->list_max : n;
    return n < CANDIDATES_MAX ? n : CANDIDATES_MAX;
}

static tandem_code fill_lane(ask *self, tandem_lane lane, td_arena *arena, tandem_error *err)
{
    td_search_scan_options scan = {.exact = self->options->exact,
                                   .n_candidates = candidates_of(self),
                                   .ids = self->ids,
                                   .n_ids = self->n_ids};
    bool asked = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(is_asked(self, lane, arena, &asked, err));
    if (!asked)
        goto out;
    self->lists[lane].weight = self->options->weights[lane];
    TD_TRY(td_search_scan(self->store, lane, self->query->vectors[lane], self->query->dims[lane],
                          &scan, self->items[lane], self->list_max, &self->lists[lane].n, err));

out:
    return code;
}

static tandem_code fill_lists(ask *self, td_arena *arena, tandem_error *err)
{
    bool has_vector = self->query->vectors[0] || self->query->vectors[1];
    tandem_code code = TANDEM_OK;

    if (has_vector && has_filter(&self->options->filter))
        TD_TRY(self->store->filter_ids(self->store, &self->options->filter, &self->ids,
                                       &self->n_ids, err));
    bool none = has_vector && has_filter(&self->options->filter) && self->n_ids == 0;
    for (int lane = 0; lane < TANDEM_N_LANES && !none; lane++)
        TD_TRY(fill_lane(self, (tandem_lane)lane, arena, err));
    if (self->query->text.n > 0 && self->options->text_weight > 0) {
        self->lists[WORDS].weight = self->options->text_weight;
        TD_TRY(self->store->text_search(self->store, self->query->text, &self->options->filter,
                                        self->list_max, self->items[WORDS], &self->lists[WORDS].n,
                                        err));
    }

out:
    return code;
}

static tandem_code open_ask(ask *self, tandem_error *err)
{
    size_t twice = (size_t)self->options->k * 2;

    self->list_max = twice > LIST_MIN ? twice : LIST_MIN;
    for (size_t list = 0; list < TD_SEARCH_N_LISTS; list++) {
        self->items[list] = calloc(self->list_max, sizeof(*self->items[list]));
        if (!self->items[list])
            return td_fail_nomem(err, "lists of hits");
        self->lists[list].items = self->items[list];
    }
    return TANDEM_OK;
}

static void close_ask(ask *self)
{
    for (size_t list = 0; list < TD_SEARCH_N_LISTS; list++)
        free(self->items[list]);
    free(self->ids);
}

/* -- the hits -- */

static void fill_ranks(tandem_hit *hit, const td_search_fused *from, uint32_t rank)
{
    hit->rank = rank;
    hit->score = from->score;
    for (size_t lane = 0; lane < TANDEM_N_LANES; lane++) {
        hit->lane_rank[lane] = from->rank[lane];
        hit->lane_score[lane] = (float)from->list_score[lane];
    }
    hit->text_rank = from->rank[WORDS];
}

/* Takes the best that say something new, k at a time: mostly the first k are enough. */
static tandem_code choose(const ask *self, const td_search_fused *fused, size_t n, td_arena *arena,
                          tandem_hit *hits_out, size_t *n_out, tandem_error *err)
{
    size_t k = self->options->k, n_kept = 0;
    tandem_hit *some = calloc(k, sizeof(*some));
    int64_t *ids = calloc(k, sizeof(*ids));
    td_hash *hashes = calloc(k, sizeof(*hashes));
    tandem_code code = TANDEM_OK;

    if (!some || !ids || !hashes) {
        code = td_fail_nomem(err, "hits");
        goto out;
    }
    for (size_t from = 0; from < n && n_kept < k; from += k) {
        size_t n_some = n - from < k ? n - from : k;
        for (size_t i = 0; i < n_some; i++)
            ids[i] = fused[from + i].chunk_id;
        TD_TRY(self->store->hits_get(self->store, ids, n_some, arena, some, err));
        for (size_t i = 0; i < n_some && n_kept < k; i++) {
            if (!some[i].text.ptr) /* gone since it was found */
                continue;
            td_hash hash = td_search_fuse_hash(some[i].text);
            if (td_search_fuse_repeats(&some[i], hash, hits_out, hashes, n_kept))
                continue;
            fill_ranks(&some[i], &fused[from + i], (uint32_t)n_kept + 1);
            TD_TRY(
                td_search_snippet(some[i].text, self->query->text, arena, &some[i].snippet, err));
            hashes[n_kept] = hash;
            hits_out[n_kept++] = some[i];
        }
    }
    *n_out = n_kept;

out:
    free(hashes);
    free(ids);
    free(some);
    return code;
}

tandem_code td_search(td_store *store, const td_search_query *query,
                      const td_search_options *options, td_arena *arena, tandem_hit *hits_out,
                      size_t *n_out, tandem_error *err)
{
    const td_search_options defaults = TD_SEARCH_OPTIONS;
    ask self = {.store = store, .query = query, .options = options ? options : &defaults};
    td_search_fused *fused = NULL;
    tandem_code code = TANDEM_OK;

    if (td_str_trim(query->text).n == 0 && !query->vectors[0] && !query->vectors[1])
        return td_fail(err, TANDEM_E_EMPTY, "nothing to search for: the query is empty");
    TD_TRY(check(query, self.options, err));
    TD_TRY(open_ask(&self, err));
    TD_TRY(fill_lists(&self, arena, err));
    fused = calloc(self.list_max * TD_SEARCH_N_LISTS, sizeof(*fused));
    if (!fused) {
        code = td_fail_nomem(err, "hits");
        goto out;
    }
    TD_TRY(choose(&self, fused, td_search_fuse(self.lists, fused), arena, hits_out, n_out, err));

out:
    free(fused);
    close_ask(&self);
    return code;
}
