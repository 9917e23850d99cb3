#include "source/browser.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "source/chromium.h"

#include <stdlib.h>

enum {
    WAITING_MAX = 64,
    PAGES_MAX = 200, /* of one process: what leaks in it goes with it */
    STARTS_MAX = 2,  /* in a row in vain: it does not run here */
    PATH_BYTES_MAX = 4096,
    MESSAGE_BYTES_MAX = 128 << 20, /* base64 and escapes of the largest page */
    HTML_BYTES_MAX = 1 << 30,
    PAGE_EXTRA_BYTES = 128 * 1024,
};

/* A page that somebody waits for. */
typedef struct job {
    const td_source_site *site;
    const td_stop *is_cancelled;
    const td_page *page;
    td_buf html;
    tandem_error error; /* code OK: html is the drawn page */
    bool is_done;
} job;

struct td_source_browser {
    td_buf program;
    bool no_sandbox, may_be_absent;
    td_queue *jobs;
    td_stop is_closing;
    pthread_mutex_t lock; /* rank 3: guards a job's is_done, and the next two */
    pthread_cond_t changed;
    bool is_running;
    tandem_error absent; /* why it cannot run here; code OK: it can */
    bool is_told;        /* that it cannot */
    pthread_t thread;
    /* the thread's own */
    td_source_chromium chromium;
    td_source_cdp *cdp;
    td_source_render_net *net;
    uint32_t n_pages; /* of this process; 0: it has not shown yet that it runs */
};

/* -- the thread -- */

static void stop(td_source_browser *b)
{
    td_source_cdp_free(b->cdp);
    b->cdp = NULL;
    td_source_chromium_stop(&b->chromium);
    b->n_pages = 0;
}

static tandem_code start(td_source_browser *b, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    if (b->cdp)
        return TANDEM_OK;
    TD_TRY(td_source_chromium_start(b->program.ptr, b->no_sandbox, &b->chromium, err));
    TD_TRY(td_source_cdp_new(b->chromium.child.to_fd, b->chromium.child.from_fd, MESSAGE_BYTES_MAX,
                             &b->cdp, err));
out:
    if (code != TANDEM_OK)
        stop(b);
    return code;
}

/* A browser that ends before it has drawn anything will not run for the next page either. */
static void give_up(td_source_browser *b, tandem_error *err)
{
    bool is_walled_in = !b->no_sandbox && td_os_refuses_namespaces();

    pthread_mutex_lock(&b->lock);
    if (is_walled_in)
        td_fail(&b->absent, TANDEM_E_UNAVAILABLE,
                "Chromium's sandbox does not work here, where nobody may make user namespaces: "
                "allow them, install the package chromium-sandbox, or do without that wall with "
                "--no-browser-sandbox");
    else
        td_fail(&b->absent, TANDEM_E_UNAVAILABLE,
                "%.150s ends as soon as it is started%s: does it run by hand?", b->program.ptr,
                b->no_sandbox ? "" : " with its sandbox");
    *err = b->absent;
    pthread_mutex_unlock(&b->lock);
}

static bool has_ended(const tandem_error *why)
{
    return why->code == TANDEM_E_NETWORK || why->code == TANDEM_E_TIMEOUT ||
           why->code == TANDEM_E_CANCELLED || why->code == TANDEM_E_NOMEM ||
           why->code == TANDEM_E_TOO_LARGE; /* also half a message that stays in the way */
}

/* One try; true if the browser ended before it had drawn anything. */
static bool try_once(td_source_browser *b, job *j)
{
    td_source_render render = {.is_cancelled = j->is_cancelled, .is_closing = &b->is_closing};
    tandem_error *err = &j->error;
    bool is_up = false; /* whatever ends then is the page's doing */

    render.is_up = &is_up;
    *err = (tandem_error){.code = TANDEM_OK};
    td_buf_cut(&j->html, 0);
    if (start(b, err) == TANDEM_OK) {
        render.cdp = b->cdp;
        render.net = b->net;
        td_source_render_page(&render, j->site, j->page, &j->html, err);
    }
    bool is_in_vain =
        b->n_pages == 0 && !is_up && (err->code == TANDEM_E_NETWORK || err->code == TANDEM_E_IO);
    b->n_pages++;
    if (b->n_pages >= PAGES_MAX || has_ended(err))
        stop(b);
    return is_in_vain;
}

static void draw(td_source_browser *b, job *j)
{
    if (atomic_load(&b->is_closing)) {
        td_fail(&j->error, TANDEM_E_CANCELLED, "cancelled");
        return;
    }
    pthread_mutex_lock(&b->lock);
    j->error = b->absent;
    pthread_mutex_unlock(&b->lock);
    if (j->error.code != TANDEM_OK) /* known since the page was queued */
        return;
    for (int i = 0; i < STARTS_MAX; i++)
        if (!try_once(b, j))
            return;
    give_up(b, &j->error);
}

static void *run(void *user)
{
    td_source_browser *b = user;
    void *item = NULL;

    while (td_queue_pop(b->jobs, &item)) {
        job *j = item;
        draw(b, j);
        pthread_mutex_lock(&b->lock);
        j->is_done = true;
        pthread_cond_broadcast(&b->changed);
        pthread_mutex_unlock(&b->lock);
    }
    stop(b);
    return NULL;
}

