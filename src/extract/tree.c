/* The only file that knows gumbo. Gumbo cannot be told that memory is out and has no limits of its
 * own, so it allocates from an arena and is left by a jump when that is used up: all it made goes
 * with the arena. */
#include "extract/tree.h"

#include "base/utf8.h"

#include <gumbo.h>

#include <setjmp.h>
#include <time.h>

enum {
    PARSE_MS_MAX = 4000, /* of this thread's CPU; real pages of 10 MB need less than a tenth */
    CLOCK_EVERY = 4096,  /* allocations between two looks at the clock */
};

/* Freed pieces wait in a list by size: gumbo's vectors and strings grow by copying, and would leave
 * twice their size behind in a bare arena. */
typedef struct piece {
    size_t class_index;
    struct piece *next; /* while it is free; else the first bytes of what gumbo keeps there */
} piece;

enum {
    HEAD_BYTES = sizeof(size_t),
    SMALL_STEP = 16,
    N_SMALL = 32, /* classes of 16, 32, ... 512 bytes, then powers of two */
    N_CLASSES = N_SMALL + 32,
};

typedef struct pool {
    td_arena *arena;
    piece *free[N_CLASSES];
    jmp_buf give_up;
    int64_t deadline_ms;
    uint32_t n_allocations;
    bool late;
} pool;

