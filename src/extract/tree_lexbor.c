/* The only file that knows lexbor. Its functions for memory are the whole process's and have no
 * argument of ours, so they ask for the pool of the parse that this thread is in. Outside one (the
 * program that uses this library may have lexbor too) they are the system's own. */
#include "base/size.h"
#include "extract/tree_parser.h"
#include "extract/tree_pool.h"

#include <lexbor/dom/dom.h>
#include <lexbor/html/html.h>

#include <pthread.h>
#include <stdlib.h>

enum {
    PIECE_BYTES = 16 << 10, /* parsed between two looks at the clock */
};

static _Thread_local td_tree_pool *current;

static void *allocate(size_t bytes)
{
    return current ? td_extract_tree_pool_alloc(current, bytes) : malloc(bytes);
}

static void *reallocate(void *memory, size_t bytes)
{
    return current ? td_extract_tree_pool_realloc(current, memory, bytes) : realloc(memory, bytes);
}

static void *allocate_zeroed(size_t n, size_t item_bytes)
{
    size_t bytes = SIZE_MAX;

    if (!current)
        return calloc(n, item_bytes);
    td_size_mul(n, item_bytes, &bytes);
    return memset(td_extract_tree_pool_alloc(current, bytes), 0, bytes);
}

static void deallocate(void *memory)
{
    if (current)
        td_extract_tree_pool_free(current, memory);
    else
        free(memory);
}

static void set_memory(void)
{
    lexbor_memory_setup(allocate, reallocate, allocate_zeroed, deallocate);
}

/* Bytes up to the first '>' behind PIECE_BYTES: no tag or text of any size is taken apart. */
static size_t piece_n(td_str html)
{
    size_t end = html.n > PIECE_BYTES ? td_str_find_byte(html, '>', PIECE_BYTES) : TD_STR_NONE;

    return end == TD_STR_NONE ? html.n : end + 1;
}

/* The document, or NULL if lexbor says that it could not. */
static lxb_html_document_t *parse(td_tree_pool *pool, td_str html)
{
    lxb_html_document_t *document = lxb_html_document_create();

    if (!document)
        return NULL;
    lxb_dom_document_opt_set(&document->dom_document, LXB_DOM_DOCUMENT_OPT_WO_EVENTS);
    if (lxb_html_document_parse_chunk_begin(document) != LXB_STATUS_OK)
        return NULL;
    while (html.n > 0) {
        size_t n = piece_n(html);

        if (lxb_html_document_parse_chunk(document, (const lxb_char_t *)html.ptr, n) !=
            LXB_STATUS_OK)
            return NULL;
        html = td_str_slice(html, n, html.n);
        td_extract_tree_pool_check(pool);
    }
    return lxb_html_document_parse_chunk_end(document) == LXB_STATUS_OK ? document : NULL;
}

static tandem_code parse_in(td_tree_pool *pool, td_str html, lxb_dom_node_t **root_out,
                            tandem_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    lxb_html_document_t *document;
    lxb_dom_element_t *root;

    pthread_once(&once, set_memory);
    if (setjmp(pool->give_up)) {
        current = NULL;
        return td_extract_tree_pool_fail(pool, html.n, err);
    }
    current = pool;
    document = parse(pool, html);
    current = NULL;
    root = document ? lxb_dom_document_element(&document->dom_document) : NULL;
    if (!root)
        return td_fail(err, TANDEM_E_TOO_LARGE, "no tree can be made of HTML of %zu bytes", html.n);
    *root_out = lxb_dom_interface_node(root);
    return TANDEM_OK;
}

typedef struct walker {
    td_tree_builder nodes;
    uint8_t tags[LXB_TAG__LAST_ENTRY]; /* lexbor's numbers to ours; 0: not looked for, or none */
    uint8_t attributes[LXB_DOM_ATTR__LAST_ENTRY]; /* the same, plus one */
} walker;

static td_str text_of(const lxb_char_t *bytes, size_t n)
{
    return bytes ? (td_str){(const char *)bytes, n} : TD_STR("");
}

static td_tag find_tag(const lxb_dom_node_t *node)
{
    size_t n = 0;
    const lxb_char_t *name = lxb_tag_name_by_id(node->local_name, &n);

    return td_extract_tag_find(text_of(name, n));
}

static td_tag tag_of(walker *w, const lxb_dom_node_t *node)
{
    uint8_t *known;

    if (node->local_name >= LXB_TAG__LAST_ENTRY)
        return find_tag(node);
    known = &w->tags[node->local_name];
    if (*known == TD_TAG_UNKNOWN)
        *known = (uint8_t)find_tag(node);
    return *known;
}

