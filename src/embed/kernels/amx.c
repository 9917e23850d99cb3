/* embed/kernels/amx.c - bf16 and int8 products by the tile unit: 32 rows x 32 columns in four
 * tiles, two more for the rows and two for the panel, all of 16 rows of 64 bytes.
 *
 * Rows past the last one are multiplied too (TD_ROWS_SPARE) and their products dropped. The tile
 * registers are a thread's own and stay set up between tiles_begin and tiles_end only. */
#include "embed/kernels/tables.h"

#if TANDEM_HAVE_AMX

#    define TABLE_NAME "amx"
#    define TABLE      td_embed_kernels_amx

#    include "embed/kernels/avx512.h"
#    include "embed/kernels/narrow.h"
#    include "embed/kernels/vectors.h"

enum {
    NARROW_ROWS = 32,
    /* 24 KiB of a panel and 24 KiB of rows pass through 48 KiB of L1. Two Granite Rapids cores,
     * 256 x 768 x 2304 in bf16: 3.9 TFLOP/s; rows in one part: 2.8; of 6.4 in registers. */
    STEPS_MAX = 12,
};

static ALONE void tiles_begin(void)
{
    static const struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1,
               .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
               .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
    _Static_assert(sizeof(shape) == 64, "as the instruction reads it");
    _tile_loadconfig(&shape);
}

static inline void tiles_end(void)
{
    _tile_release();
}

/* Products of tiles 4, 5 (rows) and 6, 7 (columns) in 0 to 3; two row tiles or one. */
#    define TILE_STEP(dot, two)                                                     \
        _tile_loadd(6, panel, 64);                                                  \
        _tile_stream_loadd(4, a, (size_t)work->a_stride);                           \
        dot(0, 4, 6);                                                               \
        _tile_loadd(7, panel + PANEL_HALF, 64);                                     \
        dot(1, 4, 7);                                                               \
        if (two) {                                                                  \
            _tile_stream_loadd(5, a + 16 * work->a_stride, (size_t)work->a_stride); \
            dot(2, 5, 6);                                                           \
            dot(3, 5, 7);                                                           \
        }

/* C's rows are read as they are written, f32 and s32 alike. */
#    define TILE_BODY(dot, two)                                                                \
        const uint8_t *a = work->a, *panel = work->panel, *ahead = work->ahead;                \
        const size_t stride = work->c_stride * 4;                                              \
        uint8_t *c = work->c;                                                                  \
        if (work->add) {                                                                       \
            _tile_loadd(0, c, stride);                                                         \
            _tile_loadd(1, c + 64, stride);                                                    \
            if (two) {                                                                         \
                _tile_loadd(2, c + 16 * stride, stride);                                       \
                _tile_loadd(3, c + 16 * stride + 64, stride);                                  \
            }                                                                                  \
        } else {                                                                               \
            _tile_zero(0);                                                                     \
            _tile_zero(1);                                                                     \
            _tile_zero(2);                                                                     \
            _tile_zero(3);                                                                     \
        }                                                                                      \
        for (size_t k = work->n_steps; k > 0; k--, a += TD_NARROW_STEP, panel += PANEL_STEP) { \
            TILE_STEP(dot, two)                                                                \
            for (size_t i = work->ahead_lines; i > 0; i--, ahead += 64)                        \
                _mm_prefetch((const char *)ahead, _MM_HINT_T1);                                \
        }                                                                                      \
        _tile_stored(0, c, stride);                                                            \
        _tile_stored(1, c + 64, stride);                                                       \
        if (two) {                                                                             \
            _tile_stored(2, c + 16 * stride, stride);                                          \
            _tile_stored(3, c + 16 * stride + 64, stride);                                     \
        }

static ALONE void tile_bf16(size_t n_rows, const narrow_tile *work)
{
    if (n_rows > 16) {
        TILE_BODY(_tile_dpbf16ps, true)
    } else {
        TILE_BODY(_tile_dpbf16ps, false)
    }
}

static ALONE void tile_int8(size_t n_rows, const narrow_tile *work)
{
    if (n_rows > 16) {
        TILE_BODY(_tile_dpbusd, true)
    } else {
        TILE_BODY(_tile_dpbusd, false)
    }
}

#    define BLOCK_BYTES  ((size_t)1024 * 1024)
#    define BF16_IS_FAST true
#    define INT8_IS_FAST true
#    include "embed/kernels/tiles.h"

#endif
