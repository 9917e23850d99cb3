/* chunk/lines.h - what a line of Markdown or plain text is, seen alone.
 *
 * Threads:  pure functions
 * Source:   CommonMark 0.31, sections 4 and 5; GFM tables
 */
#ifndef TD_CHUNK_LINES_H
#define TD_CHUNK_LINES_H

#include "base/str.h"

typedef struct td_chunk_line {
    size_t start, end; /* bytes in the text; end is behind the newline */
    size_t first;      /* the first byte that is no space or tab; end of the text's part if blank */
    size_t last;       /* behind the last byte that is no white space */
    size_t indent;     /* columns before `first`; a tab goes to the next multiple of 4 */
} td_chunk_line;

/* The line that starts at `start` (< text.n). Cost: its length. */
td_chunk_line td_chunk_lines_at(td_str text, size_t start);

static inline bool td_chunk_lines_is_blank(const td_chunk_line *line)
{
    return line->first >= line->last;
}

/* The line without indentation and white space at its end. */
static inline td_str td_chunk_lines_body(td_str text, const td_chunk_line *line)
{
    return td_str_slice(text, line->first, line->last);
}

/* "## Title ##": its level 1..6 and title; 0 if it is none. */
size_t td_chunk_lines_atx(td_str body, td_str *title_out);

/* "```info", "~~~": how many of the mark; 0 if it opens no fence. A long row of "~" alone is a line
 * across, or under a title, as AsciiDoc has it. */
size_t td_chunk_lines_fence(td_str body, td_str *info_out);

/* Whether it closes a fence of `n` marks `mark`. */
bool td_chunk_lines_closes(td_str body, char mark, size_t n);

/* "- ", "12. ", "#. " (reStructuredText): bytes up to the item's text; 0 if it begins none. */
size_t td_chunk_lines_item(td_str body);

/* "***", "- - -": a line across. */
bool td_chunk_lines_is_rule(td_str body);

/* 1 for "====", 2 for "----"; else 0. */
size_t td_chunk_lines_setext(td_str body);

/* "|---|:--:|", under a table's head. */
bool td_chunk_lines_is_table_rule(td_str body);

/* The same character of ASCII punctuation at least `n` times and nothing else; '\0' if not. */
char td_chunk_lines_ruler(td_str body, size_t n);

/* A tag that opens an HTML block: its name's length; 0 if none. `<!--` and `<?` count 1. */
size_t td_chunk_lines_html(td_str body);

#endif
