#include "extract/tree.h"

#include "base/utf8.h"
#include "extract/tree_parser.h"

enum {
    BYTES_PER_NODE = 16, /* of HTML; most pages have more */
};

tandem_code td_extract_tree_builder_init(td_tree_builder *builder, td_arena *arena,
                                         size_t html_bytes, tandem_error *err)
{
    size_t n_max = html_bytes / BYTES_PER_NODE + 64;

    *builder = (td_tree_builder){.arena = arena, .err = err};
    builder->n_max = n_max < UINT32_MAX / 2 ? (uint32_t)n_max : UINT32_MAX / 2;
    builder->nodes = td_arena_alloc(arena, builder->n_max * sizeof(*builder->nodes));
    return builder->nodes ? TANDEM_OK : td_arena_fail(arena, err);
}

static tandem_code grow(td_tree_builder *b)
{
    td_node *nodes;

    if (b->n_max > UINT32_MAX / 2)
        return td_fail(b->err, TANDEM_E_TOO_LARGE, "HTML has more nodes than can be counted");
    nodes = td_arena_grow(b->arena, b->nodes, b->n * sizeof(*nodes), b->n_max * 2 * sizeof(*nodes));
    if (!nodes)
        return td_arena_fail(b->arena, b->err);
    b->nodes = nodes;
    b->n_max *= 2;
    return TANDEM_OK;
}

tandem_code td_extract_tree_builder_add(td_tree_builder *builder, td_node **node_out)
{
    tandem_code code = TANDEM_OK;

    if (builder->n == builder->n_max)
        TD_TRY(grow(builder));
    *node_out = &builder->nodes[builder->n++];
    **node_out = (td_node){.parent = builder->open, .end = builder->n, .text = TD_STR("")};
out:
    return code;
}

void td_extract_tree_builder_open(td_tree_builder *builder)
{
    builder->open = builder->n - 1;
}

void td_extract_tree_builder_close(td_tree_builder *builder)
{
    builder->nodes[builder->open].end = builder->n;
    builder->open = builder->nodes[builder->open].parent;
}

/* A block makes every element above it a holder of blocks. */
static void mark_blocks(td_tree *tree)
{
    for (uint32_t i = tree->n; i-- > 1;) {
        td_node *node = &tree->nodes[i];

        if ((node->flags & TD_NODE_HAS_BLOCK) || td_extract_tag_is(node->tag, TD_TAG_IS_BLOCK))
            tree->nodes[node->parent].flags |= TD_NODE_HAS_BLOCK;
    }
}

tandem_code td_extract_tree_parse(td_str html, td_arena *arena, td_tree *tree_out,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;

#if TANDEM_HAVE_LEXBOR
    TD_TRY(td_extract_tree_lexbor_parse(html, arena, tree_out, err));
#else
    TD_TRY(td_extract_tree_gumbo_parse(html, arena, tree_out, err));
#endif
    mark_blocks(tree_out);
out:
    return code;
}

td_str td_extract_tree_get(const td_node *node, td_attribute name)
{
    for (uint16_t i = 0; i < node->n_attributes; i++)
        if (node->attributes[i].name == name)
            return node->attributes[i].value;
    return TD_STR("");
}

bool td_extract_tree_has(const td_node *node, td_attribute name)
{
    for (uint16_t i = 0; i < node->n_attributes; i++)
        if (node->attributes[i].name == name)
            return true;
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool td_extract_tree_next_word(td_str *rest, td_str *word_out)
{
    size_t start = 0, end;

    while (start < rest->n && is_space(rest->ptr[start]))
        start++;
    end = start;
    while (end < rest->n && !is_space(rest->ptr[end]))
        end++;
    *word_out = td_str_slice(*rest, start, end);
    *rest = td_str_slice(*rest, end, rest->n);
    return word_out->n > 0;
}

bool td_extract_tree_has_class(const td_node *node, td_str word)
{
    td_str rest = td_extract_tree_get(node, TD_ATTRIBUTE_CLASS), one;

    while (td_extract_tree_next_word(&rest, &one))
        if (td_str_eq_nocase(one, word))
            return true;
    return false;
}

uint32_t td_extract_tree_above(const td_tree *tree, uint32_t at, td_tag tag)
{
    while (tree->nodes[at].tag != tag) {
        if (at == 0)
            return tree->n;
        at = tree->nodes[at].parent;
    }
    return at;
}

/* A no-break space, with which Javadoc joins a type to its name, is a space to who copies it. */
static tandem_code add_word(td_buf *out, td_str word, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t at;

    while ((at = td_str_find(word, TD_STR("\xC2\xA0"), 0)) != TD_STR_NONE) {
        TD_TRY(td_buf_add(out, td_str_slice(word, 0, at), err));
        TD_TRY(td_buf_add_byte(out, ' ', err));
        word = td_str_slice(word, at + 2, word.n);
    }
    TD_TRY(td_buf_add(out, word, err));
out:
    return code;
}

tandem_code td_extract_tree_text(const td_tree *tree, uint32_t at, size_t bytes_max, td_buf *out,
                                 tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t start = out->n;
    uint32_t end = tree->nodes[at].end;

    for (uint32_t i = at; i < end && out->n - start < bytes_max; i++) {
        const td_node *node = &tree->nodes[i];
        td_str rest = node->text, word;

        if (i > at && (node->flags & TD_NODE_DROPPED)) {
            i = node->end - 1;
            continue;
        }
        if (node->tag != TD_TAG_TEXT) {
            if (out->n > start && node->tag != TD_TAG_WBR &&
                td_extract_tag_is(node->tag, TD_TAG_IS_BLOCK | TD_TAG_IS_VOID) &&
                out->ptr[out->n - 1] != ' ')
                TD_TRY(td_buf_add_byte(out, ' ', err));
            continue;
        }
        if (rest.n && is_space(rest.ptr[0]) && out->n > start && out->ptr[out->n - 1] != ' ')
            TD_TRY(td_buf_add_byte(out, ' ', err));
        while (td_extract_tree_next_word(&rest, &word) && out->n - start < bytes_max) {
            TD_TRY(add_word(out, word, err));
            if (rest.n)
                TD_TRY(td_buf_add_byte(out, ' ', err));
        }
    }
    if (out->n - start > bytes_max)
        td_buf_cut(out,
                   start + td_utf8_floor(td_str_slice(td_buf_str(out), start, out->n), bytes_max));
    while (out->n > start && out->ptr[out->n - 1] == ' ')
        td_buf_cut(out, out->n - 1);
out:
    return code;
}
