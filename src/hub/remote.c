#include "hub/remote.h"

#include "base/clock.h"
#include "hub/exchange.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TRIES_MAX = 4,    /* in a row without a byte between */
    TRIES_ALL = 1000, /* of one file */
    BACK_OFF_MS = 1000,
    RETRY_AFTER_MS_MAX = 300 * 1000,
    TIMEOUT_MS = 24 * 3600 * 1000, /* of a file; one that stands still ends much sooner */
    ALLOWED_BYTES_MAX = 300,
};

/* By the address itself: a name may begin with "127." as well. */
static bool is_loopback(td_str host)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr address;

    snprintf(text, sizeof(text), "%.*s", TD_STR_FMT(host));
    if (inet_pton(AF_INET, text, &address) == 1 && host.n < sizeof(text))
        return ntohl(address.s_addr) >> 24 == 127;
    return td_str_eq(host, TD_STR("localhost")) || td_str_eq(host, TD_STR("[::1]"));
}

static tandem_code check_endpoint(td_hub_remote *remote, tandem_error *err)
{
    td_hub_remote_options *options = &remote->options;
    td_str path;

    if (td_net_url_normal(td_str_from(options->endpoint), &remote->endpoint, err) != TANDEM_OK) {
        td_context(err, "HF_ENDPOINT");
        return TANDEM_E_INVALID;
    }
    if (!td_net_url_split(td_buf_str(&remote->endpoint), &remote->parts))
        return td_fail(err, TANDEM_E_INVALID, "HF_ENDPOINT is no address of a hub");
    while (remote->endpoint.n > 0 && remote->endpoint.ptr[remote->endpoint.n - 1] == '/')
        td_buf_cut(&remote->endpoint, remote->endpoint.n - 1);
    path = td_buf_str(&remote->endpoint);
    if (td_str_find_byte(path, '?', 0) != TD_STR_NONE ||
        td_str_find_byte(path, '@', 0) != TD_STR_NONE)
        return td_fail(err, TANDEM_E_INVALID,
                       "HF_ENDPOINT may have no \"?\" and no user: give a token by HF_TOKEN");
    for (const char *c = options->token ? options->token : ""; *c; c++)
        if (*c <= ' ' || *c > '~')
            return td_fail(err, TANDEM_E_INVALID,
                           "HF_TOKEN has a space or a character that no "
                           "token has");
    bool is_http = td_str_eq(remote->parts.scheme, TD_STR("http"));
    remote->is_loopback_http = is_http && is_loopback(remote->parts.host);
    if (options->token && options->token[0] && is_http && !remote->is_loopback_http)
        return td_fail(err, TANDEM_E_DENIED,
                       "HF_TOKEN would go to %.*s in the clear: use https, or unset it",
                       TD_STR_FMT(remote->parts.host));
    return TANDEM_OK;
}

tandem_code td_hub_remote_open(const td_hub_remote_options *options, td_hub_remote **remote_out,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_net_options net = TD_NET_OPTIONS;
    char allowed[ALLOWED_BYTES_MAX];
    const char *const list[] = {allowed};
    td_hub_remote *remote = calloc(1, sizeof(*remote));

    if (!remote)
        TD_TRY(td_fail_nomem(err, "hub client"));
    remote->options = *options;
    remote->endpoint = TD_BUF(TD_HUB_URL_BYTES_MAX);
    remote->x.remote = remote;
    remote->x.url = TD_BUF(TD_HUB_URL_BYTES_MAX);
    remote->x.location = TD_BUF(TD_HUB_URL_BYTES_MAX);
    remote->x.body = TD_BUF(TD_HUB_LISTING_BYTES_MAX);
    TD_TRY(check_endpoint(remote, err));
    snprintf(allowed, sizeof(allowed), "%.*s:%u", TD_STR_FMT(remote->parts.host),
             (unsigned)remote->parts.port);
    net.allowed = list;
    net.n_allowed = 1;
    net.allow_private = options->allow_private || remote->is_loopback_http;
    net.timeout_ms = TIMEOUT_MS;
    net.connections_max = 4;
    net.body_bytes_max = TD_HUB_LISTING_BYTES_MAX;
    TD_TRY(td_net_open(&net, &remote->net, err));
    *remote_out = remote;
    remote = NULL;
out:
    td_hub_remote_close(remote);
    return code;
}

void td_hub_remote_close(td_hub_remote *remote)
{
    if (!remote)
        return;
    td_net_close(remote->net);
    td_buf_clear(&remote->endpoint);
    td_buf_clear(&remote->x.url);
    td_buf_clear(&remote->x.location);
    td_buf_clear(&remote->x.body);
    free(remote);
}

