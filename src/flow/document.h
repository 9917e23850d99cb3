/* flow/document.h - the text of one page, ready to be cut into chunks.
 *
 * Threads:  one owner at a time
 */
#ifndef TD_FLOW_DOCUMENT_H
#define TD_FLOW_DOCUMENT_H

#include "base/arena.h"

typedef enum td_format {
    TD_FORMAT_MARKDOWN, /* headings, fences, lists, tables mean something */
    TD_FORMAT_RST,      /* reStructuredText */
    TD_FORMAT_TEXT,     /* plain prose, or what nobody knows better */
    TD_FORMAT_CODE,     /* one source file */
} td_format;

typedef struct td_link {
    td_str href; /* as written, entities resolved; absolute where a resolver was given */
    td_str text; /* white space folded */
    bool nofollow;
} td_link;

typedef struct td_document {
    td_arena *arena; /* owns everything here, and the document itself */
    td_str uri;      /* of the page it came from */
    td_str title, description, author, date;
    td_str natural_language; /* "en", from html lang; may be empty */
    td_str canonical;        /* href of link rel=canonical; may be empty */
    bool noindex, nofollow;  /* meta robots */
    td_format format;
    td_str code_language; /* for TD_FORMAT_CODE: "python", ...; "unknown" */
    td_str text;          /* valid UTF-8 without NUL; offsets of chunks point in here */
    td_link *links;
    size_t n_links;
} td_document;

/* An empty document in an arena of its own; NULL when out of memory. */
td_document *td_document_new(size_t bytes_max);

/* NULL is fine. */
void td_document_free(td_document *document);

#endif
