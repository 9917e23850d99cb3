/* source/binary.h - what is no text, by its name or by its first bytes.
 *
 * Threads:  pure functions
 * Source:   a NUL in the first 8 KiB is git's own test (buffer_is_binary)
 */
#ifndef TD_SOURCE_BINARY_H
#define TD_SOURCE_BINARY_H

#include "base/str.h"

enum {
    TD_SOURCE_BINARY_HEAD_BYTES = 8192
};

/* Whether the name (of a file, or the path of a URL) ends like an image, archive, recording,
 * program, font or office document. ".gz" counts as what it holds by the name before it. */
bool td_source_binary_name(td_str name);

/* Why the first bytes of a file are no text that can be read: "binary file"; NULL if they may be
 * (gzip, UTF-16 and PDF included: extract reads them). Looks at TD_SOURCE_BINARY_HEAD_BYTES at
 * most. Static. */
const char *td_source_binary_bytes(td_str head);

/* Whether a web server's Content-Type is a PDF's. */
bool td_source_binary_is_pdf_type(td_str media_type);

/* Whether a web server's Content-Type is text, or a PDF's. An empty one may be. */
bool td_source_binary_is_text_type(td_str media_type);

#endif
