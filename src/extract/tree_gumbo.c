/* The only file that knows gumbo. */
#include "extract/tree_parser.h"
#include "extract/tree_pool.h"

#include <gumbo.h>

typedef struct level {
    const GumboVector *children;
    unsigned next;
} level;

typedef struct walker {
    td_tree_builder nodes;
    uint8_t tags[GUMBO_TAG_UNKNOWN]; /* gumbo's numbers to ours; 0: not looked for yet, or none */
    level *stack;
    size_t n_stack, n_stack_max;
} walker;

static void *allocate(void *user, size_t bytes)
{
    return td_extract_tree_pool_alloc(user, bytes);
}

static void deallocate(void *user, void *memory)
{
    td_extract_tree_pool_free(user, memory);
}

static tandem_code parse(td_tree_pool *pool, td_str html, const GumboNode **root_out,
                         tandem_error *err)
{
    GumboOptions options = kGumboDefaultOptions;

    options.allocator = allocate;
    options.deallocator = deallocate;
    options.userdata = pool;
    options.max_errors = 0;
    if (setjmp(pool->give_up))
        return td_extract_tree_pool_fail(pool, html.n, err);
    *root_out = gumbo_parse_with_options(&options, html.ptr, html.n)->root;
    return TANDEM_OK;
}

static td_tag tag_of(walker *w, const GumboElement *element)
{
    GumboStringPiece name = element->original_tag;

    if (element->tag < GUMBO_TAG_UNKNOWN) {
        uint8_t *known = &w->tags[element->tag];
        if (*known == TD_TAG_UNKNOWN)
            *known =
                (uint8_t)td_extract_tag_find(td_str_from(gumbo_normalized_tagname(element->tag)));
        return *known;
    }
    if (!name.data)
        return TD_TAG_UNKNOWN;
    gumbo_tag_from_original_text(&name);
    return td_extract_tag_find((td_str){name.data, name.length});
}

static tandem_code add_attributes(walker *w, const GumboVector *attributes, td_node *node)
{
    td_node_attribute *all;
    uint16_t n = 0;

    if (attributes->length == 0)
        return TANDEM_OK;
    all = td_arena_zalloc(w->nodes.arena, attributes->length, sizeof(*all));
    if (!all)
        return td_arena_fail(w->nodes.arena, w->nodes.err);
    for (unsigned i = 0; i < attributes->length && n < TD_N_ATTRIBUTES; i++) {
        const GumboAttribute *attribute = attributes->data[i];
        td_attribute name = td_extract_tag_attribute_find(td_str_from(attribute->name));

        if (name != TD_N_ATTRIBUTES)
            all[n++] = (td_node_attribute){name, td_str_from(attribute->value)};
    }
    node->attributes = all;
    node->n_attributes = n;
    return TANDEM_OK;
}

static tandem_code push(walker *w, const GumboVector *children)
{
    if (w->n_stack == w->n_stack_max) {
        size_t n_max = w->n_stack_max ? w->n_stack_max * 2 : 64;
        level *stack = td_arena_grow(w->nodes.arena, w->stack, w->n_stack_max * sizeof(*stack),
                                     n_max * sizeof(*stack));

        if (!stack)
            return td_arena_fail(w->nodes.arena, w->nodes.err);
        w->stack = stack;
        w->n_stack_max = n_max;
    }
    w->stack[w->n_stack++] = (level){children, 0};
    td_extract_tree_builder_open(&w->nodes);
    return TANDEM_OK;
}

static tandem_code add(walker *w, const GumboNode *from)
{
    tandem_code code = TANDEM_OK;
    td_node *node = NULL;

    if (from->type == GUMBO_NODE_COMMENT || from->type == GUMBO_NODE_DOCUMENT)
        return TANDEM_OK;
    TD_TRY(td_extract_tree_builder_add(&w->nodes, &node));
    if (from->type != GUMBO_NODE_ELEMENT && from->type != GUMBO_NODE_TEMPLATE) {
        node->tag = TD_TAG_TEXT;
        node->text = td_str_from(from->v.text.text);
        return TANDEM_OK;
    }
    node->tag = (uint8_t)tag_of(w, &from->v.element);
    TD_TRY(add_attributes(w, &from->v.element.attributes, node));
    TD_TRY(push(w, &from->v.element.children));
out:
    return code;
}

/* All nodes in the order of the page. */
static tandem_code walk(walker *w, const GumboNode *root)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(add(w, root));
    while (w->n_stack > 0) {
        level *top = &w->stack[w->n_stack - 1];

        if (top->next < top->children->length) {
            TD_TRY(add(w, top->children->data[top->next++]));
        } else {
            td_extract_tree_builder_close(&w->nodes);
            w->n_stack--;
        }
    }
out:
    return code;
}

tandem_code td_extract_tree_gumbo_parse(td_str html, td_arena *arena, td_tree *tree_out,
                                        tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_tree_pool pool;
    walker w = {0};
    const GumboNode *root = NULL;

    td_extract_tree_pool_init(&pool, arena);
    TD_TRY(parse(&pool, html, &root, err));
    TD_TRY(td_extract_tree_builder_init(&w.nodes, arena, html.n, err));
    TD_TRY(walk(&w, root));
    *tree_out = (td_tree){w.nodes.nodes, w.nodes.n};
out:
    return code;
}
