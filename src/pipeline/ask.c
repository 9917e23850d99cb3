/* The lower way: question, lanes, vectors, search. */
#include "base/log.h"
#include "base/utf8.h"
#include "pipeline/state.h"
#include "search/search.h"

#include <stdlib.h>

enum {
    HITS_BYTES_MAX = 256 << 20
};

struct tandem_hits {
    td_arena *arena;
    tandem_hit *items;
    size_t n;
};

/* One lane's share of a question. */
typedef struct question {
    tandem_index *index;
    tandem_lane lane;
    td_str text;
    float *vector; /* NULL: the lane has no vectors */
    size_t dim;
    tandem_code code;
    tandem_error error;
} question;

static tandem_code embed_question(question *q, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const td_pipeline_lane *lane = NULL;
    td_store_lane stored = {0};
    td_arena *arena = td_arena_new(1u << 16);
    td_store *store = q->index->store;

    if (!arena)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a question");
    TD_TRY(store->lane_get(store, q->lane, &stored, arena, err));
    if (!stored.has_vectors)
        goto out;
    TD_TRY(td_pipeline_lanes_get(q->index, q->lane, false, &lane, err));
    TD_TRY(td_pipeline_lanes_check(q->index, q->lane, &stored, lane, err));
    q->dim = lane->embedder->dim;
    q->vector = malloc(q->dim * sizeof(*q->vector));
    if (!q->vector)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a question");
    td_batch batch = {.texts = &q->text, .n = 1, .role = TANDEM_ROLE_QUERY, .vectors = q->vector};
    code = lane->embedder->embed(lane->embedder, &batch, NULL, err);
    if (code != TANDEM_OK) {
        free(q->vector);
        q->vector = NULL;
    }
out:
    td_arena_free(arena);
    return code;
}

static void *embed_thread(void *user)
{
    question *q = user;

    q->code = embed_question(q, &q->error);
    return NULL;
}

/* Servers that are gone, busy or broken: the other lane and the words answer without them. */
static bool may_do_without(const question *q)
{
    if (!td_pipeline_lanes_is_remote(q->index, q->lane))
        return false;
    return tandem_code_retry(q->code) || q->code == TANDEM_E_DENIED ||
           q->code == TANDEM_E_NOT_FOUND || q->code == TANDEM_E_FORMAT;
}

/* Both lanes at once: the second has a thread of its own. */
static tandem_code embed_both(question questions[TANDEM_N_LANES], tandem_error *err)
{
    pthread_t thread;
    tandem_code code = td_thread_start(&thread, "ask", embed_thread, &questions[1], err);

    if (code != TANDEM_OK)
        return code;
    embed_thread(&questions[0]);
    pthread_join(thread, NULL);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const question *q = &questions[l];
        if (q->code == TANDEM_OK)
            continue;
        if (!may_do_without(q)) {
            if (err)
                *err = q->error;
            return q->code;
        }
        td_log(TD_WARN, "pipeline", "search=without lane=%s code=%s message=\"%s: %s\"",
               tandem_lane_name(q->lane), tandem_code_name(q->code), q->error.context,
               q->error.message);
    }
    return TANDEM_OK;
}

static tandem_code search_options(const tandem_search_options *options, td_buf *source,
                                  td_search_options *out, tandem_error *err)
{
    td_search_options s = TD_SEARCH_OPTIONS;

    s.k = options->k;
    s.exact = options->exact;
    s.filter.scope = td_str_from(options->scope);
    s.filter.project = td_str_from(options->project);
    s.filter.dataset = td_str_from(options->dataset);
    s.filter.language = td_str_from(options->language);
    s.filter.path_glob = td_str_from(options->path_glob);
    s.filter.kind = (int)options->kind;
    if (options->source) {
        tandem_code code = td_source_name(options->source, source, err);
        if (code != TANDEM_OK)
            return code;
    }
    s.filter.source = td_buf_str(source);
    *out = s;
    return TANDEM_OK;
}

