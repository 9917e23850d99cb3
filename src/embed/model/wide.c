/* embed/model/wide.c - the steps of a layer in f32. */
#include "embed/model/run.h"

#include <string.h>

static void linear(const td_run *r, const td_matrix *matrix, const float *x, size_t n_rows,
                   const td_epilogue *epilogue)
{
    size_t from, to, step = td_embed_model_run_step_panels(matrix, n_rows);
    td_embed_model_run_share_of_block(r, matrix->n_panels, &from, &to);
    for (; from < to; from += step) {
        size_t end = to - from < step ? to : from + step;
        td_embed_model_run_stand_aside(r);
        tandem_code code = r->encoder->kernels->linear(matrix, x, n_rows, from, end, epilogue);
        if (code != TANDEM_OK)
            atomic_store(&r->scratch->failure, (int)code);
    }
    td_embed_model_run_meet_after_part(r);
}

static void norm(const td_run *r, const td_norm *weights, const float *x, size_t n_rows, float *out)
{
    size_t from, to, stride = td_embed_kernels_stride(r->encoder->hidden);
    td_embed_model_run_share_of_block(r, n_rows, &from, &to);
    r->encoder->kernels->norm(x + from * stride, to - from, r->encoder->hidden, weights->weight,
                              weights->bias, r->encoder->norm_eps, out + from * stride);
    td_embed_model_run_meet_after_part(r);
}

static void attend(const td_run *r, const td_layer *layer, size_t text, size_t head,
                   bool first_only)
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

/* q, k and v of a block for `layer`; positions turn q and k while they are in cache. */
static void project(const td_run *r, const td_layer *layer, size_t row, size_t n_rows)
{
    const td_encoder *encoder = r->encoder;
    td_scratch *s = r->scratch;
    size_t stride = td_embed_kernels_stride(encoder->hidden);
    size_t qkv_stride = td_embed_kernels_stride(3 * encoder->hidden), from, to;
    const float *x = s->x + row * stride;
    td_epilogue epilogue = {.out = s->qkv + row * qkv_stride, .out_stride = qkv_stride};

    if (encoder->pre_norm && layer->attention_norm.weight) {
        float *normed = s->normed + td_embed_model_run_own(r) * s->normed_floats;
        norm(r, &layer->attention_norm, x, n_rows, normed);
        x = normed;
    }
    linear(r, &layer->qkv, x, n_rows, &epilogue);
    const float *const *angles = td_embed_model_run_angles(r, layer, row);
    if (!angles)
        return;
    td_embed_model_run_share_of_block(r, n_rows, &from, &to);
    for (size_t i = from; i < to; i++)
        encoder->kernels->rope(epilogue.out + i * qkv_stride, 2 * encoder->n_heads,
                               encoder->head_dim, angles[i]);
    td_embed_model_run_meet_after_part(r);
}

/* From attention's result to the end of the layer. */
static void finish_layer(const td_run *r, const td_layer *layer, size_t row, size_t n_rows)
{
    const td_encoder *encoder = r->encoder;
    td_scratch *s = r->scratch;
    size_t stride = td_embed_kernels_stride(encoder->hidden);
    float *x = s->x + row * stride, *mlp_x = x;
    float *inner = s->inner + td_embed_model_run_own(r) * s->inner_floats;
    td_epilogue add = {.add = true, .out = x, .out_stride = stride};
    td_epilogue activate = {.activation = encoder->activation,
                            .out = inner,
                            .out_stride = td_embed_kernels_stride(encoder->intermediate)};

    linear(r, &layer->out, s->context + row * stride, n_rows, &add);
    if (encoder->pre_norm) {
        mlp_x = s->normed + td_embed_model_run_own(r) * s->normed_floats;
        norm(r, &layer->mlp_norm, x, n_rows, mlp_x);
    } else {
        norm(r, &layer->attention_norm, x, n_rows, x);
    }
    linear(r, &layer->mlp_in, mlp_x, n_rows, &activate);
    linear(r, &layer->mlp_out, inner, n_rows, &add);
    if (!encoder->pre_norm)
        norm(r, &layer->mlp_norm, x, n_rows, x);
}

static void embed(const td_run *r, size_t row, size_t n_rows)
{
    const td_encoder *encoder = r->encoder;
    float *rows = r->scratch->x + row * td_embed_kernels_stride(encoder->hidden);
    encoder->kernels->norm(rows, n_rows, encoder->hidden, encoder->embedding_norm.weight,
                           encoder->embedding_norm.bias, encoder->norm_eps, rows);
}

static void block(const td_run *r, const td_layer *layer, const td_layer *next, size_t row,
                  size_t n_rows)
{
    float *x = r->scratch->x + row * td_embed_kernels_stride(r->encoder->hidden);
    if (layer)
        finish_layer(r, layer, row, n_rows);
    if (next)
        project(r, next, row, n_rows);
    else if (r->encoder->final_norm.weight)
        norm(r, &r->encoder->final_norm, x, n_rows, x);
}

static void move(const td_run *r, size_t from, size_t to)
{
    size_t stride = td_embed_kernels_stride(r->encoder->hidden);
    memmove(r->scratch->context + to * stride, r->scratch->context + from * stride,
            r->encoder->hidden * sizeof(float));
}

const td_steps td_embed_model_wide_steps = {.embed = embed,
                                            .attend = attend,
                                            .block = block,
                                            .move = move};
