#include "extract/content_measure.h"
#include "extract/main_content.h"
#include "support.h"

static td_arena *arena;
static td_tree tree;

static td_content_finder measured(const char *html)
{
    td_content_finder f = {.tree = &tree};

    td_arena_clear(arena, 0);
    assert_int_equal(td_extract_tree_parse(td_str_from(html), arena, &tree, NULL), TANDEM_OK);
    td_extract_main_content_drop_hidden(&tree);
    f.body = td_extract_main_content_body(&tree);
    f.of = td_arena_zalloc(arena, tree.n, sizeof(*f.of));
    assert_non_null(f.of);
    for (uint32_t i = 0; i < tree.n; i++)
        f.n_articles += tree.nodes[i].tag == TD_TAG_ARTICLE;
    td_extract_content_measure_texts(&f);
    td_extract_content_measure_all(&f);
    return f;
}

static void counts_text_and_links_without_white_space(void **state)
{
    td_content_finder f = measured("<p>a b <a href=/x>c d</a></p><script>no</script>");

    (void)state;
    assert_int_equal(f.of[f.body].text, 4);
    assert_int_equal(f.of[f.body].link, 2);
    assert_int_equal(td_extract_content_measure_weight(&f.of[f.body]), 4 * 10 - 2 * 8);
}

static void leaves_out_what_is_dropped_when_measured_again(void **state)
{
    td_content_finder f = measured("<p>abc</p><div>de</div>");

    (void)state;
    for (uint32_t i = 0; i < tree.n; i++)
        if (tree.nodes[i].tag == TD_TAG_DIV)
            tree.nodes[i].flags |= TD_NODE_DROPPED;
    td_extract_content_measure_all(&f);
    assert_int_equal(f.of[f.body].text, 3);
}

static void tells_what_stands_below(void **state)
{
    static const struct {
        const char *html;
        uint8_t has;
    } CASES[] = {
        {"<p>12 -</p>", 0},
        {"<p>x</p>", TD_HAS_LETTER},
        {"<pre>x</pre>", TD_HAS_LETTER | TD_HAS_CODE},
        {"<h1>x</h1>", TD_HAS_LETTER | TD_HAS_HEADING},
        {"<main>x</main>", TD_HAS_LETTER | TD_HAS_MAIN},
        {"<div role=main>x</div>", TD_HAS_LETTER | TD_HAS_MAIN},
        {"<article>x</article>", TD_HAS_LETTER | TD_HAS_MAIN},
        {"<article>x</article><article>y</article>", TD_HAS_LETTER},
        {"<textarea></textarea>", TD_HAS_FIELD},
        {"<input>", TD_HAS_FIELD},
        {"<input type=checkbox>", 0},
        {"<input type=submit>", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
        td_content_finder f = measured(CASES[i].html);

        assert_int_equal(f.of[f.body].has, CASES[i].has);
    }
}

static void takes_the_strongest_word_of_classes_then_the_id(void **state)
{
    td_content_finder f = measured("<div class='post permalink' id=toc>x</div>");
    const td_node *node = &tree.nodes[f.body + 1];

    (void)state;
    assert_int_equal(td_extract_content_measure_name(&f, node, true), TD_NAME_NEVER);
    f = measured("<div class=plain id=toc>x</div>");
    node = &tree.nodes[f.body + 1];
    assert_int_equal(td_extract_content_measure_name(&f, node, false), TD_NAME_NONE);
    assert_int_equal(td_extract_content_measure_name(&f, node, true), TD_NAME_STRUCTURE);
}

static int set_up(void **state)
{
    (void)state;
    arena = td_arena_new(4 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    td_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_text_and_links_without_white_space),
        cmocka_unit_test(leaves_out_what_is_dropped_when_measured_again),
        cmocka_unit_test(tells_what_stands_below),
        cmocka_unit_test(takes_the_strongest_word_of_classes_then_the_id),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
