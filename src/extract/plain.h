/* extract/plain.h - texts that stay as they are: Markdown, reStructuredText, source code, prose.
 *
 * Threads:  pure functions
 */
#ifndef TD_EXTRACT_PLAIN_H
#define TD_EXTRACT_PLAIN_H

#include "base/error.h"
#include "flow/document.h"

/* Fills text, format and title (and what a front matter tells) from text that is valid UTF-8
 * without NUL. `name` is the title where the text has none.
 * Errors: E_NOMEM, E_TOO_LARGE. */
tandem_code td_extract_plain_read(td_str text, td_str name, td_format format, td_document *document,
                                  tandem_error *err);

/* Where the front matter at the head of a Markdown text ends, which goes from a line "---" to a
 * line "---" or "...": before that line's end. 0 if there is none. */
size_t td_extract_plain_front_matter(td_str text);

#endif
