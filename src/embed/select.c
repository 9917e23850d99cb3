#include "embed/select.h"

#include "base/log.h"
#include "embed/samples.h"

#include <math.h>
#include <stdlib.h>

enum {
    SAMPLE_TOKENS_MAX = 128, /* longer ones are cut: the check shall take no more than a second */
};

static const char *const NAMES[] = {
    [TD_PRECISION_F32] = "f32",
    [TD_PRECISION_BF16] = "bf16",
    [TD_PRECISION_INT8] = "int8",
};
enum {
    N_PRECISIONS = sizeof(NAMES) / sizeof(NAMES[0])
};

const char *td_embed_select_name(td_precision precision)
{
    return NAMES[precision];
}

tandem_code td_embed_select_named(const char *name, td_precision *precision_out, tandem_error *err)
{
    for (int p = 0; p < N_PRECISIONS; p++) {
        if (strcmp(name, NAMES[p]) == 0) {
            *precision_out = (td_precision)p;
            return TANDEM_OK;
        }
    }
    return td_fail(err, TANDEM_E_INVALID,
                   "precision \"%.20s\" is not known: use auto, f32, bf16 or int8", name);
}

bool td_embed_select_passes(const td_check *check)
{
    return check->n_samples > 0 && check->mean >= TD_CHECK_MEAN_MIN &&
           check->least >= TD_CHECK_LEAST_MIN;
}

/* ---- the check ---- */

typedef struct sampled {
    uint32_t ids[TD_SAMPLES_N * SAMPLE_TOKENS_MAX];
    uint32_t starts[TD_SAMPLES_N + 1];
} sampled;

/* Ids of all samples, end to end. A cut sample loses its [SEP], which does not matter here. */
static tandem_code tokenize(const td_engine *engine, sampled *s, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t tokens_max = td_embed_model_info(engine->model)->tokens_max, n = 0;
    bool truncated = false;

    tokens_max = tokens_max < SAMPLE_TOKENS_MAX ? tokens_max : SAMPLE_TOKENS_MAX;
    for (size_t i = 0; i < TD_SAMPLES_N; i++) {
        TD_TRY(td_embed_tokenize_text(engine->tokenizer, TD_STR(""),
                                      td_str_from(td_embed_samples[i]), s->ids + s->starts[i],
                                      tokens_max, &n, &truncated, err));
        s->starts[i + 1] = s->starts[i] + (uint32_t)n;
    }
out:
    return code;
}

/* Vectors [TD_SAMPLES_N, dim] of all samples, sample by sample: a run of a few dozen tokens needs
 * hardly any memory beside the two models. */
static tandem_code embed(td_pool *pool, const td_engine *engine, const sampled *s,
                         td_scratch *scratch, float *vectors, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t dim = td_embed_model_info(engine->model)->dim, n = 0;

    td_embed_pool_bulk_begin(pool);
    for (size_t first = 0; first < TD_SAMPLES_N; first += n) {
        uint32_t starts[TD_SAMPLES_N + 1] = {0};
        for (n = 0; first + n < TD_SAMPLES_N; n++) {
            starts[n + 1] = s->starts[first + n + 1] - s->starts[first];
            if (starts[n + 1] > TD_GROUP_TOKENS)
                break;
        }
        td_ragged group = {.ids = s->ids + s->starts[first],
                           .starts = starts,
                           .n_texts = n,
                           .first_text = first};
        TD_TRY(td_embed_pool_run(pool, false, engine->model, &group, scratch, vectors + first * dim,
                                 err));
    }
out:
    td_embed_pool_bulk_end(pool);
    return code;
}

static void compare(const float *a, const float *b, size_t dim, td_check *check)
{
    double sum = 0;

    check->least = 1;
    for (size_t i = 0; i < TD_SAMPLES_N; i++) {
        double cosine = 0;
        for (size_t d = 0; d < dim; d++)
            cosine += (double)a[i * dim + d] * (double)b[i * dim + d];
        sum += cosine;
        check->least = fmin(check->least, cosine);
    }
    check->mean = sum / TD_SAMPLES_N;
    check->n_samples = TD_SAMPLES_N;
}

/* A model whose vectors of the samples are not finite in this precision, or in f32, does not pass:
 * what such a model fails at is told text by text, when there are texts. */
