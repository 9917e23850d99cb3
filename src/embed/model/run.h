/* embed/model/run.h - one member's part in a run, and the steps of a layer in each precision.
 *
 * wide.c computes in f32 alone. narrow.c multiplies bf16 or int8 rows; the residual stays f32, all
 * that passes between two products is bf16.
 */
#ifndef TD_EMBED_MODEL_RUN_H
#define TD_EMBED_MODEL_RUN_H

#include "embed/model/encoder.h"

typedef struct td_run {
    const td_encoder *encoder;
    td_scratch *scratch;
    size_t member, n_members;
    size_t n_rows;
} td_run;

typedef struct td_steps {
    /* LayerNorm of embedded rows [row, row + n_rows). */
    void (*embed)(const td_run *r, size_t row, size_t n_rows);

    /* One head of one text: from qkv to context; of its first row alone, if asked. */
    void (*attend)(const td_run *r, const td_layer *layer, size_t text, size_t head,
                   bool first_only);

    /* A block of rows from attention's result to the end of `layer` (NULL before the first), then
     * to q, k and v of `next` (NULL after the last). */
    void (*block)(const td_run *r, const td_layer *layer, const td_layer *next, size_t row,
                  size_t n_rows);

    /* Moves a row of attention's result. */
    void (*move)(const td_run *r, size_t from, size_t to);
} td_steps;

extern const td_steps td_embed_model_wide_steps, td_embed_model_narrow_steps;

/* Between two steps, where bulk work lets others go before it. */
static inline void td_embed_model_run_stand_aside(const td_run *r)
{
    if (r->scratch->team.pause)
        r->scratch->team.pause(r->scratch->team.user, r->member);
}

enum {
    /* Of a product: 0.05 ms with AMX, 0.2 with VNNI, a millisecond of AVX2. A query that comes
     * waits for no more than the steps under way. */
    TD_STEP_FLOP = 64 * 1000 * 1000,
};

/* How many panels times n_rows are one step; all of a matrix in a library's form. */
static inline size_t td_embed_model_run_step_panels(const td_matrix *matrix, size_t n_rows)
{
    size_t outputs = matrix->n_panel_out * (matrix->gated ? 2 : 1);
    size_t n = TD_STEP_FLOP / (2 * n_rows * matrix->n_in * outputs + 1) + 1;
    return matrix->foreign ? matrix->n_panels : n;
}

static inline void td_embed_model_run_wait(const td_run *r)
{
    if (r->n_members > 1)
        r->scratch->team.wait(r->scratch->team.user);
}

/* The member's share of n items: [*from, *to). */
static inline void td_embed_model_run_share(const td_run *r, size_t n, size_t *from, size_t *to)
{
    *from = n * r->member / r->n_members;
    *to = n * (r->member + 1) / r->n_members;
}

/* The member's share of the rows of a block: all of them, unless the team shares the block. */
static inline void td_embed_model_run_share_of_block(const td_run *r, size_t n, size_t *from,
                                                     size_t *to)
{
    *from = 0;
    *to = n;
    if (r->scratch->split_outputs)
        td_embed_model_run_share(r, n, from, to);
}

/* Which part of a temporary belongs to whoever computes the block: a member, or all of them. */
static inline size_t td_embed_model_run_own(const td_run *r)
{
    return r->scratch->split_outputs ? 0 : r->member;
}

static inline void td_embed_model_run_meet_after_part(const td_run *r)
{
    if (r->scratch->split_outputs)
        td_embed_model_run_wait(r);
}

/* Rows of angles of the tokens from `row` on; NULL where positions are in the embeddings. */
static inline const float *const *td_embed_model_run_angles(const td_run *r, const td_layer *layer,
                                                            size_t row)
{
    const td_ragged *batch = r->scratch->batch;
    if (!layer->rope)
        return NULL;
    return r->scratch->angles +
           (size_t)(layer->rope - r->encoder->ropes) * batch->starts[batch->n_texts] + row;
}

#endif
