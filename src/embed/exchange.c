#include "embed/exchange.h"

#include "base/clock.h"
#include "base/thread.h"
#include "embed/wire.h"
#include "net/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    GZIP_BYTES_MIN = 1024, /* below it there is nothing to gain */
    KEY_BYTES_MAX = 8192,
    CONNECT_MS_MAX = 10000,
    COMPLAINT_BYTES = 10240, /* more than a key has: a part of one could not be found */
};

typedef struct client {
    struct client *next; /* idle ones form a list */
    td_net *net;
} client;

struct td_exchange {
    char *key; /* NULL: none */
    char *ca_file;
    pthread_mutex_t lock; /* rank 3: guards idle */
    client *idle;
};

static tandem_code check_key(const char *key, tandem_error *err)
{
    size_t n = strlen(key);

    if (n > KEY_BYTES_MAX)
        return td_fail(err, TANDEM_E_INVALID, "an API key of more than %d bytes", KEY_BYTES_MAX);
    for (size_t i = 0; i < n; i++)
        if (key[i] <= ' ' || key[i] > '~')
            return td_fail(err, TANDEM_E_INVALID,
                           "the API key has a blank or a character that no key has");
    return TANDEM_OK;
}

tandem_code td_embed_exchange_open(const td_exchange_options *options, td_exchange **exchange_out,
                                   tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_exchange *exchange = calloc(1, sizeof(*exchange));

    if (!exchange)
        return td_fail_nomem(err, "an HTTP client");
    pthread_mutex_init(&exchange->lock, NULL);
    if (options->key)
        TD_TRY(check_key(options->key, err));
    exchange->key = options->key && options->key[0] ? strdup(options->key) : NULL;
    exchange->ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
    if ((options->key && options->key[0] && !exchange->key) ||
        (options->ca_file && !exchange->ca_file))
        TD_TRY(td_fail_nomem(err, "an HTTP client"));
    *exchange_out = exchange;
    exchange = NULL;

out:
    td_embed_exchange_close(exchange);
    return code;
}

static void client_free(client *one)
{
    if (!one)
        return;
    td_net_close(one->net);
    free(one);
}

void td_embed_exchange_close(td_exchange *exchange)
{
    if (!exchange)
        return;
    while (exchange->idle) {
        client *next = exchange->idle->next;
        client_free(exchange->idle);
        exchange->idle = next;
    }
    pthread_mutex_destroy(&exchange->lock);
    free(exchange->key);
    free(exchange->ca_file);
    free(exchange);
}

static tandem_code client_new(const td_exchange *exchange, client **client_out, tandem_error *err)
{
    td_net_options options = TD_NET_OPTIONS;
    client *one = calloc(1, sizeof(*one));

    if (!one)
        return td_fail_nomem(err, "an HTTP client");
    options.connections_max = 16; /* one a server: they are at most so many */
    options.connect_timeout_ms = CONNECT_MS_MAX;
    options.allow_private = true; /* only servers that the user named are asked */
    options.ca_file = exchange->ca_file;
    options.low_speed_bytes = 0; /* a model may think for long before its first byte */
    tandem_code code = td_net_open(&options, &one->net, err);
    if (code != TANDEM_OK) {
        client_free(one);
        return code;
    }
    *client_out = one;
    return TANDEM_OK;
}

static tandem_code client_take(td_exchange *exchange, bool is_apart, client **client_out,
                               tandem_error *err)
{
    pthread_mutex_lock(&exchange->lock);
    client *one = is_apart ? NULL : exchange->idle;
    if (one)
        exchange->idle = one->next;
    pthread_mutex_unlock(&exchange->lock);
    if (!one)
        return client_new(exchange, client_out, err);
    *client_out = one;
    return TANDEM_OK;
}

/* One that got no answer is taken last: the connections that are served belong to others. */
static void client_give_back(td_exchange *exchange, client *one, bool is_served)
{
    client **at = &exchange->idle;

    if (!one || !one->net) {
        client_free(one);
        return;
    }
    pthread_mutex_lock(&exchange->lock);
    while (*at && !is_served)
        at = &(*at)->next;
    one->next = *at;
    *at = one;
    pthread_mutex_unlock(&exchange->lock);
}

/* ---- one exchange ---- */

typedef struct keeper {
    td_told *told;
    tandem_code code;
    tandem_error error;
} keeper;

/* RFC 7694: in an answer this header tells what requests may be compressed with. */
static bool says_gzip(const td_net_reply *reply)
{
    td_buf value = TD_BUF(4096);
    bool says = td_net_reply_header(reply, "Accept-Encoding", &value, NULL) == TANDEM_OK &&
                td_str_find(td_buf_str(&value), TD_STR("gzip"), 0) != TD_STR_NONE;

    td_buf_clear(&value);
    return says;
}

static void keep(void *user, const td_net_reply *reply)
{
    keeper *k = user;
    int64_t wait_ms = 0;

    k->code = reply->code;
    k->error = *reply->error;
    if (k->code != TANDEM_OK)
        return;
    k->told->status = reply->status;
    k->told->is_cut = reply->body_left;
    k->told->is_new_connection = reply->is_new_connection;
    k->told->takes_gzip = says_gzip(reply);
    if (td_net_retry_after(reply->retry_after, td_clock_wall_ms(), &wait_ms))
        k->told->retry_after_ms = wait_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)wait_ms;
    /* What follows a '?' may be a secret of the server, or repeat ours. */
    td_str place = td_str_slice(reply->location, 0, td_str_find_byte(reply->location, '?', 0));
    snprintf(k->told->location, sizeof(k->told->location), "%.*s", TD_STR_FMT(place));
    k->code = td_buf_add(&k->told->body, reply->body, &k->error);
}

