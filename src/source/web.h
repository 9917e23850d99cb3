/* source/web.h - a web site as a source: one start URL and what is found from there.
 *
 * Threads:  as source.h; an io thread of its own owns the td_net
 */
#ifndef TD_SOURCE_WEB_H
#define TD_SOURCE_WEB_H

#include "source/source.h"

/* `url` is in normal form. Starts to fetch at once. Errors: E_INVALID for options out of range,
 * E_DENIED for a private address when the options refuse it, E_NOMEM. */
tandem_code td_source_web_open(td_str url, const td_source_options *options, td_source **source_out,
                               tandem_error *err);

#endif
