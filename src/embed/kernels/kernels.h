/* embed/kernels/kernels.h - the arithmetic of an encoder: arrays in, arrays out.
 *
 * One table of functions per instruction set, chosen at run time. All of a table's results are the
 * same for a row (or a text) whatever other rows it is computed with: each output element is summed
 * in one fixed order, so a text's vector does not depend on its batch or on the number of threads.
 * Between tables the last bits differ.
 *
 * In, out:  f32, row-major. A row's stride is td_embed_kernels_stride(columns) unless one is given.
 * Threads:  pure functions; any thread. They allocate nothing (the onednn table: oneDNN does)
 * Source:   plain.c is the definition; tests/embed/kernels holds the others to it
 */
#ifndef TD_EMBED_KERNELS_H
#define TD_EMBED_KERNELS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TD_HEAD_DIM_MAX = 256,
    /* A matrix may be given fewer rows, but this many must be readable behind any row it is given:
     * the onednn table multiplies whole blocks and drops what is too much. */
    TD_ROWS_SPARE = 32,
};

/* What weights are kept in and products are made of. */
typedef enum td_precision {
    TD_PRECISION_F32,
    TD_PRECISION_BF16,
    TD_PRECISION_INT8,
} td_precision;

typedef enum td_activation {
    TD_ACTIVATION_NONE,
    TD_ACTIVATION_GELU,      /* exact, by erf */
    TD_ACTIVATION_GELU_TANH, /* the tanh form of gelu_new */
    TD_ACTIVATION_SILU,
    TD_ACTIVATION_SIGMOID,
} td_activation;

typedef struct td_kernels td_kernels;

/* A linear layer's weights, packed for one table. Panel p holds all inputs of `panel_width`
 * neighbouring outputs: [n_panels][n_in][panel_width], zeros past the last output. In a gated
 * matrix the first half of a panel are values, the second half their gates. */
typedef struct td_matrix {
    size_t n_in, n_out; /* of a gated one: outputs after gating */
    bool gated;
    size_t n_panels;
    size_t n_panel_out; /* outputs of a panel: its width, or half of it */
    float *panels;
    float *bias;   /* [n_panels][panel_width]; zeros where the layer has none */
    void *foreign; /* a library's own form */
    const td_kernels *kernels;
} td_matrix;

/* What becomes of a product: out = or += activation(product + bias), in a gated matrix
 * value * activation(gate). */
typedef struct td_epilogue {
    td_activation activation;
    bool add;
    float *out; /* row 0 */
    size_t out_stride;
} td_epilogue;

/* Attention of one head over one text. Rows hold q, k and v of all heads side by side. */
typedef struct td_attention {
    const float *q, *k, *v; /* first row of the text, first column of the head */
    size_t stride;          /* between rows, of all three */
    size_t n_tokens;
    size_t n_queries; /* the first so many rows are wanted: n_tokens, or 1 for [CLS] alone */
    size_t head_dim;  /* even, at most TD_HEAD_DIM_MAX */
    size_t window;    /* token i sees those with |i - j| <= window; SIZE_MAX: all */
    float *out;       /* [n_queries, head_dim] */
    size_t out_stride;
    float *scratch; /* [td_embed_kernels_attention_floats()], 64-byte aligned */
} td_attention;

struct td_kernels {
    const char *name;
    size_t tile_rows;   /* row blocks are best a multiple of this */
    size_t panel_width; /* outputs */

    /* Makes what `matrix->foreign` is to hold; NULL where nothing is. */
    tandem_code (*pack_foreign)(td_matrix *matrix, tandem_error *err);
    void (*free_foreign)(td_matrix *matrix);

    /* Rows times panels [panel_from, panel_to) of a matrix, then the epilogue. x and out may not
     * overlap. Errors: only where a library refuses. */
    tandem_code (*linear)(const td_matrix *matrix, const float *x, size_t n_rows, size_t panel_from,
                          size_t panel_to, const td_epilogue *epilogue);

    /* LayerNorm of each row over n columns; bias may be NULL; out may be x. */
    void (*norm)(const float *x, size_t n_rows, size_t n, const float *weight, const float *bias,
                 float eps, float *out);

    /* Rotates the heads of one row in place. angles: cos [dim / 2], then sin [dim / 2]. */
    void (*rope)(float *row, size_t n_heads, size_t head_dim, const float *angles);

    /* softmax(q k^T / sqrt(head_dim)) v. Memory is linear in n_tokens. */
    void (*attention)(const td_attention *work);
};

/* The table of that name: "plain", "avx2", "avx512", "onednn"; NULL or "auto" is the fastest that
 * this CPU has. Static.
 * Errors: E_INVALID for an unknown name, E_UNSUPPORTED for one that this CPU or build lacks. */
tandem_code td_embed_kernels_choose(const char *isa, const td_kernels **kernels_out,
                                    tandem_error *err);

/* Whether a table multiplies faster in this precision than in the wider ones: what "auto" may take.
 * Those that are not fast still work, if td_embed_model_open takes them. */
bool td_embed_kernels_is_fast(const td_kernels *kernels, td_precision precision);

/* Floats between the starts of two rows of `columns`: whole cache lines, and never a power of two
 * apart, since a tile reads a dozen rows at once and they would share a few cache sets. */
size_t td_embed_kernels_stride(size_t columns);

/* Floats of scratch that one attention of `n_tokens` needs. */
size_t td_embed_kernels_attention_floats(size_t n_tokens, size_t head_dim);

/* Packs weights for a table.
 *
 *   weight  [n_out, n_in]        borrowed during the call
 *   gate    [n_out, n_in]        NULL: not gated
 *   bias, gate_bias  [n_out]     NULL: none
 * Errors: E_NOMEM. */
tandem_code td_embed_kernels_pack(const td_kernels *kernels, size_t n_out, size_t n_in,
                                  const float *weight, const float *gate, const float *bias,
                                  const float *gate_bias, td_matrix *matrix_out, tandem_error *err);
void td_embed_kernels_clear(td_matrix *matrix);

/* Bytes a packed matrix takes. */
size_t td_embed_kernels_bytes(const td_matrix *matrix);

/* Zeroed floats at a 64-byte boundary; NULL when out of memory. Freed by free(). */
float *td_embed_kernels_floats(size_t n);

#endif
