#include "source/render.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    STEP_WAIT_MS = 100, /* how long a raised stop may go unseen */
    SETTLE_QUIET_MS = 150,
    SETTLE_MS = 3000,
    CLOSE_MS = 2000,
    WIDTH = 1280,
    HEIGHT = 4000, /* what loads when it is scrolled to is mostly above that */
    FIELDS_MAX = 64,
    HEADERS_BYTES_MAX = 256 * 1024,
    ID_N = 128, /* of sessions, contexts and the like */
    BODY_BYTES_MAX = 64 << 20,
    SCRIPT_BYTES = 4096,
    LINK_BYTES_MAX = 32 * 1024,
};

/* A GIF of one transparent pixel, so that who waits for a picture goes on. */
static const char pixel[] = "GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377!\371\4\1\0\0\0\0,"
                            "\0\0\0\0\1\0\1\0\0\2\1D\0;";

/* Runs in a world of its own, whose built-ins the page's scripts cannot change. */
static const char still_script[] =
    "new Promise(r=>{let t;const d=()=>{o.disconnect();r(1)};"
    "const o=new MutationObserver(()=>{clearTimeout(t);t=setTimeout(d,%d)});"
    "o.observe(document,{subtree:true,childList:true,characterData:true});"
    "t=setTimeout(d,%d);setTimeout(d,%d)})";

/* Open shadow trees take the place of what they hide, with what is slotted into them; scripts that
 * have run and texts for who has no scripts go. Half a surrogate is no text. The first character
 * says whether all of it is there. */
static const char tree_script[] =
    "(()=>{const open=e=>{for(const c of e.querySelectorAll('*'))if(c.shadowRoot){"
    "const s=c.shadowRoot;open(s);"
    "for(const l of s.querySelectorAll('slot')){const n=l.assignedNodes();"
    "l.replaceWith(...(n.length?n:l.childNodes))}"
    "c.replaceChildren(...s.childNodes)}};"
    "open(document);"
    "for(const e of document.querySelectorAll('noscript,script:not([type=\"application/ld+json\"]),"
    "style'))e.remove();"
    "const h=document.documentElement?document.documentElement.outerHTML:'';"
    "return h.length>%zu?'-'+h.length:'+'+h.toWellFormed()})()";

/* A request that is paused until we say what comes of it. */
typedef struct paused {
    struct drawing *of;
    struct paused *next;
    char id[ID_N];
} paused;

typedef struct drawing {
    const td_source_render *render;
    const td_source_site *site;
    const td_page *page;
    int64_t deadline_ms;
    char session[ID_N], context[ID_N], frame[ID_N];
    uint64_t awaited;         /* id of the call whose reply is waited for */
    td_source_message *reply; /* it */
    bool is_given;            /* the page itself was given to the browser */
    bool is_loaded;
    const char *ended; /* how the page came to an end in the middle; NULL: it did not */
    uint64_t n_asked;  /* requests so far */
    paused *paused;    /* what the net is asked for */
    td_buf leads_to;   /* where the page sends its reader; empty: nowhere */
} drawing;

static td_str session_of(const drawing *d)
{
    return td_str_from(d->session);
}

/* -- requests of the page -- */

static void fail_paused(drawing *d, td_str id)
{
    td_source_cdp_call(d->render->cdp, session_of(d), "Fetch.failRequest", NULL, NULL,
                       "{s:s%, s:s}", "requestId", id.ptr, id.n, "errorReason", "BlockedByClient");
}

