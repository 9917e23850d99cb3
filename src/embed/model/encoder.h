/* embed/model/encoder.h - the layers of all architectures; these differ in what they fill in.
 *
 * In:       token ids, end to end
 * Out:      one row per token (or only the first row of each text, if that is all pooling needs)
 * Threads:  a td_encoder is read-only once made; a run is one thread's or a team's
 *
 * A layer, post-norm:  x = attention_norm(x + out(attention(qkv x)));
 *                      x = mlp_norm(x + mlp_out(mlp_in x))
 *          pre-norm:   x = x + out(attention(qkv attention_norm(x)));
 *                      x = x + mlp_out(mlp_in mlp_norm(x))
 *
 * Order of work, per layer: (1) attention of each head of each text; (2) for each block of rows all
 * that stands between it and the next layer's attention, so that the rows stay in L2. A team shares
 * (1) by head and text, (2) by blocks, or by the outputs of each product when there are too few
 * blocks; it meets between the steps.
 */
#ifndef TD_EMBED_MODEL_ENCODER_H
#define TD_EMBED_MODEL_ENCODER_H

#include "embed/model/model.h"
#include "embed/model/rope.h"

#include <stdatomic.h>

/* A LayerNorm's parameters, [hidden]. weight NULL: there is none. bias may be NULL. */
typedef struct td_norm {
    float *weight, *bias;
} td_norm;

typedef struct td_layer {
    td_matrix qkv, out, mlp_in, mlp_out;
    td_norm attention_norm, mlp_norm;
    const td_rope *rope; /* NULL: positions are in the embeddings */
    size_t window;       /* SIZE_MAX: every token sees every other */
} td_layer;

enum {
    TD_ROPES_MAX = 2
};

typedef struct td_stream td_stream;

typedef struct td_encoder {
    const td_kernels *kernels;
    td_precision precision;
    const char *architecture;
    size_t hidden, n_heads, head_dim, intermediate, n_layers;
    size_t n_vocab, n_positions; /* n_positions: the longest text */
    bool pre_norm;
    td_activation activation; /* of mlp_in */
    float norm_eps;

    const td_tensor *words; /* [n_vocab, hidden], as the file has them */
    float *positions;       /* [n_positions, hidden]; NULL: none */
    float *type;            /* [hidden], added to each token; NULL: none */
    td_norm embedding_norm, final_norm;
    td_rope ropes[TD_ROPES_MAX];
    td_layer *layers;  /* [n_layers] */
    td_stream *stream; /* NULL: all weights are there. See stream.h */
} td_encoder;

/* Frees all that a load has filled in, also half a load. */
void td_embed_model_encoder_clear(td_encoder *encoder);

/* Bytes of packed weights and tables. */
size_t td_embed_model_encoder_bytes(const td_encoder *encoder);

/* Multiplications and additions that a token's row costs in all layers, attention aside. */
double td_embed_model_encoder_token_flop(const td_encoder *encoder);

/* Blocks of coded rows, one for each member. */
typedef struct td_coded {
    uint8_t *values; /* [members][n_block_rows] rows */
    size_t stride;
    td_row_scale *scales; /* [members][n_block_rows], int8 only */
} td_coded;

/* What a run works in; all strides of f32 are td_embed_kernels_stride(columns). */
struct td_scratch {
    float *floats; /* the one allocation behind all the arrays */
    size_t n_floats;
    const float **angles; /* [n_ropes in use][n_tokens]: each token's row of angles */
    size_t n_angles;

    const td_ragged *batch;
    td_team team;
    bool first_rows_only; /* the last layer is computed for the first row of each text alone */
    size_t n_rows;        /* at the end: of x */
    size_t block_rows, n_blocks;
    bool split_outputs;  /* the team shares each product's outputs, not the blocks */
    _Atomic int failure; /* the first tandem_code that a kernel gave */

    float *x;          /* [n_tokens, hidden] the residual */
    float *qkv;        /* [n_tokens, 3 * hidden] */
    float *context;    /* [n_tokens, hidden] attention's result */
    float *own_angles; /* of texts with dynamic NTK */
    float *normed;     /* [members][block_rows, hidden], pre-norm only */
    float *inner;      /* [members][block_rows, intermediate] */
    float *heads;      /* [members][n_heads_floats] attention's scratch */
    float *panels;     /* [members][panel_floats] rows of a panel, streamed only */
    size_t normed_floats, inner_floats, heads_floats, panel_floats; /* of one member */

    /* In place of qkv, context, normed and inner, where products are narrow; strides in values. */
    uint16_t *qkv_bf16, *context_bf16, *inner_bf16;
    size_t qkv_stride, context_stride, inner_stride;
    td_coded coded;       /* of hidden columns */
    td_coded coded_inner; /* of intermediate ones, int8 only */
    size_t n_block_rows;  /* block_rows and spare ones */
};

/* Plans a run and makes room. Errors: E_NOMEM, E_TOO_LARGE. */
tandem_code td_embed_model_encoder_prepare(const td_encoder *encoder, const td_ragged *batch,
                                           const td_team *team, bool first_rows_only,
                                           td_scratch *scratch, tandem_error *err);

/* The run itself, called by each member. Then scratch->x holds the rows. */
void td_embed_model_encoder_forward(const td_encoder *encoder, td_scratch *scratch, size_t member);

#endif
