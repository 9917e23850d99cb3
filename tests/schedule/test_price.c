#include "schedule/price.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A server whose calls cost `call`, of which `way` there and back, and `text` a text. */
typedef struct service {
    double call, way, text;
    int at_once; /* 1: calls take turns */
} service;

static const double APART = 0.002;

static td_embed_price measure(const service *s)
{
    td_embed_price m = {.n_texts = 4, .apart = APART};
    m.first = s->call + 4 * s->text;
    m.second = s->call + s->text;
    m.is_beside = m.apart < m.first;
    if (s->at_once == 1)
        m.second += fmax(0, m.first - s->way - m.apart);
    return m;
}

static td_priced read_of(const service *s)
{
    td_embed_price m = measure(s);
    return td_schedule_price_read(s->way, s->call + s->text, &m);
}

static void call_and_text_are_told_apart_whether_or_not_calls_take_turns(void **state)
{
    (void)state;
    for (int at_once = 1; at_once <= 2; at_once++)
        for (int way = 0; way < 2; way++) {
            service s = {.call = 0.08, .way = way ? 0.05 : 0, .text = 0.02, .at_once = at_once};
            td_priced priced = read_of(&s);
            assert_true(priced.is_known);
            assert_float_equal(priced.call, 0.08, 1e-9);
            assert_float_equal(priced.text, 0.1, 1e-9);
            assert_int_equal(priced.takes_turns, at_once == 1);
        }
}

static void the_extremes_are_no_less_certain(void **state)
{
    (void)state;
    for (int at_once = 1; at_once <= 2; at_once++) {
        service free_calls = {.text = 0.1, .at_once = at_once};
        assert_float_equal(read_of(&free_calls).call, 0, 1e-9);
        assert_int_equal(read_of(&free_calls).takes_turns, at_once == 1);
        service free_texts = {.call = 0.1, .at_once = at_once};
        assert_float_equal(read_of(&free_texts).call, 0.0995, 1e-9); /* a text costs something */
        assert_int_equal(read_of(&free_texts).takes_turns, at_once == 1);
    }
    /* nobody can tell what happens at the far end of the way, and it does not matter */
    service far = {.call = 0.1, .way = 0.1, .text = 0.0005, .at_once = 1};
    assert_false(read_of(&far).takes_turns);
}

static void cores_that_two_calls_share_count_as_turns(void **state)
{
    (void)state;
    td_embed_price m = {
        .n_texts = 4, .first = 0.45, .second = 0.19, .apart = APART, .is_beside = true};
    assert_true(td_schedule_price_read(0, 0.1, &m).takes_turns);
    m.second = 0.15; /* a little slower is noise */
    assert_false(td_schedule_price_read(0, 0.1, &m).takes_turns);
}

static void the_least_of_two_measures_counts(void **state)
{
    (void)state;
    service s = {.call = 0.08, .text = 0.02, .at_once = 2};
    td_embed_price m = measure(&s);
    td_priced priced = td_schedule_price_read(0, 0.9, &m); /* the first call of all was slow */
    assert_float_equal(priced.call, 0.08, 1e-9);
    m.second = 0.14;
    priced = td_schedule_price_read(0, 0.1, &m);
    assert_float_equal(priced.call, 0.08, 1e-9);
    s.at_once = 1; /* what the second took after the first is a measure, too */
    m = measure(&s);
    priced = td_schedule_price_read(0, 0.15, &m);
    assert_true(priced.takes_turns);
    assert_float_equal(priced.text, 0.1, 1e-9);
}

static void a_call_costs_no_less_than_the_way_and_no_more_than_with_a_text(void **state)
{
    (void)state;
    td_embed_price m = {.n_texts = 4, .first = 0.9, .second = 0.1, .apart = APART};
    assert_float_equal(td_schedule_price_read(0.03, 0.1, &m).call, 0.03, 1e-9);
    m.first = 0.01; /* four texts faster than one: noise */
    td_priced priced = td_schedule_price_read(0.03, 0.1, &m);
    assert_true(priced.call < priced.text && priced.call > 0.97 * priced.text);
}

static void what_was_not_measured_is_not_known(void **state)
{
    (void)state;
    service s = {.call = 0.08, .text = 0.02, .at_once = 1};
    td_embed_price m = measure(&s);
    m.is_beside = false;
    assert_false(td_schedule_price_read(0, 0.1, &m).takes_turns);
    assert_false(td_schedule_price_read(0, 0, &m).is_known);
    m.n_texts = 1;
    assert_false(td_schedule_price_read(0, 0.1, &m).is_known);
    m = (td_embed_price){.n_texts = 4};
    assert_false(td_schedule_price_read(0, 0.1, &m).is_known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_and_text_are_told_apart_whether_or_not_calls_take_turns),
        cmocka_unit_test(the_extremes_are_no_less_certain),
        cmocka_unit_test(cores_that_two_calls_share_count_as_turns),
        cmocka_unit_test(the_least_of_two_measures_counts),
        cmocka_unit_test(a_call_costs_no_less_than_the_way_and_no_more_than_with_a_text),
        cmocka_unit_test(what_was_not_measured_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
