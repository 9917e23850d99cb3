#include "chunk/tree.h"

#if TANDEM_HAVE_TREE_SITTER

#    include "chunk/grammars.h"

#    include <tree_sitter/api.h>

/* One walk over the tree, in the order of the text, with a finger on the next row.
 *
 * 1. A row belongs to the first node that begins at the row's first visible byte: the outermost.
 * 2. A row at which no node begins lies inside of a leaf, a comment or a string for the most part.
 * 3. Rows of an ERROR node are KEPT: the scanner's, one level with the node. A declaration in it
 *    that is whole has its rows back. */

enum {
    OPEN_MAX = 400, /* nodes inside nodes that are looked into */
    KEPT = 1 << 7,  /* among a row's flags while the walk goes on */
    PARSE_US_MAX = 5000000,
    NAME_BYTES_MAX = 200,
    WRAPS_MAX = 8, /* declarators around a name, or what stands before a declaration */
    HEAD_BYTES_MAX = 4000,
};

/* A node that is being looked into. */
typedef struct level {
    uint16_t depth; /* of what stands in it */
    bool error;
    bool quoted; /* a string or a comment */
    bool named;  /* the row that it began has the name of what stands in it */
} level;

typedef struct walk {
    td_str text; /* up to the end of what is parsed */
    size_t start;
    const td_chunk_grammar *grammar;
    td_chunk_row *rows;
    size_t n, next;       /* the first row that is not before the walk */
    size_t claimed;       /* byte at which the row before `next` began with a node; else SIZE_MAX */
    td_chunk_row scanned; /* that row as it was */
    size_t *memo;         /* [2]: a row + 1, and its first visible byte: asked for at every node */
    level open[OPEN_MAX];
} walk;

static bool list_has(const char *list, const char *word)
{
    size_t n = strlen(word); /* 0 for the end of the text, which Go's grammar has as a token */
    for (const char *at = list; n > 0 && (at = strstr(at, word)) != NULL; at += n) {
        if (at > list && at[-1] == ' ' && at[n] == ' ')
            return true;
    }
    return false;
}

static size_t first_of(const walk *w, size_t row)
{
    if (w->memo[0] == row + 1)
        return w->memo[1];
    size_t at = w->rows[row].start;
    while (at < w->text.n && (w->text.ptr[at] == ' ' || w->text.ptr[at] == '\t'))
        at++;
    w->memo[0] = row + 1;
    w->memo[1] = at;
    return at;
}

static bool is_error(TSNode node)
{
    return strcmp(ts_node_type(node), "ERROR") == 0;
}

static TSNode field(TSNode node, const char *name)
{
    return ts_node_child_by_field_name(node, name, (uint32_t)strlen(name));
}

static TSNode last_named(TSNode node)
{
    return ts_node_named_child(node, ts_node_named_child_count(node) - 1);
}

/* The node that names what a C declarator declares: under pointers, arrays, parameters. */
static TSNode declared(TSNode node)
{
    for (int i = 0; i < WRAPS_MAX && !ts_node_is_null(node); i++) {
        TSNode inner = field(node, "declarator");
        const char *kind = ts_node_type(node);
        if (ts_node_is_null(inner) &&
            list_has(" parenthesized_declarator reference_declarator ", kind))
            inner = last_named(node);
        if (ts_node_is_null(inner))
            break;
        node = inner;
    }
    return node;
}

/* The declaration behind what stands before it; null if `node` is one itself. */
static TSNode unwrapped(TSNode node)
{
    TSNode none = {0};
    const char *kind = ts_node_type(node);
    if (list_has(" decorated_definition ", kind))
        return field(node, "definition");
    if (list_has(" export_statement ", kind))
        return field(node, "declaration");
    if (list_has(" type_declaration ", kind) && ts_node_named_child_count(node) == 1)
        return ts_node_named_child(node, 0);
    if (list_has(" template_declaration ambient_declaration ", kind))
        return last_named(node);
    return none;
}

static TSNode name_of(TSNode node)
{
    TSNode none = {0}, name = none;
    for (int i = 0; i < WRAPS_MAX && !ts_node_is_null(unwrapped(node)); i++)
        node = unwrapped(node);
    const char *kind = ts_node_type(node);
    if (list_has(" struct_specifier union_specifier enum_specifier class_specifier ", kind) &&
        ts_node_is_null(field(node, "body")))
        return none;
    static const char *const fields[] = {"name", "declarator", "key", "type"};
    for (size_t i = 0; i < 4 && ts_node_is_null(name); i++)
        name = field(node, fields[i]);
    return ts_node_is_null(name) ? none : declared(name);
}

