/* source/sitemap.h - the addresses that a sitemap names.
 *
 * In:       bytes of a sitemap, a sitemap index, an RSS or Atom feed, a list of addresses; or of
 *           one of them packed with gzip
 * Out:      each address with the time of its last change, and whether it is a sitemap itself
 * Threads:  pure functions
 * Source:   sitemaps.org 0.9; RSS 2.0; RFC 4287 (Atom); held by tests/golden/sitemap
 */
#ifndef TD_SOURCE_SITEMAP_H
#define TD_SOURCE_SITEMAP_H

#include "base/error.h"
#include "base/str.h"

enum {
    TD_SOURCE_SITEMAP_ENTRIES_MAX = 50 * 1000, /* those past it are left out */
    TD_SOURCE_SITEMAP_BYTES_MAX = 50 << 20,    /* unpacked */
};

typedef struct td_source_sitemap_entry {
    td_str loc;         /* as written, white space around it gone; good inside the callback */
    bool is_sitemap;    /* of an index: to be read as one in its turn */
    int64_t changed_ms; /* the latest wall time that its lastmod can mean; -1: it has none */
} td_source_sitemap_entry;

typedef void (*td_source_sitemap_each)(void *user, const td_source_sitemap_entry *entry);

/* Calls `each` for every entry, in order. *n_out counts them, also on failure: what stands before
 * an error is good. Errors: E_FORMAT naming what it is instead, or the line; E_TOO_LARGE, E_NOMEM.
 */
tandem_code td_source_sitemap_read(td_str bytes, td_source_sitemap_each each, void *user,
                                   size_t *n_out, tandem_error *err);

/* Whether the first kilobyte says that this is a sitemap or an index of them. */
bool td_source_sitemap_is_one(td_str bytes);

/* "2024-05-01", "2024-05-01T10:00:00+02:00", "2024": the last millisecond of what it names, since
 * 1970. -1 if it is none. */
int64_t td_source_sitemap_time(td_str text);

#endif
