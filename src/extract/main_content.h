/* extract/main_content.h - tells a page's content from what stands around it.
 *
 * Threads:  pure functions on the caller's own tree
 */
#ifndef TD_EXTRACT_MAIN_CONTENT_H
#define TD_EXTRACT_MAIN_CONTENT_H

#include "extract/tree.h"

/* Marks scripts, styles, hidden and embedded things TD_NODE_DROPPED: no text for anybody. */
void td_extract_main_content_drop_hidden(td_tree *tree);

/* Marks navigation, banners, sidebars, permalinks, line numbers, ... TD_NODE_DROPPED and finds the
 * element that holds the content. Scratch memory comes from `arena`.
 * Errors: E_NOMEM, E_TOO_LARGE. Cost: linear in the nodes. */
tandem_code td_extract_main_content_find(td_tree *tree, td_arena *arena, uint32_t *root_out,
                                         tandem_error *err);

/* The <body>, or the root if there is none. */
uint32_t td_extract_main_content_body(const td_tree *tree);

#endif
