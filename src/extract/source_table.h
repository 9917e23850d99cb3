/* extract/source_table.h - HTML tables that stand in Markdown and MDX files, as Markdown.
 *
 * Such a table takes at most as many lines as its source has, so that lines keep their numbers;
 * what lays out a page, holds code or other tables, or needs more lines, stays as it is.
 * Threads:  pure functions
 */
#ifndef TD_EXTRACT_SOURCE_TABLE_H
#define TD_EXTRACT_SOURCE_TABLE_H

#include "base/buf.h"

/* How many tables of a text are written as Markdown; the others stay as they are. */
size_t td_extract_source_table_max(td_str text);

/* Behind the "</table>" of the table whose '<' is at text[at]; TD_STR_NONE if it has no end, is all
 * in one line, or has another table or code in it. Cost: linear in what is read, which *n_read
 * grows by. */
size_t td_extract_source_table_end(td_str text, size_t at, size_t *n_read);

/* Appends the table `source`, "<table ...>" to "</table>", without a line end behind the last row;
 * nothing if it holds no data or takes more memory than a page may. `is_mdx`: expressions
 * in braces are JavaScript.
 * Errors: E_NOMEM, E_TOO_LARGE. */
tandem_code td_extract_source_table_write(td_str source, bool is_mdx, td_buf *out,
                                          tandem_error *err);

/* Appends a Markdown text whose HTML tables are written as Markdown; nothing if it has none that
 * can be. All else stays byte for byte, and every line keeps its number.
 * Errors: E_NOMEM, E_TOO_LARGE. Cost: linear in the text. */
tandem_code td_extract_source_table_replace(td_str text, td_buf *out, tandem_error *err);

#endif
