/* embed/kernels/kernels.h - the arithmetic of an encoder: arrays in, arrays out.
 *
 * One table of functions per instruction set, chosen at run time. All of a table's results are the
 * same for a row (or a text) whatever other rows it is computed with: each output element is summed
 * in one fixed order, so a text's vector does not depend on its batch or on the number of threads.
 * Between tables the last bits differ.
 *
 * In, out:  f32, row-major. A row's stride is td_embed_kernels_stride(columns) unless one is given.
 *           The narrow half of a table multiplies bf16 or int8 rows (td_rows); what is added up
 *           stays f32.
 * Threads:  pure functions; any thread. They allocate nothing (the onednn table: oneDNN does)
 * Source:   plain.c is the definition; tests/embed/kernels holds the others to it
 */
#ifndef TD_EMBED_KERNELS_H
#define TD_EMBED_KERNELS_H

#include "base/error.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TD_HEAD_DIM_MAX = 256,
    /* A matrix may be given fewer rows, but this many must be readable behind any row it is given:
     * the onednn and amx tables multiply whole blocks and drop what is too much. */
    TD_ROWS_SPARE = 32,
    /* bf16 and int8: outputs of a panel; bytes by which rows and panels advance together. */
    TD_NARROW_WIDTH = 32,
    TD_NARROW_STEP = 64,
    TD_PANEL_MAX = 128, /* the widest of any table and precision */
    /* int8 of a table that adds pairs, see td_excess. */
    TD_PAIR_MOST = 128,
    TD_EXCESS_INPUTS_MAX = 4096,
    TD_EXCESS_TOO_MUCH = 0xffff,
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

/* Of an int8 code what does not fit. Some tables add the products of inputs 2 i and 2 i + 1 in 16
 * bits, which hold 255 times two codes of two signs, or of one that add up to at most TD_PAIR_MOST.
 * Of others the first one is made smaller, and `more` is what it lacks. */
typedef struct td_excess {
    uint16_t input;
    int16_t more;
} td_excess;

/* A linear layer's weights, packed for one table. Panel p holds all inputs of `width` neighbouring
 * outputs, zeros past the last one. In a gated matrix the first half of a panel are values, the
 * second half their gates.
 *
 * f32:   panels [n_panels][n_in][width], width is the table's panel_width.
 * bf16,  codes [n_panels][n_steps][2][16][16][4 bytes], width is TD_NARROW_WIDTH, the same for all
 * int8:  tables but for td_excess. A step holds 64 bytes of inputs for each output: half 0 are
 *        outputs 0 to 15, half 1 the others; then come 16 groups of inputs, each with 4 bytes for
 *        each output: two bf16 or four s8, neighbouring inputs. That is the form of an AMX tile.
 *        Zeros past the last input. */
typedef struct td_matrix {
    td_precision precision;
    size_t n_in, n_out; /* of a gated one: outputs after gating */
    bool gated;
    size_t n_panels;
    size_t n_panel_out; /* outputs of a panel: its width, or half of it */
    size_t n_steps;     /* bf16, int8 */
    float *panels;
    uint8_t *codes;
    float *bias;   /* [n_panels][width]; zeros where the layer has none */
    float *scales; /* int8: weight = code * scale, [n_panels][width] */
    float *sums;   /* int8: of each output's codes, [n_panels][width] */
    /* int8 of a table that adds pairs, else NULL; [n_panels][excess_max], an output's behind those
     * of the one before, up to its end of [n_panels][width]. A panel that has more keeps its codes
     * as they are, and its last end is TD_EXCESS_TOO_MUCH. `sums` are of the codes before. */
    td_excess *excess;
    uint16_t *excess_ends;
    size_t excess_max;
    void *owned; /* the one block that holds all of these; NULL where it is borrowed */
    size_t block_bytes;
    void *foreign; /* a library's own form */
    const td_kernels *kernels;
} td_matrix;

/* An int8 row's x = (u8 - zero) * scale. */
typedef struct td_row_scale {
    float scale, zero; /* zero is whole, 0 to 255 */
} td_row_scale;

/* Rows as a narrow product reads them: bf16, zeros up to a whole step; or u8, each row with a scale
 * of its own. */
typedef struct td_rows {
    uint8_t *values;
    size_t stride;        /* bytes: td_embed_kernels_row_bytes */
    td_row_scale *scales; /* [n_rows], int8 only */
} td_rows;

/* What becomes of a product: out = or += activation(product + bias), in a gated matrix
 * value * activation(gate). A narrow product may go to bf16 instead, then `add` is false; such rows
 * are written up to the panels' end. */
