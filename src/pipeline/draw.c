/* Pages that show nothing until their scripts have run: when a browser draws them. */
#include "base/log.h"
#include "pipeline/state.h"

enum {
    LINKS_ENOUGH = 8
};

static bool is_web(const char *source)
{
    return td_str_starts_nocase(td_str_from(source), TD_STR("http://")) ||
           td_str_starts_nocase(td_str_from(source), TD_STR("https://"));
}

tandem_code td_pipeline_draw_open(tandem_job *job, const char *const *sources, size_t n_sources,
                                  tandem_error *err)
{
    const tandem_job_options *o = &job->options;
    td_source_browser_options options = {
        .struct_size = sizeof(options),
        .program = o->browser,
        .no_sandbox = o->browser_no_sandbox,
        .may_be_absent = o->render != TANDEM_RENDER_ALWAYS,
    };
    bool any_web = false;

    for (size_t i = 0; i < n_sources; i++)
        any_web = any_web || is_web(sources[i]);
    if (o->render == TANDEM_RENDER_NEVER || !any_web || o->until == TANDEM_UNTIL_PAGE)
        return TANDEM_OK;
    return td_source_browser_open(&options, &job->browser, err);
}

/* Where links alone were extracted, a page that has many shows something. */
static bool is_shell(const tandem_job *job, const td_page *page, const td_document *document)
{
    td_document *whole = NULL;

    if (!job->options.links_only)
        return td_extract_needs_scripts(page->body, document ? document->text : TD_STR(""));
    if (document && document->n_links >= LINKS_ENOUGH)
        return false;
    td_extract(page, NULL, &whole, NULL);
    bool needs = td_extract_needs_scripts(page->body, whole ? whole->text : TD_STR(""));
    td_document_free(whole);
    return needs;
}

static bool wants(const tandem_job *job, const td_page *page, const td_document *document)
{
    if (!page->is_web || page->is_drawn || !td_extract_is_html(page))
        return false;
    return job->options.render == TANDEM_RENDER_ALWAYS || is_shell(job, page, document);
}

tandem_code td_pipeline_draw(tandem_job *job, size_t feed, td_page **page,
                             const td_document *document, tandem_error *err, bool *is_drawn_out)
{
    td_source *source = job->feeds[feed].source;
    tandem_error why = {.code = TANDEM_OK};
    tandem_code bare = document ? TANDEM_OK : TANDEM_E_EMPTY; /* of the page as it was fetched */

    if (!source || !source->draw || !wants(job, *page, document))
        return bare;
    tandem_code code = source->draw(source, page, &why);
    *is_drawn_out = code == TANDEM_OK;
    if (code == TANDEM_OK)
        return TANDEM_OK;
    if (code == TANDEM_E_CANCELLED || code == TANDEM_E_NOMEM ||
        job->options.render == TANDEM_RENDER_ALWAYS)
        return td_fail(err, code, "%s", why.message);
    /* What an earlier drawing led to is not gone. */
    if (code != TANDEM_E_UNSUPPORTED || td_pipeline_known_had(&job->feeds[feed], (*page)->uri))
        atomic_store(&job->feeds[feed].unsure, true);
    if (code == TANDEM_E_UNSUPPORTED) /* which was said */
        return bare;
    if (!document)
        return td_fail(err, code, "%s", why.message);
    td_log(TD_WARN, "pipeline", "page=%.*s taken as it was fetched: %s", TD_STR_FMT((*page)->uri),
           why.message);
    return TANDEM_OK;
}

bool td_pipeline_draw_is_known(tandem_job *job, size_t feed, const td_page *page)
{
    td_page_known known = {.etag = ""};

    return page->is_drawn && td_pipeline_job_remembers(job) && !job->options.refresh &&
           td_pipeline_known_get(&job->feeds[feed], page->uri, &known) &&
           td_hash_eq(known.hash, page->hash);
}
