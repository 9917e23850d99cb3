/* embed/local.c - the in-process engine behind td_embedder.
 *
 * A call of `embed` takes a workspace, cuts its batch into groups of about TD_GROUP_TOKENS, so that
 * memory does not grow with it, and hands each to the pool, which knows whose turn it is. */
#include "embed/embed.h"
#include "embed/engine.h"
#include "embed/plan.h"
#include "embed/pool.h"
#include "embed/select.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    QUERY_TEXTS_MAX = 8 /* more at once are bulk work, whatever their role */
};

typedef struct local {
    td_embedder base; /* first: a td_embedder * is a local * */
    td_engine *engine;
    td_pool *pool;
    td_check check;
    bool refuse_long;
    char *fingerprint;
} local;

/* Texts [first, first + n) of a batch, whose ids stand at the workspace's start. */
typedef struct group {
    size_t first, n;
} group;

static bool is_query(const td_batch *batch)
{
    return batch->role == TANDEM_ROLE_QUERY && batch->n <= QUERY_TEXTS_MAX;
}

static tandem_code run_group(const local *self, td_batch *batch, td_workspace *work, group *g,
                             tandem_error *err)
{
    td_ragged ragged = {.ids = work->ids,
                        .starts = work->starts,
                        .n_texts = g->n,
                        .first_text = g->first};
    float *vectors = batch->vectors + g->first * self->base.dim;
    tandem_code code = td_embed_pool_run(self->pool, is_query(batch), self->engine->model, &ragged,
                                         work->scratch, vectors, err);
    g->first += g->n;
    g->n = 0;
    return code;
}

/* Ids of one text behind those of the group. */
static tandem_code add_text(const local *self, td_batch *batch, size_t text, td_workspace *work,
                            const group *g, size_t *n_ids_out, tandem_error *err)
{
    const td_model_info *info = td_embed_model_info(self->engine->model);
    bool truncated = false;
    tandem_code code = td_embed_tokenize_text(self->engine->tokenizer, info->prompts[batch->role],
                                              batch->texts[text], work->ids + work->starts[g->n],
                                              info->tokens_max, n_ids_out, &truncated, err);

    if (code != TANDEM_OK) {
        td_context(err, "text %zu", text);
        return code;
    }
    if (truncated && self->refuse_long)
        return td_fail(err, TANDEM_E_TOO_LARGE, "text %zu is longer than the %zu tokens of %.*s",
                       text, info->tokens_max, TD_STR_FMT(self->base.model_id));
    if (batch->notes)
        batch->notes[text] = (td_text_note){(uint32_t)*n_ids_out, truncated};
    return TANDEM_OK;
}

/* The batch, group by group. */
static tandem_code embed_groups(const local *self, td_batch *batch, td_workspace *work,
                                tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    group g = {0};
    size_t n_ids = 0;

    for (size_t text = 0; text < batch->n; text++) {
        if (!is_query(batch))
            td_embed_pool_stand_aside(self->pool);
        TD_TRY(add_text(self, batch, text, work, &g, &n_ids, err));
        if (g.n > 0 && work->starts[g.n] + n_ids > TD_GROUP_TOKENS) {
            size_t at = work->starts[g.n];
            TD_TRY(run_group(self, batch, work, &g, err));
            memmove(work->ids, work->ids + at, n_ids * sizeof(*work->ids));
        }
        work->starts[g.n + 1] = work->starts[g.n] + (uint32_t)n_ids;
        g.n++;
    }
    if (g.n > 0)
        TD_TRY(run_group(self, batch, work, &g, err));
out:
    return code;
}

static tandem_code embed(td_embedder *embedder, td_batch *batch, uint32_t *retry_after_ms_out,
                         tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    local *self = (local *)embedder;
    td_workspace *work = NULL;
    bool bulk = !is_query(batch);

    if (retry_after_ms_out)
        *retry_after_ms_out = 0;
    if (bulk)
        td_embed_pool_bulk_begin(self->pool);
    TD_TRY(td_embed_pool_workspace_take(self->pool, self->base.tokens_max, &work, err));
    TD_TRY(embed_groups(self, batch, work, err));

out:
    td_embed_pool_workspace_give_back(self->pool, work);
    if (bulk)
        td_embed_pool_bulk_end(self->pool);
    return code;
}

static size_t estimate_tokens(td_embedder *embedder, td_str text)
{
    /* Prose has about 4.5 bytes a token, code about 3.5; the two are [CLS] and [SEP]. */
    size_t guess = text.n / 4 + 2;
    return guess < embedder->tokens_max ? guess : embedder->tokens_max;
}

static tandem_code tokenize(td_embedder *embedder, td_str text, tandem_role role, uint32_t *ids,
                            size_t *n_out, bool *truncated_out, tandem_error *err)
{
    const local *self = (const local *)embedder;
    const td_model_info *info = td_embed_model_info(self->engine->model);
    return td_embed_tokenize_text(self->engine->tokenizer, info->prompts[role], text, ids,
                                  info->tokens_max, n_out, truncated_out, err);
}

