/* pipeline/links.h - a page's links as a store keeps them, so that a page that is not fetched again
 * still leads on.
 *
 * Threads:  pure functions
 */
#ifndef TD_PIPELINE_LINKS_H
#define TD_PIPELINE_LINKS_H

#include "base/buf.h"
#include "flow/document.h"

enum {
    TD_PIPELINE_LINKS_BYTES_MAX = 16 << 20 /* packed */
};

/* Appends the addresses of the links that may be followed: each as the number of bytes that it
 * shares with the one before, and the rest. Errors: E_TOO_LARGE, E_NOMEM. */
tandem_code td_pipeline_links_pack(const td_link *links, size_t n, td_buf *out, tandem_error *err);

/* The links again, in `arena`. Errors: E_FORMAT for bytes that pack never makes, E_NOMEM. */
tandem_code td_pipeline_links_unpack(td_str packed, td_arena *arena, td_link **links_out,
                                     size_t *n_out, tandem_error *err);

#endif
