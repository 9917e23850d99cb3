/* embed/model/narrow.c - the steps of a layer where products are of bf16 or int8 rows.
 *
 * The residual x stays f32. Each product's rows are coded for it: by the norm before, or from the
 * bf16 that attention and activation leave behind (which is the code already, for bf16 itself). */
#include "embed/model/run.h"

#include <string.h>

/* Rows of a block in the form of the next product. */
static td_rows coded_rows(const td_run *r, const td_coded *all)
{
    size_t n_rows = r->scratch->n_block_rows, own = td_embed_model_run_own(r);
    return (td_rows){.values = all->values + own * n_rows * all->stride,
                     .stride = all->stride,
                     .scales = all->scales ? all->scales + own * n_rows : NULL};
}

/* The rows from `from` on of the same. */
static td_rows rows_from(td_rows rows, size_t from)
{
    rows.values += from * rows.stride;
    rows.scales = rows.scales ? rows.scales + from : NULL;
    return rows;
}

static void linear(const td_run *r, const td_matrix *matrix, const td_rows *x, size_t n_rows,
                   const td_epilogue *epilogue)
{
    size_t from, to, step = td_embed_model_run_step_panels(matrix, n_rows);
    td_embed_model_run_share_of_block(r, matrix->n_panels, &from, &to);
    for (; from < to; from += step) {
        size_t end = to - from < step ? to : from + step;
        td_embed_model_run_stand_aside(r);
        r->encoder->kernels->narrow->linear(matrix, x, n_rows, from, end, epilogue);
    }
    td_embed_model_run_meet_after_part(r);
}

/* Either of `out` and `coded` may be NULL; without weights, x is coded as it is. */
static void norm(const td_run *r, const td_norm *weights, const float *x, size_t n_rows, float *out,
                 const td_rows *coded)
{
    size_t from, to, stride = td_embed_kernels_stride(r->encoder->hidden);
    td_embed_model_run_share_of_block(r, n_rows, &from, &to);
    td_norming work = {.weight = weights ? weights->weight : NULL,
                       .bias = weights ? weights->bias : NULL,
                       .eps = r->encoder->norm_eps,
                       .n = r->encoder->hidden,
                       .out = out ? out + from * stride : NULL,
                       .precision = r->encoder->precision};
    if (coded)
        work.coded = rows_from(*coded, from);
    r->encoder->kernels->narrow->norm(x + from * stride, to - from, &work);
    td_embed_model_run_meet_after_part(r);
}

/* bf16 rows of n columns as rows of the next product: themselves, or coded into `space`. */
static td_rows code(const td_run *r, uint16_t *x, size_t stride, size_t n_rows, size_t n,
                    const td_rows *space)
{
    size_t from, to;
    if (r->encoder->precision == TD_PRECISION_BF16)
        return (td_rows){.values = (uint8_t *)x, .stride = stride * sizeof(*x)};
    td_embed_model_run_share_of_block(r, n_rows, &from, &to);
    td_rows part = rows_from(*space, from);
    r->encoder->kernels->narrow->code(x + from * stride, stride, to - from, n, &part);
    td_embed_model_run_meet_after_part(r);
    return *space;
}

static void embed(const td_run *r, size_t row, size_t n_rows)
{
    const td_encoder *encoder = r->encoder;
    float *rows = r->scratch->x + row * td_embed_kernels_stride(encoder->hidden);
    encoder->kernels->norm(rows, n_rows, encoder->hidden, encoder->embedding_norm.weight,
                           encoder->embedding_norm.bias, encoder->norm_eps, rows);
}

