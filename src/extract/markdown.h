/* extract/markdown.h - a part of an HTML tree as Markdown.
 *
 * Fenced code stands at the start of its lines, also inside lists and quotations, so that its bytes
 * are those of the page; the list then goes on at the margin. A term and what is said of it are an
 * item of a list.
 * A backslash stands only where a reader of Markdown would take a sign of the text for more than
 * that: what would begin another block, `<` before a name, entities, and `*`, `_`, back-quotes, `~`
 * that would pair. Backslashes of the text stay as they are, for formulas are written with them. A
 * chunk's text is a part of this Markdown; what a model reads of it (chunk/plain.h) and its heading
 * path are without these backslashes. Links to places in the page itself are their text alone: they
 * lead nowhere from a chunk.
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
