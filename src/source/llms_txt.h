/* source/llms_txt.h - the links of an llms.txt.
 *
 * In:       its text: Markdown with lists of links
 * Out:      each address as it is written, absolute or not
 * Threads:  pure functions
 * Source:   llmstxt.org; CommonMark 6.3 (links), 6.5 (autolinks)
 */
#ifndef TD_SOURCE_LLMS_TXT_H
#define TD_SOURCE_LLMS_TXT_H

#include "base/str.h"

enum {
    TD_SOURCE_LLMS_LINKS_MAX = 50 * 1000
};

/* Called with each address, in order. Good inside the call. */
typedef void (*td_source_llms_each)(void *user, td_str href);

/* Addresses of [name](address), <https://...> and bare https://..., those of fenced code left out.
 * Returns how many there were. Cost: one pass. */
size_t td_source_llms_txt_links(td_str text, td_source_llms_each each, void *user);

/* Whether the path names such a file: ".../llms.txt", ".../llms-full.txt". */
bool td_source_llms_txt_name(td_str path);

#endif
