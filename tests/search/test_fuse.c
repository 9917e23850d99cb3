#include "search/fuse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_chunk_in_two_lists_beats_the_first_of_one(void **state)
{
    const td_store_found gte[] = {{1, 0.9}, {2, 0.8}}, words[] = {{3, 9}, {2, 8}};
    const td_search_list lists[TD_SEARCH_N_LISTS] = {{gte, 2, 1}, {NULL, 0, 1}, {words, 2, 1}};
    td_search_fused fused[4];
    (void)state;

    assert_int_equal(td_search_fuse(lists, fused), 3);
    assert_int_equal(fused[0].chunk_id, 2);
    assert_true(fused[0].score == 1.0 / 62 + 1.0 / 62);
    assert_int_equal(fused[0].rank[0], 2);
    assert_int_equal(fused[0].rank[1], 0);
    assert_int_equal(fused[0].rank[2], 2);
    assert_true(fused[0].list_score[0] == 0.8);
    assert_int_equal(fused[1].chunk_id, 1); /* a tie: the earlier list goes first */
    assert_int_equal(fused[2].chunk_id, 3);
}

static void a_weight_moves_a_list_up(void **state)
{
    const td_store_found gte[] = {{1, 0.9}}, code[] = {{2, 0.9}};
    const td_search_list lists[TD_SEARCH_N_LISTS] = {{gte, 1, 1}, {code, 1, 2}, {NULL, 0, 0}};
    td_search_fused fused[2];
    (void)state;

    assert_int_equal(td_search_fuse(lists, fused), 2);
    assert_int_equal(fused[0].chunk_id, 2);
}

static void the_order_is_total_whatever_the_lists_hold(void **state)
{
    enum {
        N = 50
    };
    td_store_found lists_of[TD_SEARCH_N_LISTS][N];
    td_search_list lists[TD_SEARCH_N_LISTS];
    td_search_fused fused[N * TD_SEARCH_N_LISTS];
    (void)state;

    for (int l = 0; l < TD_SEARCH_N_LISTS; l++) {
        for (int i = 0; i < N; i++)
            lists_of[l][i] = (td_store_found){.chunk_id = (i * (l + 7)) % 53 + 1, .score = 1};
        lists[l] = (td_search_list){lists_of[l], N, 1};
    }
    size_t n = td_search_fuse(lists, fused);
    assert_in_range(n, N, 53);
    for (size_t i = 1; i < n; i++) {
        assert_true(fused[i - 1].score >= fused[i].score);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(fused[j].chunk_id, fused[i].chunk_id);
    }
}

static void no_lists_give_no_hits(void **state)
{
    const td_search_list lists[TD_SEARCH_N_LISTS] = {{NULL, 0, 0}};
    (void)state;
    assert_int_equal(td_search_fuse(lists, NULL), 0);
}

static tandem_hit hit_at(td_str path, uint64_t start, td_str text)
{
    return (
        tandem_hit){.path = path, .start_byte = start, .end_byte = start + text.n, .text = text};
}

static bool repeats(tandem_hit hit, tandem_hit kept)
{
    td_hash hash = td_search_fuse_hash(kept.text);
    return td_search_fuse_repeats(&hit, td_search_fuse_hash(hit.text), &kept, &hash, 1);
}

static void the_same_text_but_for_white_space_is_a_repeat_on_any_page(void **state)
{
    (void)state;
    assert_true(repeats(hit_at(TD_STR("a"), 0, TD_STR(" one\n two ")),
                        hit_at(TD_STR("b"), 9, TD_STR("one two"))));
    assert_false(repeats(hit_at(TD_STR("a"), 0, TD_STR("one two")),
                         hit_at(TD_STR("b"), 0, TD_STR("one, two"))));
    assert_false(repeats(hit_at(TD_STR("a"), 0, TD_STR("onetwo")),
                         hit_at(TD_STR("b"), 0, TD_STR("one two"))));
}

static void neighbours_that_share_half_are_a_repeat_and_a_little_overlap_is_not(void **state)
{
    (void)state;
    tandem_hit kept = hit_at(TD_STR("a"), 100, TD_STR("0123456789"));
    assert_true(repeats(hit_at(TD_STR("a"), 105, TD_STR("56789abcde")), kept));
    assert_false(repeats(hit_at(TD_STR("a"), 106, TD_STR("6789abcdef")), kept));
    assert_true(repeats(hit_at(TD_STR("a"), 107, TD_STR("78")), kept)); /* inside it */
    assert_false(repeats(hit_at(TD_STR("b"), 105, TD_STR("56789abcde")), kept));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chunk_in_two_lists_beats_the_first_of_one),
        cmocka_unit_test(a_weight_moves_a_list_up),
        cmocka_unit_test(the_order_is_total_whatever_the_lists_hold),
        cmocka_unit_test(no_lists_give_no_hits),
        cmocka_unit_test(the_same_text_but_for_white_space_is_a_repeat_on_any_page),
        cmocka_unit_test(neighbours_that_share_half_are_a_repeat_and_a_little_overlap_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
