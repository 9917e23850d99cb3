#include "embed/model/encoder.h"

#include <stdlib.h>
#include <string.h>

/* One member's part in a run. */
typedef struct run {
    const td_encoder *encoder;
    td_scratch *scratch;
    size_t member, n_members;
    size_t n_rows;
} run;

static void wait_for_team(const run *r)
{
    if (r->n_members > 1)
        r->scratch->team.wait(r->scratch->team.user);
}

static void stand_aside(const run *r)
{
    if (r->scratch->team.pause)
        r->scratch->team.pause(r->scratch->team.user, r->member);
}

/* The member's share of n items: [*from, *to). */
static void share(const run *r, size_t n, size_t *from, size_t *to)
{
    *from = n * r->member / r->n_members;
    *to = n * (r->member + 1) / r->n_members;
}

/* The member's share of the rows of a block: all of them, unless the team shares the block. */
static void share_of_block(const run *r, size_t n, size_t *from, size_t *to)
{
    *from = 0;
    *to = n;
    if (r->scratch->split_outputs)
        share(r, n, from, to);
}

/* A block's temporary rows belong to whoever computes the block: a member, or all of them. */
static float *own_part(const run *r, float *all, size_t floats)
{
    return all + (r->scratch->split_outputs ? 0 : r->member * floats);
}

static void meet_after_part(const run *r)
{
    if (r->scratch->split_outputs)
        wait_for_team(r);
}

static void linear(const run *r, const td_matrix *matrix, const float *x, size_t n_rows,
                   const td_epilogue *epilogue)
{
    size_t from, to;
    share_of_block(r, matrix->n_panels, &from, &to);
    tandem_code code = r->encoder->kernels->linear(matrix, x, n_rows, from, to, epilogue);
    if (code != TANDEM_OK)
        atomic_store(&r->scratch->failure, (int)code);
    meet_after_part(r);
}

