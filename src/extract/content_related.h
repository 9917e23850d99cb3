/* extract/content_related.h - what follows an article: lists of other articles, calls to share it.
 *
 * Threads:  pure functions on the caller's own tree
 * Source:   the headings that news sites and blogs in English, German, French, Spanish, Italian,
 *           Portuguese, Polish and Dutch put above such lists
 */
#ifndef TD_EXTRACT_CONTENT_RELATED_H
#define TD_EXTRACT_CONTENT_RELATED_H

#include "extract/content_measure.h"

/* Whether a line of a page, white space folded, stands above a list of other articles. */
bool td_extract_content_related_is_heading(td_str line);

/* Whether it is what blog software says by itself: that comments are closed, to share this. */
bool td_extract_content_related_is_said_by_software(td_str line);

/* Marks such headings with the links below them, and such lines, TD_NODE_DROPPED. What stands below
 * is told by its links; text without them stays, and so does code. On a page with code that is no
 * article such headings stay: "Related" is a part of many a README.
 * Returns whether any was. Cost: linear in the nodes; below a hundred headings at most it looks. */
bool td_extract_content_related_drop(td_content_finder *f);

#endif
