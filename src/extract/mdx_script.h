/* extract/mdx_script.h - where JavaScript ends that stands in the text of an MDX file.
 *
 * No parser: strings, templates, comments, regular expressions and brackets are told apart, which
 * is enough to find the end of what a bracket or a statement begins.
 * Threads:  pure functions
 * Source:   ECMAScript 2025, 12 (lexical grammar); mdxjs.com, "What is MDX?" (ESM, expressions)
 */
#ifndef TD_EXTRACT_MDX_SCRIPT_H
#define TD_EXTRACT_MDX_SCRIPT_H

#include "base/str.h"

/* Behind the '}' that closes the '{' at text[at]; TD_STR_NONE where none does before a heading or a
 * fence at a line's start, or, `in_paragraph`, before a blank line.
 * Cost: linear in what is read, which *n_read grows by. */
size_t td_extract_mdx_script_braces(td_str text, size_t at, bool in_paragraph, size_t *n_read);

/* Behind the last byte of the import or export statement that begins at text[at], without its line
 * end; TD_STR_NONE if none does. Cost: as above. */
size_t td_extract_mdx_script_module(td_str text, size_t at, size_t *n_read);

/* Where the value ends that begins at text[at]: before the comma or bracket that is not its own, or
 * at the text's end. Cost: as above. */
size_t td_extract_mdx_script_value(td_str text, size_t at, size_t *n_read);

/* Behind the white space and comments at text[at]. */
size_t td_extract_mdx_script_skip(td_str text, size_t at);

/* What is between the quotes of an expression that is one string or a template without holes, as
 * written; a NULL pointer for all else. */
td_str td_extract_mdx_script_literal(td_str expression);

#endif
