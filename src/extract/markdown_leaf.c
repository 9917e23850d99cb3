#include "extract/markdown_writer.h"

tandem_code td_extract_markdown_leaf_rule(td_md *md)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_markdown_flush(md));
    if (md->single || md->out->n == 0)
        goto out;
    TD_TRY(td_extract_markdown_start_line(md, TD_MD_BLANK));
    TD_TRY(td_buf_add(md->out, TD_STR("---"), md->err));
    md->gap = TD_MD_BLANK;
out:
    return code;
}

tandem_code td_extract_markdown_leaf_raised(td_md *md, uint32_t at)
{
    const td_node *node = &md->tree->nodes[at];
    td_str text = node->end == at + 2 ? td_str_trim(node[1].text) : TD_STR("");
    bool exponent = text.n > 0 && text.n <= 4 && !md->space && md->line.n > 0;

    for (size_t i = 0; i < text.n; i++)
        exponent = exponent && ((text.ptr[i] >= '0' && text.ptr[i] <= '9') ||
                                (i == 0 && text.n > 1 && text.ptr[i] == '-') ||
                                (text.n == 1 && (unsigned)((text.ptr[i] | 0x20) - 'a') < 26u));
    return exponent ? td_extract_markdown_inline_raw(md, TD_STR("^")) : TANDEM_OK;
}

tandem_code td_extract_markdown_leaf_formula(td_md *md, uint32_t *at)
{
    const td_node *nodes = md->tree->nodes;
    td_str text = td_extract_tree_get(&nodes[*at], TD_ATTRIBUTE_ALTTEXT);
    uint32_t end = nodes[*at].end;
    tandem_code code = TANDEM_OK;

    if (text.n) {
        code = td_extract_markdown_inline_text(md, text);
        *at = end - 1;
        return code;
    }
    for (uint32_t i = *at + 1; i < end; i++) {
        if (nodes[i].tag != TD_TAG_ANNOTATION)
            continue;
        code = td_extract_markdown_walk(md, i + 1, nodes[i].end);
        *at = end - 1;
        break;
    }
    return code;
}

/* What stands in for a picture; the name of its file, which Sphinx writes for want of one, tells
 * nothing. */
tandem_code td_extract_markdown_leaf_image(td_md *md, const td_node *node)
{
    static const char *const ENDS[] = {".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp"};
    td_str alt = td_str_trim(td_extract_tree_get(node, TD_ATTRIBUTE_ALT));

    for (size_t i = 0; i < sizeof(ENDS) / sizeof(*ENDS); i++)
        if (td_str_ends_nocase(alt, td_str_from(ENDS[i])) &&
            td_str_find_byte(alt, ' ', 0) == TD_STR_NONE)
            return TANDEM_OK;
    return td_extract_markdown_inline_text(md, td_extract_tree_get(node, TD_ATTRIBUTE_ALT));
}

tandem_code td_extract_markdown_leaf_checkbox(td_md *md, const td_node *node)
{
    if (!td_str_eq_nocase(td_extract_tree_get(node, TD_ATTRIBUTE_TYPE), TD_STR("checkbox")) ||
        md->line.n > 0 || !td_extract_markdown_marker_pends(md))
        return TANDEM_OK;
    md->space = true;
    return td_buf_add(&md->line,
                      td_extract_tree_has(node, TD_ATTRIBUTE_CHECKED) ? TD_STR("[x]")
                                                                      : TD_STR("[ ]"),
                      md->err);
}

/* Javadoc makes a list of a page's sections, blogs one of their posts: what begins with a heading
 * is a section, and in an item it would be no heading to a reader of Markdown. */
bool td_extract_markdown_leaf_is_section(const td_md *md, uint32_t at)
{
    const td_node *nodes = md->tree->nodes;

    for (uint32_t i = at + 1; i < nodes[at].end; i++) {
        if (nodes[i].flags & TD_NODE_DROPPED)
            i = nodes[i].end - 1;
        else if (nodes[i].tag >= TD_TAG_H1 && nodes[i].tag <= TD_TAG_H6)
            return true;
        else if (td_str_trim(nodes[i].text).n > 0 ||
                 td_extract_tree_get(&nodes[i], TD_ATTRIBUTE_ALT).n > 0)
            return false;
    }
    return false;
}

/* A row of Doxygen's summaries, "memitem:...", that is of a function, not of a file or a class with
 * a page of its own: its link leads to a place in a page. */
static bool is_member(const td_md *md, uint32_t at)
{
    const td_node *nodes = md->tree->nodes;

    if (!td_str_starts(td_extract_tree_get(&nodes[at], TD_ATTRIBUTE_CLASS), TD_STR("memitem:")))
        return false;
    for (uint32_t i = at + 1; i < nodes[at].end; i++)
        if (nodes[i].tag == TD_TAG_A && td_extract_tree_has(&nodes[i], TD_ATTRIBUTE_HREF))
            return td_str_find_byte(td_extract_tree_get(&nodes[i], TD_ATTRIBUTE_HREF), '#', 0) !=
                   TD_STR_NONE;
    return true;
}

bool td_extract_markdown_leaf_is_signature(const td_md *md, uint32_t at)
{
    const td_node *node = &md->tree->nodes[at];

    if (node->n_attributes == 0)
        return false;
    if (node->tag == TD_TAG_TABLE) /* Doxygen's */
        return td_extract_tree_has_class(node, TD_STR("memname"));
    if (node->tag == TD_TAG_TR)
        return is_member(md, at);
    if (node->tag == TD_TAG_DIV) /* Javadoc's */
        return td_extract_tree_has_class(node, TD_STR("member-signature")) ||
               td_extract_tree_has_class(node, TD_STR("type-signature"));
    return node->tag == TD_TAG_DT && (td_extract_tree_has_class(node, TD_STR("sig")) ||
                                      td_extract_tree_has_class(node, TD_STR("sig-object")));
}

bool td_extract_markdown_leaf_has_signatures(const td_md *md, uint32_t at)
{
    const td_node *nodes = md->tree->nodes;

    for (uint32_t i = at + 1; i < nodes[at].end; i = nodes[i].end)
        if (td_extract_markdown_leaf_is_signature(md, i))
            return true;
    return false;
}

bool td_extract_markdown_leaf_is_repeated(const td_md *md, td_str before, td_str text)
{
    td_str last = td_str_slice(td_buf_str(md->out), md->heading_at, md->out->n);

    return before.n && td_str_starts(last, before) &&
           td_str_eq(td_str_slice(last, before.n, last.n), text);
}

bool td_extract_markdown_leaf_is_title(const td_md *md, uint32_t at)
{
    const td_node *node = &md->tree->nodes[at];

    /* gi-docgen writes all that it says of a class into a summary, without details. */
    return (node->tag == TD_TAG_SUMMARY && md->tree->nodes[node->parent].tag == TD_TAG_DETAILS) ||
           (node->tag == TD_TAG_P && node->n_attributes &&
            (td_extract_tree_has_class(node, TD_STR("admonition-title")) ||
             td_extract_tree_has_class(node, TD_STR("topic-title")) ||
             td_extract_tree_has_class(node, TD_STR("sidebar-title")) ||
             td_extract_tree_has_class(node, TD_STR("rubric"))));
}
