#include "hub/exchange.h"

#include "base/clock.h"

#include <stdio.h>

enum {
    HOPS_MAX = 10,
    FIELD_BYTES_MAX = 4096,
};

static bool is_own_origin(const td_hub_remote *remote, const td_net_url *url)
{
    return td_str_eq(url->scheme, remote->parts.scheme) &&
           td_str_eq(url->host, remote->parts.host) && url->port == remote->parts.port;
}

/* -- what an answer's headers say -- */

/* A header of at most n - 1 bytes; "" if it is longer or there is none. */
static void get_header(const td_net_reply *reply, const char *name, char *out, size_t n)
{
    td_buf value = TD_BUF(FIELD_BYTES_MAX);

    out[0] = '\0';
    if (td_net_reply_header(reply, name, &value, NULL) == TANDEM_OK && value.n > 0 && value.n < n)
        memcpy(out, value.ptr, value.n + 1);
    td_buf_clear(&value);
}

static uint64_t get_length(const td_net_reply *reply, const char *name)
{
    char text[32];
    uint64_t length = UINT64_MAX;

    get_header(reply, name, text, sizeof(text));
    return td_str_to_u64(td_str_from(text), &length) ? length : UINT64_MAX;
}

/* W/"abc" as abc; nothing of an ETag that is no hash. */
static void get_hash(const td_net_reply *reply, const char *name, char *out)
{
    char text[TD_HUB_HASH_BYTES_MAX + 8];
    td_str tag;

    get_header(reply, name, text, sizeof(text));
    tag = td_str_from(text);
    if (td_str_starts(tag, TD_STR("W/")))
        tag = td_str_slice(tag, 2, tag.n);
    if (tag.n >= 2 && tag.ptr[0] == '"' && tag.ptr[tag.n - 1] == '"')
        tag = td_str_slice(tag, 1, tag.n - 1);
    if (!td_hub_names_is_commit(tag)) /* has the form of a hash */
        return;
    memcpy(out, tag.ptr, tag.n);
    out[tag.n] = '\0';
}

/* Only the endpoint is believed, not the storage that it redirects to. */
static void read_facts(td_hub_exchange *x, const td_net_reply *reply)
{
    bool is_last = reply->status == 200 || reply->status == 206;

    if (!x->is_own)
        return;
    if (!x->commit[0])
        get_hash(reply, "X-Repo-Commit", x->commit);
    if (!x->hash[0])
        get_hash(reply, "X-Linked-Etag", x->hash);
    if (!x->hash[0] && is_last)
        get_hash(reply, "ETag", x->hash);
    if (x->n_bytes == UINT64_MAX)
        x->n_bytes = get_length(reply, "X-Linked-Size");
    if (x->n_bytes == UINT64_MAX && reply->status == 200)
        x->n_bytes = get_length(reply, "Content-Length");
}

tandem_code td_hub_exchange_check(const td_hub_exchange *x, const td_hub_file *file,
                                  tandem_error *err)
{
    if (x->commit[0] && x->of && strcmp(x->commit, x->of) != 0)
        return td_fail(err, TANDEM_E_CONFLICT, "%s: the hub answers for commit %.12s, not %.12s",
                       file->path, x->commit, x->of);
    if (x->hash[0] && file->hash[0] && strcmp(x->hash, file->hash) != 0)
        return td_fail(err, TANDEM_E_FORMAT, "%s: the hub names it by two hashes, %.12s and %.12s",
                       file->path, file->hash, x->hash);
    if (x->n_bytes != UINT64_MAX && file->n_bytes != UINT64_MAX && x->n_bytes != file->n_bytes)
        return td_fail(err, TANDEM_E_FORMAT, "%s: %llu bytes are sent, %llu were announced",
                       file->path, (unsigned long long)x->n_bytes,
                       (unsigned long long)file->n_bytes);
    return TANDEM_OK;
}

/* -- one hop -- */

static void hop_done(void *user, const td_net_reply *reply)
{
    td_hub_exchange *x = user;

    x->ended = true;
    x->status = reply->status;
    x->error = *reply->error;
    x->error.code = reply->code;
    if (reply->code != TANDEM_OK)
        return;
    x->remote->has_answered = true;
    if (!td_net_retry_after(reply->retry_after, td_clock_wall_ms(), &x->retry_after_ms))
        x->retry_after_ms = -1;
    get_header(reply, "X-Error-Code", x->reason, sizeof(x->reason));
    read_facts(x, reply);
    td_buf_cut(&x->location, 0);
    td_buf_cut(&x->body, 0);
    if (td_buf_add(&x->location, reply->location, &x->error) != TANDEM_OK)
        return;
    if (!x->sink && reply->status == 200)
        (void)td_buf_add(&x->body, reply->body, &x->error);
}

