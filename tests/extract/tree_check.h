/* What every HTML5 parser must make of broken pages, and nodes written as text. */
#ifndef TD_TESTS_EXTRACT_TREE_CHECK_H
#define TD_TESTS_EXTRACT_TREE_CHECK_H

#include "extract/flatten.h"
#include "extract/tree_parser.h"
#include "support.h"

typedef tandem_code (*tree_parse)(td_str html, td_arena *arena, td_tree *tree_out,
                                  tandem_error *err);

/* All but the white space of a text, which goes on a text right before it: gumbo moves white space
 * before the end of a select behind it, and takes apart what it moves out of a table. */
static inline void tree_write_text(td_str text, td_buf *out)
{
    td_str word;

    if (td_utf8_is_blank(text))
        return;
    if (out->ptr[out->n - 1] == '`')
        td_buf_cut(out, out->n - 1);
    else
        td_buf_add(out, out->ptr[out->n - 1] == '(' ? TD_STR("`") : TD_STR(" `"), NULL);
    while (td_extract_tree_next_word(&text, &word))
        td_buf_add(out, word, NULL);
    td_buf_add_byte(out, '`', NULL);
}

/* "p[class=x](`text` b(`y`))" */
static inline void tree_write(const td_tree *tree, uint32_t at, td_buf *out)
{
    const td_node *node = &tree->nodes[at];
    td_str name = td_extract_tag_name(node->tag);

    if (node->tag == TD_TAG_TEXT) {
        tree_write_text(node->text, out);
        return;
    }
    if (out->n && out->ptr[out->n - 1] != '(')
        td_buf_add_byte(out, ' ', NULL);
    td_buf_add(out, name.n ? name : TD_STR("?"), NULL);
    for (uint16_t i = 0; i < node->n_attributes; i++)
        td_buf_add_fmt(out, NULL, "[%.*s=%.*s]",
                       TD_STR_FMT(td_extract_tag_attribute_name(node->attributes[i].name)),
                       TD_STR_FMT(node->attributes[i].value));
    if (node->end == at + 1)
        return;
    td_buf_add_byte(out, '(', NULL);
    for (uint32_t i = at + 1; i < node->end; i = tree->nodes[i].end) {
        assert_int_equal(tree->nodes[i].parent, at);
        tree_write(tree, i, out);
    }
    if (out->ptr[out->n - 1] == '(')
        td_buf_cut(out, out->n - 1);
    else
        td_buf_add_byte(out, ')', NULL);
}

/* The page's tree as text, yours to clear. */
static inline td_buf tree_of(tree_parse parse, td_str html)
{
    td_arena *arena = td_arena_new(64 << 20);
    td_buf out = TD_BUF(64 << 20);
    td_tree tree = {0};

    assert_non_null(arena);
    assert_int_equal(parse(html, arena, &tree, NULL), TANDEM_OK);
    assert_int_equal(tree.nodes[0].end, tree.n);
    tree_write(&tree, 0, &out);
    td_arena_free(arena);
    return out;
}

static const struct {
    const char *html, *tree;
} TREE_CASES[] = {
    {"", "html(head body)"},
    {"a<!-- b -->c", "html(head body(`ac`))"},
    {"<title>a &lt; b</title><p>c", "html(head(title(`a<b`)) body(p(`c`)))"},
    {"<b>1<p>2</b>3", "html(head body(b(`1`) p(b(`2`) `3`)))"},
    {"<p><b><i>1</p>2", "html(head body(p(b(i(`1`))) b(i(`2`))))"},
    {"<ul><li>1<li>2<ul><li>3</ul></ul>4", "html(head body(ul(li(`1`) li(`2` ul(li(`3`)))) `4`))"},
    {"<table>1<tr><td>2<td>3</table>4",
     "html(head body(`1` table(tbody(tr(td(`2`) td(`3`)))) `4`))"},
    {"<a href=x>1<a href=y>2", "html(head body(a[href=x](`1`) a[href=y](`2`)))"},
    {"<p class='a&amp;b' id=c>&notit; &#x41;&#0;&hearts;",
     "html(head body(p[class=a&b][id=c](`\xC2\xACit;A\xEF\xBF\xBD\xE2\x99\xA5`)))"},
    {"<select><option>1<option>2</select>3",
     "html(head body(select(option(`1`) option(`2`)) `3`))"},
    {"<template><tr><td>1</template>2", "html(head(template(tr(td(`1`)))) body(`2`))"},
    {"<svg><title>1</title><p>2", "html(head body(svg(title(`1`)) p(`2`)))"},
    {"<math><annotation>1</annotation></math>2", "html(head body(math(annotation(`1`)) `2`))"},
    {"<custom-tag><clipboard-copy value=v>1", "html(head body(?(clipboard-copy[value=v](`1`))))"},
    {"<frameset><frame src=a></frameset>", "html(head frameset(frame[src=a]))"},
    {"<body id=a><p>1</body>2<p>3</html>4", "html(head body[id=a](p(`12`) p(`34`)))"},
    {"<h1>1<h2>2</h1>3</p>4", "html(head body(h1(`1`) h2(`2`) `3` p `4`))"},
    {"<dl><dt>1<dd>2<dt>3</dl><button>4<button>5",
     "html(head body(dl(dt(`1`) dd(`2`) dt(`3`)) button(`4`) button(`5`)))"},
};

static inline void check_tree_cases(tree_parse parse)
{
    for (size_t i = 0; i < sizeof(TREE_CASES) / sizeof(*TREE_CASES); i++) {
        td_buf tree = tree_of(parse, td_str_from(TREE_CASES[i].html));

        assert_str(td_buf_str(&tree), TREE_CASES[i].tree);
        td_buf_clear(&tree);
    }
}

/* A page whose tree needs more than the arena has. */
static inline void check_tree_too_large(tree_parse parse)
{
    td_str html = test_repeat("<i>x</i>", 40000, "");
    td_arena *arena = td_arena_new(2 << 20);
    td_tree tree = {0};

    assert_int_equal(parse(html, arena, &tree, NULL), TANDEM_E_TOO_LARGE);
    td_arena_free(arena);
    free((char *)(uintptr_t)html.ptr);
}

#endif
