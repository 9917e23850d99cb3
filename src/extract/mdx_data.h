/* extract/mdx_data.h - what a reader sees of data that a component of an MDX file is given.
 *
 * Nothing is run: strings, templates, lists, objects and JSX are read as they are written. Of an
 * object its name, its type and what is said of it are one item, and the lists in it are lists
 * below that item; what a program would compute, and what styles or identifies, is left out.
 * Threads:  pure functions
 * Source:   ECMAScript 2025, 13.2 (literals); components of Consul, Vault, the AI SDK, Mintlify,
 *           Fumadocs
 */
#ifndef TD_EXTRACT_MDX_DATA_H
#define TD_EXTRACT_MDX_DATA_H

#include "base/buf.h"

enum {
    TD_MDX_NESTED_MAX = 4 /* JSX in the data of JSX; deeper is not read */
};

/* Appends the words of a literal in one line: strings, also joined by "+", and JSX; of lists and
 * objects all that are in them. `nested`: how deep the expression is in data of data.
 * Errors: E_NOMEM, E_TOO_LARGE (the cap of `out`). Cost: linear in the expression. */
tandem_code td_extract_mdx_data_words(td_str expression, unsigned nested, td_buf *out,
                                      tandem_error *err);

/* Appends a list of objects, or one object, as a list in Markdown, a line each item, without a line
 * end behind the last; a list of strings as one line. Errors and cost as above. */
tandem_code td_extract_mdx_data_list(td_str expression, unsigned nested, td_buf *out,
                                     tandem_error *err);

/* Whether an attribute or a key of that name holds what styles or identifies, no words. */
bool td_extract_mdx_data_is_for_programs(td_str name);

#endif
