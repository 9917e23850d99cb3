/* embed/local.c - the in-process engine behind td_embedder.
 *
 * What embedders of the same files and options share is a td_engine: tokenizer, packed weights and
 * idle workspaces. A call of `embed` takes a workspace, cuts its batch into groups of about
 * GROUP_TOKENS, so that memory does not grow with it, and runs each on the calling thread. */
#include "base/thread.h"
#include "embed/embed.h"
#include "embed/model/model.h"
#include "embed/tokenize/tokenize.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    /* More tokens at once are no faster above about 500; fewer mean less memory and latency. */
    GROUP_TOKENS = 2048,
    SHARDS_MAX = 64,
    ENGINE_VERSION = 1, /* in fingerprints: goes up when the same files give other bits */
};

/* What one call works in. */
typedef struct workspace {
    struct workspace *next; /* idle ones form a list */
    td_scratch *scratch;
    uint32_t *ids;    /* a group's and those of the text that came too much */
    uint32_t *starts; /* [GROUP_TOKENS + 2]: a text has at least one token */
} workspace;

typedef struct td_engine {
    struct td_engine *next;
    size_t n_users;
    td_str key; /* the weights' bytes, by address: the same files */
    const td_kernels *kernels;

    td_weights *weights;
    td_tokenizer *tokenizer;
    td_model *model;

    pthread_mutex_t lock; /* rank 3: guards idle */
    workspace *idle;
} td_engine;

/* Engines in use, so that two lanes on one model pack it once. */
static pthread_mutex_t engines_lock = PTHREAD_MUTEX_INITIALIZER; /* rank 2: guards engines */
static td_engine *engines;

typedef struct local {
    td_embedder base; /* first: a td_embedder * is a local * */
    td_engine *engine;
    bool refuse_long;
    char *fingerprint;
} local;

/* ---- workspaces ---- */

static void workspace_free(workspace *work)
{
    if (!work)
        return;
    td_embed_model_scratch_free(work->scratch);
    free(work->ids);
    free(work->starts);
    free(work);
}

static workspace *workspace_new(size_t tokens_max)
{
    workspace *work = calloc(1, sizeof(*work));
    if (!work)
        return NULL;
    work->scratch = td_embed_model_scratch_new();
    work->ids = calloc((tokens_max > GROUP_TOKENS ? tokens_max : GROUP_TOKENS) + tokens_max,
                       sizeof(*work->ids));
    work->starts = calloc(GROUP_TOKENS + 2, sizeof(*work->starts));
    if (work->scratch && work->ids && work->starts)
        return work;
    workspace_free(work);
    return NULL;
}

static workspace *workspace_take(td_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    workspace *work = engine->idle;
    if (work)
        engine->idle = work->next;
    pthread_mutex_unlock(&engine->lock);
    return work ? work : workspace_new(td_embed_model_info(engine->model)->tokens_max);
}

/* As many are kept as ever worked at the same time: one a thread. */
static void workspace_give_back(td_engine *engine, workspace *work)
{
    if (!work)
        return;
    pthread_mutex_lock(&engine->lock);
    work->next = engine->idle;
    engine->idle = work;
    pthread_mutex_unlock(&engine->lock);
}

/* ---- engines ---- */

static td_str get_file(const void *user, const char *name)
{
    return td_model_files_get(user, name);
}

static void engine_free(td_engine *engine)
{
    if (!engine)
        return;
    while (engine->idle) {
        workspace *next = engine->idle->next;
        workspace_free(engine->idle);
        engine->idle = next;
    }
    td_embed_model_close(engine->model);
    td_embed_tokenize_close(engine->tokenizer);
    td_embed_weights_close(engine->weights);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}

/* model.safetensors, or else its shards: model-00001-of-00003.safetensors and so on. */
static size_t list_shards(const td_model_files *files, td_weights_shard shards[SHARDS_MAX])
{
    td_str whole = td_model_files_get(files, "model.safetensors");
    size_t n = 0;

    if (whole.ptr)
        shards[n++] = (td_weights_shard){TD_STR("model.safetensors"), whole};
    for (size_t i = 0; i < files->n_files && !whole.ptr && n < SHARDS_MAX; i++) {
        const td_model_file *file = &files->files[i];
        if (td_str_glob(TD_STR("model-*-of-*.safetensors"), file->name))
            shards[n++] = (td_weights_shard){file->name, file->bytes};
    }
    return n;
}

