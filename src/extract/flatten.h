/* extract/flatten.h - HTML rewritten so that a tree can be built from it in linear time.
 *
 * In:       HTML as valid UTF-8 without NUL
 * Out:      HTML of the same meaning to a reader, with bounded nesting and only known attributes
 * Threads:  pure functions
 */
#ifndef TD_EXTRACT_FLATTEN_H
#define TD_EXTRACT_FLATTEN_H

#include "base/buf.h"

/* Appends `html` to `out` with what is costly for a tree builder taken out: start tags when
 * `nesting_max` elements are open (their text stays), comments, scripts, styles, attributes that
 * nobody reads, attributes given twice, formatting that is opened again and again.
 * nesting_max 0 leaves text alone, with a line end where a block began or ended.
 * Errors: E_NOMEM, E_TOO_LARGE (the cap of `out`; four times the input always fits).
 * Cost: linear in the input. */
tandem_code td_extract_flatten(td_str html, size_t nesting_max, td_buf *out, tandem_error *err);

#endif
