/* extract/man_text.h - troff's escapes as plain text.
 *
 * Threads:  pure functions
 * Source:   groff(7), groff_char(7)
 */
#ifndef TD_EXTRACT_MAN_TEXT_H
#define TD_EXTRACT_MAN_TEXT_H

#include "base/buf.h"

/* Appends `text` with escapes resolved and fonts dropped. With `markdown`, `<` before a name is
 * escaped as the other writers do it. */
tandem_code td_extract_man_text_add(td_buf *out, td_str text, bool markdown, tandem_error *err);

/* The next argument of a macro line: a word, or what stands in quotes. False at the end. */
bool td_extract_man_text_next(td_str *rest, td_str *argument_out);

#endif
