/* extract/content_lead.h - the paragraph between an article's title and its text.
 *
 * Threads:  pure functions on the caller's own tree
 */
#ifndef TD_EXTRACT_CONTENT_LEAD_H
#define TD_EXTRACT_CONTENT_LEAD_H

#include "extract/content_measure.h"

/* The element above `root` that holds a lead too, which stands before it and calls itself teaser,
 * intro, abstract, ...; all else in that element but headings is then marked TD_NODE_DROPPED.
 * `root` itself if there is none. Cost: linear in the nodes of the elements above. */
uint32_t td_extract_content_lead_join(td_content_finder *f, uint32_t root);

#endif
