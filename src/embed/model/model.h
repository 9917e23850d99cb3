/* embed/model/model.h - token ids to vectors: the encoder, its pooling, and how it is read.
 *
 * In:       a model directory's small files and its tensors, untrusted; ids
 * Out:      one vector of length 1 per text
 * Threads:  a td_model is read-only once made and shared by all; a td_scratch serves one run at a
 *           time, by one thread or by a team
 * Source:   the architectures' published code; tests/golden/expected holds each to 1e-4
 */
#ifndef TD_EMBED_MODEL_H
#define TD_EMBED_MODEL_H

#include "base/buf.h"
#include "base/error.h"
#include "embed/kernels/kernels.h"
#include "embed/weights/weights.h"

typedef struct td_model td_model;
typedef struct td_scratch td_scratch;

/* A model's packed matrices as runs of bytes, in the order in which it is loaded: what a file may
 * keep in place of the work of packing. */
typedef struct td_blocks {
    td_str *items;
    size_t n;
} td_blocks;

typedef struct td_model_source {
    /* A file of the model directory by its path there; ptr NULL if there is none. Borrowed: used
     * during open only. */
    td_str (*get)(const void *user, const char *name);
    /* A tensor's bytes have been read and will not be again; NULL: nobody wants to know. */
    void (*forget)(const void *user, td_str bytes);
    /* Calls work(arg) on this thread and on as many others at once as can be had; returns when all
     * have returned. NULL: there are no others. */
    void (*share)(const void *user, void (*work)(void *arg), void *arg);
    /* Called by each of them between two panels that are packed, parts of a millisecond: where
     * others may go first. NULL: nobody may. */
    void (*pause)(const void *user);
    const void *user;
    const td_weights *weights; /* must outlive the model, which reads word vectors from it */
    const td_kernels *kernels;
    td_precision precision; /* of packed weights and of products */
    /* td_embed_model_blocks of the same files, kernels and precision: the model is made over them,
     * so they must outlive it. NULL: the weights are packed. */
    const td_blocks *packed;
    /* f32 only: weights are not packed and kept, but read by each run, layer by layer, in room
     * for one. `forget`, `user` and its files must then outlive the model. */
    bool streamed;
} td_model_source;

typedef struct td_model_info {
    const char *architecture; /* "BertModel" */
    size_t dim;
    size_t tokens_max; /* of one text, prompt and special tokens included */
    size_t n_vocab;    /* ids must be smaller */
    td_str prompts[2]; /* by tandem_role; may be empty */
    td_precision precision;
    size_t bytes; /* of packed weights and tables */
    /* Work of a text of n tokens: n * token_flop + n * n * pair_flop, windows not counted. */
    double token_flop, pair_flop;
} td_model_info;

/* What is said of texts without a look at the weights: the longest, in tokens (0: no file says),
 * and what stands before a document, appended to `prompt`. Only `get` and `user` of the
 * source count. Errors: E_FORMAT, E_UNSUPPORTED, both naming file and field; E_NOMEM. */
tandem_code td_embed_model_read_limits(const td_model_source *source, size_t *tokens_max_out,
                                       td_buf *prompt, tandem_error *err);

/* Reads config.json, modules.json and what these name, and packs the weights.
 * Errors: E_FORMAT naming file and field or tensor; E_UNSUPPORTED naming what is not supported
 * (an unknown architecture: with the list of those that are; a precision; kernels that cannot be
 * streamed); E_CONFLICT for packed blocks that do not have the model's shape. */
tandem_code td_embed_model_open(const td_model_source *source, td_model **model_out,
                                tandem_error *err);
void td_embed_model_close(td_model *model);

const td_model_info *td_embed_model_info(const td_model *model);

/* Borrowed. None of a model whose kernels keep weights in a library's form, or that is streamed. */
const td_blocks *td_embed_model_blocks(const td_model *model);

/* Texts end to end in one long row of ids: no padding. */
typedef struct td_ragged {
    const uint32_t *ids;    /* text t: ids[starts[t]] up to ids[starts[t + 1]] */
    const uint32_t *starts; /* [n_texts + 1], the first is 0 */
    size_t n_texts;
    size_t first_text; /* what errors call the first one */
    bool every_row;    /* no pooling: a row of each token is wanted, as the last layer gives it */
} td_ragged;

/* Memory for runs: grows to the largest one and is kept for the next. NULL when out of memory. */
td_scratch *td_embed_model_scratch_new(void);
void td_embed_model_scratch_free(td_scratch *scratch);
size_t td_embed_model_scratch_bytes(const td_scratch *scratch);

/* Vectors of a batch, on the calling thread.
 *
 *   vectors  [n_texts, dim], caller's; with every_row [ids, dim], not scaled
 * Errors: E_INVALID for an id or a length past the model's, E_EMPTY for a text without ids,
 * E_FORMAT naming the text whose vector has no direction or is not finite, E_NOMEM. */
tandem_code td_embed_model_run(const td_model *model, const td_ragged *batch, td_scratch *scratch,
                               float *vectors, tandem_error *err);

/* The same by several threads at once, in three steps: one prepares, each member (0 .. n - 1) calls
 * forward, and when all have returned one finishes. The vectors are the same bit for bit. */
typedef struct td_team {
    size_t n;
    void (*wait)(void *user); /* returns when all n members are inside */
    /* Each member calls it between steps, well under a millisecond apart (but for one head of a
     * very long text), where bulk work may stand aside; NULL: nobody does. It has to return. */
    void (*pause)(void *user, size_t member);
    void *user;
} td_team;
tandem_code td_embed_model_prepare(const td_model *model, const td_ragged *batch,
                                   const td_team *team, td_scratch *scratch, tandem_error *err);
void td_embed_model_forward(const td_model *model, td_scratch *scratch, size_t member);
tandem_code td_embed_model_finish(const td_model *model, td_scratch *scratch, float *vectors,
                                  tandem_error *err);

#endif
