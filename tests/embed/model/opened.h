/* tests/embed/model/opened.h - every fixture model, opened on any instruction set. */
#ifndef TESTS_EMBED_MODEL_OPENED_H
#define TESTS_EMBED_MODEL_OPENED_H

#include "embed/model_dir.h"

static const char *const MODELS[] = {"bert",          "bert-cls",       "gte-new",   "gte-new-ntk",
                                     "gte-new-large", "nomic",          "nomic-ntk", "coderank",
                                     "modernbert",    "modernbert-mean"};
enum {
    N_MODELS = sizeof(MODELS) / sizeof(MODELS[0])
};
static const char *const ISAS[] = {"plain",       "avx2",        "avx_vnni", "avx512",
                                   "avx512_vnni", "avx512_bf16", "amx",      "onednn"};
enum {
    N_ISAS = sizeof(ISAS) / sizeof(ISAS[0])
};

typedef struct opened {
    model_dir dir;
    td_weights *weights;
    td_model *model;
    td_scratch *scratch;
    size_t dim;
} opened;

static inline bool has_isa(const char *isa)
{
    const td_kernels *kernels;
    return td_embed_kernels_choose(isa, &kernels, NULL) == TANDEM_OK;
}

static inline opened open_in(const char *name, const char *isa, td_precision precision)
{
    opened o = {0};
    tandem_error err;
    dir_open(&o.dir, name);
    if (dir_load_in(&o.dir, isa, precision, &o.weights, &o.model, &err) != TANDEM_OK)
        fail_msg("%s: %s", name, err.message);
    o.scratch = td_embed_model_scratch_new();
    o.dim = td_embed_model_info(o.model)->dim;
    return o;
}

static inline opened open_or_fail(const char *name, const char *isa)
{
    return open_in(name, isa, TD_PRECISION_F32);
}

static inline void close_all(opened *o)
{
    td_embed_model_scratch_free(o->scratch);
    td_embed_model_close(o->model);
    td_embed_weights_close(o->weights);
    dir_close(&o->dir);
}

static inline void run_or_fail(const opened *o, const td_ragged *batch, float *vectors)
{
    tandem_error err;
    if (td_embed_model_run(o->model, batch, o->scratch, vectors, &err) != TANDEM_OK)
        fail_msg("%s %s", err.context, err.message);
}

#endif
