/* extract/html.h - an HTML page as a document: metadata, links, Markdown of its content.
 *
 * Threads:  pure functions
 */
#ifndef TD_EXTRACT_HTML_H
#define TD_EXTRACT_HTML_H

#include "extract/extract.h"

/* Fills title, description, ..., links and text of `document` from HTML that is valid UTF-8 without
 * NUL. Links are resolved against <base href> and `uri`.
 * Errors: E_TOO_LARGE, E_NOMEM. */
tandem_code td_extract_html_read(td_str html, td_str uri, const td_extract_options *options,
                                 td_document *document, tandem_error *err);

#endif
