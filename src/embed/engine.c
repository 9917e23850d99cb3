#include "embed/engine.h"

#include "base/thread.h"
#include "embed/plan.h"

#include <stdlib.h>

enum {
    SHARDS_MAX = 64,
};

/* Engines in use, so that two lanes on one model pack it once. */
static pthread_mutex_t engines_lock = PTHREAD_MUTEX_INITIALIZER; /* rank 2: guards engines */
static td_engine *engines;

/* What a model is opened from. */
typedef struct origin {
    const td_model_files *files;
    td_pool *pool;
} origin;

static td_str get_file(const void *user, const char *name)
{
    return td_model_files_get(((const origin *)user)->files, name);
}

static void forget_bytes(const void *user, td_str bytes)
{
    const td_model_files *files = ((const origin *)user)->files;
    if (files->forget)
        files->forget(files, bytes);
}

static void share_work(const void *user, void (*work)(void *arg), void *arg)
{
    td_embed_pool_share(((const origin *)user)->pool, work, arg);
}

/* A query does not wait while a model is packed. */
static void stand_aside(const void *user)
{
    td_embed_pool_stand_aside(((const origin *)user)->pool);
}

static void engine_free(td_engine *engine)
{
    if (!engine)
        return;
    if (engine->is_keeping)
        pthread_join(engine->keeper, NULL);
    td_embed_model_close(engine->model);
    td_embed_tokenize_close(engine->tokenizer);
    td_embed_weights_close(engine->weights);
    td_embed_packed_cache_close(&engine->packed);
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

static size_t bytes_locked(void)
{
    size_t bytes = 0;
    for (const td_engine *engine = engines; engine; engine = engine->next)
        bytes += engine->bytes;
    return bytes;
}

size_t td_embed_engine_bytes(void)
{
    pthread_mutex_lock(&engines_lock);
    size_t bytes = bytes_locked();
    pthread_mutex_unlock(&engines_lock);
    return bytes;
}

static td_packed_key key_of(const td_engine *engine)
{
    return (td_packed_key){engine->files, engine->kernels, engine->precision};
}

/* Over what an earlier start has packed, if there is any. */
static tandem_code open_model(td_model_source *source, const td_packed_cache *cache,
                              td_engine *engine, tandem_error *err)
{
    const td_packed_key key = key_of(engine);

    source->weights = engine->weights;
    if (cache && td_embed_packed_cache_open(cache, &key, &engine->packed)) {
        source->packed = &engine->packed.blocks;
        tandem_code code = td_embed_model_open(source, &engine->model, err);
        engine->is_kept = code == TANDEM_OK;
        if (code != TANDEM_E_CONFLICT)
            return code;
        source->packed = NULL;
        td_embed_packed_cache_close(&engine->packed);
        td_embed_packed_cache_drop(cache, &key);
    }
    return td_embed_model_open(source, &engine->model, err);
}

static tandem_code engine_new(const td_model_files *files, const td_engine_options *options,
                              td_engine **engine_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const origin from = {files, options->pool};
    td_model_source source = {.get = get_file,
                              .forget = forget_bytes,
                              .share = options->pool ? share_work : NULL,
                              .pause = options->pool ? stand_aside : NULL,
                              .user = &from,
                              .kernels = options->kernels,
                              .precision = options->precision};
    td_engine *engine = calloc(1, sizeof(*engine));

    if (!engine)
        return td_fail_nomem(err, "a model");
    engine->kernels = options->kernels;
    engine->precision = options->precision;
    engine->files = files;
    TD_TRY(open_weights(files, engine, err));
    engine->bytes = td_embed_plan_weights(engine->weights, options->precision);
    TD_TRY(td_embed_plan_check(options->memory_bytes_max, bytes_locked() + engine->bytes, 0, err));
    TD_TRY(open_model(&source, options->packed, engine, err));
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

static td_engine *find_locked(const td_model_files *files, const td_engine_options *options)
{
    td_weights_shard shards[SHARDS_MAX];
    td_str key = list_shards(files, shards) > 0 ? shards[0].bytes : (td_str){0};
    for (td_engine *engine = engines; engine; engine = engine->next) {
        if (engine->key.ptr == key.ptr && engine->key.n == key.n &&
            engine->kernels == options->kernels && engine->precision == options->precision)
            return engine;
    }
    return NULL;
}

/* The lock is held while a model is packed: a second opener of the same files shall wait for the
 * first one's result, not pack again. */
tandem_code td_embed_engine_take(const td_model_files *files, const td_engine_options *options,
                                 td_engine **engine_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    pthread_mutex_lock(&engines_lock);
    td_engine *engine = find_locked(files, options);
    if (!engine) {
        TD_TRY(engine_new(files, options, &engine, err));
        engine->next = engines;
        engines = engine;
    }
    engine->n_users++;
    *engine_out = engine;

out:
    pthread_mutex_unlock(&engines_lock);
    return code;
}

static void *write_packed(void *arg)
{
    td_engine *engine = arg;
    const td_packed_key key = key_of(engine);
    td_embed_packed_cache_put(&engine->cache, &key, td_embed_model_blocks(engine->model));
    return NULL;
}

void td_embed_engine_keep(td_engine *engine, const td_packed_cache *cache)
{
    pthread_mutex_lock(&engines_lock);
    if (!engine->is_kept) {
        engine->is_kept = true;
        engine->cache = *cache;
        engine->is_keeping =
            td_thread_start(&engine->keeper, "packed", write_packed, engine, NULL) == TANDEM_OK;
    }
    pthread_mutex_unlock(&engines_lock);
}

void td_embed_engine_give_back(td_engine *engine)
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
