#include "base/size.h"
#include "embed/kernels/narrow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_FLOATS = 16,  /* a cache line */
    CLASH_BYTES = 512, /* rows a multiple of that apart share at most 8 cache sets */
    CLASH_FLOATS = CLASH_BYTES / 4,
    KEYS_ROUND = 32, /* widest panel of any table */
};

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

size_t td_embed_kernels_stride(size_t columns)
{
    size_t stride = round_up(columns, LINE_FLOATS);
    return stride % CLASH_FLOATS == 0 ? stride + LINE_FLOATS : stride;
}

size_t td_embed_kernels_row_bytes(size_t columns, td_precision precision)
{
    size_t size = precision == TD_PRECISION_F32 ? 4 : precision == TD_PRECISION_BF16 ? 2 : 1;
    size_t bytes = round_up(columns * size, TD_NARROW_STEP);
    return bytes % CLASH_BYTES == 0 ? bytes + TD_NARROW_STEP : bytes;
}

size_t td_embed_kernels_attention_floats(size_t n_tokens, size_t head_dim)
{
    size_t n_keys = round_up(n_tokens, KEYS_ROUND);
    return n_keys * (head_dim + round_up(head_dim, KEYS_ROUND) + 1);
}

size_t td_embed_kernels_narrow_attention_bytes(size_t n_tokens, size_t head_dim)
{
    size_t n_keys = round_up(n_tokens, KEYS_ROUND), dim = round_up(head_dim, TD_NARROW_WIDTH);
    size_t panels = 2 * n_keys * dim * sizeof(uint16_t);
    size_t tiles = NARROW_ROWS_MAX * (SCORES_BYTES + dim * sizeof(float) + dim * sizeof(uint16_t));
    return panels + tiles;
}

float *td_embed_kernels_floats(size_t n)
{
    size_t bytes = 0;
    if (!td_size_mul(round_up(n ? n : 1, LINE_FLOATS), sizeof(float), &bytes))
        return NULL;
    float *floats = aligned_alloc(64, bytes);
    if (floats)
        memset(floats, 0, bytes);
    return floats;
}

/* ---- packing ---- */

/* Where a weight lies: panel and column, and in them input by input. */
typedef struct place {
    size_t panel, column;
} place;

static size_t width_of(const td_matrix *matrix)
{
    return matrix->precision == TD_PRECISION_F32 ? matrix->kernels->panel_width : TD_NARROW_WIDTH;
}

static place place_of(const td_matrix *matrix, size_t output, bool gate)
{
    return (place){output / matrix->n_panel_out,
                   output % matrix->n_panel_out + (gate ? matrix->n_panel_out : 0)};
}

/* The column takes every value of one row of `weight`. */
static void pack_f32(td_matrix *matrix, place at, const float *row)
{
    size_t width = matrix->kernels->panel_width;
    float *to = matrix->panels + at.panel * matrix->n_in * width + at.column;
    for (size_t k = 0; k < matrix->n_in; k++)
        to[k * width] = row[k];
}

/* The 4 bytes of input group `group` in the column, see td_matrix. */
static uint8_t *code_of(td_matrix *matrix, place at, size_t group)
{
    size_t step = at.panel * matrix->n_steps + group / 16;
    return matrix->codes + step * TD_NARROW_WIDTH * TD_NARROW_STEP +
           at.column / 16 * 16 * TD_NARROW_STEP + group % 16 * TD_NARROW_STEP + at.column % 16 * 4;
}

static void pack_bf16(td_matrix *matrix, place at, const float *row)
{
    for (size_t k = 0; k < matrix->n_in; k++) {
        uint16_t value = to_bf16(row[k]);
        memcpy(code_of(matrix, at, k / 2) + k % 2 * 2, &value, sizeof(value));
    }
}

/* Symmetric, 127 steps to the largest: zero stays zero. */
static void pack_int8(td_matrix *matrix, place at, const float *row)
{
    float most = 0, sum = 0, bad = 0;
    for (size_t k = 0; k < matrix->n_in; k++) {
        most = fabsf(row[k]) > most ? fabsf(row[k]) : most;
        bad += row[k] * 0; /* NaN if a weight is not finite: rounding would hide it */
    }
    float scale = most / 127, inverse = most > 0 ? 127 / most : 0;
    for (size_t k = 0; k < matrix->n_in; k++) {
        float code = bad == 0 ? nearbyintf(row[k] * inverse) : 0;
        code_of(matrix, at, k / 4)[k % 4] = (uint8_t)(int8_t)code;
        sum += code;
    }
    matrix->scales[at.panel * TD_NARROW_WIDTH + at.column] = scale + bad;
    matrix->sums[at.panel * TD_NARROW_WIDTH + at.column] = sum;
}

static void pack_output(td_matrix *matrix, size_t output, const float *row, float bias, bool gate)
{
    place at = place_of(matrix, output, gate);
    if (matrix->precision == TD_PRECISION_F32)
        pack_f32(matrix, at, row);
    else if (matrix->precision == TD_PRECISION_BF16)
        pack_bf16(matrix, at, row);
    else
        pack_int8(matrix, at, row);
    matrix->bias[at.panel * width_of(matrix) + at.column] = bias;
}

