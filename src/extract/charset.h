/* extract/charset.h - bytes in any charset to valid UTF-8 without NUL.
 *
 * Threads:  pure functions
 * Source:   WHATWG Encoding Standard (labels), HTML Living Standard 13.2.3 (order of evidence)
 */
#ifndef TD_EXTRACT_CHARSET_H
#define TD_EXTRACT_CHARSET_H

#include "base/buf.h"

/* The text of `body`: its own bytes where they are fine (borrowed), else converted into `buf`.
 * A byte order mark decides, then `header` (a label, may be empty), then what the first bytes say
 * of themselves (meta, XML declaration, coding comment), then valid UTF-8, else windows-1252.
 * Errors: E_NOMEM, E_TOO_LARGE (the cap of `buf`; four times the body always fits). */
tandem_code td_extract_charset_decode(td_str body, td_str header, td_buf *buf, td_str *text_out,
                                      tandem_error *err);

#endif