static tandem_code rows(td_embedder *embedder, td_str text, tandem_role role, float *rows_out,
                        size_t *n_rows_io, bool *truncated_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    local *self = (local *)embedder;
    td_workspace *work = NULL;
    td_text_note note;
    td_batch batch = {.texts = &text, .n = 1, .role = role, .notes = &note};
    group g = {.n = 0};
    size_t n_ids = 0;

    td_embed_pool_bulk_begin(self->pool);
    TD_TRY(td_embed_pool_workspace_take(self->pool, self->base.tokens_max, &work, err));
    work->starts[0] = 0;
    TD_TRY(add_text(self, &batch, 0, work, &g, &n_ids, err));
    if (n_ids > *n_rows_io)
        TD_FAIL(err, TANDEM_E_TOO_LARGE, "the text has %zu tokens, there is room for %zu", n_ids,
                *n_rows_io);
    work->starts[1] = (uint32_t)n_ids;
    td_ragged ragged = {.ids = work->ids, .starts = work->starts, .n_texts = 1, .every_row = true};
    TD_TRY(td_embed_pool_run(self->pool, false, self->engine->model, &ragged, work->scratch,
                             rows_out, err));
    *n_rows_io = n_ids;
    *truncated_out = note.truncated;

out:
    td_embed_pool_workspace_give_back(self->pool, work);
    td_embed_pool_bulk_end(self->pool);
    return code;
}

static td_str token(td_embedder *embedder, uint32_t id)
{
    return td_embed_tokenize_token(((const local *)embedder)->engine->tokenizer, id);
}

static void close_local(td_embedder *embedder)
{
    local *self = (local *)embedder;
    if (!self)
        return;
    td_embed_engine_give_back(self->engine);
    td_embed_pool_give_back(self->pool);
    free(self->fingerprint);
    free(self);
}

static tandem_code make_fingerprint(const td_model_files *files, local *self, tandem_error *err)
{
    const td_model_info *info = td_embed_model_info(self->engine->model);
    int n = asprintf(&self->fingerprint,
                     "local-%d id=%.*s revision=%.*s precision=%s isa=%s tokens=%zu query=\"%.*s\" "
                     "document=\"%.*s\"",
                     TD_ENGINE_VERSION, TD_STR_FMT(files->id), TD_STR_FMT(files->revision),
                     td_embed_select_name(self->engine->precision), self->engine->kernels->name,
                     info->tokens_max, TD_STR_FMT(info->prompts[TANDEM_ROLE_QUERY]),
                     TD_STR_FMT(info->prompts[TANDEM_ROLE_DOCUMENT]));
    if (n >= 0)
        return TANDEM_OK;
    self->fingerprint = NULL;
    return td_fail_nomem(err, "a fingerprint");
}

static void fill_base(const td_model_files *files, local *self)
{
    const td_model_info *info = td_embed_model_info(self->engine->model);

    self->base = (td_embedder){
        .embed = embed,
        .estimate_tokens = estimate_tokens,
        .tokenize = tokenize,
        .rows = rows,
        .token = token,
        .close = close_local,
        .dim = info->dim,
        .tokens_max = info->tokens_max,
        .batch_tokens_enough = TD_GROUP_TOKENS,
        .is_local = true,
        .model_id = files->id,
        .origin = files->origin,
        .architecture = td_str_from(info->architecture),
        .precision = td_str_from(td_embed_select_name(self->engine->precision)),
        .weights_bytes = info->bytes,
        .token_flop = info->token_flop,
        .pair_flop = info->pair_flop,
        .n_checked = self->check.n_samples,
        .check_mean = self->check.mean,
        .check_least = self->check.least,
        .fingerprint = td_str_from(self->fingerprint),
    };
}

/* The weights are there; whether their runs fit as well is known only now. Scratch is shared: that
 * of the largest model counts. */
static tandem_code check_memory(const local *self, const td_embed_local_options *options,
                                tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t own = 0, others = td_embed_pool_plan(self->pool, 0);

    if (options->memory_bytes_max == 0)
        goto out;
    TD_TRY(
        td_embed_plan_scratch(self->engine->model, td_embed_pool_n_threads(self->pool), &own, err));
    TD_TRY(td_embed_plan_check(options->memory_bytes_max, td_embed_engine_bytes(),
                               own > others ? own : others, err));
    td_embed_pool_plan(self->pool, own);
out:
    return code;
}

static tandem_code open_local(const td_model_files *files, const td_embed_local_options *options,
                              td_embedder **embedder_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const td_kernels *kernels = NULL;
    local *self = calloc(1, sizeof(*self));

    if (!self) {
        code = td_fail_nomem(err, "an embedder");
        goto out;
    }
    TD_TRY(td_embed_kernels_choose(options->isa, &kernels, err));
    TD_TRY(td_embed_pool_take(options->n_threads, &self->pool, err));
    TD_TRY(td_embed_select_engine(files, kernels, options, self->pool, &self->engine, &self->check,
                                  err));
    TD_TRY(check_memory(self, options, err));
    TD_TRY(make_fingerprint(files, self, err));
    self->refuse_long = options->refuse_long;
    fill_base(files, self);
    *embedder_out = &self->base;
    self = NULL;

out:
    close_local((td_embedder *)self);
    return code;
}

tandem_code td_embed_local_open(const td_model_files *files, const td_embed_local_options *options,
                                td_embedder **embedder_out, tandem_error *err)
{
    const td_embed_local_options defaults = TD_EMBED_LOCAL_OPTIONS;
    tandem_code code = open_local(files, options ? options : &defaults, embedder_out, err);
    if (code != TANDEM_OK)
        td_context(err, "model %.*s", TD_STR_FMT(files->origin.n > 0 ? files->origin : files->id));
    return code;
}
