#include "base/size.h"
#include "embed/kernels/narrow.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_FLOATS = 16, /* a cache line */
    LINE_BYTES = 64,
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

/* Where an output's weights lie: panel and column, and in them input by input. */
typedef struct place {
    size_t panel, column;
} place;

static size_t width_of(const td_matrix *matrix)
{
    return matrix->precision == TD_PRECISION_F32 ? matrix->kernels->panel_width : TD_NARROW_WIDTH;
}

enum {
    COLUMNS = 16 /* every table's f32 panels are a multiple of that wide */
};

/* Neighbouring outputs lie side by side: columns from `from` on are written input by input. */
static void pack_f32(td_matrix *matrix, size_t panel, size_t from, const float *const *rows)
{
    size_t width = matrix->kernels->panel_width, n = matrix->n_in;
    float *to = matrix->panels + panel * n * width + from;

    for (size_t k = 0; k < n; k++, to += width) {
        for (size_t c = 0; c < COLUMNS; c++)
            to[c] = rows[from + c][k];
    }
}

/* The same where some columns have no output. */
static void pack_f32_of_few(td_matrix *matrix, size_t panel, size_t from, const float *const *rows)
{
    size_t width = matrix->kernels->panel_width, n = matrix->n_in;
    float *to = matrix->panels + panel * n * width + from;

    for (size_t c = 0; c < COLUMNS; c++) {
        for (size_t k = 0; k < n; k++)
            to[k * width + c] = rows[from + c] ? rows[from + c][k] : 0;
    }
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
    float scale = most / 127, inverse = scale >= FLT_MIN ? 127 / most : 0;
    for (size_t k = 0; k < matrix->n_in; k++) {
        float code = bad == 0 ? nearbyintf(row[k] * inverse) : 0;
        code_of(matrix, at, k / 4)[k % 4] = (uint8_t)(int8_t)code;
        sum += code;
    }
    matrix->scales[at.panel * TD_NARROW_WIDTH + at.column] = scale + bad;
    matrix->sums[at.panel * TD_NARROW_WIDTH + at.column] = sum;
}

static int pair_sum(const uint8_t *pair)
{
    return (int8_t)pair[0] + (int8_t)pair[1];
}

/* The pair at inputs `input` and the next of an output keeps what fits; the rest of it. Neither
 * code changes its sign by that: the other is at most 127. */
static td_excess take_excess(uint8_t *pair, size_t input)
{
    int sum = pair_sum(pair), more = sum > 0 ? sum - TD_PAIR_MOST : sum + TD_PAIR_MOST;

    pair[0] = (uint8_t)((int8_t)pair[0] - more);
    return (td_excess){(uint16_t)input, (int16_t)more};
}

/* A packed panel's pairs are made to fit, see td_excess. */
static void fit_pairs(td_matrix *matrix, size_t panel)
{
    size_t bytes = matrix->n_steps * TD_NARROW_WIDTH * TD_NARROW_STEP, n = 0;
    const uint8_t *codes = matrix->codes + panel * bytes;
    td_excess *excess = matrix->excess + panel * matrix->excess_max;
    uint16_t *ends = matrix->excess_ends + panel * TD_NARROW_WIDTH;

    for (size_t i = 0; i < bytes; i += 2)
        n += abs(pair_sum(codes + i)) > TD_PAIR_MOST;
    memset(excess, 0, matrix->excess_max * sizeof(*excess));
    memset(ends, n > matrix->excess_max ? 0xff : 0, TD_NARROW_WIDTH * sizeof(*ends));
    if (n == 0 || n > matrix->excess_max)
        return;
    n = 0;
    for (size_t column = 0; column < TD_NARROW_WIDTH; column++) {
        for (size_t k = 0; k < matrix->n_in; k += 2) {
            uint8_t *pair = code_of(matrix, (place){panel, column}, k / 4) + k % 4;
            if (abs(pair_sum(pair)) > TD_PAIR_MOST)
                excess[n++] = take_excess(pair, k);
        }
        ends[column] = (uint16_t)n;
    }
}