/* `headers` is a "name: value" for each, with a NUL between them. */
static tandem_code fulfil(drawing *d, td_str id, int status, td_str headers, td_str body)
{
    tandem_code code = TANDEM_OK;
    td_buf head = TD_BUF(HEADERS_BYTES_MAX * 2), text = TD_BUF(BODY_BYTES_MAX * 2);

    TD_TRY(td_source_cdp_base64(headers, &head, NULL));
    TD_TRY(td_source_cdp_base64(body, &text, NULL));
    TD_TRY(td_source_cdp_call(d->render->cdp, session_of(d), "Fetch.fulfillRequest", NULL, NULL,
                              "{s:s%, s:i, s:s%, s:s%}", "requestId", id.ptr, id.n, "responseCode",
                              status, "binaryResponseHeaders", td_buf_str(&head).ptr, head.n,
                              "body", td_buf_str(&text).ptr, text.n));
out:
    td_buf_clear(&head);
    td_buf_clear(&text);
    return code;
}

/* A browser asks first whether a script of one site may ask another. That protects the cookies of
 * its user, and there are none here. */
static tandem_code fulfil_preflight(drawing *d, const td_source_message *m, td_str id)
{
    tandem_code code = TANDEM_OK;
    td_buf headers = TD_BUF(HEADERS_BYTES_MAX);
    td_str origin = td_source_cdp_text(m, "params.request.headers.Origin");
    td_str names = td_source_cdp_text(m, "params.request.headers.Access-Control-Request-Headers");

    TD_TRY(td_buf_add_fmt(&headers, NULL, "Access-Control-Allow-Origin: %.*s",
                          TD_STR_FMT(origin.n ? origin : TD_STR("*"))));
    TD_TRY(td_buf_add(&headers, TD_STR("\0Access-Control-Allow-Methods: GET, HEAD, POST"), NULL));
    TD_TRY(td_buf_add(&headers, TD_STR("\0Access-Control-Allow-Headers: "), NULL));
    TD_TRY(td_buf_add(&headers, names.n ? names : TD_STR("*"), NULL));
    TD_TRY(fulfil(d, id, 204, td_buf_str(&headers), TD_STR("")));
out:
    td_buf_clear(&headers);
    return code;
}

/* The page itself, from the bytes that were fetched. */
static tandem_code fulfil_page(drawing *d, td_str id)
{
    tandem_code code = TANDEM_OK;
    td_buf headers = TD_BUF(HEADERS_BYTES_MAX);
    td_str charset = d->page->charset;

    d->is_given = true;
    TD_TRY(td_buf_add_fmt(&headers, NULL, "Content-Type: text/html%s%.*s",
                          charset.n ? "; charset=" : "", TD_STR_FMT(charset)));
    TD_TRY(fulfil(d, id, 200, td_buf_str(&headers), d->page->body));
out:
    td_buf_clear(&headers);
    return code;
}

static tandem_code fulfil_answer(drawing *d, td_str id, const td_source_answer *answer)
{
    tandem_code code = TANDEM_OK;
    td_buf headers = TD_BUF(HEADERS_BYTES_MAX);

    for (size_t i = 0; i < answer->n_fields; i++) {
        if (i > 0)
            TD_TRY(td_buf_add_byte(&headers, '\0', NULL));
        TD_TRY(td_buf_add_fmt(&headers, NULL, "%.*s: %.*s", TD_STR_FMT(answer->fields[i].name),
                              TD_STR_FMT(answer->fields[i].value)));
    }
    TD_TRY(fulfil(d, id, answer->status, td_buf_str(&headers), answer->body));
out:
    td_buf_clear(&headers);
    return code;
}

static void take_out(paused *p)
{
    paused **at = &p->of->paused;

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
}

static void on_answered(void *user, const td_source_answer *answer)
{
    paused *p = user;
    td_str id = td_str_from(p->id);

    if (answer->refusal || fulfil_answer(p->of, id, answer) != TANDEM_OK)
        fail_paused(p->of, id);
    take_out(p);
    free(p);
}

typedef struct fields {
    td_net_field items[FIELDS_MAX];
    size_t n;
} fields;

static void add_field(void *user, td_str name, td_str value)
{
    fields *all = user;

    if (all->n < FIELDS_MAX)
        all->items[all->n++] = (td_net_field){name, value};
}

