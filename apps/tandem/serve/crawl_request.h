/* serve/crawl_request.h - what a client asks to be crawled, checked, and as options of a job.
 *
 * Threads:  pure functions
 * Source:   the runner's CrawlRequest: fields, defaults, meaning of 0 and null. What differs is in
 *           docs/api.md.
 */
#ifndef SERVE_CRAWL_REQUEST_H
#define SERVE_CRAWL_REQUEST_H

#include "serve/answer.h"

enum {
    CRAWL_URLS_MAX = 1000,
    CRAWL_URL_CHARS_MAX = 2083,
};

typedef enum crawl_mode {
    CRAWL_SINGLE,
    CRAWL_BATCH,
    CRAWL_RECURSIVE,
    CRAWL_SITEMAP,
} crawl_mode;

typedef struct crawl_request {
    const char **urls; /* [n_urls], in the request */
    size_t n_urls;
    const char *project, *dataset, *scope; /* NULL: none */
    crawl_mode mode;
    uint64_t depth, pages_max, concurrent; /* pages_max 0: no limit; concurrent 0: not said */
    bool same_domain, same_path, discovery;
    bool stores; /* project or dataset is named */
} crawl_request;

/* The request with every default filled in, new reference; NULL after an answer. */
json_t *crawl_request_check(http_request *request, json_t *body);

/* Texts are borrowed from `object`, which was checked. */
void crawl_request_read(const json_t *object, crawl_request *out);
void crawl_request_clear(crawl_request *request);

void crawl_request_apply(const crawl_request *request, tandem_job_options *options);

/* As many pages as may come; 0: not known. */
uint64_t crawl_request_expected(const crawl_request *request);

#endif
