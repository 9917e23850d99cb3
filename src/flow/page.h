/* flow/page.h - one page or file as it was fetched: bytes and what was said about them.
 *
 * A page travels from source to extract and is freed by whoever holds it last.
 * Threads:  one owner at a time
 */
#ifndef TD_FLOW_PAGE_H
#define TD_FLOW_PAGE_H

#include "base/arena.h"
#include "base/hash.h"

typedef enum td_page_status {
    TD_PAGE_FETCHED,   /* body holds the bytes */
    TD_PAGE_UNCHANGED, /* as it was when last seen; a file's body is empty, a web page's is not */
    TD_PAGE_SKIPPED,   /* left out on purpose; reason says why (binary, too large, robots, ...) */
    TD_PAGE_FAILED,    /* could not be had; reason and code say why */
    TD_PAGE_LISTED,    /* dry run: would be fetched; one read for its links has a body */
} td_page_status;

typedef struct td_page {
    td_arena *arena;   /* owns all texts below, and the page itself */
    td_str uri;        /* what names the page in its source: URL, or path from the source's root */
    td_str final_uri;  /* after redirects; for files the path as the user would open it */
    td_str media_type; /* "text/html", from the server or the name; "" if not known */
    td_str charset;    /* from the server; "" if it said none */
    td_str body;
    td_str etag, last_modified; /* as the server sent them */
    td_str x_robots_tag;        /* the same: "noindex, nofollow"; "" if it sent none */
    td_hash hash;               /* of body */
    td_page_status status;
    tandem_code code; /* why it failed */
    td_str reason;    /* for people, one line: "binary file", "robots.txt forbids it" */
    int http_status;  /* 0 for files */
    bool is_web;
    bool is_drawn;    /* body is the tree that a browser made of what was fetched */
    bool is_nofollow; /* the server says that its links lead nowhere */
    int64_t fetched_wall_ms;
} td_page;

/* An empty page in an arena of its own; NULL when out of memory. */
td_page *td_page_new(size_t bytes_max);

/* NULL is fine. */
void td_page_free(td_page *page);

/* What an earlier run stored of a page, so that a source can ask "has it changed?". */
typedef struct td_page_known {
    char etag[256];
    char last_modified[64];
    td_hash hash;
    int64_t fetched_wall_ms; /* 0: not known */
    bool is_fresh; /* had today by a run that was cut short: it need not even be asked for */
} td_page_known;

#endif