static td_str header_of(const fields *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (td_str_eq_nocase(all->items[i].name, td_str_from(name)))
            return all->items[i].value;
    return TD_STR("");
}

/* Handed to the net, which answers at once or later. */
static void ask(drawing *d, const td_source_message *m, td_str id, bool is_script)
{
    fields sent = {.n = 0};
    paused *p = calloc(1, sizeof(*p));

    if (!p || id.n >= sizeof(p->id)) {
        free(p);
        fail_paused(d, id);
        return;
    }
    *p = (paused){.of = d, .next = d->paused};
    memcpy(p->id, id.ptr, id.n);
    d->paused = p;
    td_source_cdp_each(m, "params.request.headers", add_field, &sent);
    td_source_render_net_ask(d->render->net,
                             &(td_source_ask){
                                 .url = td_source_cdp_text(m, "params.request.url"),
                                 .method = td_source_cdp_text(m, "params.request.method"),
                                 .post = td_source_cdp_text(m, "params.request.postData"),
                                 .post_type = header_of(&sent, "Content-Type"),
                                 .fields = sent.items,
                                 .n_fields = sent.n,
                                 .is_script = is_script,
                                 .answered = on_answered,
                                 .user = p,
                             });
}

/* The page itself, once. Whatever else would take its place is left to the crawl: as a link. Frames
 * are no part of the tree. */
static void take_document(drawing *d, const td_source_message *m, td_str id)
{
    td_str url = td_source_cdp_text(m, "params.request.url");
    bool is_page = td_str_eq(td_source_cdp_text(m, "params.frameId"), td_str_from(d->frame));

    bool is_done = false;

    if (is_page && !d->is_given) {
        is_done = fulfil_page(d, id) == TANDEM_OK;
    } else if (is_page) {
        if (d->leads_to.n == 0)
            td_buf_add(&d->leads_to, url, NULL);
        /* "No content" leaves the page where it is; after a failure stands the browser's own. */
        is_done = fulfil(d, id, 204, TD_STR(""), TD_STR("")) == TANDEM_OK;
    }
    if (!is_done)
        fail_paused(d, id);
}

static void take_paused(drawing *d, const td_source_message *m)
{
    td_str id = td_source_cdp_text(m, "params.requestId");
    td_str type = td_source_cdp_text(m, "params.resourceType");
    td_str url = td_source_cdp_text(m, "params.request.url");
    bool is_script = td_str_eq(type, TD_STR("Script"));
    bool is_data = td_str_eq(type, TD_STR("XHR")) || td_str_eq(type, TD_STR("Fetch"));
    /* A worker's script, but also the icon that every browser asks for. */
    bool is_other = td_str_eq(type, TD_STR("Other")) && !td_str_ends(url, TD_STR("/favicon.ico"));
    bool is_done = true;

    d->n_asked++;
    if (td_str_eq(type, TD_STR("Document")))
        take_document(d, m, id);
    else if (td_str_eq(td_source_cdp_text(m, "params.request.method"), TD_STR("OPTIONS")))
        is_done = fulfil_preflight(d, m, id) == TANDEM_OK;
    else if (td_str_eq(type, TD_STR("Stylesheet")))
        is_done = fulfil(d, id, 200, TD_STR("Content-Type: text/css"), TD_STR("")) == TANDEM_OK;
    else if (td_str_eq(type, TD_STR("Image")))
        is_done = fulfil(d, id, 200, TD_STR("Content-Type: image/gif"),
                         (td_str){pixel, sizeof(pixel) - 1}) == TANDEM_OK;
    else if (is_script || is_data || is_other)
        ask(d, m, id, is_script);
    else
        is_done = false;
    if (!is_done)
        fail_paused(d, id);
}

/* -- messages -- */

/* A page that sends its reader elsewhere while it loads is not told to have loaded. */
static bool has_stopped(const drawing *d, const td_source_message *m)
{
    return d->is_given &&
           td_str_eq(td_source_cdp_text(m, "method"), TD_STR("Page.frameStoppedLoading")) &&
           td_str_eq(td_source_cdp_text(m, "params.frameId"), td_str_from(d->frame));
}

