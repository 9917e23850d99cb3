/* embed/kernels/vectors.h - functions of `vec`, written once for every vector width.
 *
 * The includer has defined `vec`, its v_ functions and VECTOR_FLOATS: avx512.h, avx2.h.
 */
#ifndef TD_EMBED_KERNELS_VECTORS_H
#define TD_EMBED_KERNELS_VECTORS_H

#include "embed/kernels/kernels.h"

#define WIDTH (2 * VECTOR_FLOATS)
/* For unrolled loops over registers, which take minutes to compile with a check of each access, and
 * for what they inline. */
#define UNWATCHED __attribute__((no_sanitize("address", "undefined", "thread")))
#define ALWAYS    inline __attribute__((always_inline))
#define UNROLL(n) UNROLL_PRAGMA(GCC unroll n)
#if defined(__clang__)
#    define UNROLL_PRAGMA(text) _Pragma("unroll")
#    define ALONE               __attribute__((noinline))
#else
#    define UNROLL_PRAGMA(text) _Pragma(#    text)
/* gcc 12 specialises the tile loop for a caller's constants and then spills its accumulators:
 * attention's products ran at less than half speed (Zen 4). */
#    define ALONE               __attribute__((noipa))
#endif

/* tile(n, work) with n a constant, for each number of rows that a tile may have. */
#define ONE_N_ROWS(n, tile, work) \
case n:                           \
    tile(n, work);                \
    break;
#if TILE_ROWS > 6
#    define MORE_N_ROWS(tile, work) \
        ONE_N_ROWS(7, tile, work)   \
        ONE_N_ROWS(8, tile, work)   \
        ONE_N_ROWS(9, tile, work)   \
        ONE_N_ROWS(10, tile, work)  \
        ONE_N_ROWS(11, tile, work)  \
        ONE_N_ROWS(12, tile, work)  \
        ONE_N_ROWS(13, tile, work)  \
        ONE_N_ROWS(14, tile, work)
#else
#    define MORE_N_ROWS(tile, work)
#endif
#define EACH_N_ROWS(n_rows, tile, work) \
    switch (n_rows) {                   \
        ONE_N_ROWS(1, tile, work)       \
        ONE_N_ROWS(2, tile, work)       \
        ONE_N_ROWS(3, tile, work)       \
        ONE_N_ROWS(4, tile, work)       \
        ONE_N_ROWS(5, tile, work)       \
        ONE_N_ROWS(6, tile, work)       \
        MORE_N_ROWS(tile, work)         \
    }

/* 2^x, relative error below 2e-7; 0 below -126. Polynomial: least squares on [-1/2, 1/2].
 * min and max give their second operand when one is no number, so that a NaN comes through. */
static ALWAYS vec v_exp2(vec exponent)
{
    vec x = v_min(v_set(126.0f), v_max(v_set(-126.0f), exponent));
    vec whole = v_round(x), f = v_sub(x, whole);
    vec p = v_fma(v_set(1.5337580e-4f), f, v_set(1.3399866e-3f));
    p = v_fma(p, f, v_set(9.6185198e-3f));
    p = v_fma(p, f, v_set(5.5503290e-2f));
    p = v_fma(p, f, v_set(2.4022646e-1f));
    p = v_fma(p, f, v_set(6.9314718e-1f));
    p = v_fma(p, f, v_set(1.0f));
    return v_zero_below(exponent, v_set(-126.0f), v_scale(p, whole));
}

static ALWAYS vec v_sigmoid(vec x)
{
    return v_div(v_set(1), v_add(v_set(1), v_exp2(v_mul(x, v_set(-1.44269504f)))));
}

/* erf as x P(x^2) / Q(x^2), exact to f32's last bits: the form that Eigen and XLA use. */
static ALWAYS vec v_erf(vec x)
{
    x = v_min(v_set(4.0f), v_max(v_set(-4.0f), x));
    vec s = v_mul(x, x);
    vec p = v_fma(v_set(-2.72614225801306e-10f), s, v_set(2.77068142495902e-08f));
    p = v_fma(p, s, v_set(-2.10102402082508e-06f));
    p = v_fma(p, s, v_set(-5.69250639462346e-05f));
    p = v_fma(p, s, v_set(-7.34990630326855e-04f));
    p = v_fma(p, s, v_set(-2.95459980854025e-03f));
    p = v_fma(p, s, v_set(-1.60960333262415e-02f));
    vec q = v_fma(v_set(-1.45660718464996e-05f), s, v_set(-2.13374055278905e-04f));
    q = v_fma(q, s, v_set(-1.68282697438203e-03f));
    q = v_fma(q, s, v_set(-7.37332916720468e-03f));
    q = v_fma(q, s, v_set(-1.42647390514189e-02f));
    return v_div(v_mul(x, p), q);
}

