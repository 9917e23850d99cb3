/* source/filter.h - the user's include and exclude patterns, on paths and on URLs.
 *
 * A pattern without '/' is matched against each part of the path: "*.md", "node_modules". One with
 * '/' is matched against the whole path from the root: "docs/ **", "/docs/ **", "docs/" (the same
 * as "docs/ **"). One with "://" is matched against a whole URL. (Without the blank.) What begins
 * with "re:" is a regular expression (PCRE2) that is looked for in a page's URL or a file's path.
 * Threads:  read only once made
 */
#ifndef TD_SOURCE_FILTER_H
#define TD_SOURCE_FILTER_H

#include "base/error.h"
#include "source/source.h"

typedef struct td_source_filter td_source_filter;

/* Copies the patterns. Errors: E_INVALID for one that is empty or does not compile,
 * E_NOMEM. */
tandem_code td_source_filter_new(const td_source_options *options, td_source_filter **filter_out,
                                 tandem_error *err);
void td_source_filter_free(td_source_filter *filter); /* NULL is fine */

/* Whether a file or page is to be read: it fits one of the include patterns, if there are any, and
 * none of the exclude patterns. `path` has no '/' in front; `url` is NULL for a file. */
bool td_source_filter_takes(const td_source_filter *filter, td_str path, const td_str *url);

/* Whether a folder is ruled out with all that is in it. */
bool td_source_filter_drops_folder(const td_source_filter *filter, td_str path);

#endif
