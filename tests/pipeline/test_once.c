#include "pipeline/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static td_piece piece_of(const char *text)
{
    return (td_piece){.key = td_hash_of(td_str_from(text))};
}

static void lets_only_the_first_of_equal_texts_in(void **state)
{
    td_once once = {0};
    td_piece a = piece_of("x"), b = piece_of("x"), c = piece_of("y");

    (void)state;
    assert_int_equal(td_pipeline_once_init(&once, 2, NULL), TANDEM_OK);
    assert_true(td_pipeline_once_enter(&once, &a));
    assert_false(td_pipeline_once_enter(&once, &b));
    assert_true(td_pipeline_once_enter(&once, &c));
    assert_ptr_equal(td_pipeline_once_leave(&once, &a), &b);
    assert_null(td_pipeline_once_leave(&once, &c));
    td_pipeline_once_clear(&once);
}

static void gives_back_everyone_who_waited(void **state)
{
    enum {
        N = 100
    };
    td_once once = {0};
    td_piece first = piece_of("x");
    td_piece waiting[N];
    size_t n = 0;

    (void)state;
    assert_int_equal(td_pipeline_once_init(&once, 4, NULL), TANDEM_OK);
    assert_true(td_pipeline_once_enter(&once, &first));
    for (size_t i = 0; i < N; i++) {
        waiting[i] = piece_of("x");
        assert_false(td_pipeline_once_enter(&once, &waiting[i]));
    }
    for (td_piece *p = td_pipeline_once_leave(&once, &first); p; p = p->next_equal)
        n++;
    assert_int_equal(n, N);
    assert_true(td_pipeline_once_enter(&once, &waiting[0])); /* the key is free again */
    td_pipeline_once_leave(&once, &waiting[0]);
    td_pipeline_once_clear(&once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_only_the_first_of_equal_texts_in),
        cmocka_unit_test(gives_back_everyone_who_waited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
