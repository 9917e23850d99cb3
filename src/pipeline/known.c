/* What a job knows of a page before it is read again: by the index, and by crawls before it. */
#include "base/clock.h"
#include "pipeline/state.h"

enum {
    FRESH_MS = 24 * 3600 * 1000 /* a crawl that was cut short goes on where it was for so long */
};

/* What a crawl remembers, if the page would be made into chunks the same way again. */
static bool known_visit(const td_pipeline_feed *feed, td_str uri, td_page_known *known_out)
{
    td_store *store = feed->job->index->store;
    td_store_visited visited;
    bool found = false;

    if (!store->visit_get ||
        store->visit_get(store, feed->source_id, uri, &found, &visited, NULL, NULL) != TANDEM_OK ||
        !found || !td_hash_eq(visited.recipe, feed->job->recipe) ||
        visited.known.fetched_wall_ms == 0)
        return false;
    int64_t age_ms = td_clock_wall_ms() - visited.known.fetched_wall_ms;
    *known_out = visited.known;
    known_out->is_fresh = visited.run > feed->since_run && age_ms >= 0 && age_ms < FRESH_MS;
    return true;
}

bool td_pipeline_known_had(td_pipeline_feed *feed, td_str uri)
{
    td_store *store = td_pipeline_job_remembers(feed->job) ? feed->job->index->store : NULL;
    td_store_visited visited;
    td_page_known page;
    bool found = false;
    tandem_code code = TANDEM_OK;

    if (store && store->visit_get)
        code = store->visit_get(store, feed->source_id, uri, &found, &visited, NULL, NULL);
    if (store && code == TANDEM_OK && !found)
        code = store->page_known(store, feed->source_id, uri, &found, &page, NULL);
    return found || code != TANDEM_OK;
}

/* A page whose chunks are not all embedded is not known, whatever a crawl remembers of it. */
bool td_pipeline_known_get(void *user, td_str uri, td_page_known *known_out)
{
    td_pipeline_feed *feed = user;
    td_store *store = feed->job->index->store;
    td_page_known page = {.etag = ""};
    bool found = false;

    if (!td_pipeline_job_stores(feed->job))
        return known_visit(feed, uri, known_out);
    if (store->page_known(store, feed->source_id, uri, &found, &page, NULL) != TANDEM_OK || !found)
        return false;
    if (known_visit(feed, uri, known_out))
        return true;
    /* Its links are not known, so it must be fetched; but its bytes may still be the same. */
    *known_out = (td_page_known){.hash = page.hash};
    td_pipeline_job_mix(feed->job, &known_out->hash);
    return true;
}
