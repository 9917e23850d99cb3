#include "store_fixture.h"

static bool copy_vector(void *user, int64_t chunk_id, const float *values, size_t dim)
{
    (void)chunk_id;
    memcpy(user, values, dim * sizeof(float));
    return true;
}

static void keeps_a_vector_and_its_signs(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    float wanted[FIXTURE_DIM], got[FIXTURE_DIM] = {0};
    fixture_bits *seen = calloc(1, sizeof(*seen));

    fixture_put_page(f, "p", "only", ids);
    fixture_put_vectors(f, ids, 1);
    fixture_flush(f);
    fixture_vector((uint64_t)ids[0], wanted);
    ok_or_fail(f,
               f->store->vectors_get(f->store, TANDEM_LANE_GTE, ids, 1, copy_vector, got, &f->err));
    assert_memory_equal(got, wanted, sizeof(wanted));
    ok_or_fail(f, f->store->each_bits(f->store, TANDEM_LANE_GTE, fixture_see_bits, seen, &f->err));
    assert_int_equal(seen->n_rows, 1);
    assert_int_equal(seen->ids[0], ids[0]);
    for (size_t i = 0; i < FIXTURE_DIM; i++)
        assert_int_equal((seen->first_row[i / 8] >> (i % 8)) & 1, wanted[i] > 0);
    free(seen);
}

static void freed_rows_of_bits_are_used_again(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    char name[16];

    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 400; i++) {
            snprintf(name, sizeof(name), "p%d", i);
            fixture_put_page(f, name, "a|b|c|d", ids);
            fixture_put_vectors(f, ids, 4);
        }
        fixture_flush(f);
        fixture_check_invariants(f);
    }
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM vectors"), 1600);
    assert_in_range(fixture_sql(f, "SELECT count(*) FROM bit_blocks"), 2, 4);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(keeps_a_vector_and_its_signs),
        T(freed_rows_of_bits_are_used_again),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
