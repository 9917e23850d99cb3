/* extract/content_drop.h - marks what is no content of a page TD_NODE_DROPPED.
 *
 * Threads:  pure functions on the caller's own tree
 */
#ifndef TD_EXTRACT_CONTENT_DROP_H
#define TD_EXTRACT_CONTENT_DROP_H

#include "extract/content_measure.h"

/* Comments below an article: gone where what is left is enough to be one. In a thread each post has
 * remarks of its own, or they are the page. Cost: linear in the nodes. */
void td_extract_content_drop_comments(td_content_finder *f);

/* Navigation, banners, sidebars, forms, permalinks, line numbers, ...: by the kind of the element,
 * by its name, and by how much of its text are links. Cost: linear in the nodes. */
void td_extract_content_drop_boxes(td_content_finder *f);

#endif
