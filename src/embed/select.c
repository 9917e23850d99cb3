#include "embed/select.h"

#include "base/log.h"
#include "embed/check.h"

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

/* ---- auto ---- */

/* What auto knows while it looks. */
typedef struct search {
    const td_model_files *files;
    const td_kernels *kernels;
    const td_check_cache *cache;
    const td_packed_cache *packed;
    td_checking checking;
} search;

static tandem_code take(const search *s, td_precision precision, td_engine **engine_out,
                        tandem_error *err)
{
    const td_engine_options options = {.kernels = s->kernels,
                                       .precision = precision,
                                       .memory_bytes_max = s->checking.memory_bytes_max,
                                       .packed = s->packed,
                                       .pool = s->checking.pool};
    return td_embed_engine_take(s->files, &options, engine_out, err);
}

/* The model in a precision, if it passes; else NULL. */
static tandem_code try(search *s, td_precision precision, td_engine **engine_out, td_check *check,
                       tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_engine *tried = NULL;
    const td_check_key key = {s->files, s->kernels, precision, TD_ENGINE_VERSION};
    bool known = td_embed_check_cache_get(s->cache, &key, check);

    if (known && !td_embed_check_passes(check))
        goto out;
    TD_TRY(take(s, precision, &tried, err));
    if (!known) {
        TD_TRY(td_embed_check_measure(&s->checking, tried, check, err));
        td_embed_check_cache_put(s->cache, &key, check);
        td_log(TD_INFO, "embed", "model=%.*s precision=%s mean_cosine=%.5f least_cosine=%.5f %s",
               TD_STR_FMT(s->files->id), NAMES[precision], check->mean, check->least,
               td_embed_check_passes(check) ? "taken" : "refused");
    }
    if (td_embed_check_passes(check)) {
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
                .checking = {.pool = pool, .memory_bytes_max = options->memory_bytes_max}};
    td_engine *engine = NULL;
    td_check check = {0};

    td_embed_check_cache_init(&cache);
    td_embed_packed_cache_init(&packed);
    if (!options->precision || strcmp(options->precision, "auto") == 0) {
        TD_TRY(search_engine(&s, &engine, &check, err));
    } else {
        TD_TRY(td_embed_select_named(options->precision, &precision, err));
        TD_TRY(take(&s, precision, &engine, err));
        const td_check_key key = {files, kernels, precision, TD_ENGINE_VERSION};
        td_embed_check_cache_get(&cache, &key, &check);
    }
    /* Only of the precision that was taken: those on the way to it are not opened again. */
    td_embed_engine_keep(engine, &packed);
    *engine_out = engine;
    *check_out = check;
out:
    td_embed_check_clear(&s.checking);
    return code;
}
