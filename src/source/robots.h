/* source/robots.h - robots.txt: what one crawler may fetch from one host.
 *
 * In:       the bytes of a robots.txt, the crawler's product token
 * Out:      yes or no for a URL, the delay asked for, the sitemaps named
 * Threads:  pure functions; the rules are read only once made
 * Source:   RFC 9309; where it leaves room, Google's parser (typos, missing colons, over-long
 *           lines, "index.html") and crawler-commons (Crawl-delay), held by tests/golden/robots
 */
#ifndef TD_SOURCE_ROBOTS_H
#define TD_SOURCE_ROBOTS_H

#include "base/arena.h"

/* RFC 9309 2.5: at least 500 KiB are read. What lies past it is ignored, whole lines only. */
enum {
    TD_SOURCE_ROBOTS_BYTES_MAX = 500 * 1024
};

typedef struct td_source_robots td_source_robots;

/* The rules for the crawler `agent` ("tandem"; case does not matter). Any bytes are fine.
 * Errors: E_NOMEM. */
tandem_code td_source_robots_new(td_str bytes, td_str agent, td_source_robots **robots_out,
                                 tandem_error *err);
void td_source_robots_free(td_source_robots *robots); /* NULL is fine */

/* Whether the URL may be fetched. It is matched as it is written, so give the normal form.
 * Cost: the bytes of all rules, and of the URL once per `*` in them. */
bool td_source_robots_allows(const td_source_robots *robots, td_str url);

/* Milliseconds between two requests, as the file asks; -1 if it does not. */
int64_t td_source_robots_delay_ms(const td_source_robots *robots);

/* The sitemaps named, as written, each once. */
size_t td_source_robots_sitemaps(const td_source_robots *robots, const td_str **sitemaps_out);

/* "tandem" of "tandem/1.0 (+https://...)". */
td_str td_source_robots_token(td_str user_agent);

#endif
