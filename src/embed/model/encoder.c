#include "embed/model/encoder.h"

#include "embed/model/run.h"
#include "embed/model/stream.h"

#include <stdlib.h>
#include <string.h>

static const td_steps *steps_of(const td_encoder *encoder)
{
    return encoder->precision == TD_PRECISION_F32 ? &td_embed_model_wide_steps
                                                  : &td_embed_model_narrow_steps;
}

/* ---- embeddings ---- */

static void add_row(float *x, const float *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] += row[i];
}

static void embed_token(const td_encoder *encoder, uint32_t id, size_t position, float *x)
{
    size_t n = encoder->hidden;
    td_embed_weights_read_row(encoder->words, id, x);
    if (encoder->type)
        add_row(x, encoder->type, n);
    if (encoder->positions)
        add_row(x, encoder->positions + position * n, n);
}

static void embed(const td_run *r)
{
    const td_encoder *encoder = r->encoder;
    const td_ragged *batch = r->scratch->batch;
    size_t stride = td_embed_kernels_stride(encoder->hidden), from, to;

    td_embed_model_run_share(r, batch->n_texts, &from, &to);
    for (size_t t = from; t < to; t++) {
        uint32_t first = batch->starts[t], end = batch->starts[t + 1];
        td_embed_model_run_stand_aside(r);
        for (uint32_t i = first; i < end; i++)
            embed_token(encoder, batch->ids[i], i - first, r->scratch->x + i * stride);
        steps_of(encoder)->embed(r, first, end - first);
    }
}

/* ---- attention ---- */

/* Every head of every text; a team takes them in turn. */
static void attend_all(const td_run *r, const td_layer *layer, bool first_only)
{
    size_t n_heads = r->encoder->n_heads, n = r->scratch->batch->n_texts * n_heads;
    for (size_t i = r->member; i < n; i += r->n_members) {
        td_embed_model_run_stand_aside(r);
        steps_of(r->encoder)->attend(r, layer, i / n_heads, i % n_heads, first_only);
    }
}

/* Calls what stands between two attentions for each block: the end of `layer` (NULL before the
 * first), then the beginning of `next` (NULL after the last). */
static void run_blocks(const td_run *r, const td_layer *layer, const td_layer *next)
{
    td_scratch *s = r->scratch;
    size_t step = s->split_outputs ? 1 : r->n_members;
    size_t block = s->split_outputs ? 0 : r->member;

    for (; block * s->block_rows < r->n_rows; block += step) {
        size_t row = block * s->block_rows, left = r->n_rows - row;
        size_t n = left < s->block_rows ? left : s->block_rows;
        steps_of(r->encoder)->block(r, layer, next, row, n);
    }
}

/* Moves the first row of each text to the front: rows are as many as texts from here on. */
static void keep_first_rows(td_run *r)
{
    td_scratch *s = r->scratch;
    size_t stride = td_embed_kernels_stride(r->encoder->hidden);
    size_t bytes = r->encoder->hidden * sizeof(float);

    if (r->member == 0) {
        for (size_t t = 1; t < s->batch->n_texts; t++) {
            memmove(s->x + t * stride, s->x + s->batch->starts[t] * stride, bytes);
            steps_of(r->encoder)->move(r, s->batch->starts[t], t);
        }
    }
    r->n_rows = s->batch->n_texts;
    td_embed_model_run_wait(r);
}

void td_embed_model_encoder_forward(const td_encoder *encoder, td_scratch *scratch, size_t member)
{
    td_run r = {.encoder = encoder,
                .scratch = scratch,
                .member = member,
                .n_members = scratch->team.n,
                .n_rows = scratch->batch->starts[scratch->batch->n_texts]};

    embed(&r);
    td_embed_model_stream_pack(&r, NULL, &encoder->layers[0]);
    td_embed_model_run_wait(&r);
    run_blocks(&r, NULL, &encoder->layers[0]);
    for (size_t l = 0; l < encoder->n_layers; l++) {
        const td_layer *layer = &encoder->layers[l];
        bool last = l + 1 == encoder->n_layers;
        td_embed_model_run_wait(&r);
        attend_all(&r, layer, last && scratch->first_rows_only);
        td_embed_model_stream_pack(&r, layer, last ? NULL : layer + 1);
        td_embed_model_run_wait(&r);
        if (last && scratch->first_rows_only)
            keep_first_rows(&r);
        run_blocks(&r, layer, last ? NULL : layer + 1);
    }
    td_embed_model_run_wait(&r);
}

/* ---- life ---- */

static void clear_norm(td_norm *weights)
{
    free(weights->weight);
    free(weights->bias);
    *weights = (td_norm){0};
}

static void clear_layer(td_layer *layer)
{
    td_embed_kernels_clear(&layer->qkv);
    td_embed_kernels_clear(&layer->out);
    td_embed_kernels_clear(&layer->mlp_in);
    td_embed_kernels_clear(&layer->mlp_out);
    clear_norm(&layer->attention_norm);
    clear_norm(&layer->mlp_norm);
}

void td_embed_model_encoder_clear(td_encoder *encoder)
{
    for (size_t l = 0; encoder->layers && l < encoder->n_layers; l++)
        clear_layer(&encoder->layers[l]);
    free(encoder->layers);
    td_embed_model_stream_close(encoder->stream);
    free(encoder->positions);
    free(encoder->type);
    clear_norm(&encoder->embedding_norm);
    clear_norm(&encoder->final_norm);
    for (size_t i = 0; i < TD_ROPES_MAX; i++)
        td_embed_model_rope_clear(&encoder->ropes[i]);
    *encoder = (td_encoder){0};
}

size_t td_embed_model_encoder_bytes(const td_encoder *encoder)
{
    size_t bytes = encoder->positions ? encoder->n_positions * encoder->hidden * sizeof(float) : 0;
    for (size_t i = 0; i < TD_ROPES_MAX; i++)
        bytes += encoder->ropes[i].n_positions * encoder->ropes[i].dim * sizeof(float);
    if (encoder->stream)
        return bytes + encoder->stream->room_bytes;
    for (size_t l = 0; l < encoder->n_layers; l++) {
        const td_layer *layer = &encoder->layers[l];
        bytes += td_embed_kernels_bytes(&layer->qkv) + td_embed_kernels_bytes(&layer->out) +
                 td_embed_kernels_bytes(&layer->mlp_in) + td_embed_kernels_bytes(&layer->mlp_out);
    }
    return bytes;
}

static double flop_of(const td_matrix *matrix)
{
    return (matrix->gated ? 4.0 : 2.0) * (double)matrix->n_in * (double)matrix->n_out;
}

double td_embed_model_encoder_token_flop(const td_encoder *encoder)
{
    double flop = 0;
    for (size_t l = 0; l < encoder->n_layers; l++) {
        const td_layer *layer = &encoder->layers[l];
        flop += flop_of(&layer->qkv) + flop_of(&layer->out) + flop_of(&layer->mlp_in) +
                flop_of(&layer->mlp_out);
    }
    return flop;
}