/* A part that begins elsewhere than asked, or belongs to a file of another length, is a lie. */
static tandem_code check_start(td_hub_exchange *x, const td_net_reply *head)
{
    unsigned long long first = 0, last = 0, all = 0;
    char range[100];
    uint64_t length = get_length(head, "Content-Length");

    read_facts(x, head);
    if (td_hub_exchange_check(x, x->file, &x->sunk) != TANDEM_OK)
        return x->sunk.code;
    if (head->status == 200) {
        x->at = 0;
        if (length != UINT64_MAX && length != x->file->n_bytes)
            return td_fail(&x->sunk, TANDEM_E_FORMAT,
                           "%s: %llu bytes are sent, %llu were announced", x->file->path,
                           (unsigned long long)length, (unsigned long long)x->file->n_bytes);
        return TANDEM_OK;
    }
    get_header(head, "Content-Range", range, sizeof(range));
    int n = sscanf(range, "bytes %llu-%llu/%llu", &first, &last, &all);
    if (n < 2 || first != x->at || last < first || last >= x->file->n_bytes ||
        (n == 3 && all != x->file->n_bytes))
        return td_fail(&x->sunk, TANDEM_E_FORMAT,
                       "%s: asked from byte %llu of %llu, the answer is \"%s\"", x->file->path,
                       (unsigned long long)x->at, (unsigned long long)x->file->n_bytes, range);
    return TANDEM_OK;
}

static bool take(void *user, const td_net_reply *head, td_str bytes)
{
    td_hub_exchange *x = user;

    if (head->status != 200 && head->status != 206)
        return false; /* words about an error */
    if (!x->began && check_start(x, head) != TANDEM_OK)
        return false;
    x->began = true;
    if (bytes.n > x->file->n_bytes - x->at) {
        td_fail(&x->sunk, TANDEM_E_FORMAT, "%s: more bytes are sent than the %llu announced",
                x->file->path, (unsigned long long)x->file->n_bytes);
        return false;
    }
    if (x->sink(x->user, x->at, bytes, &x->sunk) != TANDEM_OK)
        return false;
    x->at += bytes.n;
    return true;
}

tandem_code td_hub_exchange_tick(td_hub_remote *remote, const char *reason, tandem_error *err)
{
    if (!remote->options.tick || remote->options.tick(remote->options.user, reason))
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_CANCELLED, "stopped; the next pull goes on from here");
}

/* Where a redirect may lead; also says whether it is the endpoint itself. */
static tandem_code check_hop(td_hub_exchange *x, tandem_error *err)
{
    td_hub_remote *remote = x->remote;
    td_net_url parts;

    if (!td_net_url_split(td_buf_str(&x->url), &parts))
        return td_fail(err, TANDEM_E_DENIED, "the hub redirects to what is no address: %s",
                       x->url.ptr);
    x->is_own = is_own_origin(remote, &parts);
    if (x->is_own || remote->is_loopback_http || td_str_eq(parts.scheme, TD_STR("https")))
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_DENIED, "the hub redirects to %.*s://%.*s: only https is followed",
                   TD_STR_FMT(parts.scheme), TD_STR_FMT(parts.host));
}

static tandem_code run_hop(td_hub_exchange *x, tandem_error *err)
{
    td_hub_remote *remote = x->remote;
    tandem_code code = TANDEM_OK;
    td_net_request request = {
        .url = td_buf_str(&x->url),
        .bearer = x->is_own ? td_str_from(remote->options.token) : (td_str){"", 0},
        .range_from = x->sink ? x->at : 0,
        .is_head = x->is_head,
        .uncompressed = x->is_head || x->sink,
        .keep_redirects = true,
        .take = x->sink ? take : NULL,
        .done = hop_done,
        .user = x,
    };

    x->ended = x->began = false;
    x->sunk = (tandem_error){.code = TANDEM_OK};
    TD_TRY(td_net_get(remote->net, &request, err));
    while (!x->ended && code == TANDEM_OK) {
        code = td_net_step(remote->net, TD_HUB_STEP_MS, err);
        if (code == TANDEM_OK)
            code = td_hub_exchange_tick(remote, NULL, err);
    }
out:
    return code;
}

tandem_code td_hub_exchange_run(td_hub_exchange *x, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (int hop = 0; hop < HOPS_MAX; hop++) {
        TD_TRY(check_hop(x, err));
        TD_TRY(run_hop(x, err));
        if (x->sunk.code != TANDEM_OK || x->error.code != TANDEM_OK) {
            *err = x->sunk.code != TANDEM_OK ? x->sunk : x->error;
            code = err->code;
            goto out;
        }
        if (!td_hub_exchange_is_redirect(x) ||
            (x->is_head && x->hash[0] && x->n_bytes != UINT64_MAX))
            goto out;
        td_buf_cut(&x->url, 0);
        TD_TRY(td_buf_add(&x->url, td_buf_str(&x->location), err));
    }
    code = td_fail(err, TANDEM_E_FORMAT, "the hub redirects more than %d times", HOPS_MAX);
out:
    return code;
}
