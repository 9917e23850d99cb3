/* tandem/content.h - what an index holds, without asking it a question: scopes, pages, chunks.
 *
 * Threads:  any
 */
#ifndef TANDEM_CONTENT_H
#define TANDEM_CONTENT_H

#include "tandem/index.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One scope. Texts are good inside the callback. */
typedef struct tandem_scope_info {
    tandem_str scope;            /* "global", "project", "local" */
    tandem_str project, dataset; /* may be empty */
    tandem_str name;             /* as the crawl4ai runner calls it: "project_docs" */
    uint64_t pages, chunks, chunks_code;
} tandem_scope_info;
typedef void (*tandem_scope_each)(void *user, const tandem_scope_info *info);

/* Every scope that has a source, by name. Cost: one pass over the table of chunks. */
tandem_code tandem_index_each_scope(tandem_index *index, tandem_scope_each each, void *user,
                                    tandem_error *err);

/* A page that is stored. */
typedef struct tandem_page_info {
    uint64_t id;    /* changes when the page is taken out and comes again */
    tandem_str uri; /* path or URL, after redirects */
    tandem_str title, media_type;
    bool is_web;
    uint64_t chunks;
    int64_t fetched_wall_ms; /* since 1970 */
} tandem_page_info;
typedef void (*tandem_page_each)(void *user, const tandem_page_info *info);

/* At most n_max pages with an id past `after_id`, by id; texts are good inside the callback. */
tandem_code tandem_index_each_page(tandem_index *index, uint64_t after_id, size_t n_max,
                                   tandem_page_each each, void *user, tandem_error *err);

typedef struct tandem_page tandem_page;

/* A page with its whole text, by path or URL, before or after redirects.
 * Errors: E_NOT_FOUND. Cost: one pass over the table of pages. */
tandem_code tandem_index_open_page(tandem_index *index, tandem_str uri, tandem_page **page_out,
                                   tandem_error *err);
/* Both borrowed until free. */
const tandem_page_info *tandem_page_get_info(const tandem_page *page);
tandem_str tandem_page_get_text(const tandem_page *page);
/* NULL is fine. */
void tandem_page_free(tandem_page *page);

/* The chunk of that id and up to n_around (0..100) of its page on either side, in the page's order;
 * without ranks and scores. Errors: E_NOT_FOUND. */
tandem_code tandem_index_get_chunk(tandem_index *index, uint64_t id, uint32_t n_around,
                                   tandem_hits **hits_out, tandem_error *err);

#ifdef __cplusplus
}
#endif

#endif
