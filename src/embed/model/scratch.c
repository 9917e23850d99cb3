/* embed/model/scratch.c - the plan of a run and the memory for it. */
#include "base/size.h"
#include "embed/model/stream.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* A block's inner rows (its widest) should fill half of a 1 MB L2, the rest is for weights. */
    BLOCK_INNER_BYTES = 512 * 1024,
    BLOCK_TILES_MAX = 12,
    NARROW_BLOCK_ROWS_MAX = 256,
};

td_scratch *td_embed_model_scratch_new(void)
{
    return calloc(1, sizeof(td_scratch));
}

void td_embed_model_scratch_free(td_scratch *scratch)
{
    if (!scratch)
        return;
    free(scratch->floats);
    free((void *)scratch->angles);
    free(scratch);
}

size_t td_embed_model_scratch_bytes(const td_scratch *scratch)
{
    return scratch->n_floats * sizeof(float) + scratch->n_angles * sizeof(float *);
}

/* Results do not depend on it; speed does. */
static size_t choose_block_rows(const td_encoder *encoder)
{
    const td_kernels *kernels = encoder->kernels;
    bool wide = encoder->precision == TD_PRECISION_F32;
    size_t row_bytes = wide ? td_embed_kernels_stride(encoder->intermediate) * sizeof(float)
                            : td_embed_kernels_row_bytes(encoder->intermediate, TD_PRECISION_BF16);
    size_t tile_rows = wide ? kernels->tile_rows : kernels->narrow->tile_rows;
    size_t block_bytes = wide ? BLOCK_INNER_BYTES : kernels->narrow->block_bytes;
    size_t n_tiles = block_bytes / (row_bytes * tile_rows);
    size_t most = wide ? BLOCK_TILES_MAX : NARROW_BLOCK_ROWS_MAX / tile_rows;
    n_tiles = n_tiles < 1 ? 1 : n_tiles;
    n_tiles = n_tiles > most ? most : n_tiles;
    return n_tiles * tile_rows;
}

static size_t longest_text(const td_ragged *batch)
{
    size_t longest = 0;
    for (size_t t = 0; t < batch->n_texts; t++) {
        size_t n = batch->starts[t + 1] - batch->starts[t];
        longest = n > longest ? n : longest;
    }
    return longest;
}

static size_t own_angle_floats(const td_encoder *encoder, const td_ragged *batch)
{
    size_t n_tokens = 0;
    for (size_t t = 0; t < batch->n_texts; t++) {
        size_t n = batch->starts[t + 1] - batch->starts[t];
        n_tokens += td_embed_model_rope_is_own(&encoder->ropes[0], n) ? n : 0;
    }
    return n_tokens * encoder->head_dim;
}

/* Cuts the next array off; `*used` counts whole cache lines. With base NULL it only counts. */
static float *cut(float *base, size_t *used, size_t n)
{
    float *array = base ? base + *used : NULL;
    *used += (n + 15) / 16 * 16;
    return array;
}

static uint16_t *cut_bf16(float *base, size_t *used, size_t n_rows, size_t columns,
                          size_t *stride_out)
{
    size_t bytes = td_embed_kernels_row_bytes(columns, TD_PRECISION_BF16);
    *stride_out = bytes / sizeof(uint16_t);
    return (uint16_t *)cut(base, used, n_rows * bytes / sizeof(float));
}

static td_coded cut_coded(float *base, size_t *used, size_t n_rows, size_t columns,
                          td_precision precision)
{
    td_coded coded = {.stride = td_embed_kernels_row_bytes(columns, precision)};
    coded.values = (uint8_t *)cut(base, used, n_rows * coded.stride / sizeof(float));
    if (precision == TD_PRECISION_INT8)
        coded.scales = (td_row_scale *)cut(base, used, n_rows * 2);
    return coded;
}

static size_t lay_out_wide(const td_encoder *encoder, td_scratch *s, float *base, size_t used)
{
    size_t n_rows = s->batch->starts[s->batch->n_texts] + TD_ROWS_SPARE, members = s->team.n;
    size_t stride = td_embed_kernels_stride(encoder->hidden);

    s->normed_floats = encoder->pre_norm ? s->n_block_rows * stride : 0;
    s->inner_floats = s->n_block_rows * td_embed_kernels_stride(encoder->intermediate);
    s->heads_floats = td_embed_kernels_attention_floats(longest_text(s->batch), encoder->head_dim);
    s->heads_floats = (s->heads_floats + 15) / 16 * 16;
    s->panel_floats = encoder->stream ? encoder->stream->panel_floats : 0;

    s->qkv = cut(base, &used, n_rows * td_embed_kernels_stride(3 * encoder->hidden));
    s->context = cut(base, &used, n_rows * stride);
    s->normed = cut(base, &used, members * s->normed_floats);
    s->inner = cut(base, &used, members * s->inner_floats);
    s->heads = cut(base, &used, members * s->heads_floats);
    s->panels = cut(base, &used, members * s->panel_floats);
    return used;
}

