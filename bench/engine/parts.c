#include "parts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static td_kernels timed;
static td_narrow timed_narrow;
static const td_kernels *real;
static _Thread_local parts mine;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

#define TIMED(part, call) \
    double began = now(); \
    call;                 \
    mine.ns[part] += now() - began;

static tandem_code linear(const td_matrix *matrix, const float *x, size_t n_rows, size_t panel_from,
                          size_t panel_to, const td_epilogue *epilogue)
{
    tandem_code code;
    TIMED(PART_LINEAR, code = real->linear(matrix, x, n_rows, panel_from, panel_to, epilogue))
    return code;
}

static void norm(const float *x, size_t n_rows, size_t n, const float *weight, const float *bias,
                 float eps, float *out)
{
    TIMED(PART_NORM, real->norm(x, n_rows, n, weight, bias, eps, out))
}

static void rope(float *row, size_t n_heads, size_t head_dim, const float *angles)
{
    TIMED(PART_ROPE, real->rope(row, n_heads, head_dim, angles))
}

static void attention(const td_attention *work)
{
    TIMED(PART_ATTENTION, real->attention(work))
}

static void narrow_linear(const td_matrix *matrix, const td_rows *x, size_t n_rows,
                          size_t panel_from, size_t panel_to, const td_epilogue *epilogue)
{
    TIMED(PART_LINEAR, real->narrow->linear(matrix, x, n_rows, panel_from, panel_to, epilogue))
}

static void narrow_norm(const float *x, size_t n_rows, const td_norming *work)
{
    TIMED(PART_NORM, real->narrow->norm(x, n_rows, work))
}

static void narrow_code(const uint16_t *x, size_t x_stride, size_t n_rows, size_t n,
                        const td_rows *coded)
{
    TIMED(PART_CODE, real->narrow->code(x, x_stride, n_rows, n, coded))
}

static void narrow_attention(const td_narrow_attention *work)
{
    TIMED(PART_ATTENTION, real->narrow->attention(work))
}

const td_kernels *parts_timed(const td_kernels *kernels)
{
    real = kernels;
    timed = *kernels;
    timed.linear = linear;
    timed.norm = norm;
    timed.rope = rope;
    timed.attention = attention;
    timed_narrow = *kernels->narrow;
    timed_narrow.linear = narrow_linear;
    timed_narrow.norm = narrow_norm;
    timed_narrow.code = narrow_code;
    timed_narrow.attention = narrow_attention;
    timed.narrow = &timed_narrow;
    return &timed;
}

void parts_begin(void)
{
    mine = (parts){.all = -now()};
}

void parts_end(parts *sum)
{
    for (size_t i = 0; i < PARTS_N; i++)
        sum->ns[i] += mine.ns[i];
    sum->all += mine.all + now();
}

void parts_print(const parts *sum)
{
    static const char *const names[PARTS_N] = {"linear", "attention", "norm", "code", "rope"};
    double rest = sum->all;

    for (size_t i = 0; i < PARTS_N; i++) {
        printf("  %s %.1f %%,", names[i], 100 * sum->ns[i] / sum->all);
        rest -= sum->ns[i];
    }
    printf("  the rest %.1f %% of the time\n", 100 * rest / sum->all);
}