/* -- those who wait -- */

/* Why it cannot run here; OK if it can. Where pages do without it then, the log says so, once. */
static tandem_code check(td_source_browser *b, tandem_error *err)
{
    pthread_mutex_lock(&b->lock);
    tandem_error absent = b->absent;
    bool is_first = absent.code != TANDEM_OK && b->may_be_absent && !b->is_told;
    b->is_told = b->is_told || is_first;
    pthread_mutex_unlock(&b->lock);
    if (is_first)
        td_log(TD_WARN, "source", "pages that need scripts are taken as they are: %s",
               absent.message);
    if (absent.code == TANDEM_OK)
        return TANDEM_OK;
    return td_fail(err, b->may_be_absent ? TANDEM_E_UNSUPPORTED : absent.code, "%s",
                   absent.message);
}

static tandem_code start_thread(td_source_browser *b, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    pthread_mutex_lock(&b->lock);
    if (!b->is_running)
        code = td_thread_start(&b->thread, "td-browser", run, b, err);
    b->is_running = code == TANDEM_OK;
    pthread_mutex_unlock(&b->lock);
    return code;
}

/* The page again, with another body. */
static tandem_code redraw(const td_page *page, td_str html, td_page **page_out, tandem_error *err)
{
    td_page *drawn = td_page_new(html.n + page->uri.n + page->final_uri.n + PAGE_EXTRA_BYTES);

    if (!drawn)
        return td_fail_nomem(err, "page");
    td_arena *arena = drawn->arena;
    *drawn = *page;
    drawn->arena = arena;
    drawn->uri = td_arena_copy(arena, page->uri);
    drawn->final_uri = td_arena_copy(arena, page->final_uri);
    drawn->x_robots_tag = td_arena_copy(arena, page->x_robots_tag);
    drawn->body = td_arena_copy(arena, html);
    drawn->media_type = TD_STR("text/html");
    drawn->charset = TD_STR("utf-8");
    drawn->etag = drawn->last_modified = drawn->reason = TD_STR("");
    drawn->hash = td_hash_of(html);
    drawn->is_drawn = true;
    if (!drawn->uri.ptr || !drawn->final_uri.ptr || !drawn->x_robots_tag.ptr || !drawn->body.ptr) {
        td_page_free(drawn);
        return td_fail_nomem(err, "page");
    }
    *page_out = drawn;
    return TANDEM_OK;
}

tandem_code td_source_browser_draw(td_source_browser *browser, const td_source_site *site,
                                   const td_stop *is_cancelled, td_page **page, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_page *drawn = NULL;
    job j = {.site = site, .is_cancelled = is_cancelled, .page = *page};

    j.html = TD_BUF(HTML_BYTES_MAX);
    TD_TRY(check(browser, err));
    TD_TRY(start_thread(browser, err));
    if (!td_queue_push(browser->jobs, &j))
        TD_FAIL(err, TANDEM_E_CANCELLED, "cancelled");
    pthread_mutex_lock(&browser->lock);
    while (!j.is_done)
        pthread_cond_wait(&browser->changed, &browser->lock);
    pthread_mutex_unlock(&browser->lock);
    TD_TRY(check(browser, err)); /* it may have turned out just now */
    if (j.error.code != TANDEM_OK)
        TD_FAIL(err, j.error.code, "drawing it in a browser: %s", j.error.message);
    TD_TRY(redraw(*page, td_buf_str(&j.html), &drawn, err));
    td_page_free(*page);
    *page = drawn;
out:
    td_buf_clear(&j.html);
    return code;
}

/* -- the handle -- */

static tandem_code find(td_source_browser *b, const td_source_browser_options *options,
                        tandem_error *err)
{
    tandem_code code = td_source_chromium_check(options->no_sandbox, &b->absent);

    if (code == TANDEM_OK)
        code = td_source_chromium_find(options->program, &b->program, &b->absent);
    if (code == TANDEM_OK || options->may_be_absent)
        return TANDEM_OK;
    return td_fail(err, code, "%s", b->absent.message);
}

tandem_code td_source_browser_open(const td_source_browser_options *options,
                                   td_source_browser **browser_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_source_browser *b = calloc(1, sizeof(*b));

    if (!b)
        return td_fail_nomem(err, "browser");
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    b->program = TD_BUF(PATH_BYTES_MAX);
    b->no_sandbox = options->no_sandbox;
    b->may_be_absent = options->may_be_absent;
    TD_TRY(find(b, options, err));
    b->jobs = td_queue_new(WAITING_MAX);
    if (!b->jobs)
        TD_TRY(td_fail_nomem(err, "browser"));
    TD_TRY(td_source_render_net_new(&b->net, err));
    *browser_out = b;
    b = NULL;
out:
    td_source_browser_close(b);
    return code;
}

void td_source_browser_close(td_source_browser *b)
{
    if (!b)
        return;
    atomic_store(&b->is_closing, true);
    if (b->jobs)
        td_queue_end(b->jobs);
    if (b->is_running)
        pthread_join(b->thread, NULL);
    td_source_render_net_free(b->net);
    td_queue_free(b->jobs);
    td_buf_clear(&b->program);
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
    free(b);
}