static size_t lay_out_narrow(const td_encoder *encoder, td_scratch *s, float *base, size_t used)
{
    size_t n_rows = s->batch->starts[s->batch->n_texts] + TD_ROWS_SPARE;
    size_t hidden = encoder->hidden, inner = encoder->intermediate, members = s->team.n;

    s->heads_floats =
        td_embed_kernels_narrow_attention_bytes(longest_text(s->batch), encoder->head_dim) /
        sizeof(float);
    s->heads_floats = (s->heads_floats + 15) / 16 * 16;

    s->qkv_bf16 = cut_bf16(base, &used, n_rows, 3 * hidden, &s->qkv_stride);
    s->context_bf16 = cut_bf16(base, &used, n_rows, hidden, &s->context_stride);
    s->inner_bf16 = cut_bf16(base, &used, members * s->n_block_rows, inner, &s->inner_stride);
    s->coded = cut_coded(base, &used, members * s->n_block_rows, hidden, encoder->precision);
    s->coded_inner = (td_coded){0};
    if (encoder->precision == TD_PRECISION_INT8)
        s->coded_inner =
            cut_coded(base, &used, members * s->n_block_rows, inner, encoder->precision);
    s->heads = cut(base, &used, members * s->heads_floats);
    return used;
}

/* Lays all arrays out behind each other; returns their size in floats. */
static size_t lay_out(const td_encoder *encoder, td_scratch *s, float *base)
{
    size_t n_rows = s->batch->starts[s->batch->n_texts] + TD_ROWS_SPARE, used = 0;

    s->n_block_rows = s->block_rows + TD_ROWS_SPARE;
    s->x = cut(base, &used, n_rows * td_embed_kernels_stride(encoder->hidden));
    s->own_angles = cut(base, &used, own_angle_floats(encoder, s->batch));
    return encoder->precision == TD_PRECISION_F32 ? lay_out_wide(encoder, s, base, used)
                                                  : lay_out_narrow(encoder, s, base, used);
}

static tandem_code make_room(const td_encoder *encoder, td_scratch *s, tandem_error *err)
{
    size_t need = lay_out(encoder, s, NULL);
    size_t n_angles = s->batch->starts[s->batch->n_texts] * TD_ROPES_MAX, bytes = 0;

    if (need > s->n_floats) {
        free(s->floats);
        s->floats = td_embed_kernels_floats(need);
        s->n_floats = s->floats ? need : 0;
    }
    if (n_angles > s->n_angles) {
        free((void *)s->angles);
        s->angles = td_size_mul(n_angles, sizeof(float *), &bytes) ? malloc(bytes) : NULL;
        s->n_angles = s->angles ? n_angles : 0;
    }
    if (s->n_floats < need || s->n_angles < n_angles)
        return td_fail_nomem(err, "an embedding run");
    lay_out(encoder, s, s->floats);
    return TANDEM_OK;
}

/* Points each token at its row of angles. */
static void place_angles(const td_encoder *encoder, td_scratch *s)
{
    const td_ragged *batch = s->batch;
    size_t n_tokens = batch->starts[batch->n_texts];

    for (size_t i = 0; i < TD_ROPES_MAX && encoder->ropes[i].angles; i++) {
        const td_rope *rope = &encoder->ropes[i];
        const float **to = s->angles + i * n_tokens;
        float *own = s->own_angles;
        for (size_t t = 0; t < batch->n_texts; t++) {
            size_t n = batch->starts[t + 1] - batch->starts[t];
            const float *table = rope->angles;
            if (td_embed_model_rope_is_own(rope, n)) {
                td_embed_model_rope_fill_own(rope, n, own);
                table = own;
                own += n * rope->dim;
            }
            for (size_t p = 0; p < n; p++)
                *to++ = table + p * rope->dim;
        }
    }
}

tandem_code td_embed_model_encoder_prepare(const td_encoder *encoder, const td_ragged *batch,
                                           const td_team *team, bool first_rows_only,
                                           td_scratch *scratch, tandem_error *err)
{
    size_t n_tokens = batch->starts[batch->n_texts];

    scratch->batch = batch;
    scratch->team = team ? *team : (td_team){.n = 1};
    scratch->first_rows_only = first_rows_only;
    scratch->n_rows = first_rows_only ? batch->n_texts : n_tokens;
    scratch->block_rows = choose_block_rows(encoder);
    scratch->n_blocks = (n_tokens + scratch->block_rows - 1) / scratch->block_rows;
    scratch->split_outputs = scratch->n_blocks < scratch->team.n;
    atomic_store(&scratch->failure, (int)TANDEM_OK);
    tandem_code code = make_room(encoder, scratch, err);
    if (code == TANDEM_OK)
        place_angles(encoder, scratch);
    return code;
}