static int64_t thread_cpu_ms(void)
{
    struct timespec t = {0};

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* *bytes grows to what the class holds. */
static size_t class_of(size_t *bytes)
{
    size_t index = N_SMALL, room = SMALL_STEP * N_SMALL * 2;

    if (*bytes <= SMALL_STEP * N_SMALL) {
        index = *bytes ? (*bytes - 1) / SMALL_STEP : 0;
        *bytes = (index + 1) * SMALL_STEP;
        return index;
    }
    while (room < *bytes && index + 1 < N_CLASSES) {
        room *= 2;
        index++;
    }
    *bytes = room < *bytes ? *bytes : room;
    return index;
}

static void *pool_alloc(void *user, size_t bytes)
{
    pool *p = user;
    size_t room = bytes + HEAD_BYTES;
    size_t index = class_of(&room);
    piece *made = p->free[index];

    if (++p->n_allocations % CLOCK_EVERY == 0 && thread_cpu_ms() > p->deadline_ms) {
        p->late = true;
        longjmp(p->give_up, 1);
    }
    if (made && index + 1 < N_CLASSES) {
        p->free[index] = made->next;
        return &made->next;
    }
    made = td_arena_alloc(p->arena, room);
    if (!made)
        longjmp(p->give_up, 1);
    made->class_index = index;
    return &made->next;
}

static void pool_free(void *user, void *memory)
{
    pool *p = user;
    piece *freed;

    if (!memory)
        return;
    freed = (piece *)((char *)memory - HEAD_BYTES);
    freed->next = p->free[freed->class_index];
    p->free[freed->class_index] = freed;
}

static tandem_code parse(pool *p, td_str html, const GumboNode **root_out, tandem_error *err)
{
    GumboOptions options = kGumboDefaultOptions;
    GumboOutput *output;

    options.allocator = pool_alloc;
    options.deallocator = pool_free;
    options.userdata = p;
    options.max_errors = 0;
    p->deadline_ms = thread_cpu_ms() + PARSE_MS_MAX;
    if (setjmp(p->give_up)) {
        if (p->late)
            return td_fail(err, TANDEM_E_TOO_LARGE, "HTML of %zu bytes takes too long to parse",
                           html.n);
        return td_arena_fail(p->arena, err);
    }
    output = gumbo_parse_with_options(&options, html.ptr, html.n);
    *root_out = output->root;
    return TANDEM_OK;
}

typedef struct builder {
    td_arena *arena;
    uint8_t tags[GUMBO_TAG_UNKNOWN]; /* gumbo's numbers to ours; 0: not looked for yet, or none */
    td_node *nodes;                  /* NULL while they are only counted */
    uint32_t n;
    struct level {
        const GumboVector *children;
        unsigned next;
        uint32_t node;
    } * stack;
    size_t n_stack, n_stack_max;
    tandem_error *err;
} builder;

static td_tag tag_of(builder *b, const GumboElement *element)
{
    GumboStringPiece name = element->original_tag;

    if (element->tag < GUMBO_TAG_UNKNOWN) {
        uint8_t *known = &b->tags[element->tag];
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

static tandem_code add_attributes(builder *b, const GumboVector *attributes, td_node *node)
{
    td_node_attribute *all;
    uint16_t n = 0;

    if (attributes->length == 0)
        return TANDEM_OK;
    all = td_arena_zalloc(b->arena, attributes->length, sizeof(*all));
    if (!all)
        return td_arena_fail(b->arena, b->err);
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

static tandem_code push(builder *b, const GumboVector *children, uint32_t node)
{
    if (b->n_stack == b->n_stack_max) {
        size_t n_max = b->n_stack_max ? b->n_stack_max * 2 : 64;
        struct level *stack = td_arena_grow(b->arena, b->stack, b->n_stack_max * sizeof(*stack),
                                            n_max * sizeof(*stack));

        if (!stack)
            return td_arena_fail(b->arena, b->err);
        b->stack = stack;
        b->n_stack_max = n_max;
    }
    b->stack[b->n_stack++] = (struct level){children, 0, node};
    return TANDEM_OK;
}

static tandem_code fill(builder *b, const GumboNode *from, td_node *node, uint32_t parent)
{
    *node = (td_node){.parent = parent, .end = b->n + 1, .text = TD_STR("")};
    if (from->type != GUMBO_NODE_ELEMENT && from->type != GUMBO_NODE_TEMPLATE) {
        node->tag = TD_TAG_TEXT;
        node->text = td_str_from(from->v.text.text);
        return TANDEM_OK;
    }
    node->tag = (uint8_t)tag_of(b, &from->v.element);
    return add_attributes(b, &from->v.element.attributes, node);
}

static tandem_code add(builder *b, const GumboNode *from, uint32_t parent)
{
    tandem_code code = TANDEM_OK;

    if (from->type == GUMBO_NODE_COMMENT || from->type == GUMBO_NODE_DOCUMENT)
        return TANDEM_OK;
    if (b->n == UINT32_MAX)
        return td_fail(b->err, TANDEM_E_TOO_LARGE, "HTML has more nodes than can be counted");
    if (b->nodes)
        TD_TRY(fill(b, from, &b->nodes[b->n], parent));
    if (from->type == GUMBO_NODE_ELEMENT || from->type == GUMBO_NODE_TEMPLATE)
        TD_TRY(push(b, &from->v.element.children, b->n));
    b->n++;
out:
    return code;
}

/* All nodes in the order of the page; with b->nodes NULL they are only counted. */
static tandem_code walk(builder *b, const GumboNode *root)
{
    tandem_code code = TANDEM_OK;

    b->n = 0;
    TD_TRY(add(b, root, 0));
    while (b->n_stack > 0) {
        struct level *top = &b->stack[b->n_stack - 1];

        if (top->next < top->children->length) {
            const GumboNode *child = top->children->data[top->next++];

            TD_TRY(add(b, child, top->node));
        } else {
            if (b->nodes)
                b->nodes[top->node].end = b->n;
            b->n_stack--;
        }
    }
out:
    return code;
}

static tandem_code build(builder *b, const GumboNode *root)
{
    tandem_code code = TANDEM_OK;
    td_node *nodes;

    TD_TRY(walk(b, root));
    nodes = td_arena_zalloc(b->arena, b->n, sizeof(*nodes));
    if (!nodes)
        return td_arena_fail(b->arena, b->err);
    b->nodes = nodes;
    TD_TRY(walk(b, root));
out:
    return code;
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
    pool p = {.arena = arena};
    builder b = {.arena = arena, .err = err};
    const GumboNode *root = NULL;

    TD_TRY(parse(&p, html, &root, err));
    TD_TRY(build(&b, root));
    *tree_out = (td_tree){b.nodes, b.n};
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
            if (out->n > start && td_extract_tag_is(node->tag, TD_TAG_IS_BLOCK | TD_TAG_IS_VOID) &&
                out->ptr[out->n - 1] != ' ')
                TD_TRY(td_buf_add_byte(out, ' ', err));
            continue;
        }
        if (rest.n && is_space(rest.ptr[0]) && out->n > start && out->ptr[out->n - 1] != ' ')
            TD_TRY(td_buf_add_byte(out, ' ', err));
        while (td_extract_tree_next_word(&rest, &word) && out->n - start < bytes_max) {
            TD_TRY(td_buf_add(out, word, err));
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
