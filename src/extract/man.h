/* extract/man.h - a manual page (troff with man or mdoc macros) as Markdown.
 *
 * Fonts are dropped, except that examples become fenced code; unknown macros keep their words.
 * Threads:  pure functions
 * Source:   groff_man(7), mdoc(7), groff(7)
 */
#ifndef TD_EXTRACT_MAN_H
#define TD_EXTRACT_MAN_H

#include "base/buf.h"

/* Appends the page. Errors: E_EMPTY (only a reference to another page), E_NOMEM, E_TOO_LARGE. */
tandem_code td_extract_man_write(td_str source, td_buf *out, tandem_error *err);

#endif