static tandem_code compress_post(td_str post, td_buf *out, tandem_error *err)
{
    enum {
        GZIP_FORMAT = 15 + 16
    };
    z_stream z = {0};

    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_FORMAT, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return td_fail_nomem(err, "a compressed request");
    size_t most = deflateBound(&z, (uLong)post.n);
    tandem_code code = td_buf_reserve(out, most, err);
    if (code == TANDEM_OK) {
        z.next_in = (Bytef *)(uintptr_t)post.ptr; /* zlib only reads it */
        z.avail_in = (uInt)post.n;
        z.next_out = (Bytef *)out->ptr;
        z.avail_out = (uInt)most;
        td_assert(deflate(&z, Z_FINISH) == Z_STREAM_END); /* there is room, and all input is here */
        out->n = most - z.avail_out;
    }
    deflateEnd(&z);
    return code;
}

static tandem_code run(const td_exchange *exchange, client *one, const td_ask *ask, td_str post,
                       bool packed, td_told *told, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    keeper k = {.told = told};
    td_net_request request = {
        .url = ask->url,
        .accept = TD_STR("application/json"),
        .bearer = td_str_from(exchange->key),
        .post = post,
        .post_type = TD_STR("application/json"),
        .post_gzip = packed,
        .timeout_ms = ask->timeout_ms,
        .body_bytes_max = ask->answer_bytes_max,
        .done = keep,
        .user = &k,
        .keep_redirects = true,
        .body_cut = true, /* so that the status of a long answer is known */
    };

    TD_TRY(td_net_get(one->net, &request, err));
    while (code == TANDEM_OK && td_net_n_active(one->net) > 0)
        code = td_net_step(one->net, ask->timeout_ms, err);
    if (code != TANDEM_OK) { /* what is under way writes to our frame */
        td_net_close(one->net);
        one->net = NULL;
        goto out;
    }
    if (k.code == TANDEM_E_TOO_LARGE) /* the answer's fault: fewer texts would not help */
        k.error.code = k.code = TANDEM_E_FORMAT;
    if (k.code != TANDEM_OK && err)
        *err = k.error;
    code = k.code;

out:
    return code;
}

tandem_code td_embed_exchange_run(td_exchange *exchange, const td_ask *ask, td_told *told_out,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    client *one = NULL;
    td_buf packed = TD_BUF(SIZE_MAX / 2);
    td_told told = {.body = TD_BUF(ask->answer_bytes_max)};
    td_str post = ask->post;

    if (ask->gzip && post.n >= GZIP_BYTES_MIN && post.n < UINT32_MAX) {
        TD_TRY(compress_post(post, &packed, err));
        post = td_buf_str(&packed);
    }
    TD_TRY(client_take(exchange, ask->is_apart, &one, err));
    code = run(exchange, one, ask, post, packed.n > 0, &told, err);
    if (code == TANDEM_OK) {
        *told_out = told;
        told = (td_told){0};
    }

out:
    client_give_back(exchange, one, code == TANDEM_OK);
    td_embed_exchange_clear(&told);
    td_buf_clear(&packed);
    return code;
}

void td_embed_exchange_clear(td_told *told)
{
    td_buf_clear(&told->body);
}

/* ---- what a status means ---- */

static tandem_code code_of(int status)
{
    switch (status) {
    case 200:
        return TANDEM_OK;
    case 400:
    case 422:
        return TANDEM_E_INVALID;
    case 413:
        return TANDEM_E_TOO_LARGE;
    case 404:
    case 405:
    case 410:
        return TANDEM_E_NOT_FOUND;
    case 408:
    case 504:
        return TANDEM_E_TIMEOUT;
    case 425:
    case 429:
        return TANDEM_E_BUSY;
    case 424: /* TEI: the model behind it failed */
        return TANDEM_E_UNAVAILABLE;
    default:
        return status >= 500 ? TANDEM_E_UNAVAILABLE : TANDEM_E_DENIED;
    }
}

/* The key as the server may have repeated it, and whatever follows it. */
static void cut_key(const td_exchange *exchange, char *text)
{
    char *at = exchange->key ? strstr(text, exchange->key) : NULL;

    if (at)
        snprintf(at, strlen(at) + 1, "%s", strlen(at) > 3 ? "***" : "");
}

tandem_code td_embed_exchange_judge(const td_exchange *exchange, const td_told *told,
                                    tandem_error *err)
{
    char words[COMPLAINT_BYTES];
    tandem_code code = code_of(told->status);

    if (code == TANDEM_OK)
        return code;
    if (told->status >= 300 && told->status < 400)
        return td_fail(err, code, "the server redirects (HTTP %d)%s%s: name that place itself",
                       told->status, told->location[0] ? " to " : "", told->location);
    td_embed_wire_complaint(td_buf_str(&told->body), words, sizeof(words));
    cut_key(exchange, words);
    bool is_key = told->status == 401 || told->status == 403;
    return td_fail(err, code, "HTTP %d%s%.150s%s", told->status, words[0] ? ": " : "", words,
                   !is_key         ? ""
                   : exchange->key ? " (the key was not accepted)"
                                   : " (no key is set)");
}
