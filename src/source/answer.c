#include "source/answer.h"

#include "base/clock.h"
#include "base/error.h"
#include "source/binary.h"
#include "source/read.h"

#include <stdio.h>

enum {
    PAGE_EXTRA_BYTES = 128 * 1024, /* addresses and headers, beside the body */
    REASON_BYTES = 200,
};

tandem_code td_source_answer_code(int status)
{
    if (status >= 200 && status < 300)
        return TANDEM_OK;
    switch (status) {
    case 401:
    case 403:
    case 407:
    case 451:
        return TANDEM_E_DENIED;
    case 404:
    case 410:
        return TANDEM_E_NOT_FOUND;
    case 408:
    case 504:
        return TANDEM_E_TIMEOUT;
    case 429:
        return TANDEM_E_BUSY;
    case 501:
    case 505:
        return TANDEM_E_UNSUPPORTED;
    default:
        return status >= 500 ? TANDEM_E_UNAVAILABLE : TANDEM_E_INVALID;
    }
}

/* Copies into the page's arena; false when out of memory. */
static bool copy(td_page *page, td_str from, td_str *to)
{
    *to = td_arena_copy(page->arena, from);
    return to->ptr != NULL;
}

static tandem_code fetched(td_str uri, const td_net_reply *reply, const td_source_options *options,
                           td_page **page_out, tandem_error *err)
{
    td_page_known known = {.etag = ""};
    td_page *page = td_page_new(reply->body.n + uri.n + reply->final_url.n + PAGE_EXTRA_BYTES);
    bool ok = page && copy(page, uri, &page->uri) &&
              copy(page, reply->final_url, &page->final_uri) &&
              copy(page, reply->media_type, &page->media_type) &&
              copy(page, reply->charset, &page->charset) && copy(page, reply->etag, &page->etag) &&
              copy(page, reply->last_modified, &page->last_modified) &&
              copy(page, reply->x_robots_tag, &page->x_robots_tag) &&
              copy(page, reply->body, &page->body);

    if (!ok) {
        td_page_free(page);
        return td_fail_nomem(err, "page");
    }
    page->reason = (td_str){"", 0};
    page->hash = td_hash_of(page->body);
    page->http_status = reply->status;
    page->is_web = true;
    page->fetched_wall_ms = td_clock_wall_ms();
    if (options->known && options->known(options->known_user, page->uri, &known) &&
        td_hash_eq(known.hash, page->hash))
        page->status = TD_PAGE_UNCHANGED;
    *page_out = page;
    return TANDEM_OK;
}

static tandem_code missed(td_str uri, const td_net_reply *reply, tandem_code why,
                          const char *reason, td_page **page_out, tandem_error *err)
{
    td_page *page = NULL;
    tandem_code code = td_source_read_miss(uri, reply->final_url, why, &page, err, "%s", reason);

    if (code != TANDEM_OK)
        return code;
    page->http_status = reply->status;
    page->is_web = true;
    *page_out = page;
    return TANDEM_OK;
}

tandem_code td_source_answer_page(td_str uri, const td_net_reply *reply,
                                  const td_source_options *options, td_page **page_out,
                                  tandem_error *err)
{
    char reason[REASON_BYTES];
    tandem_code status = td_source_answer_code(reply->status);

    /* As with files, one that is too large is left out, not lost. */
    if (reply->code == TANDEM_E_TOO_LARGE)
        return missed(uri, reply, TANDEM_OK, reply->error->message, page_out, err);
    if (reply->code != TANDEM_OK)
        return missed(uri, reply, reply->code, reply->error->message, page_out, err);
    if (status != TANDEM_OK) {
        snprintf(reason, sizeof(reason), "HTTP %d", reply->status);
        return missed(uri, reply, status, reason, page_out, err);
    }
    if (!td_source_binary_is_text_type(reply->media_type)) {
        snprintf(reason, sizeof(reason), "no text: %.*s", TD_STR_FMT(reply->media_type));
        return missed(uri, reply, TANDEM_OK, reason, page_out, err);
    }
    if (options->refuses_pdf && td_source_binary_is_pdf_type(reply->media_type))
        return missed(uri, reply, TANDEM_OK, options->refuses_pdf, page_out, err);
    if (reply->body.n == 0)
        return missed(uri, reply, TANDEM_E_EMPTY, "the answer is empty", page_out, err);
    const char *binary = td_source_binary_bytes(reply->body);
    if (binary && !td_str_starts(reply->charset, TD_STR("utf-16")))
        return missed(uri, reply, TANDEM_OK, binary, page_out, err);
    return fetched(uri, reply, options, page_out, err);
}