static void norm(const run *r, const td_norm *weights, const float *x, size_t n_rows, float *out)
{
    size_t from, to, stride = td_embed_kernels_stride(r->encoder->hidden);
    share_of_block(r, n_rows, &from, &to);
    r->encoder->kernels->norm(x + from * stride, to - from, r->encoder->hidden, weights->weight,
                              weights->bias, r->encoder->norm_eps, out + from * stride);
    meet_after_part(r);
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

static void embed(const run *r)
{
    const td_encoder *encoder = r->encoder;
    const td_ragged *batch = r->scratch->batch;
    size_t stride = td_embed_kernels_stride(encoder->hidden), from, to;

    share(r, batch->n_texts, &from, &to);
    for (size_t t = from; t < to; t++) {
        for (uint32_t i = batch->starts[t]; i < batch->starts[t + 1]; i++)
            embed_token(encoder, batch->ids[i], i - batch->starts[t], r->scratch->x + i * stride);
    }
    size_t first = batch->starts[from], n = batch->starts[to] - first;
    float *rows = r->scratch->x + first * stride;
    encoder->kernels->norm(rows, n, encoder->hidden, encoder->embedding_norm.weight,
                           encoder->embedding_norm.bias, encoder->norm_eps, rows);
}

/* ---- attention ---- */

static void attend(const run *r, const td_layer *layer, size_t text, size_t head, bool first_only)
{
    const td_encoder *encoder = r->encoder;
    td_scratch *s = r->scratch;
    size_t start = s->batch->starts[text], n = s->batch->starts[text + 1] - start;
    size_t stride = td_embed_kernels_stride(3 * encoder->hidden);
    size_t out_stride = td_embed_kernels_stride(encoder->hidden);
    const float *q = s->qkv + start * stride + head * encoder->head_dim;
    td_attention work = {
        .q = q,
        .k = q + encoder->hidden,
        .v = q + 2 * encoder->hidden,
        .stride = stride,
        .n_tokens = n,
        .n_queries = first_only ? 1 : n,
        .head_dim = encoder->head_dim,
        .window = layer->window,
        .out = s->context + start * out_stride + head * encoder->head_dim,
        .out_stride = out_stride,
        .scratch = s->heads + r->member * s->heads_floats,
    };
    encoder->kernels->attention(&work);
}

/* Every head of every text; a team takes them in turn. */
static void attend_all(const run *r, const td_layer *layer, bool first_only)
{
    size_t n_heads = r->encoder->n_heads, n = r->scratch->batch->n_texts * n_heads;
    for (size_t i = r->member; i < n; i += r->n_members)
        attend(r, layer, i / n_heads, i % n_heads, first_only);
}

/* ---- the rest of a layer, block by block ---- */

/* q, k and v of a block for `layer`; positions turn q and k while they are in cache. */
static void project(const run *r, const td_layer *layer, size_t row, size_t n_rows)
{
    const td_encoder *encoder = r->encoder;
    td_scratch *s = r->scratch;
    size_t stride = td_embed_kernels_stride(encoder->hidden);
    size_t qkv_stride = td_embed_kernels_stride(3 * encoder->hidden), from, to;
    const float *x = s->x + row * stride;
    td_epilogue epilogue = {.out = s->qkv + row * qkv_stride, .out_stride = qkv_stride};

    if (encoder->pre_norm && layer->attention_norm.weight) {
        float *normed = own_part(r, s->normed, s->normed_floats);
        norm(r, &layer->attention_norm, x, n_rows, normed);
        x = normed;
    }
    linear(r, &layer->qkv, x, n_rows, &epilogue);
    if (!layer->rope)
        return;
    const float **angles =
        s->angles + (size_t)(layer->rope - encoder->ropes) * s->batch->starts[s->batch->n_texts];
    share_of_block(r, n_rows, &from, &to);
    for (size_t i = from; i < to; i++)
        encoder->kernels->rope(epilogue.out + i * qkv_stride, 2 * encoder->n_heads,
                               encoder->head_dim, angles[row + i]);
    meet_after_part(r);
}

/* From attention's result to the end of the layer. */
static void finish_layer(const run *r, const td_layer *layer, size_t row, size_t n_rows)
{
    const td_encoder *encoder = r->encoder;
    td_scratch *s = r->scratch;
    size_t stride = td_embed_kernels_stride(encoder->hidden);
    float *x = s->x + row * stride, *mlp_x = x;
    float *inner = own_part(r, s->inner, s->inner_floats);
    td_epilogue add = {.add = true, .out = x, .out_stride = stride};
    td_epilogue activate = {.activation = encoder->activation,
                            .out = inner,
                            .out_stride = td_embed_kernels_stride(encoder->intermediate)};

    linear(r, &layer->out, s->context + row * stride, n_rows, &add);
    if (encoder->pre_norm) {
        mlp_x = own_part(r, s->normed, s->normed_floats);
        norm(r, &layer->mlp_norm, x, n_rows, mlp_x);
    } else {
        norm(r, &layer->attention_norm, x, n_rows, x);
    }
    linear(r, &layer->mlp_in, mlp_x, n_rows, &activate);
    linear(r, &layer->mlp_out, inner, n_rows, &add);
    if (!encoder->pre_norm)
        norm(r, &layer->mlp_norm, x, n_rows, x);
}

/* Calls what stands between two attentions for each block: the end of `layer` (NULL before the
 * first), then the beginning of `next` (NULL after the last). */
static void run_blocks(const run *r, const td_layer *layer, const td_layer *next)
{
    td_scratch *s = r->scratch;
    size_t step = s->split_outputs ? 1 : r->n_members;
    size_t block = s->split_outputs ? 0 : r->member;

    for (; block * s->block_rows < r->n_rows; block += step) {
        size_t row = block * s->block_rows, left = r->n_rows - row;
        size_t n = left < s->block_rows ? left : s->block_rows;
        if (layer)
            finish_layer(r, layer, row, n);
        if (next)
            project(r, next, row, n);
        else if (r->encoder->final_norm.weight)
            norm(r, &r->encoder->final_norm,
                 s->x + row * td_embed_kernels_stride(r->encoder->hidden), n,
                 s->x + row * td_embed_kernels_stride(r->encoder->hidden));
    }
}

/* Moves the first row of each text to the front: rows are as many as texts from here on. */
static void keep_first_rows(run *r)
{
    td_scratch *s = r->scratch;
    size_t stride = td_embed_kernels_stride(r->encoder->hidden);
    size_t bytes = r->encoder->hidden * sizeof(float);

    if (r->member == 0) {
        for (size_t t = 1; t < s->batch->n_texts; t++) {
            memmove(s->x + t * stride, s->x + s->batch->starts[t] * stride, bytes);
            memmove(s->context + t * stride, s->context + s->batch->starts[t] * stride, bytes);
        }
    }
    r->n_rows = s->batch->n_texts;
    wait_for_team(r);
}

void td_embed_model_encoder_forward(const td_encoder *encoder, td_scratch *scratch, size_t member)
{
    run r = {.encoder = encoder,
             .scratch = scratch,
             .member = member,
             .n_members = scratch->team.n,
             .n_rows = scratch->batch->starts[scratch->batch->n_texts]};

    embed(&r);
    wait_for_team(&r);
    run_blocks(&r, NULL, &encoder->layers[0]);
    for (size_t l = 0; l < encoder->n_layers; l++) {
        const td_layer *layer = &encoder->layers[l];
        bool last = l + 1 == encoder->n_layers;
        stand_aside(&r);
        wait_for_team(&r);
        attend_all(&r, layer, last && scratch->first_rows_only);
        wait_for_team(&r);
        if (last && scratch->first_rows_only)
            keep_first_rows(&r);
        run_blocks(&r, layer, last ? NULL : layer + 1);
    }
    wait_for_team(&r);
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
