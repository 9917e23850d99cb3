/* base/gzip.h - a .gz file's bytes.
 *
 * Threads:  pure functions
 * Source:   RFC 1952
 */
#ifndef TD_BASE_GZIP_H
#define TD_BASE_GZIP_H

#include "base/buf.h"

/* Appends what `gz` holds. Errors: E_FORMAT (damaged), E_TOO_LARGE (the cap of `out`), E_NOMEM. */
tandem_code td_gzip_read(td_str gz, td_buf *out, tandem_error *err);

#endif
