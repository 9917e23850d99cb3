/* source/browser.h - the thread that owns Chromium, and hands pages to it one by one.
 *
 * Inside source only; source.h has what others see of it.
 * Threads:  td_source_browser_draw from any
 */
#ifndef TD_SOURCE_BROWSER_H
#define TD_SOURCE_BROWSER_H

#include "source/render.h"

/* Draws the page of that site and waits for it; *page is replaced. Raising is_cancelled ends the
 * wait. Errors: as td_source.draw. */
tandem_code td_source_browser_draw(td_source_browser *browser, const td_source_site *site,
                                   const td_stop *is_cancelled, td_page **page, tandem_error *err);

#endif
