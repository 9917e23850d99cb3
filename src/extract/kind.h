/* extract/kind.h - what sort of thing a page's bytes are.
 *
 * Threads:  pure functions
 */
#ifndef TD_EXTRACT_KIND_H
#define TD_EXTRACT_KIND_H

#include "flow/page.h"

typedef enum td_kind {
    TD_KIND_BINARY,
    TD_KIND_GZIP,
    TD_KIND_HTML,
    TD_KIND_MARKDOWN,
    TD_KIND_MDX,
    TD_KIND_RST,
    TD_KIND_NOTEBOOK,
    TD_KIND_MAN,
    TD_KIND_PDF,
    TD_KIND_CODE,
    TD_KIND_TEXT,
} td_kind;

/* By media type, then by name, then by the bytes. *language_out is the programming language of
 * TD_KIND_CODE, else empty. */
td_kind td_extract_kind_of(td_str media_type, td_str name, td_str body, td_str *language_out);

/* The last part of a path or URL, without query and fragment if `is_url`. */
td_str td_extract_kind_name(td_str uri, bool is_url);

#endif