static bool are_all(const float *const *rows, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        if (!rows[c])
            return false;
    }
    return true;
}

static void pack_wide(td_matrix *matrix, size_t panel, const float *const *rows)
{
    for (size_t c = 0; c < matrix->kernels->panel_width; c += COLUMNS) {
        if (are_all(rows + c, COLUMNS))
            pack_f32(matrix, panel, c, rows);
        else
            pack_f32_of_few(matrix, panel, c, rows);
    }
}

static void pack_narrow(td_matrix *matrix, size_t panel, const float *const *rows)
{
    size_t step_values = TD_NARROW_STEP / (matrix->precision == TD_PRECISION_INT8 ? 1 : 2);
    size_t bytes = matrix->n_steps * TD_NARROW_WIDTH * TD_NARROW_STEP;

    if (matrix->n_in % step_values != 0 || !are_all(rows, TD_NARROW_WIDTH))
        memset(matrix->codes + panel * bytes, 0, bytes);
    for (size_t c = 0; c < TD_NARROW_WIDTH; c++) {
        if (!rows[c])
            continue;
        if (matrix->precision == TD_PRECISION_BF16)
            pack_bf16(matrix, (place){panel, c}, rows[c]);
        else
            pack_int8(matrix, (place){panel, c}, rows[c]);
    }
    if (matrix->excess)
        fit_pairs(matrix, panel);
}

void td_embed_kernels_pack_panel(td_matrix *matrix, size_t panel, const float *const *rows,
                                 const float *bias)
{
    size_t width = width_of(matrix), bytes = width * sizeof(float);

    memcpy(matrix->bias + panel * width, bias, bytes);
    if (matrix->precision == TD_PRECISION_INT8) {
        memset(matrix->scales + panel * width, 0, bytes);
        memset(matrix->sums + panel * width, 0, bytes);
    }
    if (matrix->precision == TD_PRECISION_F32)
        pack_wide(matrix, panel, rows);
    else
        pack_narrow(matrix, panel, rows);
}

/* The arrays of a packed matrix in its one block, each at a 64-byte boundary. */
typedef struct layout {
    size_t weights_bytes, vector_bytes, n_vectors;
    size_t excess_bytes, ends_bytes;
    size_t bytes;
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
    out->weights_bytes = round_up(out->weights_bytes, LINE_BYTES);
    out->vector_bytes = round_up(matrix->n_panels * width, LINE_FLOATS) * sizeof(float);
    out->n_vectors = matrix->precision == TD_PRECISION_INT8 ? 3 : 1;
    out->excess_bytes =
        round_up(matrix->n_panels * matrix->excess_max * sizeof(td_excess), LINE_BYTES);
    out->ends_bytes = matrix->excess_max ? out->vector_bytes / 2 : 0;
    out->bytes = out->weights_bytes + out->n_vectors * out->vector_bytes + out->excess_bytes +
                 round_up(out->ends_bytes, LINE_BYTES);
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
    if (matrix->excess_max > 0) {
        matrix->excess = (td_excess *)(void *)(vectors + at->n_vectors * at->vector_bytes);
        matrix->excess_ends = (uint16_t *)(void *)((uint8_t *)matrix->excess + at->excess_bytes);
    }
    matrix->block_bytes = at->bytes;
}

/* Panels fill all but the last bytes of each array, which a file would keep too. */
static void clear_ends(td_matrix *matrix, const layout *at)
{
    uint8_t *end = (uint8_t *)matrix->owned + at->weights_bytes;

    memset(end - LINE_BYTES, 0, LINE_BYTES);
    for (size_t i = 0; i < at->n_vectors; i++) {
        end += at->vector_bytes;
        memset(end - LINE_BYTES, 0, LINE_BYTES);
    }
    memset(end + at->excess_bytes - LINE_BYTES, 0, LINE_BYTES);
}