/* Where a declaration's body begins, as the parser counts; 0 if it has none. */
static uint32_t body_of(TSNode node)
{
    for (int i = 0; i < WRAPS_MAX && !ts_node_is_null(unwrapped(node)); i++)
        node = unwrapped(node);
    TSNode body = field(node, "body");
    return ts_node_is_null(body) ? 0 : ts_node_start_byte(body);
}

static td_str without_quotes(td_str name)
{
    bool quoted = name.n > 1 && (name.ptr[0] == '"' || name.ptr[0] == '\'') &&
                  name.ptr[name.n - 1] == name.ptr[0];
    return quoted ? td_str_slice(name, 1, name.n - 1) : name;
}

/* What is set to something has a name if that is a function, which the scanner has seen. */
static bool is_assigned(const walk *w, const char *kind)
{
    return strcmp(w->grammar->language, "json") != 0 &&
           list_has(" lexical_declaration variable_declaration expression_statement pair "
                    "field_definition public_field_definition ",
                    kind);
}

static void take_name(walk *w, TSNode node)
{
    const char *kind = ts_node_type(node);
    td_chunk_row *out = &w->rows[w->next - 1];
    if ((out->flags & TD_CHUNK_ROW_NAMED) || !list_has(w->grammar->declarations, kind))
        return;
    bool assigned = is_assigned(w, kind);
    TSNode name = {0};
    if (!assigned)
        name = name_of(node);
    if (ts_node_is_null(name)) {
        if (assigned || strcmp(kind, "export_statement") == 0)
            out->flags |= w->scanned.flags & TD_CHUNK_ROW_NAMED;
        return;
    }
    td_str text = without_quotes(td_str_slice(w->text, w->start + ts_node_start_byte(name),
                                              w->start + ts_node_end_byte(name)));
    size_t offset = (size_t)(text.ptr - w->text.ptr) - out->start;
    if (text.n == 0 || text.n > NAME_BYTES_MAX || offset > UINT16_MAX ||
        td_str_find_byte(text, '\n', 0) != TD_STR_NONE)
        return;
    out->flags |= TD_CHUNK_ROW_NAMED;
    out->name_offset = (uint16_t)offset;
    out->name_n = (uint8_t)text.n;
    size_t body = w->start + body_of(node);
    out->head_n = body > out->start && body - out->start <= HEAD_BYTES_MAX
                      ? (uint16_t)(body - out->start)
                      : 0;
}

/* What goes on after its start, in a line of its own. */
static bool is_continued(const char *kind)
{
    return list_has(" else_clause elif_clause else_if_clause except_clause except_group_clause "
                    "finally_clause catch_clause else elsif rescue ensure then end_tag ",
                    kind);
}

static bool is_lead(const char *kind)
{
    return strstr(kind, "comment") ||
           list_has(" attribute_item inner_attribute_item decorator attribute_list "
                    "attribute_declaration annotation marker_annotation ",
                    kind);
}

static bool is_quoted(const char *kind)
{
    return strstr(kind, "string") || strstr(kind, "comment") || strstr(kind, "heredoc") ||
           list_has(" block_scalar raw_text nowdoc ", kind);
}

/* A list that begins with what is first in it: no deeper than that, or it would have its first row
 * and be around all that follows. */
static bool is_bare_list(TSNode node)
{
    return list_has(" block body_statement block_body statement_list document block_node "
                    "block_mapping block_sequence ",
                    ts_node_type(node)) &&
           ts_node_child_count(node) > 0 && ts_node_is_named(ts_node_child(node, 0));
}

static uint16_t deeper(uint16_t depth, uint32_t by)
{
    return by < (uint32_t)(UINT16_MAX - depth) ? (uint16_t)(depth + by) : UINT16_MAX;
}

/* Rows before `byte` that no node has begun: they lie in what is open. */
static void pass_rows(walk *w, size_t byte, const level *in)
{
    for (; w->next < w->n && first_of(w, w->next) < byte; w->next++) {
        td_chunk_row *row = &w->rows[w->next];
        if (row->flags & KEPT)
            continue;
        row->depth = deeper(in->depth, 1);
        row->flags &= TD_CHUNK_ROW_BLANK_BEFORE;
        row->flags |= TD_CHUNK_ROW_INSIDE;
    }
}

