/* extract/code_name.h - which language a code block of a page says it is in.
 *
 * Threads:  pure functions
 * Source:   class names of Pygments/Sphinx, Prism, highlight.js, Rouge, Shiki, GitHub, pandoc,
 *           SyntaxHighlighter, MediaWiki, org-mode
 */
#ifndef TD_EXTRACT_CODE_NAME_H
#define TD_EXTRACT_CODE_NAME_H

#include "extract/tree.h"

/* The language's canonical name for a name in a class, a fence or a media type: "py3" -> "python",
 * "sh" -> "shell"; empty for what is no known language. Static. */
td_str td_extract_code_name_canonical(td_str name);

/* The info string for the code block at node `at` with that text: a canonical name, the page's own
 * name if we know no better, "text" for what says it is none, or empty. Static or in the tree. */
td_str td_extract_code_name_of(const td_tree *tree, uint32_t at, td_str text);

#endif