static tandem_code make_room(td_matrix *matrix, tandem_error *err)
{
    layout at;

    if (!lay_out(matrix, &at))
        return td_fail(err, TANDEM_E_TOO_LARGE, "a matrix of %zu x %zu is too large", matrix->n_out,
                       matrix->n_in);
    matrix->owned = aligned_alloc(LINE_BYTES, at.bytes);
    if (!matrix->owned)
        return td_fail_nomem(err, "packed weights");
    point_into(matrix, &at, matrix->owned);
    clear_ends(matrix, &at);
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

    if (source->precision == TD_PRECISION_INT8 && source->kernels->narrow->int8_adds_pairs &&
        source->n_in <= TD_EXCESS_INPUTS_MAX)
        matrix.excess_max = source->n_in / 2 + TD_NARROW_WIDTH;
    matrix.n_panel_out = width_of(&matrix) / (matrix.gated ? 2 : 1);
    matrix.n_panels = (matrix.n_out - 1) / matrix.n_panel_out + 1;
    if (source->precision != TD_PRECISION_F32)
        matrix.n_steps = (matrix.n_in - 1) / (TD_NARROW_STEP / size) + 1;
    return matrix;
}

static bool is_foreign(const td_matrix *matrix)
{
    return matrix->kernels->pack_foreign && matrix->precision == TD_PRECISION_F32;
}

tandem_code td_embed_kernels_pack_begin(const td_packing *source, bool gated, td_matrix *matrix_out,
                                        tandem_error *err)
{
    td_matrix matrix = shape_of(source, gated);
    tandem_code code = make_room(&matrix, err);
    if (code == TANDEM_OK)
        *matrix_out = matrix;
    return code;
}

tandem_code td_embed_kernels_pack_end(td_matrix *matrix, tandem_error *err)
{
    return is_foreign(matrix) ? matrix->kernels->pack_foreign(matrix, err) : TANDEM_OK;
}

static void pack_from(const td_packing *source, size_t panel, td_matrix *matrix)
{
    const float *rows[TD_PANEL_MAX] = {NULL};
    float bias[TD_PANEL_MAX] = {0};
    size_t n_out = matrix->n_panel_out, first = panel * n_out;

    for (size_t i = 0; i < n_out && first + i < source->n_out; i++) {
        rows[i] = source->weight + (first + i) * source->n_in;
        bias[i] = source->bias ? source->bias[first + i] : 0;
        if (!source->gate)
            continue;
        rows[n_out + i] = source->gate + (first + i) * source->n_in;
        bias[n_out + i] = source->gate_bias ? source->gate_bias[first + i] : 0;
    }
    td_embed_kernels_pack_panel(matrix, panel, rows, bias);
}

tandem_code td_embed_kernels_pack(const td_packing *source, td_matrix *matrix_out,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_matrix matrix = {0};

    TD_TRY(td_embed_kernels_pack_begin(source, source->gate != NULL, &matrix, err));
    for (size_t panel = 0; panel < matrix.n_panels; panel++)
        pack_from(source, panel, &matrix);
    TD_TRY(td_embed_kernels_pack_end(&matrix, err));
    *matrix_out = matrix;
    matrix = (td_matrix){0};

out:
    td_embed_kernels_clear(&matrix);
    return code;
}

size_t td_embed_kernels_panel_width(const td_matrix *matrix)
{
    return width_of(matrix);
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

    if (is_foreign(&matrix) || !lay_out(&matrix, &at) || at.bytes != block.n ||
        (uintptr_t)block.ptr % (LINE_BYTES) != 0)
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

size_t td_embed_kernels_bytes_of(const td_packing *source, bool gated)
{
    const td_matrix matrix = shape_of(source, gated);
    layout at;
    return !is_foreign(&matrix) && lay_out(&matrix, &at) ? at.bytes : 0;
}
