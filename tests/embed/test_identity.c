#include "embed/backend.h"
#include "embed/identity.h"
#include "net/client.h"

enum {
    DIM = 768
};

static void random_vector(const char *seed, float out[DIM])
{
    for (size_t at = 0; at < DIM; at += BACKEND_DIM) {
        char name[64];
        snprintf(name, sizeof(name), "%s %zu", seed, at);
        backend_vector(name, TD_STR("x"), out + at);
    }
    double sum = 0;
    for (size_t d = 0; d < DIM; d++)
        sum += (double)out[d] * (double)out[d];
    for (size_t d = 0; d < DIM; d++)
        out[d] = (float)((double)out[d] / sqrt(sum));
}

/* `part` of another vector added, length 1 again. */
static void disturb(const float *v, double part, float out[DIM])
{
    float other[DIM];
    double sum = 0;

    random_vector("noise", other);
    for (size_t d = 0; d < DIM; d++) {
        out[d] = (float)((double)v[d] + part * (double)other[d]);
        sum += (double)out[d] * (double)out[d];
    }
    for (size_t d = 0; d < DIM; d++)
        out[d] = (float)((double)out[d] / sqrt(sum));
}

static td_str identity_of(const char *model, const char *revision, const float *v, size_t dim)
{
    static char texts[16][TD_IDENTITY_N];
    static int turn;
    td_wire_about about = {0};
    char *out = texts[turn++ % 16];

    snprintf(about.model, sizeof(about.model), "%s", model);
    snprintf(about.revision, sizeof(about.revision), "%s", revision);
    td_embed_identity_write(&about, v, dim, out);
    return td_str_from(out);
}

static void it_names_model_revision_width_and_probe(void **state)
{
    const float v[6] = {1, -1, 1, 1, -1, 2};

    (void)state;
    assert_string_equal(identity_of("a/b", "c", v, 6).ptr, "a/b@c dim=6 probe=d2");
    assert_string_equal(identity_of("a/b", "", v, 6).ptr, "a/b@unknown dim=6 probe=d2");
    td_str model = td_embed_identity_model(identity_of("a@b/c", "", v, 6));
    assert_true(td_str_eq(model, TD_STR("a@b/c")));
}

static void noise_of_another_precision_does_not_change_it(void **state)
{
    float v[DIM], noisy[DIM];

    (void)state;
    random_vector("v", v);
    disturb(v, 0.15, noisy);
    assert_true(td_embed_identity_near(v, noisy, DIM));
    assert_true(
        td_embed_identity_same(identity_of("a", "1", v, DIM), identity_of("a", "1", noisy, DIM)));
}

static void another_model_is_another(void **state)
{
    float v[DIM], other[DIM], third[DIM];

    (void)state;
    random_vector("v", v);
    random_vector("w", other);
    disturb(v, 0.8, third);
    assert_false(td_embed_identity_near(v, other, DIM));
    assert_false(td_embed_identity_near(v, third, DIM));
    td_str one = identity_of("a", "1", v, DIM);
    assert_false(td_embed_identity_same(one, identity_of("a", "1", other, DIM)));
    assert_false(td_embed_identity_same(one, identity_of("a", "1", third, DIM)));
    assert_false(td_embed_identity_same(one, identity_of("b", "1", v, DIM)));
    assert_false(td_embed_identity_same(one, identity_of("a", "2", v, DIM)));
    assert_false(td_embed_identity_same(one, identity_of("a", "1", v, DIM - 1)));
    assert_false(td_embed_identity_same(one, TD_STR("MiniLM@1234")));
}

static void texts_like_the_probe_are_as_long_and_each_another(void **state)
{
    char room[2][TD_IDENTITY_LIKE_N];

    (void)state;
    td_str one = td_embed_identity_like(1, room[0]);
    td_str other = td_embed_identity_like(UINT64_MAX, room[1]);
    td_str probe = td_embed_identity_probe();
    assert_int_equal(one.n, other.n);
    assert_true(one.n < probe.n + 8 && probe.n < one.n + 8);
    assert_true(td_str_starts(one, TD_STR("A lane is one model")));
    assert_true(td_str_starts(probe, TD_STR("A lane is one model")));
    assert_false(td_str_eq(one, other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_like_the_probe_are_as_long_and_each_another),
        cmocka_unit_test(it_names_model_revision_width_and_probe),
        cmocka_unit_test(noise_of_another_precision_does_not_change_it),
        cmocka_unit_test(another_model_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