static ALWAYS vec v_activate(const td_activation activation, vec x)
{
    switch (activation) {
    case TD_ACTIVATION_GELU: {
        vec half = v_mul(x, v_set(0.5f));
        return v_fma(half, v_erf(v_mul(x, v_set(0.70710678f))), half);
    }
    case TD_ACTIVATION_GELU_TANH: {
        /* (1 + tanh y) / 2 is the sigmoid of 2 y */
        vec cube = v_mul(v_mul(x, x), x);
        vec y = v_mul(v_fma(cube, v_set(0.044715f), x), v_set(2 * 0.79788456f));
        return v_mul(x, v_sigmoid(y));
    }
    case TD_ACTIVATION_SILU:
        return v_mul(x, v_sigmoid(x));
    case TD_ACTIVATION_SIGMOID:
        return v_sigmoid(x);
    case TD_ACTIVATION_NONE:
        break;
    }
    return x;
}

/* ---- rougher ones, for results that become bf16 or u8 ---- */

/* 2^x, relative error 1e-4, for -126 <= x <= 126; below it is that of -126, a NaN stays one. */
static ALWAYS vec v_exp2_rough(vec exponent)
{
    vec x = v_max(v_set(-126.0f), exponent);
    vec whole = v_round(x), f = v_sub(x, whole);
    vec p = v_fma(v_set(5.500893e-2f), f, v_set(2.4221096e-1f));
    p = v_fma(p, f, v_set(6.9328293e-1f));
    p = v_fma(p, f, v_set(1.0f));
    return v_scale(p, whole);
}

/* Relative error 2e-4. */
static ALWAYS vec v_sigmoid_rough(vec x)
{
    vec most = v_set(80.0f);
    vec power = v_exp2_rough(v_mul(v_min(most, v_sub(v_set(0), x)), v_set(1.44269504f)));
    return v_reciprocal(v_add(v_set(1), power));
}

/* GELU as x (1/2 + c P(c^2)), c = x within +-4.25: absolute error below 1.2e-5 (1 + |x|). P by
 * weighted least squares. */
static ALWAYS vec v_gelu_rough(vec x)
{
    vec c = v_min(v_set(4.25f), v_max(v_set(-4.25f), x)), s = v_mul(c, c);
    vec p = v_fma(v_set(5.564901664e-11f), s, v_set(-5.327790653e-09f));
    p = v_fma(p, s, v_set(2.255438289e-07f));
    p = v_fma(p, s, v_set(-5.626445272e-06f));
    p = v_fma(p, s, v_set(9.341886471e-05f));
    p = v_fma(p, s, v_set(-1.108561759e-03f));
    p = v_fma(p, s, v_set(9.815973230e-03f));
    p = v_fma(p, s, v_set(-6.634449214e-02f));
    p = v_fma(p, s, v_set(3.989023268e-01f));
    return v_mul(x, v_fma(c, p, v_set(0.5f)));
}

static ALWAYS vec v_activate_rough(const td_activation activation, vec x)
{
    switch (activation) {
    case TD_ACTIVATION_GELU:
        return v_gelu_rough(x);
    case TD_ACTIVATION_GELU_TANH: {
        vec cube = v_mul(v_mul(x, x), x);
        vec y = v_mul(v_fma(cube, v_set(0.044715f), x), v_set(2 * 0.79788456f));
        return v_mul(x, v_sigmoid_rough(y));
    }
    case TD_ACTIVATION_SILU:
        return v_mul(x, v_sigmoid_rough(x));
    case TD_ACTIVATION_SIGMOID:
        return v_sigmoid_rough(x);
    case TD_ACTIVATION_NONE:
        break;
    }
    return x;
}

/* ---- the last vector of a row ---- */

/* The first n values, zeros behind; n may be more than a vector. */
static ALWAYS vec v_load_cut(const float *p, size_t n)
{
    return n >= VECTOR_FLOATS ? v_load(p) : v_load_n(p, n);
}
static ALWAYS void v_store_cut(float *p, size_t n, vec x)
{
    if (n >= VECTOR_FLOATS)
        v_store(p, x);
    else if (n > 0)
        v_store_n(p, n, x);
}
static ALWAYS vec v_load_bf16_cut(const uint16_t *p, size_t n)
{
    if (n >= VECTOR_FLOATS)
        return v_load_bf16(p);
    uint16_t part[VECTOR_FLOATS] = {0};
    for (size_t i = 0; i < n; i++)
        part[i] = p[i];
    return v_load_bf16(part);
}

#endif
