/* extract/flatten_tag.h - one tag, comment or raw text of HTML, read and written anew.
 *
 * Threads:  pure functions
 * Source:   HTML Living Standard, 13.2.5 (tokenization)
 */
#ifndef TD_EXTRACT_FLATTEN_TAG_H
#define TD_EXTRACT_FLATTEN_TAG_H

#include "base/buf.h"
#include "extract/tag.h"

typedef struct td_flat_tag {
    td_str name; /* as written; empty: it was no tag, and all is done */
    bool is_end, self_closing;
    td_str class_value; /* as written, entities not resolved */
    bool has_others;    /* attributes that are read, other than class */
} td_flat_tag;

/* Reads what starts with '<' at html[*at], moves *at behind it. A start tag is appended with only
 * the attributes that are read, each once; an end tag is not; comments vanish; a '<' that opens
 * nothing is appended as it is. */
tandem_code td_extract_flatten_tag(td_str html, size_t *at, td_buf *out, td_flat_tag *tag_out,
                                   tandem_error *err);

/* The raw text of an element whose start tag ends at `from`; *end_out is behind its end tag. */
td_str td_extract_flatten_tag_raw(td_str html, td_tag tag, size_t from, size_t *end_out);

/* Appends raw text with its markup written as text: a tree builder that is of another opinion about
 * where raw text begins cannot be lured into nesting. `entities`: those in it mean something. */
tandem_code td_extract_flatten_tag_write_raw(td_str text, bool entities, td_buf *out,
                                             tandem_error *err);

#endif