typedef struct td_epilogue {
    td_activation activation;
    bool add;
    float *out;         /* row 0 */
    uint16_t *out_bf16; /* in place of `out` */
    size_t out_stride;  /* in values */
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

/* The same for bf16 rows, in and out; q and k may still have to be turned by their positions. */
typedef struct td_narrow_attention {
    const uint16_t *q, *k, *v;
    size_t stride;
    size_t n_tokens, n_queries, head_dim, window;
    const float *const *angles; /* [n_tokens], each [head_dim] as `rope` takes them; NULL: none */
    uint16_t *out;
    size_t out_stride;
    uint8_t *scratch; /* [td_embed_kernels_narrow_attention_bytes()], 64-byte aligned */
} td_narrow_attention;

/* What norm does with rows of n columns: a LayerNorm if there is `weight` (bias may be NULL), then
 * `out` (may be x; NULL: not wanted) and `coded` (values NULL: not wanted) take the result. */
typedef struct td_norming {
    const float *weight, *bias;
    float eps;
    size_t n;
    float *out;
    td_precision precision; /* of coded */
    td_rows coded;
} td_norming;

/* A table's half for bf16 and int8. */
typedef struct td_narrow {
    size_t tile_rows;
    size_t block_bytes; /* rows of a block that stay in L2 between two products, about */
    bool bf16_is_fast, int8_is_fast; /* faster than the wider ones on a CPU that has the table */
    bool int8_adds_pairs;            /* in 16 bits: see td_excess */

    void (*linear)(const td_matrix *matrix, const td_rows *x, size_t n_rows, size_t panel_from,
                   size_t panel_to, const td_epilogue *epilogue);
    void (*norm)(const float *x, size_t n_rows, const td_norming *work);

    /* bf16 rows of n columns, x_stride values apart, become u8 rows. */
    void (*code)(const uint16_t *x, size_t x_stride, size_t n_rows, size_t n, const td_rows *coded);
    void (*attention)(const td_narrow_attention *work);
} td_narrow;

struct td_kernels {
    const char *name;
    const td_narrow *narrow;
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

/* The table of that name: "plain", "avx2", "avx_vnni" (int8 dot products), "avx512", "avx512_vnni",
 * "avx512_bf16" (bf16 ones too), "amx", "onednn" (f32 alone; the rest is plain); NULL or "auto" is
 * the fastest that this CPU has. Static.
 * Errors: E_INVALID for an unknown name, E_UNSUPPORTED for one that this CPU or build lacks. */
tandem_code td_embed_kernels_choose(const char *isa, const td_kernels **kernels_out,
                                    tandem_error *err);

/* Whether a table multiplies faster in this precision than in the wider ones: what "auto" may take.
 * Those that are not fast still work, if td_embed_model_open takes them. */
bool td_embed_kernels_is_fast(const td_kernels *kernels, td_precision precision);

/* Floats between the starts of two rows of `columns`: whole cache lines, and never a power of two
 * apart, since a tile reads a dozen rows at once and they would share a few cache sets. */
size_t td_embed_kernels_stride(size_t columns);

/* Bytes between the starts of two narrow rows: whole steps, and as above. */
size_t td_embed_kernels_row_bytes(size_t columns, td_precision precision);

/* Floats or bytes of scratch that one attention of `n_tokens` needs. */
size_t td_embed_kernels_attention_floats(size_t n_tokens, size_t head_dim);
size_t td_embed_kernels_narrow_attention_bytes(size_t n_tokens, size_t head_dim);

/* Packs weights for a table.
 *
 *   weight  [n_out, n_in]        borrowed during the call
 *   gate    [n_out, n_in]        NULL: not gated
 *   bias, gate_bias  [n_out]     NULL: none
 * Errors: E_NOMEM. */
typedef struct td_packing {
    const td_kernels *kernels;
    td_precision precision;
    size_t n_out, n_in;
    const float *weight, *gate, *bias, *gate_bias;
} td_packing;
tandem_code td_embed_kernels_pack(const td_packing *source, td_matrix *matrix_out,
                                  tandem_error *err);
void td_embed_kernels_clear(td_matrix *matrix);

/* The same in steps, so that threads may share the work: an empty matrix of `source`'s table,
 * precision and shape; then each of its panels once, in any order; then the end.
 *
 *   rows  [width]: a panel's outputs as pointers to their [n_in] weights, in a gated matrix its
 *         values first and then, n_panel_out behind each, their gates; NULL: zeros
 *   bias  [width] in the same order
 * Errors: E_NOMEM, E_TOO_LARGE. Different panels may be packed by different threads at once. */
tandem_code td_embed_kernels_pack_begin(const td_packing *source, bool gated, td_matrix *matrix_out,
                                        tandem_error *err);
void td_embed_kernels_pack_panel(td_matrix *matrix, size_t panel, const float *const *rows,
                                 const float *bias);
tandem_code td_embed_kernels_pack_end(td_matrix *matrix, tandem_error *err);

/* Outputs of a panel, gates counted: the length of its rows and bias. At most TD_PANEL_MAX. */
size_t td_embed_kernels_panel_width(const td_matrix *matrix);

/* A packed matrix as one run of bytes, borrowed from it: no pointers are in it, so a file may keep
 * it for td_embed_kernels_adopt. Empty where a library holds a form of its own. */
td_str td_embed_kernels_block(const td_matrix *matrix);

/* The matrix over such a run, packed before from the same weights, or room to pack them into: of
 * `source` only table, precision and shape are read. The run is borrowed and must outlive the
 * matrix. False, and nothing written: no matrix of this shape packs into so many bytes, or they do
 * not begin at a 64-byte boundary. */
bool td_embed_kernels_adopt(const td_packing *source, bool gated, td_str block,
                            td_matrix *matrix_out);

/* Bytes a packed matrix takes, and those that one of `source`'s shape would: 0 if that is too large
 * or only a library knows. */
size_t td_embed_kernels_bytes(const td_matrix *matrix);
size_t td_embed_kernels_bytes_of(const td_packing *source, bool gated);

/* Zeroed floats at a 64-byte boundary; NULL when out of memory. Freed by free(). */
float *td_embed_kernels_floats(size_t n);

#endif