static td_attribute find_attribute(lxb_dom_attr_t *attr)
{
    size_t n = 0;
    const lxb_char_t *name = lxb_dom_attr_local_name(attr, &n);

    return td_extract_tag_attribute_find(text_of(name, n));
}

static td_attribute attribute_of(walker *w, lxb_dom_attr_t *attr)
{
    uint8_t *known;

    if (attr->node.local_name >= LXB_DOM_ATTR__LAST_ENTRY)
        return find_attribute(attr);
    known = &w->attributes[attr->node.local_name];
    if (*known == 0)
        *known = (uint8_t)(find_attribute(attr) + 1);
    return *known - 1;
}

static tandem_code add_attributes(walker *w, lxb_dom_attr_t *first, td_node *node)
{
    td_node_attribute *all;
    size_t n_max = 0;
    uint16_t n = 0;

    for (lxb_dom_attr_t *attr = first; attr && n_max < TD_N_ATTRIBUTES; attr = attr->next)
        n_max++;
    if (n_max == 0)
        return TANDEM_OK;
    all = td_arena_alloc(w->nodes.arena, n_max * sizeof(*all));
    if (!all)
        return td_arena_fail(w->nodes.arena, w->nodes.err);
    for (lxb_dom_attr_t *attr = first; attr && n < n_max; attr = attr->next) {
        td_attribute name = attribute_of(w, attr);
        td_str value = attr->value ? text_of(attr->value->data, attr->value->length) : TD_STR("");

        if (name != TD_N_ATTRIBUTES)
            all[n++] = (td_node_attribute){name, value};
    }
    node->attributes = all;
    node->n_attributes = n;
    return TANDEM_OK;
}

/* The first node below: that of a template is in a fragment of its own. */
static lxb_dom_node_t *first_below(lxb_dom_node_t *node)
{
    if (node->type != LXB_DOM_NODE_TYPE_ELEMENT)
        return NULL;
    if (node->local_name == LXB_TAG_TEMPLATE && node->ns == LXB_NS_HTML)
        return lxb_html_interface_template(node)->content->node.first_child;
    return node->first_child;
}

static lxb_dom_node_t *above(lxb_dom_node_t *node)
{
    lxb_dom_node_t *parent = node->parent;

    return parent->type == LXB_DOM_NODE_TYPE_DOCUMENT_FRAGMENT
               ? lxb_dom_interface_node(lxb_dom_interface_document_fragment(parent)->host)
               : parent;
}

static tandem_code add(walker *w, lxb_dom_node_t *from)
{
    tandem_code code = TANDEM_OK;
    td_node *node = NULL;

    if (from->type == LXB_DOM_NODE_TYPE_ELEMENT) {
        TD_TRY(td_extract_tree_builder_add(&w->nodes, &node));
        node->tag = (uint8_t)tag_of(w, from);
        TD_TRY(add_attributes(w, lxb_dom_interface_element(from)->first_attr, node));
    } else if (from->type == LXB_DOM_NODE_TYPE_TEXT ||
               from->type == LXB_DOM_NODE_TYPE_CDATA_SECTION) {
        const lexbor_str_t *text = &lxb_dom_interface_character_data(from)->data;

        TD_TRY(td_extract_tree_builder_add(&w->nodes, &node));
        node->tag = TD_TAG_TEXT;
        node->text = text_of(text->data, text->length);
    }
out:
    return code;
}

/* All nodes in the order of the page. */
static tandem_code walk(walker *w, lxb_dom_node_t *root)
{
    tandem_code code = TANDEM_OK;
    lxb_dom_node_t *at = root;

    TD_TRY(add(w, at));
    for (;;) {
        lxb_dom_node_t *next = first_below(at);

        if (next)
            td_extract_tree_builder_open(&w->nodes);
        while (!next && at != root) {
            next = at->next;
            if (next)
                break;
            at = above(at);
            td_extract_tree_builder_close(&w->nodes);
        }
        if (!next)
            break;
        at = next;
        TD_TRY(add(w, at));
    }
out:
    return code;
}

tandem_code td_extract_tree_lexbor_parse(td_str html, td_arena *arena, td_tree *tree_out,
                                         tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_tree_pool pool;
    walker w = {0};
    lxb_dom_node_t *root = NULL;

    td_extract_tree_pool_init(&pool, arena);
    TD_TRY(parse_in(&pool, html, &root, err));
    TD_TRY(td_extract_tree_builder_init(&w.nodes, arena, html.n, err));
    TD_TRY(walk(&w, root));
    *tree_out = (td_tree){w.nodes.nodes, w.nodes.n};
out:
    return code;
}
