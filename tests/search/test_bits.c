#include "search/bits.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 42;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static float random_float(void)
{
    return (float)((double)(random_next() >> 11) / 9007199254740992.0 - 0.5);
}

static void every_kernel_gives_the_portable_scores(void **state)
{
    enum {
        ROWS = 37
    };
    td_search_bits_query *query = malloc(sizeof(*query));
    (void)state;

    for (size_t dim = 1; dim <= 1100; dim += dim < 130 ? 1 : 97) {
        size_t row_bytes = (dim + 7) / 8;
        float *values = malloc(dim * sizeof(float));
        uint8_t *rows =
            malloc(ROWS * row_bytes); /* no byte more: a sanitizer sees a read past it */
        int32_t wanted[ROWS], got[ROWS];
        for (size_t i = 0; i < dim; i++)
            values[i] = random_float();
        for (size_t i = 0; i < ROWS * row_bytes; i++)
            rows[i] = (uint8_t)random_next();
        td_search_bits_prepare(values, dim, query);
        td_search_bits_get(0)->score(query, rows, ROWS, row_bytes, wanted);
        for (size_t k = 1; td_search_bits_get(k); k++) {
            td_search_bits_get(k)->score(query, rows, ROWS, row_bytes, got);
            assert_memory_equal(got, wanted, sizeof(wanted));
        }
        free(rows);
        free(values);
    }
    free(query);
}

static void every_kernel_gives_the_same_bits_of_a_dot_product(void **state)
{
    (void)state;
    for (size_t dim = 0; dim <= 1100; dim += dim < 130 ? 1 : 97) {
        float *a = malloc(dim * sizeof(float) + 1), *b = malloc(dim * sizeof(float) + 1);
        double sum = 0;
        for (size_t i = 0; i < dim; i++) {
            a[i] = random_float();
            b[i] = random_float();
            sum += (double)a[i] * b[i];
        }
        float wanted = td_search_bits_get(0)->dot(a, b, dim);
        assert_true(fabs((double)wanted - sum) < 1e-4);
        for (size_t k = 1; td_search_bits_get(k); k++) {
            float got = td_search_bits_get(k)->dot(a, b, dim);
            assert_memory_equal(&got, &wanted, sizeof(got));
        }
        free(a);
        free(b);
    }
}

/* What the header says a score is, computed one dimension at a time. */
static void a_score_is_the_sum_of_the_rounded_query_where_the_row_has_a_one(void **state)
{
    enum {
        DIM = 100
    };
    float values[DIM];
    uint8_t row[13] = {0};
    int32_t score = 0, wanted = 0;
    float most = 0;
    td_search_bits_query *query = malloc(sizeof(*query));
    (void)state;

    for (int i = 0; i < DIM; i++) {
        values[i] = random_float();
        most = fmaxf(most, fabsf(values[i]));
    }
    for (int i = 0; i < DIM; i++) {
        if (i % 3 == 0)
            continue;
        row[i / 8] |= (uint8_t)(1 << (i % 8));
        wanted += (int32_t)lrintf(values[i] / most * 31);
    }
    td_search_bits_prepare(values, DIM, query);
    td_search_bits_best()->score(query, row, 1, sizeof(row), &score);
    assert_int_equal(score, wanted);
    free(query);
}

static void a_query_of_zeros_scores_zero(void **state)
{
    float values[64] = {0};
    uint8_t row[8];
    int32_t score = 1;
    td_search_bits_query *query = malloc(sizeof(*query));
    (void)state;

    memset(row, 0xff, sizeof(row));
    td_search_bits_prepare(values, 64, query);
    td_search_bits_best()->score(query, row, 1, sizeof(row), &score);
    assert_int_equal(score, 0);
    free(query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_gives_the_portable_scores),
        cmocka_unit_test(every_kernel_gives_the_same_bits_of_a_dot_product),
        cmocka_unit_test(a_score_is_the_sum_of_the_rounded_query_where_the_row_has_a_one),
        cmocka_unit_test(a_query_of_zeros_scores_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
