#include "store_fixture.h"

typedef struct walk {
    int64_t ids[64];
    size_t n, n_max;
} walk;

static bool walk_vector(void *user, int64_t chunk_id, const float *values, size_t dim)
{
    walk *w = user;
    float wanted[FIXTURE_DIM];
    fixture_vector((uint64_t)chunk_id, wanted);
    assert_int_equal(dim, FIXTURE_DIM);
    assert_memory_equal(values, wanted, sizeof(wanted));
    w->ids[w->n++] = chunk_id;
    return w->n < w->n_max;
}

static bool walk_bits(void *user, const int64_t *ids, const uint8_t *bits, size_t n,
                      size_t row_bytes)
{
    walk *w = user;
    (void)ids, (void)bits, (void)n;
    assert_int_equal(row_bytes, (FIXTURE_DIM + 7) / 8);
    w->n++;
    return w->n < w->n_max;
}

/* Ten pages; ids of the chunks with even place are gte's, those with odd place coderank's. */
static void fill(fixture *f, int64_t ids[16])
{
    char name[16];
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        fixture_put_page(f, name, "a|b", ids);
        fixture_put_vectors(f, ids, 2);
    }
    fixture_flush(f);
}

static void all_vectors_of_one_lane_come_by_rising_id(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    walk w = {.n_max = 64};

    fill(f, ids);
    ok_or_fail(f, f->store->each_vector(f->store, TANDEM_LANE_CODERANK, walk_vector, &w, &f->err));
    assert_int_equal(w.n, 10);
    for (size_t i = 1; i < w.n; i++)
        assert_true(w.ids[i] > w.ids[i - 1]);
    assert_int_equal(w.ids[9], ids[1]);
}

static void a_walk_stops_when_it_is_told_to(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    walk vectors = {.n_max = 3}, bits = {.n_max = 1}, some = {.n_max = 1};

    fill(f, ids);
    ok_or_fail(f, f->store->each_vector(f->store, TANDEM_LANE_GTE, walk_vector, &vectors, &f->err));
    assert_int_equal(vectors.n, 3);
    ok_or_fail(f, f->store->each_bits(f->store, TANDEM_LANE_GTE, walk_bits, &bits, &f->err));
    assert_int_equal(bits.n, 1);
    const int64_t asked[] = {ids[0] - 2, ids[0]};
    ok_or_fail(f, f->store->vectors_get(f->store, TANDEM_LANE_GTE, asked, 2, walk_vector, &some,
                                        &f->err));
    assert_int_equal(some.n, 1);
}

static void asking_passes_over_what_is_gone_or_of_the_other_lane(void **state)
{
    fixture *f = *state;
    int64_t ids[16];
    walk w = {.n_max = 64};

    fill(f, ids);
    const int64_t asked[] = {ids[1], 999999, ids[0], -1};
    ok_or_fail(f, f->store->vectors_get(f->store, TANDEM_LANE_GTE, asked, 4, walk_vector, &w,
                                        &f->err));
    assert_int_equal(w.n, 1);
    assert_int_equal(w.ids[0], ids[0]);
}

/* A callback may ask the store: each walk has a connection of its own. */
static bool ask_inside(void *user, int64_t chunk_id, const float *values, size_t dim)
{
    fixture *f = user;
    td_store_counts counts;
    (void)chunk_id, (void)values, (void)dim;
    ok_or_fail(f, f->store->counts_get(f->store, &counts, &f->err));
    assert_int_equal(counts.chunks[TANDEM_LANE_GTE], 10);
    return true;
}

static void a_callback_may_ask_the_store(void **state)
{
    fixture *f = *state;
    int64_t ids[16];

    fill(f, ids);
    ok_or_fail(f, f->store->each_vector(f->store, TANDEM_LANE_GTE, ask_inside, f, &f->err));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(all_vectors_of_one_lane_come_by_rising_id),
        T(a_walk_stops_when_it_is_told_to),
        T(asking_passes_over_what_is_gone_or_of_the_other_lane),
        T(a_callback_may_ask_the_store),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