/* -- a question, and again if it fails for a moment -- */

/* What a status means to someone who wanted `what` of a model. */
static tandem_code fail_status(const td_hub_exchange *x, td_str id, const char *what,
                               tandem_error *err)
{
    const char *endpoint = x->remote->endpoint.ptr;
    bool has_token = x->remote->options.token && x->remote->options.token[0];

    if (x->status == 401 && !has_token)
        return td_fail(err, TANDEM_E_DENIED,
                       "401: there is no %.*s at %s, or it is not for everyone: check the name, or "
                       "set HF_TOKEN",
                       TD_STR_FMT(id), endpoint);
    if (x->status == 401)
        return td_fail(err, TANDEM_E_DENIED,
                       "401: %s does not accept HF_TOKEN for %.*s: check the name and the token",
                       endpoint, TD_STR_FMT(id));
    if (x->status == 403)
        return td_fail(err, TANDEM_E_DENIED,
                       "403: %.*s is not open to %s: accept its terms at %s/%.*s%s", TD_STR_FMT(id),
                       has_token ? "the owner of HF_TOKEN" : "everyone", endpoint, TD_STR_FMT(id),
                       has_token ? "" : ", then set HF_TOKEN");
    if (x->status == 404)
        return td_fail(err, TANDEM_E_NOT_FOUND, "404: %s has no %s of %.*s", endpoint, what,
                       TD_STR_FMT(id));
    if (x->status == 429)
        return td_fail(err, TANDEM_E_BUSY, "429: %s has had enough requests from here", endpoint);
    if (x->status >= 500)
        return td_fail(err, TANDEM_E_UNAVAILABLE, "%s answers %d for %s of %.*s", endpoint,
                       x->status, what, TD_STR_FMT(id));
    return td_fail(err, TANDEM_E_FORMAT, "%s answers %d for %s of %.*s: is this a hub?", endpoint,
                   x->status, what, TD_STR_FMT(id));
}

static tandem_code try_once(td_hub_exchange *x, td_str id, const char *what, tandem_error *err)
{
    tandem_code code = td_hub_exchange_run(x, err);

    if (code == TANDEM_E_INVALID) /* of a redirect: what the user gave has been checked */
        return err->code = TANDEM_E_DENIED;
    if (code != TANDEM_OK)
        return code;
    if (x->began && x->at < x->file->n_bytes)
        return td_fail(err, TANDEM_E_NETWORK, "%s ended after %llu of %llu bytes", what,
                       (unsigned long long)x->at, (unsigned long long)x->file->n_bytes);
    if (td_hub_exchange_is_redirect(x) || x->status == 200 ||
        (x->sink && x->status == 206 && x->began))
        return TANDEM_OK;
    if (x->status == 206 || x->status == 416)
        return td_fail(err, TANDEM_E_FORMAT, "%s: %d, asked from byte %llu of %llu", what,
                       x->status, (unsigned long long)x->at, (unsigned long long)x->file->n_bytes);
    return fail_status(x, id, what, err);
}

/* Waits before the next try. Errors: E_CANCELLED; *err as it is when the hub asks for too long. */
static tandem_code wait_for_next(td_hub_exchange *x, int n_failed, tandem_error *err)
{
    int64_t wait_ms = n_failed < 2 ? 0 : (int64_t)BACK_OFF_MS << (n_failed - 2);
    char reason[sizeof(err->message) + 64];
    tandem_code code = TANDEM_OK;

    if (x->retry_after_ms > RETRY_AFTER_MS_MAX)
        return td_fail(err, TANDEM_E_BUSY, "%s asks to come back in %lld s: pull again then",
                       x->remote->endpoint.ptr, (long long)x->retry_after_ms / 1000);
    if (x->retry_after_ms > wait_ms)
        wait_ms = x->retry_after_ms;
    snprintf(reason, sizeof(reason), "%s: again in %lld s", err->message,
             (long long)(wait_ms + 999) / 1000);
    TD_TRY(td_hub_exchange_tick(x->remote, reason, err));
    for (int64_t end_ms = td_clock_ms() + wait_ms, now_ms; (now_ms = td_clock_ms()) < end_ms;) {
        int64_t left_ms = end_ms - now_ms;
        TD_TRY(td_net_step(x->remote->net,
                           left_ms < TD_HUB_STEP_MS ? (uint32_t)left_ms : TD_HUB_STEP_MS, err));
        TD_TRY(td_hub_exchange_tick(x->remote, NULL, err));
    }
out:
    return code;
}