static tandem_code search(tandem_index *index, td_str text, const question *questions,
                          const tandem_search_options *options, tandem_hits *hits,
                          tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf source = TD_BUF(1u << 16);
    td_search_options s;
    td_search_query query = {.text = text};

    TD_TRY(search_options(options, &source, &s, err));
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        query.vectors[l] = questions[l].vector;
        query.dims[l] = questions[l].dim;
    }
    hits->items = td_arena_zalloc(hits->arena, s.k, sizeof(*hits->items));
    if (!hits->items)
        TD_TRY(td_arena_fail(hits->arena, err));
    TD_TRY(td_search(index->store, &query, &s, hits->arena, hits->items, &hits->n, err));
    if (options->source && hits->n == 0) /* what is not there cannot be searched */
        TD_TRY(td_pipeline_handle_each_source(index, options->source, NULL, NULL, err));
out:
    td_buf_clear(&source);
    return code;
}

tandem_code td_pipeline_ask_search(tandem_index *index, tandem_str query,
                                   const tandem_search_options *options, tandem_hits **hits_out,
                                   tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    question questions[TANDEM_N_LANES] = {0};
    td_buf clean = TD_BUF(1u << 20);
    tandem_hits *hits = calloc(1, sizeof(*hits));

    if (!hits || !(hits->arena = td_arena_new(HITS_BYTES_MAX)))
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for hits");
    TD_TRY(td_utf8_add_clean(&clean, query, err));
    for (int l = 0; l < TANDEM_N_LANES; l++)
        questions[l] = (question){.index = index,
                                  .lane = (tandem_lane)l,
                                  .text = td_str_trim(td_buf_str(&clean))};
    if (questions[0].text.n == 0)
        TD_FAIL(err, TANDEM_E_EMPTY, "the query is empty");
    TD_TRY(embed_both(questions, err));
    TD_TRY(search(index, questions[0].text, questions, options, hits, err));
    *hits_out = hits;
    hits = NULL;
out:
    for (int l = 0; l < TANDEM_N_LANES; l++)
        free(questions[l].vector);
    td_buf_clear(&clean);
    td_pipeline_ask_free(hits);
    return code;
}

/* The run of `hits` around the middle one that is of its page and without a gap. Ids of a page are
 * given in its order (page_put). */
static void keep_neighbours(tandem_hits *hits, size_t middle)
{
    const tandem_hit *of = &hits->items[middle];
    size_t first = middle, last = middle;

    while (first > 0 && hits->items[first - 1].text.ptr &&
           td_str_eq(hits->items[first - 1].path, of->path) &&
           hits->items[first - 1].index + 1 == hits->items[first].index)
        first--;
    while (last + 1 < hits->n && hits->items[last + 1].text.ptr &&
           td_str_eq(hits->items[last + 1].path, of->path) &&
           hits->items[last].index + 1 == hits->items[last + 1].index)
        last++;
    hits->items += first;
    hits->n = last - first + 1;
}

tandem_code td_pipeline_ask_chunk(tandem_index *index, uint64_t id, uint32_t n_around,
                                  tandem_hits **hits_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t before = id > n_around ? n_around : id > 0 ? (size_t)id - 1 : 0;
    size_t n = before + 1 + n_around;
    int64_t *ids = NULL;
    tandem_hits *hits = calloc(1, sizeof(*hits));

    if (!hits || !(hits->arena = td_arena_new(HITS_BYTES_MAX)))
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a chunk");
    if (id == 0 || id > INT64_MAX - n)
        TD_FAIL(err, TANDEM_E_NOT_FOUND, "there is no chunk %llu", (unsigned long long)id);
    ids = td_arena_zalloc(hits->arena, n, sizeof(*ids));
    hits->items = td_arena_zalloc(hits->arena, n, sizeof(*hits->items));
    if (!ids || !hits->items)
        TD_TRY(td_arena_fail(hits->arena, err));
    for (size_t i = 0; i < n; i++)
        ids[i] = (int64_t)(id - before + i);
    TD_TRY(index->store->hits_get(index->store, ids, n, hits->arena, hits->items, err));
    hits->n = n;
    if (!hits->items[before].text.ptr)
        TD_FAIL(err, TANDEM_E_NOT_FOUND, "there is no chunk %llu", (unsigned long long)id);
    keep_neighbours(hits, before);
    *hits_out = hits;
    hits = NULL;
out:
    td_pipeline_ask_free(hits);
    return code;
}

const tandem_hit *td_pipeline_ask_hits(const tandem_hits *hits, size_t *n_out)
{
    *n_out = hits->n;
    return hits->items;
}

void td_pipeline_ask_free(tandem_hits *hits)
{
    if (!hits)
        return;
    td_arena_free(hits->arena);
    free(hits);
}
