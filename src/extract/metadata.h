/* extract/metadata.h - what a page's head says of it, and all its links.
 *
 * Threads:  pure functions
 * Source:   HTML Living Standard 4.2.5 (meta), Open Graph, Dublin Core, Google's robots meta tag
 */
#ifndef TD_EXTRACT_METADATA_H
#define TD_EXTRACT_METADATA_H

#include "extract/extract.h"
#include "extract/tree.h"

/* The address that links are relative to: <base href>, itself resolved against `uri`; borrowed from
 * document's arena. */
tandem_code td_extract_metadata_base(const td_tree *tree, td_str uri,
                                     const td_extract_options *options, td_document *document,
                                     td_str *base_out, tandem_error *err);

/* Title, description, author, date, language, canonical address and robots of the page. */
tandem_code td_extract_metadata_read(const td_tree *tree, td_str base,
                                     const td_extract_options *options, td_document *document,
                                     tandem_error *err);

/* The links of the whole page, in its order; those past 250,000 or 32 MB of text are left out. */
tandem_code td_extract_metadata_links(const td_tree *tree, td_str base,
                                      const td_extract_options *options, td_document *document,
                                      tandem_error *err);

#endif
