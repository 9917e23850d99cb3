/* source/render.h - one page as a browser draws it.
 *
 * In:       a page's HTML as it was fetched, a running browser
 * Out:      the HTML of the tree that its scripts have made
 * Threads:  the browser's (browser.c)
 *
 * The page is not fetched again: the browser is given its bytes. Scripts, data and what else it
 * asks for come by render_net.h; images are answered with an empty one, styles with nothing, frames
 * and fonts are refused. Each page has a browser context of its own: no cookies, no storage of the
 * page before.
 *
 * A page is done when it has loaded, nothing that it asked for is under way and its tree has been
 * still for SETTLE_QUIET_MS, or SETTLE_MS after it has loaded: some are never still.
 */
#ifndef TD_SOURCE_RENDER_H
#define TD_SOURCE_RENDER_H

#include "base/thread.h"
#include "source/cdp.h"
#include "source/render_net.h"

typedef struct td_source_render {
    td_source_cdp *cdp;
    td_source_render_net *net;
    const td_stop *is_cancelled, *is_closing; /* E_CANCELLED when one is raised */
    bool *is_up;                              /* set once the browser has given a tab */
} td_source_render;

/* Appends the drawn page. An address that the page sends its reader to is added as a link at the
 * end. Errors: E_TIMEOUT after the site's timeout_ms; E_TOO_LARGE for a tree larger than its
 * file_bytes_max; E_NETWORK when the browser ends; E_CANCELLED. After E_TIMEOUT, E_NETWORK and
 * E_TOO_LARGE the browser is of no more use. */
tandem_code td_source_render_page(const td_source_render *render, const td_source_site *site,
                                  const td_page *page, td_buf *html_out, tandem_error *err);

#endif