/* The next row begins with `node`. */
static void claim(walk *w, TSNode node, uint16_t depth, bool quoted)
{
    td_chunk_row *row = &w->rows[w->next];
    const char *kind = ts_node_type(node);
    size_t first = first_of(w, w->next);
    /* The scanner knows which brace on a line of its own belongs to the line above. */
    bool brace = w->text.ptr[first] == '{' && (row->flags & TD_CHUNK_ROW_CLOSER);
    unsigned flags = row->flags & TD_CHUNK_ROW_BLANK_BEFORE;
    if (quoted)
        flags |= TD_CHUNK_ROW_INSIDE;
    else if (brace || !ts_node_is_named(node) || is_continued(kind))
        flags |= TD_CHUNK_ROW_CLOSER;
    else if (is_lead(kind))
        flags |= TD_CHUNK_ROW_LEAD;
    if (!w->grammar->declarations)
        flags |= row->flags & TD_CHUNK_ROW_NAMED;
    w->scanned = *row;
    w->claimed = quoted || !w->grammar->declarations ? SIZE_MAX : first;
    row->flags = (uint8_t)flags;
    row->depth = depth;
    w->next++;
}

/* The rows of an ERROR, from the next one on, stay as they were scanned, at its own depth. */
static void keep_rows(walk *w, size_t end, uint16_t depth)
{
    uint16_t least = UINT16_MAX;
    size_t behind = w->next;
    for (; behind < w->n && first_of(w, behind) < end; behind++)
        least = w->rows[behind].depth < least ? w->rows[behind].depth : least;
    for (size_t row = w->next; row < behind; row++) {
        w->rows[row].depth = deeper(depth, (uint32_t)(w->rows[row].depth - least));
        w->rows[row].flags |= KEPT;
    }
}

/* A declaration in an ERROR that is whole itself: the tree is asked for its rows after all. */
static bool reclaim_rows(walk *w, TSNode node, size_t start, uint16_t *depth_out)
{
    if (!w->grammar->declarations || ts_node_has_error(node) ||
        !list_has(w->grammar->declarations, ts_node_type(node)))
        return false;
    while (w->next < w->n && first_of(w, w->next) < start)
        w->next++;
    if (w->next == w->n || first_of(w, w->next) != start)
        return false;
    *depth_out = w->rows[w->next].depth;
    size_t end = w->start + ts_node_end_byte(node);
    for (size_t row = w->next; row < w->n && first_of(w, row) < end; row++)
        w->rows[row].flags &= (uint8_t)~KEPT;
    return true;
}

/* Takes in a node of `in`; true if what is in it is to be seen, which is then `*open_out`. */
static bool visit(walk *w, TSNode node, const level *in, level *open_out)
{
    size_t start = w->start + ts_node_start_byte(node), end = w->start + ts_node_end_byte(node);
    uint16_t depth = in->depth;
    if (in->error && !reclaim_rows(w, node, start, &depth))
        return false;
    pass_rows(w, start, in);
    bool error = is_error(node);
    if (error)
        keep_rows(w, end, depth);
    else if (w->next < w->n && first_of(w, w->next) == start && start < end)
        claim(w, node, depth, in->quoted);
    bool claimed = !error && w->claimed == start && !in->named;
    if (claimed)
        take_name(w, node);
    *open_out = (level){.depth = deeper(depth, !is_bare_list(node)),
                        .error = error,
                        .quoted = in->quoted || is_quoted(ts_node_type(node)),
                        .named = claimed && !ts_node_is_null(unwrapped(node))};
    return true;
}

static void walk_tree(walk *w, TSNode root)
{
    size_t n = 0;
    w->open[0] = (level){.error = is_error(root)};
    if (w->open[0].error)
        keep_rows(w, w->text.n, 0);
    TSTreeCursor cursor = ts_tree_cursor_new(root);
    bool descend = true;
    for (;;) {
        if (descend && n + 1 < OPEN_MAX && ts_tree_cursor_goto_first_child(&cursor)) {
            n++;
        } else {
            while (n > 0 && !ts_tree_cursor_goto_next_sibling(&cursor)) {
                ts_tree_cursor_goto_parent(&cursor);
                n--;
            }
        }
        if (n == 0)
            break;
        TSNode node = ts_tree_cursor_current_node(&cursor);
        descend = visit(w, node, &w->open[n - 1], &w->open[n]);
    }
    ts_tree_cursor_delete(&cursor);
    pass_rows(w, w->text.n, &w->open[0]);
    for (size_t row = 0; row < w->n; row++)
        w->rows[row].flags &= (uint8_t)~KEPT;
}