static tandem_code measure(td_pool *pool, const td_engine *exact, const td_engine *tried,
                           td_check *check, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t dim = td_embed_model_info(exact->model)->dim;
    sampled *s = calloc(1, sizeof(*s));
    float *vectors = calloc(2 * TD_SAMPLES_N * dim, sizeof(*vectors));
    td_scratch *scratch = td_embed_model_scratch_new();

    if (!s || !vectors || !scratch)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory to check a precision");
    TD_TRY(tokenize(exact, s, err));
    code = embed(pool, exact, s, scratch, vectors, err);
    if (code == TANDEM_OK)
        code = embed(pool, tried, s, scratch, vectors + TD_SAMPLES_N * dim, err);
    if (code == TANDEM_OK)
        compare(vectors, vectors + TD_SAMPLES_N * dim, dim, check);
    else if (code == TANDEM_E_FORMAT)
        *check = (td_check){.n_samples = TD_SAMPLES_N, .mean = 0, .least = -1};
    code = code == TANDEM_E_FORMAT ? TANDEM_OK : code;

out:
    td_embed_model_scratch_free(scratch);
    free(vectors);
    free(s);
    return code;
}

/* ---- auto ---- */

typedef struct search {
    const td_model_files *files;
    const td_kernels *kernels;
    const td_check_cache *cache;
    td_pool *pool;
    td_engine *exact; /* in f32; NULL until it is needed */
    uint64_t memory_bytes_max;
} search;

static tandem_code take(const search *s, td_precision precision, td_engine **engine_out,
                        tandem_error *err)
{
    const td_engine_options options = {.kernels = s->kernels, .precision = precision};
    return td_embed_engine_take(s->files, &options, engine_out, err);
}

/* The model in a precision, if it passes; else NULL. */
static tandem_code try(search *s, td_precision precision, td_engine **engine_out, td_check *check,
                       tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_engine *tried = NULL;
    const td_check_key key = {s->files, s->kernels, precision};
    bool known = td_embed_check_cache_get(s->cache, &key, check);

    if (known && !td_embed_select_passes(check))
        goto out;
    TD_TRY(take(s, precision, &tried, err));
    if (!known) {
        if (!s->exact)
            TD_TRY(take(s, TD_PRECISION_F32, &s->exact, err));
        TD_TRY(measure(s->pool, s->exact, tried, check, err));
        td_embed_check_cache_put(s->cache, &key, check);
        td_log(TD_INFO, "embed", "model=%.*s precision=%s mean_cosine=%.5f least_cosine=%.5f %s",
               TD_STR_FMT(s->files->id), NAMES[precision], check->mean, check->least,
               td_embed_select_passes(check) ? "taken" : "refused");
    }
    if (td_embed_select_passes(check)) {
        *engine_out = tried;
        tried = NULL;
    }
out:
    td_embed_engine_give_back(tried);
    return code;
}

static tandem_code search_engine(search *s, td_engine **engine_out, td_check *check_out,
                                 tandem_error *err)
{
    static const td_precision narrow[] = {TD_PRECISION_INT8, TD_PRECISION_BF16};
    tandem_code code = TANDEM_OK;
    td_engine *engine = NULL;
    td_check check = {0};

    for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]) && !engine; i++) {
        check = (td_check){0};
        if (td_embed_kernels_is_fast(s->kernels, narrow[i]))
            TD_TRY(try(s, narrow[i], &engine, &check, err));
    }
    if (!engine) {
        check = (td_check){0};
        TD_TRY(take(s, TD_PRECISION_F32, &engine, err));
    }
    *engine_out = engine;
    *check_out = check;
out:
    td_embed_engine_give_back(s->exact);
    return code;
}

tandem_code td_embed_select_engine(const td_model_files *files, const td_kernels *kernels,
                                   const td_embed_local_options *options, td_pool *pool,
                                   td_engine **engine_out, td_check *check_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_check_cache cache;
    td_precision precision = TD_PRECISION_F32;
    search s = {.files = files,
                .kernels = kernels,
                .cache = &cache,
                .pool = pool,
                .memory_bytes_max = options->memory_bytes_max};
    td_check check = {0};

    td_embed_check_cache_init(&cache);
    if (!options->precision || strcmp(options->precision, "auto") == 0)
        return search_engine(&s, engine_out, check_out, err);
    TD_TRY(td_embed_select_named(options->precision, &precision, err));
    TD_TRY(take(&s, precision, engine_out, err));
    const td_check_key key = {files, kernels, precision};
    if (td_embed_check_cache_get(&cache, &key, &check))
        *check_out = check;
out:
    return code;
}
