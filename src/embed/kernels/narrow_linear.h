/* embed/kernels/narrow_linear.h - narrow products and what becomes of them, for every table.
 *
 * The file that includes it has `vec` (vectors.h) and its producer: tile_bf16, tile_int8, called
 * with up to NARROW_ROWS rows, between tiles_begin and tiles_end. STEPS_MAX: longer rows go through
 * the producer in parts, so that a part of a panel and the rows that meet it fit the nearest cache.
 */
#ifndef TD_EMBED_KERNELS_NARROW_LINEAR_H
#define TD_EMBED_KERNELS_NARROW_LINEAR_H

#include "embed/kernels/narrow.h"
#include "embed/kernels/vectors.h"

#include <string.h>

enum {
    PARTS = TD_NARROW_WIDTH / VECTOR_FLOATS,
    CHUNK_TILES = 256 / NARROW_ROWS, /* row tiles that pass by one part of a panel */
};

/* A finished tile. */
typedef struct narrow_product {
    const td_matrix *matrix;
    const struct turned_rows *turned; /* of an int8 matrix that has excess */
    size_t panel;
    const uint8_t *products; /* [n_rows][TD_NARROW_WIDTH], f32 or s32 */
    size_t row, n_rows;      /* in the call */
    const td_row_scale *scales;
    const td_epilogue *epilogue;
} narrow_product;

/* One row of a panel's products, dequantised, with bias. */
UNWATCHED static ALWAYS void take_row(const td_precision precision, const narrow_product *p,
                                      size_t m, vec x[PARTS])
{
    const td_matrix *matrix = p->matrix;
    size_t at = p->panel * TD_NARROW_WIDTH;
    const uint8_t *row = p->products + m * TD_NARROW_WIDTH * 4;

    UNROLL(4)
    for (size_t i = 0; i < PARTS; i++, at += VECTOR_FLOATS, row += VECTOR_FLOATS * 4) {
        vec bias = v_load(matrix->bias + at);
        if (precision == TD_PRECISION_INT8) {
            vec zero = v_set(-p->scales[p->row + m].zero);
            vec scale = v_mul(v_set(p->scales[p->row + m].scale), v_load(matrix->scales + at));
            vec centred = v_fma(zero, v_load(matrix->sums + at), v_load_s32((const int32_t *)row));
            x[i] = v_fma(centred, scale, bias);
        } else {
            x[i] = v_add(v_load((const float *)row), bias);
        }
    }
}

UNWATCHED static ALWAYS void narrow_finish(const td_precision precision,
                                           const td_activation activation, const bool gated,
                                           const narrow_product *p)
{
    const td_epilogue *e = p->epilogue;
    const size_t n_parts = gated ? PARTS / 2 : PARTS;
    size_t first = p->panel * p->matrix->n_panel_out, left = p->matrix->n_out - first;

    for (size_t m = 0; m < p->n_rows; m++) {
        size_t at = (p->row + m) * e->out_stride + first;
        vec x[PARTS];
        take_row(precision, p, m, x);
        UNROLL(4)
        for (size_t i = 0; i < n_parts; i++, at += VECTOR_FLOATS) {
            vec y = gated ? v_mul(x[i], v_activate_rough(activation, x[i + PARTS / 2]))
                          : v_activate_rough(activation, x[i]);
            if (e->out_bf16) {
                v_store_bf16(e->out_bf16 + at, y);
                continue;
            }
            size_t n = left > i * VECTOR_FLOATS ? left - i * VECTOR_FLOATS : 0;
            if (e->add && n > 0)
                y = v_add(y, v_load_cut(e->out + at, n));
            v_store_cut(e->out + at, n, y);
        }
    }
}

#define FINISH(activation)                                             \
case activation:                                                       \
    if (p->matrix->precision == TD_PRECISION_INT8 && p->matrix->gated) \
        narrow_finish(TD_PRECISION_INT8, activation, true, p);         \
    else if (p->matrix->precision == TD_PRECISION_INT8)                \
        narrow_finish(TD_PRECISION_INT8, activation, false, p);        \
    else if (p->matrix->gated)                                         \
        narrow_finish(TD_PRECISION_BF16, activation, true, p);         \
    else                                                               \
        narrow_finish(TD_PRECISION_BF16, activation, false, p);        \
    break;

UNWATCHED static void narrow_finish_any(const narrow_product *p)
{
    switch (p->epilogue->activation) {
        FINISH(TD_ACTIVATION_NONE)
        FINISH(TD_ACTIVATION_GELU)
        FINISH(TD_ACTIVATION_GELU_TANH)
        FINISH(TD_ACTIVATION_SILU)
        FINISH(TD_ACTIVATION_SIGMOID)
    }
}

/* Whether the products are added up by pairs, and then whether c holds what they begin with. */
static bool begin_pairs(const narrow_product *p, size_t n_rows, uint8_t *c, bool *add_out)
{
#ifdef HAS_PAIR_DOTS
    const td_matrix *matrix = p->matrix;
    size_t last = p->panel * TD_NARROW_WIDTH + TD_NARROW_WIDTH - 1;
    if (!matrix->excess || matrix->excess_ends[last] == TD_EXCESS_TOO_MUCH)
        return false;
    *add_out = begin_with_excess(matrix, p->panel, p->turned, n_rows, (int32_t *)c);
    return true;
#else
    (void)p, (void)n_rows, (void)c, (void)add_out;
    return false;
#endif
}

