#include "base/clock.h"
#include "embed/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void counts_who_is_inside(void **state)
{
    (void)state;
    td_gate gate = {0};
    td_embed_gate_init(&gate);
    td_embed_gate_enter(&gate, TD_CLASS_BULK);
    td_embed_gate_enter(&gate, TD_CLASS_BULK);
    td_embed_gate_enter(&gate, TD_CLASS_QUERY);
    assert_int_equal(td_embed_gate_count(&gate, TD_CLASS_BULK), 2);
    assert_int_equal(td_embed_gate_count(&gate, TD_CLASS_QUERY), 1);
    td_embed_gate_leave(&gate, TD_CLASS_BULK);
    td_embed_gate_leave(&gate, TD_CLASS_QUERY);
    assert_int_equal(td_embed_gate_count(&gate, TD_CLASS_BULK), 1);
    assert_int_equal(td_embed_gate_count(&gate, TD_CLASS_QUERY), 0);
    td_embed_gate_clear(&gate);
}

/* The only thread that could let it pass is this one: were the rule wrong, it would wait. */
static void nobody_waits_for_his_own_class_or_a_lower_one(void **state)
{
    (void)state;
    td_gate gate = {0};
    td_embed_gate_init(&gate);
    td_embed_gate_enter(&gate, TD_CLASS_BULK);
    td_embed_gate_enter(&gate, TD_CLASS_LONG);
    td_embed_gate_enter(&gate, TD_CLASS_QUERY);
    int64_t begin_ms = td_clock_ms();
    for (int i = 0; i < 100; i++)
        td_embed_gate_stand_aside(&gate, TD_CLASS_QUERY);
    td_embed_gate_leave(&gate, TD_CLASS_QUERY);
    for (int i = 0; i < 100; i++)
        td_embed_gate_stand_aside(&gate, TD_CLASS_LONG);
    assert_true(td_clock_ms() - begin_ms < 100 * (int64_t)TD_GATE_PATIENCE_MS);
    td_embed_gate_clear(&gate);
}

static void bulk_work_stands_aside_as_long_as_its_patience_lasts(void **state)
{
    (void)state;
    static const struct {
        td_class inside, waits;
    } pairs[] = {{TD_CLASS_QUERY, TD_CLASS_BULK},
                 {TD_CLASS_QUERY, TD_CLASS_LONG},
                 {TD_CLASS_LONG, TD_CLASS_BULK}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        td_gate gate = {0};
        td_embed_gate_init(&gate);
        td_embed_gate_enter(&gate, pairs[i].inside);
        int64_t begin_ms = td_clock_ms();
        td_embed_gate_stand_aside(&gate, pairs[i].waits);
        assert_true(td_clock_ms() - begin_ms >= TD_GATE_PATIENCE_MS - 1);
        td_embed_gate_clear(&gate);
    }
}

/* Without the grace a step of each would take the patience once more. */
static void whose_patience_has_ended_goes_on_for_a_while(void **state)
{
    (void)state;
    td_gate gate = {0};
    td_embed_gate_init(&gate);
    td_embed_gate_enter(&gate, TD_CLASS_QUERY);
    int64_t begin_ms = td_clock_ms();
    td_embed_gate_stand_aside(&gate, TD_CLASS_BULK);
    int64_t until_ms = atomic_load(&gate.grace_until_ms[TD_CLASS_BULK]);
    assert_true(until_ms >= begin_ms + TD_GATE_PATIENCE_MS - 1 + TD_GATE_GRACE_MS);
    assert_true(until_ms <= td_clock_ms() + TD_GATE_GRACE_MS);
    assert_int_equal(atomic_load(&gate.grace_until_ms[TD_CLASS_LONG]), 0);

    /* Its end is put off, or a busy machine would let it pass between two steps. */
    begin_ms = td_clock_ms();
    atomic_store(&gate.grace_until_ms[TD_CLASS_BULK], begin_ms + 60 * 1000);
    for (int i = 0; i < 50; i++)
        td_embed_gate_stand_aside(&gate, TD_CLASS_BULK);
    assert_true(td_clock_ms() - begin_ms < 50 * (int64_t)TD_GATE_PATIENCE_MS);
    td_embed_gate_clear(&gate);
}

typedef struct bulk {
    td_gate gate;
    atomic_size_t n_steps;
} bulk;

static void *step_until_the_query_has_gone(void *arg)
{
    bulk *b = arg;
    do {
        td_embed_gate_stand_aside(&b->gate, TD_CLASS_BULK);
        atomic_fetch_add(&b->n_steps, 1);
    } while (td_embed_gate_count(&b->gate, TD_CLASS_QUERY) > 0);
    return NULL;
}

static void who_stands_aside_goes_on_when_the_query_has_gone(void **state)
{
    (void)state;
    bulk b = {0};
    pthread_t thread;
    td_embed_gate_init(&b.gate);
    td_embed_gate_enter(&b.gate, TD_CLASS_QUERY);
    assert_int_equal(td_thread_start(&thread, "bulk", step_until_the_query_has_gone, &b, NULL),
                     TANDEM_OK);
    td_embed_gate_leave(&b.gate, TD_CLASS_QUERY);
    pthread_join(thread, NULL);
    assert_true(atomic_load(&b.n_steps) >= 1);
    td_embed_gate_clear(&b.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_who_is_inside),
        cmocka_unit_test(nobody_waits_for_his_own_class_or_a_lower_one),
        cmocka_unit_test(bulk_work_stands_aside_as_long_as_its_patience_lasts),
        cmocka_unit_test(whose_patience_has_ended_goes_on_for_a_while),
        cmocka_unit_test(who_stands_aside_goes_on_when_the_query_has_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
