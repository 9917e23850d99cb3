/* extract/markdown_escape.h - which signs of a text would mean something in Markdown.
 *
 * Threads:  pure functions
 * Source:   CommonMark 0.30
 */
#ifndef TD_EXTRACT_MARKDOWN_ESCAPE_H
#define TD_EXTRACT_MARKDOWN_ESCAPE_H

#include "base/str.h"

/* Where a backslash has to stand so that the line stays a line of a paragraph; TD_STR_NONE. */
size_t td_extract_markdown_escape_line(td_str line);

#endif
