/* embed/kernels/narrow.h - what the files of the narrow half share: bf16 and int8 products.
 *
 * A table of the narrow half is made of a producer, which multiplies one tile, and of all that
 * stands between the products. narrow_linear.h, narrow_rows.h and narrow_heads.h hold the latter,
 * written once for every vector width; the producers are in amx.c, narrow_dot.h (dot products),
 * narrow_pairs.h (bytes on AVX2) and narrow_wide.h (any CPU). narrow_plain.c defines what they all
 * must give.
 *
 * Order of summation: as tiles.h says. int8 products are exact whole numbers in any order; a bf16
 * product sums over its inputs from first to last, in the order of its producer.
 */
#ifndef TD_EMBED_KERNELS_NARROW_H
#define TD_EMBED_KERNELS_NARROW_H

#include "embed/kernels/kernels.h"

#include <string.h>

enum {
    /* One step of a panel: TD_NARROW_STEP bytes of inputs for TD_NARROW_WIDTH outputs. */
    PANEL_STEP = TD_NARROW_STEP * TD_NARROW_WIDTH,
    PANEL_HALF = PANEL_STEP / 2,
    NARROW_ROWS_MAX = 32, /* of any producer's tile */

    /* Attention: keys between two updates of the online softmax. A row of scores becomes a row of
     * bf16 weights in place, so its stride counts bytes; off the power of two. */
    NARROW_KEYS = 512,
    SCORES_BYTES = (NARROW_KEYS + 16) * 4,
};

/* One tile: c [n_rows, TD_NARROW_WIDTH] = or += a [n_rows, inputs] * panel. */
typedef struct narrow_tile {
    const uint8_t *a;
    size_t a_stride;      /* bytes */
    const uint8_t *panel; /* n_steps of PANEL_STEP bytes */
    size_t n_steps;
    void *c; /* f32, or s32 of an int8 product */
    size_t c_stride;
    bool add;
    /* Weights of the next tiles, to be asked for meanwhile: so many lines for each step. */
    const uint8_t *ahead;
    size_t ahead_lines;
} narrow_tile;

/* To the nearest, ties to even; a NaN stays one. */
static inline uint16_t to_bf16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    if (x != x)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float from_bf16(uint16_t x)
{
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

#endif