static void take_event(drawing *d, const td_source_message *m)
{
    td_str method = td_source_cdp_text(m, "method");

    if (td_str_eq(method, TD_STR("Fetch.requestPaused")))
        take_paused(d, m);
    else if (td_str_eq(method, TD_STR("Page.loadEventFired")) || has_stopped(d, m))
        d->is_loaded = true;
    else if (td_str_eq(method, TD_STR("Inspector.targetCrashed")))
        d->ended = "the browser's process of this page has ended";
    else if (td_str_eq(method, TD_STR("Page.javascriptDialogOpening")))
        td_source_cdp_call(d->render->cdp, session_of(d), "Page.handleJavaScriptDialog", NULL, NULL,
                           "{s:b}", "accept", 0);
}

/* The browser itself tells that a page is gone: its session is, and tells nothing any more. */
static bool is_detached(const drawing *d, const td_source_message *m)
{
    return d->session[0] &&
           td_str_eq(td_source_cdp_text(m, "method"), TD_STR("Target.detachedFromTarget")) &&
           td_str_eq(td_source_cdp_text(m, "params.sessionId"), session_of(d));
}

/* Takes all that has come; true if there was anything. */
static bool take_messages(drawing *d)
{
    bool any = false;

    for (td_source_message *m; (m = td_source_cdp_take(d->render->cdp)) != NULL; any = true) {
        bool is_ours = td_str_eq(td_source_cdp_text(m, "sessionId"), session_of(d));
        if (d->awaited && td_source_cdp_number(m, "id") == d->awaited) {
            td_source_cdp_drop(d->reply);
            d->reply = m;
            continue;
        }
        /* Events of a page that is over come late. */
        if (is_ours && d->session[0])
            take_event(d, m);
        if (is_detached(d, m) && !d->ended)
            d->ended = "the page was closed while it was drawn";
        td_source_cdp_drop(m);
    }
    return any;
}

static bool is_raised(const td_stop *stop)
{
    return stop && atomic_load(stop);
}

/* Moves everything on by what has come, or waits a little for more. */
static tandem_code step(drawing *d, tandem_error *err)
{
    const td_source_render *r = d->render;
    tandem_code code = td_source_cdp_move(r->cdp, err);

    if (code != TANDEM_OK)
        return code;
    bool any = take_messages(d); /* a page that is never silent has its time limit too */
    int64_t left_ms = d->deadline_ms - td_clock_ms();
    if (is_raised(r->is_cancelled) || is_raised(r->is_closing))
        return td_fail(err, TANDEM_E_CANCELLED, "cancelled");
    if (d->ended)
        return td_fail(err, TANDEM_E_NETWORK, "%s", d->ended);
    if (left_ms <= 0)
        return td_fail(err, TANDEM_E_TIMEOUT, "not drawn within the time limit");
    td_net_fd fds[] = {{td_source_cdp_from(r->cdp), false}, {td_source_cdp_to(r->cdp), true}};
    uint32_t wait_ms = (uint32_t)(left_ms < STEP_WAIT_MS ? left_ms : STEP_WAIT_MS);
    return td_net_step_beside(td_source_render_net_get(r->net), any ? 0 : wait_ms, fds,
                              td_source_cdp_is_behind(r->cdp) ? 2 : 1, err);
}

/* Until the reply to the call that was just made has come; it is then in d->reply. */
static tandem_code await(drawing *d, uint64_t id, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    td_source_cdp_drop(d->reply);
    d->reply = NULL;
    d->awaited = id;
    while (!d->reply)
        TD_TRY(step(d, err));
    td_str why = td_source_cdp_text(d->reply, "error.message");
    if (td_source_cdp_has(d->reply, "error"))
        TD_FAIL(err, TANDEM_E_NETWORK, "the browser refuses: %.*s",
                TD_STR_FMT(td_str_slice(why, 0, 150)));
out:
    d->awaited = 0;
    return code;
}

