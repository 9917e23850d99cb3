#include "extract/code_name.h"
#include "extract/markdown_writer.h"

bool td_extract_markdown_code_is(const td_md *md, uint32_t at)
{
    const td_node *node = &md->tree->nodes[at];

    if (md->single)
        return false;
    if (node->tag == TD_TAG_CODE) { /* lines by <br>, as old weblogs write them */
        if (td_str_trim(td_buf_str(&md->line)).n > 0 || (node->flags & TD_NODE_HAS_BLOCK))
            return false;
        for (uint32_t i = at + 1; i < node->end; i++)
            if (md->tree->nodes[i].tag == TD_TAG_BR)
                return true;
        return false;
    }
    if (node->n_attributes == 0)
        return false;
    if (node->tag == TD_TAG_DIV)
        return td_extract_tree_has_class(node, TD_STR("fragment"));
    return node->tag == TD_TAG_TABLE &&
           (td_extract_tree_has_class(node, TD_STR("js-file-line-container")) ||
            td_extract_tree_has_class(node, TD_STR("hljs-ln")));
}

static bool is_line(const td_tree *tree, uint32_t at, bool many_codes)
{
    switch ((int)tree->nodes[at].tag) {
    case TD_TAG_DIV:
    case TD_TAG_P:
    case TD_TAG_LI:
    case TD_TAG_TR:
        return true;
    case TD_TAG_CODE:
        return many_codes;
    default:
        return false;
    }
}

static bool is_layout(td_tag tag)
{
    return tag == TD_TAG_TABLE || tag == TD_TAG_TBODY || tag == TD_TAG_TR || tag == TD_TAG_THEAD ||
           tag == TD_TAG_OL || tag == TD_TAG_UL;
}

static bool is_blank(td_str s)
{
    return td_str_trim(s).n == 0;
}

/* Some write each line as a code element of its own, with nothing between them. */
static bool has_many_codes(const td_tree *tree, uint32_t at)
{
    size_t n = 0;

    for (uint32_t i = at + 1; i < tree->nodes[at].end; i = tree->nodes[i].end) {
        const td_node *node = &tree->nodes[i];
        bool line_end =
            is_blank(node->text) && td_str_find_byte(node->text, '\n', 0) != TD_STR_NONE;

        if (node->tag == TD_TAG_CODE)
            n++;
        else if (!(node->flags & TD_NODE_DROPPED) && node->tag != TD_TAG_INPUT && !line_end)
            return false;
    }
    return n > 1;
}

/* The text below `at` byte by byte; an element that is a line of its own ends with a line end. */
static tandem_code collect(const td_md *md, uint32_t at, td_buf *out)
{
    const td_node *nodes = md->tree->nodes;
    bool many_codes = has_many_codes(md->tree, at);
    bool fragment = nodes[at].tag == TD_TAG_DIV;
    uint32_t line_end = 0;
    tandem_code code = TANDEM_OK;

    for (uint32_t i = at + 1; i < nodes[at].end; i++) {
        bool after_line = line_end && i >= line_end;
        bool is_ended = after_line && (out->n == 0 || out->ptr[out->n - 1] != '\n'); /* by us */

        if (after_line)
            line_end = 0;
        if (is_ended)
            TD_TRY(td_buf_add_byte(out, '\n', md->err));
        if (nodes[i].flags & TD_NODE_DROPPED) {
            i = nodes[i].end - 1;
        } else if (nodes[i].tag == TD_TAG_BR) {
            TD_TRY(td_buf_add_byte(out, '\n', md->err));
        } else if (nodes[i].tag == TD_TAG_TEXT) {
            if (is_blank(nodes[i].text) &&
                (is_layout(nodes[nodes[i].parent].tag) || (fragment && nodes[i].parent == at) ||
                 (after_line && td_str_eq(nodes[i].text, TD_STR("\n")))))
                continue;
            /* "<div>class A: ...</div>\n\n\nclass B" of Sphinx has two blank lines, not three. */
            bool is_same_end = is_ended && td_str_starts(nodes[i].text, TD_STR("\n"));
            TD_TRY(td_buf_add(out, td_str_slice(nodes[i].text, is_same_end, SIZE_MAX), md->err));
        } else if (is_line(md->tree, i, many_codes)) {
            if (out->n > 0 && out->ptr[out->n - 1] != '\n')
                TD_TRY(td_buf_add_byte(out, '\n', md->err));
            line_end = nodes[i].end;
        }
    }
out:
    return code;
}

static size_t fence_n(td_str text)
{
    size_t best = 2, run = 0;

    for (size_t i = 0; i < text.n; i++) {
        run = text.ptr[i] == '`' ? run + 1 : 0;
        best = run > best ? run : best;
    }
    return best + 1;
}

static tandem_code write_fence(td_md *md, size_t n, td_str language)
{
    tandem_code code = TANDEM_OK;

    while (n-- > 0)
        TD_TRY(td_buf_add_byte(md->out, '`', md->err));
    TD_TRY(td_buf_add(md->out, language, md->err));
out:
    return code;
}

static tandem_code write_block(td_md *md, uint32_t at, td_str text)
{
    tandem_code code = TANDEM_OK;
    size_t n = fence_n(text);

    td_extract_markdown_shed(md);
    TD_TRY(td_extract_markdown_start_line(md, TD_MD_BLANK));
    TD_TRY(write_fence(md, n, td_extract_code_name_of(md->tree, at, text)));
    TD_TRY(td_buf_add_byte(md->out, '\n', md->err));
    TD_TRY(td_buf_add(md->out, text, md->err));
    if (text.ptr[text.n - 1] != '\n')
        TD_TRY(td_buf_add_byte(md->out, '\n', md->err));
    TD_TRY(write_fence(md, n, TD_STR("")));
    md->gap = TD_MD_BLANK;
    md->n_blanks++;
out:
    return code;
}

tandem_code td_extract_markdown_code_write(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;
    td_buf text = TD_BUF(md->options->text_bytes_max);

    if (md->single) {
        md->space = true;
        code = td_extract_markdown_inline_code(md, at);
        md->space = true;
        return code;
    }
    TD_TRY(td_extract_markdown_flush(md));
    TD_TRY(collect(md, at, &text));
    if (!is_blank(td_buf_str(&text)))
        TD_TRY(write_block(md, at, td_buf_str(&text)));
out:
    td_buf_clear(&text);
    return code;
}