static TSTree *parse(TSParser *parser, const td_chunk_grammar *grammar, td_str text)
{
    if (!ts_parser_set_language(parser, grammar->get()))
        return NULL;
    ts_parser_reset(parser);
    ts_parser_set_timeout_micros(parser, PARSE_US_MAX);
    return ts_parser_parse_string(parser, NULL, text.ptr, (uint32_t)text.n);
}

/* Where blocks end by indentation, a parser takes a comment behind one for the last of its rows:
 * one that is in no farther than the row below it belongs there. */
static void lift_comments(walk *w)
{
    for (size_t row = w->n; row-- > 1;) {
        td_chunk_row *below = &w->rows[row], *comment = below - 1;
        size_t in_below = first_of(w, row) - below->start;
        size_t in = first_of(w, row - 1) - comment->start;
        if ((comment->flags & TD_CHUNK_ROW_LEAD) && comment->depth > below->depth &&
            in <= in_below && !(below->flags & (TD_CHUNK_ROW_CLOSER | TD_CHUNK_ROW_INSIDE)))
            comment->depth = below->depth;
    }
}

/* Bytes in errors, of the outermost ones. */
static size_t n_broken(TSNode root)
{
    size_t bytes = 0, n = 0;
    TSTreeCursor cursor = ts_tree_cursor_new(root);
    do {
        TSNode node = ts_tree_cursor_current_node(&cursor);
        bool error = is_error(node);
        bytes += error ? ts_node_end_byte(node) - ts_node_start_byte(node) : 0;
        if (!error && ts_node_has_error(node) && ts_tree_cursor_goto_first_child(&cursor)) {
            n++;
            continue;
        }
        while (n > 0 && !ts_tree_cursor_goto_next_sibling(&cursor)) {
            ts_tree_cursor_goto_parent(&cursor);
            n--;
        }
    } while (n > 0);
    ts_tree_cursor_delete(&cursor);
    return bytes;
}

bool td_chunk_tree_refine(td_str text, size_t start, size_t end, td_str language,
                          td_chunk_row *rows, size_t n)
{
    const td_chunk_grammar *grammar = td_chunk_grammars_find(language);
    td_str part = td_str_slice(text, start, end);
    /* Without a tag all is text to PHP, and no error. */
    if (grammar && td_str_eq(language, TD_STR("php")) &&
        td_str_find(part, TD_STR("<?"), 0) == TD_STR_NONE)
        grammar = td_chunk_grammars_find(TD_STR("php-only"));
    if (!grammar || part.n > TD_CHUNK_TREE_BYTES_MAX)
        return false;
    TSParser *parser = ts_parser_new();
    TSTree *tree = parse(parser, grammar, part);
    bool again = tree && grammar->other && ts_node_has_error(ts_tree_root_node(tree));
    if (again) {
        const td_chunk_grammar *other = td_chunk_grammars_find(td_str_from(grammar->other));
        TSTree *second = parse(parser, other, part);
        bool better =
            second && n_broken(ts_tree_root_node(second)) < n_broken(ts_tree_root_node(tree));
        grammar = better ? other : grammar;
        ts_tree_delete(better ? tree : second);
        tree = better ? second : tree;
    }
    if (tree) {
        size_t memo[2] = {0};
        walk w = {.memo = memo,
                  .text = td_str_slice(text, 0, end),
                  .start = start,
                  .grammar = grammar,
                  .rows = rows,
                  .n = n,
                  .claimed = SIZE_MAX};
        walk_tree(&w, ts_tree_root_node(tree));
        if (list_has(" python yaml ", grammar->language))
            lift_comments(&w);
    }
    ts_parser_delete(parser);
    bool parsed = tree != NULL;
    ts_tree_delete(tree);
    return parsed;
}

#else

bool td_chunk_tree_refine(td_str text, size_t start, size_t end, td_str language,
                          td_chunk_row *rows, size_t n)
{
    (void)text, (void)start, (void)end, (void)language, (void)rows, (void)n;
    return false;
}

#endif