static tandem_code open_weights(const td_model_files *files, td_engine *engine, tandem_error *err)
{
    td_weights_shard shards[SHARDS_MAX];
    size_t n = list_shards(files, shards);
    if (n == 0)
        return td_fail(err, TANDEM_E_FORMAT, "model.safetensors is missing");
    engine->key = shards[0].bytes;
    return td_embed_weights_open(shards, n, &engine->weights, err);
}

static tandem_code check_vocabulary(const td_engine *engine, tandem_error *err)
{
    size_t n_tokens = td_embed_tokenize_n_vocab(engine->tokenizer);
    size_t n_rows = td_embed_model_info(engine->model)->n_vocab;
    if (n_tokens > n_rows)
        return td_fail(err, TANDEM_E_FORMAT,
                       "tokenizer.json has ids up to %zu, config.json \"vocab_size\" is %zu",
                       n_tokens - 1, n_rows);
    return TANDEM_OK;
}

static tandem_code engine_new(const td_model_files *files, const td_kernels *kernels,
                              td_engine **engine_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_model_source source = {.get = get_file, .user = files, .kernels = kernels};
    td_engine *engine = calloc(1, sizeof(*engine));

    if (!engine)
        return td_fail_nomem(err, "a model");
    pthread_mutex_init(&engine->lock, NULL);
    engine->kernels = kernels;
    TD_TRY(open_weights(files, engine, err));
    source.weights = engine->weights;
    TD_TRY(td_embed_model_open(&source, &engine->model, err));
    TD_TRY(td_embed_tokenize_open(td_model_files_get(files, "tokenizer.json"),
                                  td_model_files_get(files, "vocab.txt"),
                                  td_model_files_get(files, "tokenizer_config.json"),
                                  &engine->tokenizer, err));
    TD_TRY(check_vocabulary(engine, err));
    *engine_out = engine;
    engine = NULL;

out:
    engine_free(engine);
    return code;
}

static td_engine *find_locked(const td_model_files *files, const td_kernels *kernels)
{
    td_weights_shard shards[SHARDS_MAX];
    td_str key = list_shards(files, shards) > 0 ? shards[0].bytes : (td_str){0};
    for (td_engine *engine = engines; engine; engine = engine->next) {
        if (engine->key.ptr == key.ptr && engine->key.n == key.n && engine->kernels == kernels)
            return engine;
    }
    return NULL;
}

/* The lock is held while a model is packed: a second opener of the same files shall wait for the
 * first one's result, not pack again. */
static tandem_code engine_take(const td_model_files *files, const td_kernels *kernels,
                               td_engine **engine_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    pthread_mutex_lock(&engines_lock);
    td_engine *engine = find_locked(files, kernels);
    if (!engine) {
        TD_TRY(engine_new(files, kernels, &engine, err));
        engine->next = engines;
        engines = engine;
    }
    engine->n_users++;
    *engine_out = engine;

out:
    pthread_mutex_unlock(&engines_lock);
    return code;
}

static void engine_give_back(td_engine *engine)
{
    if (!engine)
        return;
    pthread_mutex_lock(&engines_lock);
    bool last = --engine->n_users == 0;
    for (td_engine **at = &engines; last && *at; at = &(*at)->next) {
        if (*at == engine) {
            *at = engine->next;
            break;
        }
    }
    pthread_mutex_unlock(&engines_lock);
    if (last)
        engine_free(engine);
}

/* ---- the embedder ---- */

/* Texts [first, first + n) of a batch, whose ids stand at the workspace's start. */
typedef struct group {
    size_t first, n;
} group;

