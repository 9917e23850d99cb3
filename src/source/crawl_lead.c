/* Which of the addresses that a crawl finds are queued. */
#include "source/binary.h"
#include "source/crawl.h"

#include <stdlib.h>

/* Why a page of another page, sitemap or llms.txt is not for this crawl; NULL if it is. */
static const char *excludes(const td_source_crawl *crawl, const td_net_url *parts, td_str url)
{
    if (td_source_binary_name(parts->path))
        return "an image, an archive or a recording by its name";
    return td_source_scope_excludes(&crawl->scope, url);
}

static td_source_pushed push_locked(td_source_crawl *crawl, td_source_lead *lead,
                                    const td_net_url *parts)
{
    const char *why = lead->why_not;

    if (td_source_frontier_has(crawl->frontier, lead->url))
        return TD_SOURCE_SEEN;
    td_source_trapped trapped =
        why || lead->depth == 0
            ? TD_SOURCE_TRAP_NONE
            : td_source_trap_count(&crawl->traps, parts, crawl->options.variants_max, &why);
    if (trapped == TD_SOURCE_TRAP_MORE && !crawl->options.dry_run)
        return TD_SOURCE_SEEN;
    lead->why_not = why;
    td_source_pushed pushed = td_source_frontier_add(crawl->frontier, lead);
    if (pushed == TD_SOURCE_FULL && !crawl->is_full) {
        crawl->is_full = true;
        crawl->first_left_out = strndup(lead->url.ptr, lead->url.n);
    }
    return pushed;
}

bool td_source_crawl_lead(td_source_crawl *crawl, const td_source_lead *lead)
{
    td_source_lead copy = *lead;
    td_net_url parts;

    if (!td_net_url_split(lead->url, &parts))
        return true;
    if (lead->role == TD_SOURCE_ROLE_PAGE && lead->depth > 0)
        copy.why_not = excludes(crawl, &parts, lead->url);
    if (copy.why_not && !crawl->options.dry_run)
        return true;
    pthread_mutex_lock(&crawl->lock);
    td_source_pushed pushed = push_locked(crawl, &copy, &parts);
    pthread_mutex_unlock(&crawl->lock);
    if (pushed == TD_SOURCE_NO_MEMORY)
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, "out of memory: frontier");
    return pushed != TD_SOURCE_NO_MEMORY;
}