/* The arrays of a packed matrix in its one block, each at a 64-byte boundary. */
typedef struct layout {
    size_t weights_bytes, vector_bytes, n_vectors, bytes;
} layout;

static bool lay_out(const td_matrix *matrix, layout *out)
{
    size_t width = width_of(matrix), row_bytes = 0, panel_bytes = 0;
    bool narrow = matrix->precision != TD_PRECISION_F32;

    if (!td_size_mul(narrow ? matrix->n_steps : matrix->n_in, narrow ? TD_NARROW_STEP : 4,
                     &row_bytes) ||
        !td_size_mul(row_bytes, width, &panel_bytes) ||
        !td_size_mul(panel_bytes, matrix->n_panels, &out->weights_bytes) ||
        out->weights_bytes > SIZE_MAX / 8)
        return false;
    out->weights_bytes = round_up(out->weights_bytes, LINE_FLOATS * sizeof(float));
    out->vector_bytes = round_up(matrix->n_panels * width, LINE_FLOATS) * sizeof(float);
    out->n_vectors = matrix->precision == TD_PRECISION_INT8 ? 3 : 1;
    out->bytes = out->weights_bytes + out->n_vectors * out->vector_bytes;
    return true;
}

static void point_into(td_matrix *matrix, const layout *at, void *block)
{
    uint8_t *bytes = block, *vectors = bytes + at->weights_bytes;

    if (matrix->precision == TD_PRECISION_F32)
        matrix->panels = block;
    else
        matrix->codes = bytes;
    matrix->bias = (float *)(void *)vectors;
    if (matrix->precision == TD_PRECISION_INT8) {
        matrix->scales = (float *)(void *)(vectors + at->vector_bytes);
        matrix->sums = (float *)(void *)(vectors + 2 * at->vector_bytes);
    }
    matrix->block_bytes = at->bytes;
}

static tandem_code make_room(td_matrix *matrix, tandem_error *err)
{
    layout at;

    if (!lay_out(matrix, &at))
        return td_fail(err, TANDEM_E_TOO_LARGE, "a matrix of %zu x %zu is too large", matrix->n_out,
                       matrix->n_in);
    matrix->owned = td_embed_kernels_floats(at.bytes / sizeof(float));
    if (!matrix->owned)
        return td_fail_nomem(err, "packed weights");
    point_into(matrix, &at, matrix->owned);
    return TANDEM_OK;
}

static td_matrix shape_of(const td_packing *source, bool gated)
{
    td_matrix matrix = {.precision = source->precision,
                        .n_in = source->n_in,
                        .n_out = source->n_out,
                        .gated = gated,
                        .kernels = source->kernels};
    size_t size = source->precision == TD_PRECISION_INT8 ? 1 : 2;

    matrix.n_panel_out = width_of(&matrix) / (matrix.gated ? 2 : 1);
    matrix.n_panels = (matrix.n_out - 1) / matrix.n_panel_out + 1;
    if (source->precision != TD_PRECISION_F32)
        matrix.n_steps = (matrix.n_in - 1) / (TD_NARROW_STEP / size) + 1;
    return matrix;
}

static bool is_foreign(const td_packing *source)
{
    return source->kernels->pack_foreign && source->precision == TD_PRECISION_F32;
}

tandem_code td_embed_kernels_pack(const td_packing *source, td_matrix *matrix_out,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_matrix matrix = shape_of(source, source->gate != NULL);

    TD_TRY(make_room(&matrix, err));
    for (size_t i = 0; i < source->n_out; i++) {
        pack_output(&matrix, i, source->weight + i * source->n_in,
                    source->bias ? source->bias[i] : 0, false);
        if (source->gate)
            pack_output(&matrix, i, source->gate + i * source->n_in,
                        source->gate_bias ? source->gate_bias[i] : 0, true);
    }
    if (is_foreign(source))
        TD_TRY(source->kernels->pack_foreign(&matrix, err));
    *matrix_out = matrix;
    matrix = (td_matrix){0};

out:
    td_embed_kernels_clear(&matrix);
    return code;
}

td_str td_embed_kernels_block(const td_matrix *matrix)
{
    const void *block = matrix->panels ? (const void *)matrix->panels : matrix->codes;
    return matrix->foreign ? (td_str){0} : (td_str){block, matrix->block_bytes};
}

bool td_embed_kernels_adopt(const td_packing *source, bool gated, td_str block,
                            td_matrix *matrix_out)
{
    td_matrix matrix = shape_of(source, gated);
    layout at;

    if (is_foreign(source) || !lay_out(&matrix, &at) || at.bytes != block.n ||
        (uintptr_t)block.ptr % (LINE_FLOATS * sizeof(float)) != 0)
        return false;
    point_into(&matrix, &at, (void *)(uintptr_t)block.ptr); /* only packing writes there */
    *matrix_out = matrix;
    return true;
}

void td_embed_kernels_clear(td_matrix *matrix)
{
    if (matrix->kernels && matrix->kernels->free_foreign)
        matrix->kernels->free_foreign(matrix);
    free(matrix->owned);
    *matrix = (td_matrix){0};
}

size_t td_embed_kernels_bytes(const td_matrix *matrix)
{
    return matrix->block_bytes;
}
