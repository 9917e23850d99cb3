#include "base/size.h"
#include "embed/kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

enum {
    LINE_FLOATS = 16,       /* a cache line */
    CLASH_FLOATS = 512 / 4, /* rows a multiple of 512 bytes apart share at most 8 cache sets */
    KEYS_ROUND = 32,        /* widest panel of any table */
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

size_t td_embed_kernels_attention_floats(size_t n_tokens, size_t head_dim)
{
    size_t n_keys = round_up(n_tokens, KEYS_ROUND);
    return n_keys * (head_dim + round_up(head_dim, KEYS_ROUND) + 1);
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

/* Column `column` of panel `panel` takes every value of one row of `weight`. */
static void pack_row(td_matrix *matrix, size_t panel, size_t column, const float *row)
{
    size_t width = matrix->kernels->panel_width;
    float *to = matrix->panels + panel * matrix->n_in * width + column;
    for (size_t k = 0; k < matrix->n_in; k++)
        to[k * width] = row[k];
}

static void pack_output(td_matrix *matrix, size_t output, const float *row, float bias, bool gate)
{
    size_t panel = output / matrix->n_panel_out;
    size_t column = output % matrix->n_panel_out + (gate ? matrix->n_panel_out : 0);
    pack_row(matrix, panel, column, row);
    matrix->bias[panel * matrix->kernels->panel_width + column] = bias;
}

static tandem_code make_room(td_matrix *matrix, tandem_error *err)
{
    size_t width = matrix->kernels->panel_width, panel_floats = 0, floats = 0;

    if (!td_size_mul(matrix->n_in, width, &panel_floats) ||
        !td_size_mul(panel_floats, matrix->n_panels, &floats))
        return td_fail(err, TANDEM_E_TOO_LARGE, "a matrix of %zu x %zu is too large", matrix->n_out,
                       matrix->n_in);
    matrix->panels = td_embed_kernels_floats(floats);
    matrix->bias = td_embed_kernels_floats(matrix->n_panels * width);
    return matrix->panels && matrix->bias ? TANDEM_OK : td_fail_nomem(err, "packed weights");
}

tandem_code td_embed_kernels_pack(const td_kernels *kernels, size_t n_out, size_t n_in,
                                  const float *weight, const float *gate, const float *bias,
                                  const float *gate_bias, td_matrix *matrix_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_matrix matrix = {.n_in = n_in, .n_out = n_out, .gated = gate != NULL, .kernels = kernels};

    matrix.n_panel_out = kernels->panel_width / (gate ? 2 : 1);
    matrix.n_panels = (n_out + matrix.n_panel_out - 1) / matrix.n_panel_out;
    TD_TRY(make_room(&matrix, err));
    for (size_t i = 0; i < n_out; i++) {
        pack_output(&matrix, i, weight + i * n_in, bias ? bias[i] : 0, false);
        if (gate)
            pack_output(&matrix, i, gate + i * n_in, gate_bias ? gate_bias[i] : 0, true);
    }
    if (kernels->pack_foreign)
        TD_TRY(kernels->pack_foreign(&matrix, err));
    *matrix_out = matrix;
    matrix = (td_matrix){0};

out:
    td_embed_kernels_clear(&matrix);
    return code;
}

void td_embed_kernels_clear(td_matrix *matrix)
{
    if (matrix->kernels && matrix->kernels->free_foreign)
        matrix->kernels->free_foreign(matrix);
    free(matrix->panels);
    free(matrix->bias);
    *matrix = (td_matrix){0};
}

size_t td_embed_kernels_bytes(const td_matrix *matrix)
{
    if (!matrix->kernels)
        return 0;
    return matrix->n_panels * matrix->kernels->panel_width * (matrix->n_in + 1) * sizeof(float);
}