static tandem_code run_group(const local *self, td_batch *batch, workspace *work, group *g,
                             tandem_error *err)
{
    td_ragged ragged = {.ids = work->ids,
                        .starts = work->starts,
                        .n_texts = g->n,
                        .first_text = g->first};
    float *vectors = batch->vectors + g->first * self->base.dim;
    tandem_code code =
        td_embed_model_run(self->engine->model, &ragged, work->scratch, vectors, err);
    g->first += g->n;
    g->n = 0;
    return code;
}

/* Ids of one text behind those of the group. */
static tandem_code add_text(const local *self, td_batch *batch, size_t text, workspace *work,
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

static tandem_code embed(td_embedder *embedder, td_batch *batch, uint32_t *retry_after_ms_out,
                         tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    local *self = (local *)embedder;
    workspace *work = workspace_take(self->engine);
    group g = {0};
    size_t n_ids = 0;

    if (retry_after_ms_out)
        *retry_after_ms_out = 0;
    if (!work) {
        code = td_fail_nomem(err, "an embedding run");
        goto out;
    }
    for (size_t text = 0; text < batch->n; text++) {
        TD_TRY(add_text(self, batch, text, work, &g, &n_ids, err));
        if (g.n > 0 && work->starts[g.n] + n_ids > GROUP_TOKENS) {
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
    workspace_give_back(self->engine, work);
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

static td_str token(td_embedder *embedder, uint32_t id)
{
    return td_embed_tokenize_token(((const local *)embedder)->engine->tokenizer, id);
}

static void close_local(td_embedder *embedder)
{
    local *self = (local *)embedder;
    if (!self)
        return;
    engine_give_back(self->engine);
    free(self->fingerprint);
    free(self);
}

static tandem_code make_fingerprint(const td_model_files *files, local *self, tandem_error *err)
{
    const td_model_info *info = td_embed_model_info(self->engine->model);
    const char *isa = self->engine->kernels->name;
    int n =
        asprintf(&self->fingerprint,
                 "local-%d id=%.*s revision=%.*s precision=f32 isa=%s tokens=%zu query=\"%.*s\" "
                 "document=\"%.*s\"",
                 ENGINE_VERSION, TD_STR_FMT(files->id), TD_STR_FMT(files->revision), isa,
                 info->tokens_max, TD_STR_FMT(info->prompts[TANDEM_ROLE_QUERY]),
                 TD_STR_FMT(info->prompts[TANDEM_ROLE_DOCUMENT]));
    if (n >= 0)
        return TANDEM_OK;
    self->fingerprint = NULL;
    return td_fail_nomem(err, "a fingerprint");
}

static tandem_code open_local(const td_model_files *files, const td_embed_local_options *options,
                              td_embedder **embedder_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const td_kernels *kernels = NULL;
    const td_model_info *info = NULL;
    local *self = calloc(1, sizeof(*self));

    if (!self) {
        code = td_fail_nomem(err, "an embedder");
        goto out;
    }
    TD_TRY(td_embed_kernels_choose(options->isa, &kernels, err));
    TD_TRY(engine_take(files, kernels, &self->engine, err));
    TD_TRY(make_fingerprint(files, self, err));
    info = td_embed_model_info(self->engine->model);
    self->refuse_long = options->refuse_long;
    self->base = (td_embedder){
        .embed = embed,
        .estimate_tokens = estimate_tokens,
        .tokenize = tokenize,
        .token = token,
        .close = close_local,
        .dim = info->dim,
        .tokens_max = info->tokens_max,
        .is_local = true,
        .model_id = files->id,
        .origin = files->origin,
        .architecture = td_str_from(info->architecture),
        .precision = TD_STR("f32"),
        .fingerprint = td_str_from(self->fingerprint),
    };
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
    options = options ? options : &defaults;
    const char *precision = options->precision ? options->precision : "auto";

    if (strcmp(precision, "auto") != 0 && strcmp(precision, "f32") != 0)
        return td_fail(err, TANDEM_E_UNSUPPORTED,
                       "precision \"%.20s\" is not supported; auto and f32 are", precision);
    tandem_code code = open_local(files, options, embedder_out, err);
    if (code != TANDEM_OK)
        td_context(err, "model %.*s", TD_STR_FMT(files->origin.n > 0 ? files->origin : files->id));
    return code;
}
