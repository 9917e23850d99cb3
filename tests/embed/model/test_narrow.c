/* The encoders in bf16 and int8 against vectors that the reference made. */
#include "embed/model/opened.h"

#include <string.h>

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Random weights are rougher than trained ones, so the tolerance is that of models.md: the median
 * and the least cosine over a file. onednn has no narrow kernels of its own. */
static void gives_nearly_the_expected_vectors_in_bf16_and_int8(void **state)
{
    (void)state;
    static const double medians[] = {1, 0.999, 0.99}, least[] = {1, 0.98, 0.95};
    for (size_t at = 0; at < N_MODELS * N_ISAS * 2; at++) {
        const char *name = MODELS[at / 2 % N_MODELS], *isa = ISAS[at / 2 / N_MODELS];
        td_precision precision = at % 2 ? TD_PRECISION_INT8 : TD_PRECISION_BF16;
        double cosines[64];
        if (!has_isa(isa) || strcmp(isa, "onednn") == 0)
            continue;
        json_t *expected = expected_open(name);
        opened o = open_in(name, isa, precision);
        size_t n = expected_count(expected);
        for (size_t c = 0; c < n; c++) {
            expected_case one = expected_get(expected, c);
            uint32_t starts[] = {0, (uint32_t)one.n_ids};
            float vector[1024];
            run_or_fail(&o, &(td_ragged){one.ids, starts, 1, 0, false}, vector);
            cosines[c] = cosine_of(vector, one.vector, o.dim);
            expected_clear(&one);
        }
        qsort(cosines, n, sizeof(*cosines), by_size);
        if (!(cosines[0] >= least[precision] && cosines[n / 2] >= medians[precision]))
            fail_msg("%s on %s, precision %d: least cosine %.5f, median %.5f", name, isa, precision,
                     cosines[0], cosines[n / 2]);
        close_all(&o);
        json_decref(expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_nearly_the_expected_vectors_in_bf16_and_int8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
