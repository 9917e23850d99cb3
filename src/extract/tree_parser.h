/* extract/tree_parser.h - what lies between the tree's nodes and the HTML5 parsers that make them.
 *
 * Each parser has a file of its own and gives the same nodes for the same page: both follow the
 * standard. The build takes the faster one that is there; tests hold them against each other.
 * Threads:  a parse belongs to one thread; any number of them at once
 */
#ifndef TD_EXTRACT_TREE_PARSER_H
#define TD_EXTRACT_TREE_PARSER_H

#include "extract/tree.h"

/* The nodes of a tree as a parser's own tree is walked in the order of the page. */
typedef struct td_tree_builder {
    td_arena *arena;
    td_node *nodes;
    uint32_t n, n_max;
    uint32_t open; /* the innermost element that was not closed */
    tandem_error *err;
} td_tree_builder;

/* Room for the nodes that `html_bytes` most likely make. */
tandem_code td_extract_tree_builder_init(td_tree_builder *builder, td_arena *arena,
                                         size_t html_bytes, tandem_error *err);

/* The next node below the open one, cleared but for its place; it moves when the next one is
 * added. One that is to hold others is opened, and closed after the last of them.
 * Errors: E_NOMEM, E_TOO_LARGE (the arena's cap, or more nodes than can be counted). */
tandem_code td_extract_tree_builder_add(td_tree_builder *builder, td_node **node_out);
void td_extract_tree_builder_open(td_tree_builder *builder);
void td_extract_tree_builder_close(td_tree_builder *builder);

/* Parse flattened HTML as td_extract_tree_parse does, but for the marks. */
tandem_code td_extract_tree_gumbo_parse(td_str html, td_arena *arena, td_tree *tree_out,
                                        tandem_error *err);
tandem_code td_extract_tree_lexbor_parse(td_str html, td_arena *arena, td_tree *tree_out,
                                         tandem_error *err);

#endif
