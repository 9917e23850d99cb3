#include "extract/tree.h"
#include "support.h"

static td_tree parse(const char *html, td_arena *arena)
{
    td_tree tree = {0};

    assert_non_null(arena);
    assert_int_equal(td_extract_tree_parse(td_str_from(html), arena, &tree, NULL), TANDEM_OK);
    return tree;
}

static uint32_t find(const td_tree *tree, td_tag tag)
{
    for (uint32_t i = 0; i < tree->n; i++)
        if (tree->nodes[i].tag == tag)
            return i;
    fail_msg("no such element");
    return 0;
}

static void puts_all_below_a_node_right_behind_it(void **state)
{
    td_arena *arena = td_arena_new(4 << 20);
    td_tree tree = parse("<ul><li>a<b>b</b><li>c</ul>d", arena);
    uint32_t list = find(&tree, TD_TAG_UL);

    (void)state;
    assert_int_equal(tree.nodes[0].tag, TD_TAG_HTML);
    assert_int_equal(tree.nodes[0].end, tree.n);
    assert_int_equal(tree.nodes[list].end, list + 7);
    for (uint32_t i = 1; i < tree.n; i++) {
        assert_true(tree.nodes[i].parent < i);
        assert_true(tree.nodes[i].end <= tree.nodes[tree.nodes[i].parent].end);
    }
    td_arena_free(arena);
}

static void marks_elements_that_hold_blocks(void **state)
{
    td_arena *arena = td_arena_new(4 << 20);
    td_tree tree = parse("<a><span><p>x</p></span></a><b>y</b>", arena);

    (void)state;
    assert_true(tree.nodes[find(&tree, TD_TAG_A)].flags & TD_NODE_HAS_BLOCK);
    assert_false(tree.nodes[find(&tree, TD_TAG_P)].flags & TD_NODE_HAS_BLOCK);
    td_arena_free(arena);
}

static void reads_attributes_with_entities_resolved(void **state)
{
    td_arena *arena = td_arena_new(4 << 20);
    td_tree tree = parse("<a href='?a&amp;b' class=' One two'>", arena);
    const td_node *a = &tree.nodes[find(&tree, TD_TAG_A)];

    (void)state;
    assert_str(td_extract_tree_get(a, TD_ATTRIBUTE_HREF), "?a&b");
    assert_true(td_extract_tree_has_class(a, TD_STR("one")));
    assert_false(td_extract_tree_has_class(a, TD_STR("tw")));
    assert_false(td_extract_tree_has(a, TD_ATTRIBUTE_ID));
    assert_int_equal(td_extract_tree_above(&tree, tree.n - 1, TD_TAG_BODY),
                     find(&tree, TD_TAG_BODY));
    assert_int_equal(td_extract_tree_above(&tree, tree.n - 1, TD_TAG_TABLE), tree.n);
    td_arena_free(arena);
}

static void folds_the_text_below_a_node(void **state)
{
    td_arena *arena = td_arena_new(4 << 20);
    td_tree tree = parse("<p> a \n b<b>c</b> <i>d</i></p><p>e</p>", arena);
    td_buf out = TD_BUF(1000);

    (void)state;
    assert_int_equal(td_extract_tree_text(&tree, 0, 100, &out, NULL), TANDEM_OK);
    assert_str(td_buf_str(&out), "a bc d e");
    td_buf_cut(&out, 0);
    assert_int_equal(td_extract_tree_text(&tree, 0, 3, &out, NULL), TANDEM_OK);
    assert_str(td_buf_str(&out), "a b");
    td_buf_clear(&out);
    td_arena_free(arena);
}

static void says_too_large_when_the_memory_for_it_is_used_up(void **state)
{
    td_str html = test_repeat("<i>x</i>", 40000, "");
    td_arena *arena = td_arena_new(4 << 20);
    td_tree tree = {0};

    (void)state;
    assert_int_equal(td_extract_tree_parse(html, arena, &tree, NULL), TANDEM_E_TOO_LARGE);
    td_arena_free(arena);
    free((char *)(uintptr_t)html.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_all_below_a_node_right_behind_it),
        cmocka_unit_test(marks_elements_that_hold_blocks),
        cmocka_unit_test(reads_attributes_with_entities_resolved),
        cmocka_unit_test(folds_the_text_below_a_node),
        cmocka_unit_test(says_too_large_when_the_memory_for_it_is_used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