static void attend(const td_run *r, const td_layer *layer, size_t text, size_t head,
                   bool first_only)
{
    const td_encoder *encoder = r->encoder;
    td_scratch *s = r->scratch;
    size_t start = s->batch->starts[text], n = s->batch->starts[text + 1] - start;
    size_t column = head * encoder->head_dim;
    const uint16_t *q = s->qkv_bf16 + start * s->qkv_stride + column;
    td_narrow_attention work = {
        .q = q,
        .k = q + encoder->hidden,
        .v = q + 2 * encoder->hidden,
        .stride = s->qkv_stride,
        .n_tokens = n,
        .n_queries = first_only ? 1 : n,
        .head_dim = encoder->head_dim,
        .window = layer->window,
        .angles = td_embed_model_run_angles(r, layer, start),
        .out = s->context_bf16 + start * s->context_stride + column,
        .out_stride = s->context_stride,
        .scratch = (uint8_t *)(s->heads + r->member * s->heads_floats),
    };
    encoder->kernels->narrow->attention(&work);
    /* The product after it reads whole steps. */
    size_t end = column + encoder->head_dim, pad = (32 - end % 32) % 32;
    for (size_t i = 0; pad > 0 && end == encoder->hidden && i < work.n_queries; i++)
        memset(work.out + i * work.out_stride + encoder->head_dim, 0, pad * sizeof(*work.out));
}

/* From attention's result to the end of the layer; after a norm at its end `coded` holds x. */
static void finish_layer(const td_run *r, const td_layer *layer, bool last, size_t row,
                         size_t n_rows)
{
    const td_encoder *encoder = r->encoder;
    td_scratch *s = r->scratch;
    size_t stride = td_embed_kernels_stride(encoder->hidden);
    float *x = s->x + row * stride;
    uint16_t *inner = s->inner_bf16 + td_embed_model_run_own(r) * s->n_block_rows * s->inner_stride;
    const td_rows coded = coded_rows(r, &s->coded), coded_inner = coded_rows(r, &s->coded_inner);
    td_epilogue add = {.add = true, .out = x, .out_stride = stride};
    td_epilogue activate = {.activation = encoder->activation,
                            .out_bf16 = inner,
                            .out_stride = s->inner_stride};

    td_rows context = code(r, s->context_bf16 + row * s->context_stride, s->context_stride, n_rows,
                           encoder->hidden, &coded);
    linear(r, &layer->out, &context, n_rows, &add);
    if (encoder->pre_norm)
        norm(r, &layer->mlp_norm, x, n_rows, NULL, &coded);
    else
        norm(r, &layer->attention_norm, x, n_rows, x, &coded);
    linear(r, &layer->mlp_in, &coded, n_rows, &activate);
    td_rows mlp = code(r, inner, s->inner_stride, n_rows, encoder->intermediate, &coded_inner);
    linear(r, &layer->mlp_out, &mlp, n_rows, &add);
    if (!encoder->pre_norm)
        norm(r, &layer->mlp_norm, x, n_rows, x, last ? NULL : &coded);
}

static void block(const td_run *r, const td_layer *layer, const td_layer *next, size_t row,
                  size_t n_rows)
{
    const td_encoder *encoder = r->encoder;
    td_scratch *s = r->scratch;
    float *x = s->x + row * td_embed_kernels_stride(encoder->hidden);
    const td_rows coded = coded_rows(r, &s->coded);
    td_epilogue to_qkv = {.out_bf16 = s->qkv_bf16 + row * s->qkv_stride,
                          .out_stride = s->qkv_stride};

    if (layer)
        finish_layer(r, layer, !next, row, n_rows);
    if (next) {
        if (encoder->pre_norm || !layer)
            norm(r, encoder->pre_norm ? &next->attention_norm : NULL, x, n_rows, NULL, &coded);
        linear(r, &next->qkv, &coded, n_rows, &to_qkv);
    } else if (encoder->final_norm.weight) {
        norm(r, &encoder->final_norm, x, n_rows, x, NULL);
    }
}

static void move(const td_run *r, size_t from, size_t to)
{
    td_scratch *s = r->scratch;
    memmove(s->context_bf16 + to * s->context_stride, s->context_bf16 + from * s->context_stride,
            s->context_stride * sizeof(*s->context_bf16));
}

const td_steps td_embed_model_narrow_steps = {.embed = embed,
                                              .attend = attend,
                                              .block = block,
                                              .move = move};