/* Asks for endpoint + path, as the fields of x say, until it succeeds or has failed too often. */
static tandem_code ask(td_hub_exchange *x, td_str path, td_str id, const char *what,
                       tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_error last = {.code = TANDEM_OK};

    for (int n_failed = 0, n_all = 0;; n_all++) {
        uint64_t before = x->at;
        td_buf_cut(&x->url, 0);
        TD_TRY(td_buf_add_fmt(&x->url, err, "%s%.*s", x->remote->endpoint.ptr, TD_STR_FMT(path)));
        x->retry_after_ms = -1;
        code = try_once(x, id, what, &last);
        if (code == TANDEM_OK)
            break;
        n_failed = x->at > before ? 1 : n_failed + 1;
        /* An endpoint that never answered is misspelt or not there: no use to go on. */
        if (!tandem_code_retry(code) || n_failed == TRIES_MAX || n_all == TRIES_ALL ||
            !x->remote->has_answered || wait_for_next(x, n_failed, &last) != TANDEM_OK)
            break;
    }
    if (last.code != TANDEM_OK && code != TANDEM_OK) {
        code = last.code;
        if (err)
            *err = last;
    }
out:
    return code;
}

static td_hub_exchange *begin(td_hub_remote *remote)
{
    td_hub_exchange *x = &remote->x;

    x->is_head = false;
    x->hash[0] = x->commit[0] = x->reason[0] = '\0';
    x->n_bytes = UINT64_MAX;
    x->file = NULL;
    x->of = NULL;
    x->at = 0;
    x->sink = NULL;
    x->user = NULL;
    return x;
}

tandem_code td_hub_remote_list(td_hub_remote *remote, const td_hub_name *name,
                               td_hub_listing *listing_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(TD_HUB_URL_BYTES_MAX);
    char what[TD_HUB_REVISION_BYTES_MAX + 16];
    td_hub_exchange *x = begin(remote);

    snprintf(what, sizeof(what), "revision %.*s", TD_STR_FMT(name->revision));
    TD_TRY(td_buf_add_fmt(&path, err, "/api/models/%.*s/revision/", TD_STR_FMT(name->id)));
    for (size_t i = 0; i < name->revision.n; i++) /* refs/pr/1 is one part of the URL */
        if (name->revision.ptr[i] == '/')
            TD_TRY(td_buf_add(&path, TD_STR("%2F"), err));
        else
            TD_TRY(td_buf_add_byte(&path, name->revision.ptr[i], err));
    TD_TRY(td_buf_add(&path, TD_STR("?blobs=true"), err));
    TD_TRY(ask(x, td_buf_str(&path), name->id, what, err));
    TD_TRY(td_hub_listing_read(td_buf_str(&x->body), listing_out, err));
out:
    td_buf_clear(&path);
    return code;
}

static tandem_code add_resolve(td_buf *path, td_str id, const char *commit, const char *file,
                               tandem_error *err)
{
    return td_buf_add_fmt(path, err, "/%.*s/resolve/%s/%s", TD_STR_FMT(id), commit, file);
}

tandem_code td_hub_remote_look(td_hub_remote *remote, td_str id, const char *commit,
                               td_hub_file *file, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(TD_HUB_URL_BYTES_MAX);
    td_hub_exchange *x = begin(remote);

    x->is_head = true;
    x->of = commit;
    TD_TRY(add_resolve(&path, id, commit, file->path, err));
    TD_TRY(ask(x, td_buf_str(&path), id, file->path, err));
    TD_TRY(td_hub_exchange_check(x, file, err));
    if (!file->hash[0] && !x->hash[0])
        TD_FAIL(err, TANDEM_E_FORMAT, "%s: the hub tells no hash of it, so it can't be checked",
                file->path);
    if (file->n_bytes == UINT64_MAX && x->n_bytes == UINT64_MAX)
        TD_FAIL(err, TANDEM_E_FORMAT, "%s: the hub does not tell how long it is", file->path);
    if (!file->hash[0])
        memcpy(file->hash, x->hash, sizeof(file->hash));
    if (file->n_bytes == UINT64_MAX)
        file->n_bytes = x->n_bytes;
out:
    td_buf_clear(&path);
    return code;
}

tandem_code td_hub_remote_fetch(td_hub_remote *remote, td_str id, const char *commit,
                                const td_hub_file *file, uint64_t from, td_hub_sink sink,
                                void *user, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(TD_HUB_URL_BYTES_MAX);
    td_hub_exchange *x = begin(remote);

    x->file = file;
    x->of = commit;
    x->at = from;
    x->sink = sink;
    x->user = user;
    TD_TRY(add_resolve(&path, id, commit, file->path, err));
    TD_TRY(ask(x, td_buf_str(&path), id, file->path, err));
out:
    td_buf_clear(&path);
    return code;
}