/* Keeps a text of the reply: an id of the browser's. */
static tandem_code keep_id(const drawing *d, const char *path, char out[ID_N], tandem_error *err)
{
    td_str id = td_source_cdp_text(d->reply, path);

    if (id.n == 0 || id.n >= ID_N)
        return td_fail(err, TANDEM_E_FORMAT, "the browser's reply has no %s", path);
    snprintf(out, ID_N, "%.*s", TD_STR_FMT(id));
    return TANDEM_OK;
}

/* A call whose reply is waited for; it is then in d->reply. */
static tandem_code call(drawing *d, td_str session, const char *method, tandem_error *err,
                        const char *format, ...)
{
    uint64_t id = 0;
    va_list values;

    va_start(values, format);
    tandem_code code =
        td_source_cdp_vcall(d->render->cdp, session, method, &id, err, format, values);
    va_end(values);
    return code == TANDEM_OK ? await(d, id, err) : code;
}

/* -- one page -- */

/* A tab of its own in a context of its own, with every request paused. */
static tandem_code open_tab(drawing *d, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char target[ID_N];
    td_str browser = {"", 0};

    TD_TRY(call(d, browser, "Target.createBrowserContext", err, "{s:b}", "disposeOnDetach", 1));
    TD_TRY(keep_id(d, "result.browserContextId", d->context, err));
    TD_TRY(call(d, browser, "Target.createTarget", err, "{s:s, s:s, s:i, s:i}", "url",
                "about:blank", "browserContextId", d->context, "width", WIDTH, "height", HEIGHT));
    TD_TRY(keep_id(d, "result.targetId", target, err));
    TD_TRY(call(d, browser, "Target.attachToTarget", err, "{s:s, s:b}", "targetId", target,
                "flatten", 1));
    TD_TRY(keep_id(d, "result.sessionId", d->session, err));
    TD_TRY(
        call(d, session_of(d), "Fetch.enable", err, "{s:[{s:s}]}", "patterns", "urlPattern", "*"));
    TD_TRY(call(d, session_of(d), "Page.enable", err, ""));
    TD_TRY(call(d, session_of(d), "Inspector.enable", err, ""));
    TD_TRY(call(d, session_of(d), "Page.getFrameTree", err, ""));
    TD_TRY(keep_id(d, "result.frameTree.frame.id", d->frame, err));
out:
    return code;
}

static tandem_code load(drawing *d, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str url = d->page->final_uri;

    TD_TRY(call(d, session_of(d), "Page.navigate", err, "{s:s%}", "url", url.ptr, url.n));
    td_str why = td_source_cdp_text(d->reply, "result.errorText");
    if (why.n > 0)
        TD_FAIL(err, TANDEM_E_FORMAT, "the browser does not take the page: %.*s",
                TD_STR_FMT(td_str_slice(why, 0, 150)));
    while (!d->is_loaded)
        TD_TRY(step(d, err));
out:
    return code;
}

/* A world of our own in the page, for each script anew: a page that replaces its document takes the
 * world with it. */
static tandem_code run_script(drawing *d, const char *script, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(call(d, session_of(d), "Page.createIsolatedWorld", err, "{s:s}", "frameId", d->frame));
    uint64_t world = td_source_cdp_number(d->reply, "result.executionContextId");
    TD_TRY(call(d, session_of(d), "Runtime.evaluate", err, "{s:s, s:I, s:b, s:b}", "expression",
                script, "contextId", (long long)world, "awaitPromise", 1, "returnByValue", 1));
    if (td_source_cdp_has(d->reply, "result.exceptionDetails"))
        TD_FAIL(err, TANDEM_E_FORMAT, "a script of ours fails in the page");
out:
    return code;
}

