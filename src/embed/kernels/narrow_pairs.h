/* embed/kernels/narrow_pairs.h - the producer of int8 for CPUs that multiply bytes, but add two
 * neighbouring products in 16 bits. After narrow_dot.h.
 *
 * Codes whose pairs fit those 16 bits go through tile_pairs, which takes a third fewer instructions
 * than the widened one. The few that do not fit were made smaller when the matrix was packed; what
 * they lack, td_excess, is multiplied here for many rows at once, and a tile's sums begin with it.
 * So the products are those of the other tables, to the last bit.
 *
 * How many there are: of a bell curve's weights, 0.9 % with 768 inputs and 0.4 % with 3072. */
#ifndef TD_EMBED_KERNELS_NARROW_PAIRS_H
#define TD_EMBED_KERNELS_NARROW_PAIRS_H

#include "embed/kernels/narrow_dot.h"

#ifdef HAS_PAIR_DOTS

enum {
    PAIR_ROWS = 8 * NARROW_ROWS, /* rows that are turned at once */
    PAIR_VECTORS = PAIR_ROWS / VECTOR_FLOATS,
    FEW_VECTORS = 2, /* a query's rows */
};
_Static_assert(PAIR_ROWS % VECTOR_FLOATS == 0, "rows are multiplied by vectors");

/* Rows as columns: [TD_EXCESS_INPUTS_MAX][PAIR_ROWS]. */
typedef struct turned_rows {
    _Alignas(64) uint8_t columns[TD_EXCESS_INPUTS_MAX * PAIR_ROWS];
} turned_rows;

DOT_OF(tile_pairs, w_dot_pairs)

/* Rows behind the last one come along, see TD_ROWS_SPARE. */
UNWATCHED static void turn_rows(const uint8_t *rows, size_t stride, size_t n_rows, size_t n_in,
                                turned_rows *turned)
{
    for (size_t r = 0; r < n_rows; r += 8, rows += 8 * stride) {
        for (size_t k = 0; k < n_in; k += 16)
            turn_bytes(rows + k, stride, turned->columns + k * PAIR_ROWS + r, PAIR_ROWS);
    }
}

/* One output's excess times n_vectors of rows. */
UNWATCHED static ALWAYS void excess_of(const size_t n_vectors, const td_excess *from,
                                       const td_excess *end, const turned_rows *turned,
                                       int32_t *out)
{
    ivec sums[PAIR_VECTORS];

    UNROLL(8)
    for (size_t i = 0; i < n_vectors; i++)
        sums[i] = w_set(0);
    for (; from < end; from++) {
        const uint8_t *x = turned->columns + (size_t)from->input * PAIR_ROWS;
        ivec more = w_set(from->more);
        UNROLL(8)
        for (size_t i = 0; i < n_vectors; i++)
            sums[i] = w_dot(sums[i], w_load_u8(x + i * VECTOR_FLOATS), more);
    }
    UNROLL(8)
    for (size_t i = 0; i < n_vectors; i++)
        w_store(out + i * VECTOR_FLOATS, sums[i]);
}

/* What a panel's sums begin with: c [n_rows, TD_NARROW_WIDTH], and whole vectors of rows behind.
 * False: with nothing, and c is not written. */
UNWATCHED static bool begin_with_excess(const td_matrix *matrix, size_t panel,
                                        const turned_rows *turned, size_t n_rows, int32_t *c)
{
    const uint16_t *ends = matrix->excess_ends + panel * TD_NARROW_WIDTH;
    const td_excess *all = matrix->excess + panel * matrix->excess_max;
    _Alignas(64) int32_t columns[VECTOR_FLOATS][PAIR_ROWS];

    if (ends[TD_NARROW_WIDTH - 1] == 0)
        return false;
    for (size_t i = 0, from = 0; i < TD_NARROW_WIDTH; from = ends[i], i++) {
        size_t column = i % VECTOR_FLOATS;
        if (n_rows <= FEW_VECTORS * VECTOR_FLOATS)
            excess_of(FEW_VECTORS, all + from, all + ends[i], turned, columns[column]);
        else
            excess_of(PAIR_VECTORS, all + from, all + ends[i], turned, columns[column]);
        for (size_t r = 0; column == VECTOR_FLOATS - 1 && r < n_rows; r += VECTOR_FLOATS)
            w_turn(columns[0] + r, PAIR_ROWS, c + r * TD_NARROW_WIDTH + i - column,
                   TD_NARROW_WIDTH);
    }
    return true;
}

#endif

#endif
