/* extract/markdown.h - a part of an HTML tree as Markdown.
 *
 * Fenced code stands at the start of its lines, also inside lists and quotations, so that its bytes
 * are those of the page; the list then goes on at the margin. Inline signs (`*`, `_`) are not
 * escaped: the text is for reading and searching. What would make another block, and `<` before a
 * name, is.
 * Threads:  pure functions
 * Source:   CommonMark 0.30 and GitHub's tables
 */
#ifndef TD_EXTRACT_MARKDOWN_H
#define TD_EXTRACT_MARKDOWN_H

#include "extract/extract.h"
#include "extract/tree.h"

/* Appends the Markdown of everything below `root` that is not dropped. Links are resolved against
 * `base` by options->resolve. Scratch memory comes from `arena`.
 * Errors: E_NOMEM, E_TOO_LARGE. Cost: linear in nodes and text. */
tandem_code td_extract_markdown_write(const td_tree *tree, uint32_t root, td_str base,
                                      const td_extract_options *options, td_arena *arena,
                                      td_buf *out, tandem_error *err);

#endif
