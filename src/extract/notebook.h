/* extract/notebook.h - a Jupyter notebook as Markdown with fenced code.
 *
 * Threads:  pure functions
 * Source:   nbformat 3 and 4
 */
#ifndef TD_EXTRACT_NOTEBOOK_H
#define TD_EXTRACT_NOTEBOOK_H

#include "base/buf.h"
#include "flow/document.h"

/* Appends the Markdown cells as they are and the code cells in fences; outputs are left out.
 * Errors: E_FORMAT (no notebook, with where the JSON fails), E_NOMEM, E_TOO_LARGE. */
tandem_code td_extract_notebook_write(td_str json, td_buf *out, tandem_error *err);

#endif
