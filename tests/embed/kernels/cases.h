/* tests/embed/kernels/cases.h - the table under test, random numbers and random layers. */
#ifndef TESTS_EMBED_KERNELS_CASES_H
#define TESTS_EMBED_KERNELS_CASES_H

#include "embed/kernels/kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The table under test; NULL: this machine or build has none of that name, tests are skipped. */
static const td_kernels *tested, *plain;

static inline int choose(const char *name)
{
    if (td_embed_kernels_choose("plain", &plain, NULL) != TANDEM_OK)
        return -1;
    if (td_embed_kernels_choose(name, &tested, NULL) != TANDEM_OK)
        tested = NULL;
    return 0;
}

static inline float any(float most)
{
    return most * (2.0f * (float)rand() / (float)RAND_MAX - 1.0f);
}

static inline float *random_floats(size_t n, float most)
{
    float *floats = td_embed_kernels_floats(n);
    assert_non_null(floats);
    for (size_t i = 0; i < n; i++)
        floats[i] = any(most);
    return floats;
}

static inline size_t up_to(size_t n)
{
    return (size_t)rand() % n + 1;
}

/* Sums of different order differ by some last places of their largest terms. */
static inline void assert_near(float a, float b, float scale, const char *what)
{
    if (!(fabsf(a - b) <= 2e-6f * (scale + fabsf(b))))
        fail_msg("%s: %.9g, plain %.9g", what, (double)a, (double)b);
}

/* ---- linear ---- */

typedef struct linear_case {
    size_t n_rows, n_in, n_out, stride;
    float *x, *weight, *gate, *bias, *gate_bias, *before;
    td_epilogue epilogue;
} linear_case;

static inline linear_case linear_random(void)
{
    linear_case c = {.n_out = up_to(200)};
    c.n_rows = up_to(rand() % 16 > 0 ? 40 : 200);
    c.n_in = up_to(rand() % 8 > 0 ? 300 : 800);
    c.stride = td_embed_kernels_stride(c.n_out);
    c.x = random_floats((c.n_rows + TD_ROWS_SPARE) * td_embed_kernels_stride(c.n_in), 2);
    c.weight = random_floats(c.n_out * c.n_in, 0.3f);
    c.gate = rand() % 2 ? random_floats(c.n_out * c.n_in, 0.3f) : NULL;
    c.bias = rand() % 3 ? random_floats(c.n_out, 1) : NULL;
    c.gate_bias = rand() % 3 ? random_floats(c.n_out, 1) : NULL;
    c.before = random_floats(c.n_rows * c.stride, 1);
    c.epilogue = (td_epilogue){.activation = (td_activation)(rand() % 5),
                               .add = rand() % 2,
                               .out_stride = c.stride};
    return c;
}

static inline void linear_clear(linear_case *c)
{
    float *all[] = {c->x, c->weight, c->gate, c->bias, c->gate_bias, c->before};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        free(all[i]);
}

static inline td_matrix linear_pack(const linear_case *c, const td_kernels *kernels,
                                    td_precision precision)
{
    td_matrix matrix;
    const td_packing source = {.kernels = kernels,
                               .precision = precision,
                               .n_out = c->n_out,
                               .n_in = c->n_in,
                               .weight = c->weight,
                               .gate = c->gate,
                               .bias = c->bias,
                               .gate_bias = c->gate_bias};
    assert_int_equal(td_embed_kernels_pack(&source, &matrix, NULL), TANDEM_OK);
    return matrix;
}

#endif
