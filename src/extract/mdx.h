/* extract/mdx.h - an MDX file as the Markdown that its readers see.
 *
 * Import and export statements, tags, expressions and comments go; what stands between the tags
 * stays, without the indentation that they gave it, and so do the titles, labels and descriptions
 * that components show: an element's title is a bold line. Code, in fences, between back-quotes and
 * outside elements by indentation, stays as it is; strings in braces are text, and code if they
 * have several lines.
 * Lines keep their numbers, so that a hit's line is the file's: blank ones stand for what went.
 * What is not well formed stays as text: a brace or a tag without end costs nothing else.
 * Threads:  pure functions
 * Source:   mdxjs.com, "What is MDX?"
 */
#ifndef TD_EXTRACT_MDX_H
#define TD_EXTRACT_MDX_H

#include "base/buf.h"

/* Appends the Markdown of `text`, valid UTF-8 without NUL, to `out`.
 * Errors: E_NOMEM, E_TOO_LARGE (the cap of `out`; three times the text always fit).
 * Cost: linear in the text. */
tandem_code td_extract_mdx_write(td_str text, td_buf *out, tandem_error *err);

#endif
