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

/* What auto knows while it looks. */
typedef struct search {
    const td_model_files *files;
    const td_kernels *kernels;
    const td_check_cache *cache;
    const td_packed_cache *packed;
    td_pool *pool;
    uint64_t memory_bytes_max;

    /* Of the samples; NULL until they are needed. */
    uint32_t *ids; /* end to end */
    uint32_t starts[TD_SAMPLES_N + 1];
    float *exact; /* [TD_SAMPLES_N, dim] in f32 */
    bool is_finite;
} search;

static tandem_code take(const search *s, td_precision precision, td_engine **engine_out,
                        tandem_error *err)
{
    const td_engine_options options = {.kernels = s->kernels,
                                       .precision = precision,
                                       .memory_bytes_max = s->memory_bytes_max,
                                       .packed = s->packed};
    return td_embed_engine_take(s->files, &options, engine_out, err);
}

/* Ids of all samples. A cut sample loses its [SEP], which does not matter here. */
static tandem_code tokenize(search *s, const td_engine *engine, tandem_error *err)
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

/* Vectors [TD_SAMPLES_N, dim] of all samples, in groups as bulk work has them. E_FORMAT: some are
 * not finite. */
static tandem_code embed(const search *s, const td_engine *engine, float *vectors,
                         tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t dim = td_embed_model_info(engine->model)->dim, n = 0;
    td_scratch *scratch = td_embed_model_scratch_new();

    if (!scratch)
        return td_fail_nomem(err, "a check of a precision");
    td_embed_pool_bulk_begin(s->pool);
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
        TD_TRY(td_embed_pool_run(s->pool, false, engine->model, &group, scratch,
                                 vectors + first * dim, err));
    }
out:
    td_embed_pool_bulk_end(s->pool);
    td_embed_model_scratch_free(scratch);
    return code;
}

/* The samples in f32. That engine goes before a narrower one comes: only one of them needs memory
 * at a time. */
static tandem_code embed_exact(search *s, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_engine *engine = NULL;

    code = take(s, TD_PRECISION_F32, &engine, err);
    if (code != TANDEM_OK) {
        td_context(err, "in f32, which auto compares with");
        goto out;
    }
    s->ids = calloc((size_t)TD_SAMPLES_N * SAMPLE_TOKENS_MAX, sizeof(*s->ids));
    s->exact = calloc(TD_SAMPLES_N * td_embed_model_info(engine->model)->dim, sizeof(*s->exact));
    if (!s->ids || !s->exact)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory to check a precision");
    TD_TRY(tokenize(s, engine, err));
    code = embed(s, engine, s->exact, err);
    s->is_finite = code == TANDEM_OK;
    code = code == TANDEM_E_FORMAT ? TANDEM_OK : code;

out:
    td_embed_engine_give_back(engine);
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
static tandem_code measure(const search *s, const td_engine *tried, td_check *check,
                           tandem_error *err)
{
    size_t dim = td_embed_model_info(tried->model)->dim;
    float *vectors = calloc(TD_SAMPLES_N * dim, sizeof(*vectors));

    if (!vectors)
        return td_fail_nomem(err, "a check of a precision");
    *check = (td_check){.n_samples = TD_SAMPLES_N, .mean = 0, .least = -1};
    tandem_code code = s->is_finite ? embed(s, tried, vectors, err) : TANDEM_E_FORMAT;
    if (code == TANDEM_OK)
        compare(s->exact, vectors, dim, check);
    free(vectors);
    return code == TANDEM_E_FORMAT ? TANDEM_OK : code;
}

/* ---- auto ---- */

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
    if (!known && !s->exact)
        TD_TRY(embed_exact(s, err));
    TD_TRY(take(s, precision, &tried, err));
    if (!known) {
        TD_TRY(measure(s, tried, check, err));
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
    free(s->ids);
    free(s->exact);
    return code;
}

tandem_code td_embed_select_engine(const td_model_files *files, const td_kernels *kernels,
                                   const td_embed_local_options *options, td_pool *pool,
                                   td_engine **engine_out, td_check *check_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_check_cache cache;
    td_packed_cache packed;
    td_precision precision = TD_PRECISION_F32;
    search s = {.files = files,
                .kernels = kernels,
                .cache = &cache,
                .packed = &packed,
                .pool = pool,
                .memory_bytes_max = options->memory_bytes_max};
    td_engine *engine = NULL;
    td_check check = {0};

    td_embed_check_cache_init(&cache);
    td_embed_packed_cache_init(&packed);
    if (!options->precision || strcmp(options->precision, "auto") == 0) {
        TD_TRY(search_engine(&s, &engine, &check, err));
    } else {
        TD_TRY(td_embed_select_named(options->precision, &precision, err));
        TD_TRY(take(&s, precision, &engine, err));
        const td_check_key key = {files, kernels, precision};
        td_embed_check_cache_get(&cache, &key, &check);
    }
    /* Only of the precision that was taken: those on the way to it are not opened again. */
    td_embed_engine_keep(engine, &packed);
    *engine_out = engine;
    *check_out = check;
out:
    return code;
}