static tandem_code settle(drawing *d, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char script[SCRIPT_BYTES];
    int64_t until_ms = td_clock_ms() + SETTLE_MS;
    uint64_t n_asked;

    do {
        while (td_source_render_net_n_active(d->render->net) > 0 && td_clock_ms() < until_ms)
            TD_TRY(step(d, err));
        n_asked = d->n_asked;
        int64_t left_ms = until_ms - td_clock_ms();
        snprintf(script, sizeof(script), still_script, SETTLE_QUIET_MS, SETTLE_QUIET_MS,
                 (int)(left_ms > 0 ? left_ms : 0));
        TD_TRY(run_script(d, script, err));
    } while ((d->n_asked != n_asked || td_source_render_net_n_active(d->render->net) > 0) &&
             td_clock_ms() < until_ms);
out:
    return code;
}

static tandem_code add_escaped(td_buf *html, td_str text, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < text.n && code == TANDEM_OK; i++)
        code = strchr("\"<>&", text.ptr[i]) ? td_buf_add_fmt(html, err, "&#%d;", text.ptr[i])
                                            : td_buf_add_byte(html, text.ptr[i], err);
    return code;
}

/* Where the page sends its reader becomes a link: the crawl has its own rules for those. */
static tandem_code add_lead(const drawing *d, td_buf *html, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str url = td_buf_str(&d->leads_to);

    if (url.n == 0)
        return TANDEM_OK;
    TD_TRY(td_buf_add(html, TD_STR("<p><a href=\""), err));
    TD_TRY(add_escaped(html, url, err));
    TD_TRY(td_buf_add(html, TD_STR("\">"), err));
    TD_TRY(add_escaped(html, url, err));
    TD_TRY(td_buf_add(html, TD_STR("</a></p>"), err));
out:
    return code;
}

static tandem_code read_tree(drawing *d, td_buf *html_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char script[SCRIPT_BYTES];
    size_t bytes_max = d->site->options->file_bytes_max;

    snprintf(script, sizeof(script), tree_script, bytes_max);
    TD_TRY(run_script(d, script, err));
    td_str html = td_source_cdp_text(d->reply, "result.result.value");
    if (html.n == 0 || html.ptr[0] == '-' || html.n > bytes_max)
        TD_FAIL(err, TANDEM_E_TOO_LARGE,
                "drawn, the page is larger than the limit of %zu bytes (--max-file-size)",
                bytes_max);
    TD_TRY(td_buf_add(html_out, td_str_slice(html, 1, html.n), err));
    TD_TRY(add_lead(d, html_out, err));
out:
    return code;
}

static void close_tab(drawing *d)
{
    uint64_t id = 0;

    /* The deadline of the page is not that of its end. */
    d->deadline_ms = td_clock_ms() + CLOSE_MS;
    d->session[0] = '\0';
    d->ended = NULL;
    if (d->context[0] &&
        td_source_cdp_call(d->render->cdp, TD_STR(""), "Target.disposeBrowserContext", &id, NULL,
                           "{s:s}", "browserContextId", d->context) == TANDEM_OK)
        await(d, id, NULL);
    td_source_cdp_drop(d->reply);
    td_source_render_net_end(d->render->net);
    for (paused *p = d->paused, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    td_buf_clear(&d->leads_to);
}

tandem_code td_source_render_page(const td_source_render *render, const td_source_site *site,
                                  const td_page *page, td_buf *html_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    drawing d = {.render = render, .site = site, .page = page};

    d.deadline_ms = td_clock_ms() + site->options->timeout_ms;
    d.leads_to = TD_BUF(LINK_BYTES_MAX);
    TD_TRY(td_source_render_net_begin(render->net, site, err));
    TD_TRY(open_tab(&d, err));
    if (render->is_up)
        *render->is_up = true;
    TD_TRY(load(&d, err));
    TD_TRY(settle(&d, err));
    TD_TRY(read_tree(&d, html_out, err));
out:
    close_tab(&d);
    return code;
}
