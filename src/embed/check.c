#include "embed/check.h"

#include "embed/plan.h"

#include <math.h>
#include <stdlib.h>

enum {
    SAMPLE_TOKENS_MAX = 128, /* longer ones are cut */
    N_HALF = TD_SAMPLES_N / 2
};

bool td_embed_check_passes(const td_check *check)
{
    return check->n_samples > 0 && check->mean >= TD_CHECK_MEAN_MIN &&
           check->least >= TD_CHECK_LEAST_MIN;
}

/* Whether half of the samples are enough to know. */
static bool is_clear(const td_check *half)
{
    bool is_refused = half->least < TD_CHECK_LEAST_MIN;
    bool is_near = 1 - half->mean <= (1 - TD_CHECK_MEAN_MIN) / 2 &&
                   1 - half->least <= (1 - TD_CHECK_LEAST_MIN) / 2;
    return is_refused || is_near;
}

void td_embed_check_clear(td_checking *checking)
{
    free(checking->ids);
    free(checking->exact);
    *checking = (td_checking){0};
}

static tandem_code tokenize(td_checking *c, const td_engine *engine, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t tokens_max = td_embed_model_info(engine->model)->tokens_max, n = 0;
    bool truncated = false;

    tokens_max = tokens_max < SAMPLE_TOKENS_MAX ? tokens_max : SAMPLE_TOKENS_MAX;
    c->ids = calloc((size_t)TD_SAMPLES_N * SAMPLE_TOKENS_MAX, sizeof(*c->ids));
    if (!c->ids)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory to check a precision");
    for (size_t i = 0; i < TD_SAMPLES_N; i++) {
        TD_TRY(td_embed_tokenize_text(engine->tokenizer, TD_STR(""),
                                      td_str_from(td_embed_samples[i]), c->ids + c->starts[i],
                                      tokens_max, &n, &truncated, err));
        c->starts[i + 1] = c->starts[i] + (uint32_t)n;
    }
out:
    return code;
}

/* Vectors [to - from, dim] of these samples, in one run: a streamed model is read once in it. */
static tandem_code embed(const td_checking *c, const td_model *model, size_t from, size_t to,
                         float *vectors, tandem_error *err)
{
    uint32_t starts[TD_SAMPLES_N + 1];
    td_scratch *scratch = td_embed_model_scratch_new();

    if (!scratch)
        return td_fail_nomem(err, "a check of a precision");
    for (size_t i = from; i <= to; i++)
        starts[i - from] = c->starts[i] - c->starts[from];
    const td_ragged texts = {.ids = c->ids + c->starts[from],
                             .starts = starts,
                             .n_texts = to - from,
                             .first_text = from};
    td_embed_pool_bulk_begin(c->pool);
    tandem_code code = td_embed_pool_run_once(c->pool, model, &texts, scratch, vectors, err);
    td_embed_pool_bulk_end(c->pool);
    td_embed_model_scratch_free(scratch);
    return code;
}

/* ---- in f32 ---- */

static td_str get_file(const void *user, const char *name)
{
    return td_model_files_get(user, name);
}

static void forget_bytes(const void *user, td_str bytes)
{
    const td_model_files *files = user;
    if (files->forget)
        files->forget(files, bytes);
}

/* The vectors in f32 up to sample `to`. Vectors that are not finite are none. */
static tandem_code embed_exact(td_checking *c, const td_engine *engine, size_t to,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const td_model_source source = {.get = get_file,
                                    .forget = forget_bytes,
                                    .user = engine->files,
                                    .weights = engine->weights,
                                    .kernels = engine->kernels,
                                    .precision = TD_PRECISION_F32,
                                    .streamed = true};
    size_t dim = td_embed_model_info(engine->model)->dim;
    td_model *model = NULL;

    TD_TRY(td_embed_model_open(&source, &model, err));
    TD_TRY(td_embed_plan_check(c->memory_bytes_max,
                               td_embed_engine_bytes() + td_embed_model_info(model)->bytes, 0,
                               err));
    if (!c->exact)
        c->exact = calloc(TD_SAMPLES_N * dim, sizeof(*c->exact));
    if (!c->exact)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory to check a precision");
    code = embed(c, model, c->n_exact, to, c->exact + c->n_exact * dim, err);
    c->is_exact_finite = code == TANDEM_OK;
    code = code == TANDEM_E_FORMAT ? TANDEM_OK : code;
    c->n_exact = to;

out:
    td_embed_model_close(model);
    if (code != TANDEM_OK)
        td_context(err, "in f32, which auto compares with");
    return code;
}

/* ---- comparing ---- */

static void compare(const float *a, const float *b, size_t n, size_t dim, td_check *check)
{
    double sum = 0;

    check->least = 1;
    for (size_t i = 0; i < n; i++) {
        double cosine = 0;
        for (size_t d = 0; d < dim; d++)
            cosine += (double)a[i * dim + d] * (double)b[i * dim + d];
        sum += cosine;
        check->least = fmin(check->least, cosine);
    }
    check->mean = sum / (double)n;
    check->n_samples = n;
}

/* Of the first `to` samples; `vectors` has those of the first `from`. */
static tandem_code measure_to(td_checking *c, const td_engine *tried, size_t from, size_t to,
                              float *vectors, td_check *check, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t dim = td_embed_model_info(tried->model)->dim;

    *check = (td_check){.n_samples = to, .mean = 0, .least = -1};
    if (c->n_exact < to)
        TD_TRY(embed_exact(c, tried, to, err));
    if (!c->is_exact_finite)
        goto out;
    code = embed(c, tried->model, from, to, vectors + from * dim, err);
    if (code == TANDEM_OK)
        compare(c->exact, vectors, to, dim, check);
    code = code == TANDEM_E_FORMAT ? TANDEM_OK : code;
out:
    return code;
}

tandem_code td_embed_check_measure(td_checking *checking, const td_engine *tried,
                                   td_check *check_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    float *vectors = calloc(TD_SAMPLES_N * td_embed_model_info(tried->model)->dim, sizeof(float));
    td_check check = {0};

    if (!vectors)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory to check a precision");
    if (!checking->ids)
        TD_TRY(tokenize(checking, tried, err));
    TD_TRY(measure_to(checking, tried, 0, N_HALF, vectors, &check, err));
    if (!is_clear(&check))
        TD_TRY(measure_to(checking, tried, N_HALF, TD_SAMPLES_N, vectors, &check, err));
    *check_out = check;

out:
    free(vectors);
    return code;
}