static void multiply_tile(const narrow_product *p, bool pairs, const narrow_tile *work)
{
#ifdef HAS_PAIR_DOTS
    if (pairs) {
        tile_pairs(p->n_rows, work);
        return;
    }
#else
    (void)pairs;
#endif
    if (p->matrix->precision == TD_PRECISION_INT8)
        tile_int8(p->n_rows, work);
    else
        tile_bf16(p->n_rows, work);
}

/* Rows [row, row + n_rows), at most a chunk of them, times one panel. Part of the panel outside,
 * row tiles inside: the part stays in L1 while the rows come from L2, and a finished tile meets its
 * epilogue at once. */
static void narrow_chunk(narrow_product *p, const td_rows *x, size_t n_rows, uint8_t *products)
{
    const td_matrix *matrix = p->matrix;
    const size_t tile_bytes = (size_t)NARROW_ROWS * TD_NARROW_WIDTH * 4, row = p->row;
    size_t n_tiles = (n_rows + NARROW_ROWS - 1) / NARROW_ROWS;
    size_t n_parts = (matrix->n_steps + STEPS_MAX - 1) / STEPS_MAX;
    size_t steps = (matrix->n_steps + n_parts - 1) / n_parts;
    narrow_tile work = {.a_stride = x->stride,
                        .c_stride = TD_NARROW_WIDTH,
                        .ahead_lines = (PANEL_STEP / 64 + n_tiles - 1) / n_tiles};
    bool begun = false, pairs = begin_pairs(p, n_rows, products, &begun);

    for (size_t from = 0; from < matrix->n_steps; from += steps) {
        size_t to = matrix->n_steps - from < steps ? matrix->n_steps : from + steps;
        bool last = to == matrix->n_steps;
        work.n_steps = to - from;
        work.add = from > 0 || begun;
        work.panel = matrix->codes + (p->panel * matrix->n_steps + from) * PANEL_STEP;
        for (size_t t = 0; t < n_tiles; t++) {
            size_t first = t * NARROW_ROWS, left = n_rows - first;
            p->n_rows = left < NARROW_ROWS ? left : NARROW_ROWS;
            work.a = x->values + (row + first) * x->stride + from * TD_NARROW_STEP;
            work.c = products + t * tile_bytes;
            work.ahead = work.panel + work.n_steps * (PANEL_STEP + t * work.ahead_lines * 64);
            multiply_tile(p, pairs, &work);
            if (!last)
                continue;
            p->row = row + first;
            p->products = work.c;
            narrow_finish_any(p);
        }
    }
    p->row = row;
}

/* Rows [p->row, to) times one panel. */
static void narrow_panel(narrow_product *p, const td_rows *x, size_t to, uint8_t *products)
{
    const size_t first = p->row, most = (size_t)CHUNK_TILES * NARROW_ROWS;

    for (; p->row < to; p->row += most)
        narrow_chunk(p, x, to - p->row < most ? to - p->row : most, products);
    p->row = first;
}

#ifdef HAS_PAIR_DOTS
/* Some rows turned, and then for them all panels. */
static void narrow_linear_pairs(narrow_product *p, const td_rows *x, size_t n_rows,
                                size_t panel_from, size_t panel_to, uint8_t *products)
{
    turned_rows turned;

    p->turned = &turned;
    for (p->row = 0; p->row < n_rows; p->row += PAIR_ROWS) {
        size_t n = n_rows - p->row < PAIR_ROWS ? n_rows - p->row : PAIR_ROWS;
        turn_rows(x->values + p->row * x->stride, x->stride, n, p->matrix->n_in, &turned);
        for (p->panel = panel_from; p->panel < panel_to; p->panel++)
            narrow_panel(p, x, p->row + n, products);
    }
}
#endif

static void narrow_linear(const td_matrix *matrix, const td_rows *x, size_t n_rows,
                          size_t panel_from, size_t panel_to, const td_epilogue *epilogue)
{
    _Alignas(64) uint8_t products[CHUNK_TILES * NARROW_ROWS * TD_NARROW_WIDTH * 4];
    narrow_product p = {.matrix = matrix, .scales = x->scales, .epilogue = epilogue};

    tiles_begin();
#ifdef HAS_PAIR_DOTS
    if (matrix->excess)
        narrow_linear_pairs(&p, x, n_rows, panel_from, panel_to, products);
    else
#endif
        for (p.panel = panel_from; p.panel < panel_to; p.panel++)
            narrow_panel(&p, x, n_rows, products);
    tiles_end();

    /* The next product reads whole steps, but a gated panel is half a step of bf16 wide. */
    bool odd = epilogue->out_bf16 && matrix->gated && matrix->n_panels % 2 == 1;
    for (size_t r = 0; odd && panel_to == matrix->n_panels && r < n_rows; r++) {
        uint16_t *end = epilogue->out_bf16 + r * epilogue->out_stride;
        memset(end + matrix->n_panels * matrix->n_panel_out, 0, TD_NARROW_STEP / 2);
    }
}

#endif
