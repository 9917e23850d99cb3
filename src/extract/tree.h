/* extract/tree.h - an HTML page as one array of nodes in the order of the page.
 *
 * The nodes below node i are i + 1 .. nodes[i].end - 1, so every walk is a loop and none recurses.
 * Threads:  built by one thread, then read only but for `flags`
 */
#ifndef TD_EXTRACT_TREE_H
#define TD_EXTRACT_TREE_H

#include "base/arena.h"
#include "base/buf.h"
#include "extract/tag.h"

/* Marks that later steps put on a node. */
enum {
    TD_NODE_DROPPED = 1,   /* and all below it: no text of the page */
    TD_NODE_HAS_BLOCK = 2, /* a block element stands somewhere below */
};

typedef struct td_node_attribute {
    td_attribute name;
    td_str value; /* entities resolved */
} td_node_attribute;

typedef struct td_node {
    uint32_t parent; /* of the root: itself */
    uint32_t end;    /* first node that is not below this one */
    uint8_t tag;     /* td_tag */
    uint8_t flags;
    uint16_t n_attributes;
    const td_node_attribute *attributes;
    td_str text; /* of TD_TAG_TEXT, entities resolved, white space as it was */
} td_node;

typedef struct td_tree {
    td_node *nodes; /* [n]; 0 is <html> */
    uint32_t n;
} td_tree;

/* Parses flattened HTML. Everything lives in `arena` as long as the tree.
 * Errors: E_TOO_LARGE when the tree needs more than the arena's cap or than a fair time
 * (then there was something hostile that flattening missed), E_NOMEM. */
tandem_code td_extract_tree_parse(td_str html, td_arena *arena, td_tree *tree_out,
                                  tandem_error *err);

/* An attribute's value; empty if it is not there (td_extract_tree_has tells them apart). */
td_str td_extract_tree_get(const td_node *node, td_attribute name);
bool td_extract_tree_has(const td_node *node, td_attribute name);

/* Whether the class attribute has that word; ASCII case does not matter. */
bool td_extract_tree_has_class(const td_node *node, td_str word);

/* Cuts the next word off a class attribute (or any text with spaces). */
bool td_extract_tree_next_word(td_str *rest, td_str *word_out);

/* Nearest node at or above `at` with this tag; `tree->n` if none. */
uint32_t td_extract_tree_above(const td_tree *tree, uint32_t at, td_tag tag);

/* Appends the text below `at` that is not dropped, white space folded, at most `bytes_max`. */
tandem_code td_extract_tree_text(const td_tree *tree, uint32_t at, size_t bytes_max, td_buf *out,
                                 tandem_error *err);

#endif
