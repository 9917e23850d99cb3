/* extract/extract.h - from a page's bytes to the text of a document.
 *
 * In:       td_page (HTML, Markdown, MDX, reStructuredText, notebook, PDF, plain text, source code)
 * Out:      td_document: Markdown for HTML, MDX, notebooks and manual pages, text for PDF, all
 *           others as they are but valid UTF-8
 * Threads:  pure functions, but for a PDF, which another program reads meanwhile; any thread
 */
#ifndef TD_EXTRACT_H
#define TD_EXTRACT_H

#include "base/arena.h"
#include "base/buf.h"
#include "flow/document.h"
#include "flow/page.h"

/* Makes `href` absolute as seen from `base`; false leaves it as it is written. `out` has room for
 * the result; *n_out its bytes. */
typedef bool (*td_extract_resolve)(void *user, td_str base, td_str href, td_buf *out);

typedef struct td_extract_options {
    size_t struct_size;
    td_extract_resolve resolve; /* NULL: links stay as written */
    void *resolve_user;
    bool links_as_written; /* in the text; document->links are absolute all the same */
    bool whole_page;       /* keep navigation, banners and footers of HTML */
    bool links_only;       /* HTML: no text, only what its head says and its links */
    size_t nesting_max; /* open HTML elements; deeper ones are flattened before the tree is built */
    size_t text_bytes_max; /* E_TOO_LARGE past it */
    td_arena *scratch; /* whose memory trees are built in, cleared before and after; for a thread
                              that reads many pages. NULL: a new one each */
} td_extract_options;

enum {
    TD_EXTRACT_SCRATCH_BYTES = 160 << 20, /* what a scratch arena must be able to hand out */
};

#define TD_EXTRACT_OPTIONS                                                                         \
    (td_extract_options)                                                                           \
    {                                                                                              \
        .struct_size = sizeof(td_extract_options), .nesting_max = 500, .text_bytes_max = 64u << 20 \
    }

/* The page's document, yours to free. The kind is told by media type, then by name, then by the
 * bytes themselves. Errors: E_EMPTY (white space at most), E_UNSUPPORTED (binary, an image, ...),
 * E_TOO_LARGE, E_NOMEM. Bytes that are not valid in their charset become U+FFFD. */
tandem_code td_extract(const td_page *page, const td_extract_options *options,
                       td_document **document_out, tandem_error *err);

/* NULL if PDFs can be read here, else why not. Static. Cost: a look into the folders of PATH. */
const char *td_extract_refuses_pdf(void);

/* Whether the page is HTML, as td_extract would take it. */
bool td_extract_is_html(const td_page *page);

/* Whether an HTML page shows next to nothing until its scripts have run: there are scripts, and
 * `text`, what was extracted of it, is next to nothing; or it is little, and the page has the empty
 * root of an application or asks for JavaScript. Cost: the bytes of both. */
bool td_extract_needs_scripts(td_str html, td_str text);

/* The programming language of a file by its name ("main.rs" -> "rust", "Makefile" -> "make"), or
 * its first line ("#!/bin/sh"); empty if it is no source code. Static. */
td_str td_extract_code_language(td_str path, td_str first_line);

#endif
