#include "net/transfer.h"

#include "base/clock.h"
#include "base/hash.h"
#include "net/address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEADER_BYTES_MAX = 256 * 1024, /* of one hop */
    FIELD_BYTES_MAX = 16 * 1024,   /* of one header that we look at */
    PACKED_FREE_BYTES = 1 << 20,   /* so much may come out of however little */
    PACKED_RATIO_MAX = 100,
    ENCODINGS_MAX = 2,
    URL_BUF_BYTES = 16 * 1024,
    N_FIELDS = 5, /* headers that we look at */
};

static bool is_redirect_status(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Whether the user named exactly this host and port. */
static bool is_named(const td_net_options *options, const td_net_url *parts)
{
    char name[300];
    int n = snprintf(name, sizeof(name), "%.*s:%u", TD_STR_FMT(parts->host), (unsigned)parts->port);
    if (n < 0 || (size_t)n >= sizeof(name))
        return false;
    for (size_t i = 0; i < options->n_allowed; i++)
        if (td_str_eq_nocase(td_str_from(options->allowed[i]), td_str_from(name)))
            return true;
    return false;
}

/* An address that the URL itself spells out is refused before any socket is made. */
static tandem_code check_literal(const td_net_transfer *transfer, tandem_error *err)
{
    char host[TD_NET_ADDRESS_TEXT_N];
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    td_str name = transfer->parts.host;
    const char *kind = NULL;

    if (transfer->options->allow_private || transfer->is_allowed)
        return TANDEM_OK;
    if (name.n >= 2 && name.ptr[0] == '[')
        name = td_str_slice(name, 1, name.n - 1);
    if (name.n >= sizeof(host))
        return TANDEM_OK;
    memcpy(host, name.ptr, name.n);
    host[name.n] = '\0';
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
        kind = td_net_address_special((const struct sockaddr *)&v4);
    else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
        kind = td_net_address_special((const struct sockaddr *)&v6);
    if (!kind)
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_DENIED,
                   "%s is a %s address: private addresses are refused unless they are allowed",
                   host, kind);
}

/* The URL becomes the present hop; `url` is in normal form. */
static tandem_code set_hop(td_net_transfer *transfer, td_str url, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    td_buf_cut(&transfer->url, 0);
    TD_TRY(td_buf_add(&transfer->url, url, err));
    if (!td_net_url_split(td_buf_str(&transfer->url), &transfer->parts))
        TD_FAIL(err, TANDEM_E_INVALID, "not a usable URL: %.*s", TD_STR_FMT(url));
    transfer->is_allowed = is_named(transfer->options, &transfer->parts);
    TD_TRY(check_literal(transfer, err));

out:
    return code;
}

static uint64_t url_key(const td_net_transfer *transfer)
{
    td_hash hash = td_hash_of(td_buf_str(&transfer->url));
    uint64_t key;
    memcpy(&key, hash.bytes, sizeof(key));
    return key;
}

/* Scheme, host and port, as "https://example.org:443". */
static tandem_code add_origin(const td_net_url *parts, td_buf *out, tandem_error *err)
{
    return td_buf_add_fmt(out, err, "%.*s://%.*s:%u", TD_STR_FMT(parts->scheme),
                          TD_STR_FMT(parts->host), (unsigned)parts->port);
}

/* Headers of every hop, and the token of the first one's origin. */
static tandem_code set_headers(td_net_transfer *transfer, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str bearer = transfer->request.bearer;

    TD_TRY(td_net_header_set_all(transfer, err));
    if (bearer.n == 0)
        return TANDEM_OK;
    for (size_t i = 0; i < bearer.n; i++)
        if (bearer.ptr[i] <= ' ' || bearer.ptr[i] > '~')
            TD_FAIL(err, TANDEM_E_INVALID, "the token has a space or a character no token has");
    transfer->bearer = strndup(bearer.ptr, bearer.n);
    if (!transfer->bearer)
        TD_TRY(td_fail_nomem(err, "HTTP request"));
    TD_TRY(add_origin(&transfer->parts, &transfer->origin, err));
out:
    return code;
}

tandem_code td_net_transfer_new(const td_net_options *options, td_net_budget *budget,
                                const td_net_request *request, td_net_transfer **transfer_out,
                                tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf url = TD_BUF(URL_BUF_BYTES);
    td_net_transfer *transfer = calloc(1, sizeof(*transfer));

    if (!transfer)
        TD_TRY(td_fail_nomem(err, "HTTP request"));
    transfer->options = options;
    transfer->budget = budget;
    transfer->request = *request;
    transfer->request.keep_redirects = request->keep_redirects || request->post.ptr;
    transfer->timeout_ms = request->timeout_ms ? request->timeout_ms : options->timeout_ms;
    transfer->url = TD_BUF(URL_BUF_BYTES);
    transfer->location = TD_BUF(URL_BUF_BYTES);
    transfer->origin = TD_BUF(URL_BUF_BYTES);
    transfer->body =
        TD_BUF(request->body_bytes_max ? request->body_bytes_max : options->body_bytes_max);
    TD_TRY(td_net_url_normal(request->url, &url, err));
    TD_TRY(set_hop(transfer, td_buf_str(&url), err));
    TD_TRY(set_headers(transfer, err));
    *transfer_out = transfer;
    transfer = NULL;

out:
    td_net_transfer_free(transfer);
    td_buf_clear(&url);
    return code;
}

/* The body goes, and what it takes of the budget. */
static void drop_body(td_net_transfer *transfer)
{
    transfer->budget->n -= transfer->body.capacity;
    td_buf_clear(&transfer->body);
}

void td_net_transfer_free(td_net_transfer *transfer)
{
    if (!transfer)
        return;
    drop_body(transfer);
    curl_slist_free_all(transfer->headers);
    td_buf_clear(&transfer->url);
    td_buf_clear(&transfer->location);
    td_buf_clear(&transfer->origin);
    free(transfer->bearer);
    free(transfer);
}

/* The one place where a connection begins: libcurl asks for a socket to this very address. */
static curl_socket_t on_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *to)
{
    td_net_transfer *transfer = user;
    const char *kind = td_net_address_special(&to->addr);

    (void)purpose;
    if (kind && !transfer->options->allow_private && !transfer->is_allowed) {
        char text[TD_NET_ADDRESS_TEXT_N];
        td_net_address_text(&to->addr, text);
        snprintf(transfer->denied, sizeof(transfer->denied), "%s (%s)", text, kind);
        return CURL_SOCKET_BAD;
    }
    int fd = socket(to->family, to->socktype, to->protocol);
    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *user)
{
    td_net_transfer *transfer = user;

    (void)bytes;
    transfer->header_bytes += size * n;
    transfer->headers_too_large = transfer->header_bytes > HEADER_BYTES_MAX;
    return transfer->headers_too_large ? 0 : size * n;
}

/* libcurl would take off five layers of compression; nobody needs more than two. */
static bool is_nested_deep(const td_net_transfer *transfer)
{
    td_buf encodings = TD_BUF(FIELD_BYTES_MAX);
    tandem_code code = td_net_header_add(transfer->easy, "Content-Encoding", &encodings, NULL);
    size_t n = 1;

    for (size_t i = 0; i < encodings.n; i++)
        n += encodings.ptr[i] == ',';
    td_buf_clear(&encodings);
    return code != TANDEM_OK || n > ENCODINGS_MAX;
}

/* Before the first byte of a hop's body. */
static void look_at_headers(td_net_transfer *transfer)
{
    long status = 0;
    struct curl_header *header = NULL;
    td_buf type = TD_BUF(FIELD_BYTES_MAX);
    td_str media_type, charset;

    transfer->asked = true;
    transfer->too_nested = is_nested_deep(transfer);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    transfer->is_redirect =
        is_redirect_status(status) &&
        curl_easy_header(transfer->easy, "Location", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
    if (transfer->is_redirect || !transfer->request.want)
        return;
    (void)td_net_header_add(transfer->easy, "Content-Type", &type, NULL);
    td_net_header_split_type(td_buf_str(&type), &media_type, &charset);
    transfer->refused = !transfer->request.want(transfer->request.user, (int)status, media_type);
    td_buf_clear(&type);
}

static bool is_too_packed(const td_net_transfer *transfer)
{
    curl_off_t received = 0;

    if (transfer->n_decoded <= PACKED_FREE_BYTES)
        return false;
    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
    return (uint64_t)received < transfer->n_decoded / PACKED_RATIO_MAX;
}

static bool hand_over(td_net_transfer *transfer, td_str bytes)
{
    long status = 0;
    td_net_reply head = {.headers = transfer->easy, .final_url = td_buf_str(&transfer->url)};

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    head.status = (int)status;
    transfer->refused = !transfer->request.take(transfer->request.user, &head, bytes);
    return !transfer->refused;
}

/* What a body's buffer takes with n more bytes: a full one grows to twice its size. */
static size_t grown_bytes(const td_buf *body, size_t n)
{
    size_t more = n > body->capacity ? n : body->capacity, most = body->n_max - body->capacity + 1;

    if (n < body->capacity - body->n)
        return body->capacity;
    return body->capacity + (more < most ? more : most);
}

static bool has_room(const td_net_transfer *transfer, size_t grown)
{
    const td_net_budget *budget = transfer->budget;
    size_t capacity = transfer->body.capacity;
    bool is_first = budget->eldest == transfer && budget->n_held < budget->n_max;

    return budget->n_max == 0 || is_first || transfer->request.post.ptr || grown == capacity ||
           budget->n + budget->n_held + (grown - capacity) <= budget->n_max;
}

/* Pausing would not do: what is unpacked, or comes on another stream of HTTP/2, would pile up in
 * libcurl instead. */
static bool keep(td_net_transfer *transfer, td_str bytes)
{
    size_t before = transfer->body.capacity, grown = grown_bytes(&transfer->body, bytes.n);

    transfer->is_put_back = !has_room(transfer, grown);
    transfer->n_wanted = grown;
    bool ok = !transfer->is_put_back && td_buf_add(&transfer->body, bytes, NULL) == TANDEM_OK;
    transfer->budget->n += transfer->body.capacity - before;
    return ok;
}

/* Returning less than was given ends the transfer; the flags say why. */
static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    td_net_transfer *transfer = user;

    n *= size;
    if (!transfer->asked)
        look_at_headers(transfer);
    if (transfer->refused || transfer->too_nested)
        return 0;
    transfer->n_decoded += n;
    transfer->too_packed = is_too_packed(transfer);
    if (transfer->too_packed)
        return 0;
    size_t room = transfer->body.n_max - transfer->body.n;
    if (transfer->is_redirect) {
        transfer->cut = transfer->n_decoded > FIELD_BYTES_MAX;
        return transfer->cut ? 0 : n;
    }
    if (transfer->request.take)
        return hand_over(transfer, (td_str){bytes, n}) ? n : 0;
    if (n > room) {
        transfer->too_large = !transfer->request.body_cut;
        transfer->cut = !transfer->too_large && keep(transfer, (td_str){bytes, room});
        return 0;
    }
    return keep(transfer, (td_str){bytes, n}) ? n : 0;
}

static void start_hop(td_net_transfer *transfer)
{
    td_buf_cut(&transfer->body, 0);
    td_buf_cut(&transfer->location, 0);
    transfer->n_decoded = transfer->header_bytes = 0;
    transfer->asked = transfer->is_redirect = transfer->refused = transfer->cut = false;
    transfer->is_put_back = false;
    transfer->too_large = transfer->too_packed = transfer->too_nested = false;
    transfer->headers_too_large = false;
    transfer->denied[0] = '\0';
}

/* The token goes to the origin that it was given for, and to no other that redirects lead to. */
static CURLcode set_bearer(CURL *easy, const td_net_transfer *transfer)
{
    td_buf origin = TD_BUF(URL_BUF_BYTES);
    CURLcode result = CURLE_OK;

    if (!transfer->bearer)
        return CURLE_OK;
    if (add_origin(&transfer->parts, &origin, NULL) != TANDEM_OK)
        result = CURLE_OUT_OF_MEMORY;
    else if (td_str_eq(td_buf_str(&origin), td_buf_str(&transfer->origin))) {
        result = curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        if (result == CURLE_OK)
            result = curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, transfer->bearer);
    }
    td_buf_clear(&origin);
    return result;
}

static CURLcode set_behaviour(CURL *easy, const td_net_transfer *transfer, long left_ms)
{
    const td_net_options *options = transfer->options;
    CURLcode result = CURLE_OK;

#define SET(option, value)                                  \
    do {                                                    \
        if (result == CURLE_OK)                             \
            result = curl_easy_setopt(easy, option, value); \
    } while (0)
    SET(CURLOPT_URL, transfer->url.ptr);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    /* Rather one more stream of HTTP/2 than one more connection. Without TLS there is no HTTP/2,
     * and a request would wait for the answer to the one before. */
    SET(CURLOPT_PIPEWAIT, td_str_eq(transfer->parts.scheme, TD_STR("https")) ? 1L : 0L);
    if (!transfer->request.uncompressed)
        SET(CURLOPT_ACCEPT_ENCODING, "");
    if (transfer->request.is_head)
        SET(CURLOPT_NOBODY, 1L);
    SET(CURLOPT_USERAGENT, options->user_agent);
    SET(CURLOPT_HTTPHEADER, transfer->headers);
    SET(CURLOPT_TIMEOUT_MS, left_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
    if (options->low_speed_bytes > 0 && options->low_speed_s > 0) {
        SET(CURLOPT_LOW_SPEED_LIMIT, (long)options->low_speed_bytes);
        SET(CURLOPT_LOW_SPEED_TIME, (long)options->low_speed_s);
    }
    if (transfer->request.post.ptr) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->request.post.n);
        SET(CURLOPT_POSTFIELDS, transfer->request.post.ptr);
    }
    /* Of a HEAD the length alone is wanted, however large. */
    if (!transfer->request.body_cut && !transfer->request.take && !transfer->request.is_head)
        SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)transfer->body.n_max);
    if (options->ca_file)
        SET(CURLOPT_CAINFO, options->ca_file);
    return result;
}

static CURLcode set_callbacks(CURL *easy, td_net_transfer *transfer)
{
    CURLcode result = CURLE_OK;

    SET(CURLOPT_PRIVATE, transfer);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, transfer);
#undef SET
    return result;
}

tandem_code td_net_transfer_prepare(td_net_transfer *transfer, CURL *easy, tandem_error *err)
{
    int64_t now_ms = td_clock_ms();

    if (transfer->started_ms == 0)
        transfer->started_ms = now_ms;
    int64_t left_ms = transfer->started_ms + (int64_t)transfer->timeout_ms - now_ms;
    transfer->easy = easy;
    start_hop(transfer);
    if (left_ms <= 0)
        return td_net_failure_of(transfer, CURLE_OPERATION_TIMEDOUT, err);
    curl_easy_reset(easy);
    CURLcode result = set_behaviour(easy, transfer, (long)left_ms);
    if (result == CURLE_OK)
        result = set_bearer(easy, transfer);
    if (result == CURLE_OK)
        result = set_callbacks(easy, transfer);
    if (result == CURLE_OUT_OF_MEMORY)
        return td_fail_nomem(err, "HTTP request");
    if (result != CURLE_OK)
        return td_fail(err, TANDEM_E_INTERNAL, "libcurl refuses an option: %s",
                       curl_easy_strerror(result));
    return TANDEM_OK;
}

/* Puts where the answer redirects to into transfer->location; leaves it empty if it does not. */
static tandem_code find_location(td_net_transfer *transfer, tandem_error *err)
{
    long status = 0;
    struct curl_header *header = NULL;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!is_redirect_status(status) ||
        curl_easy_header(transfer->easy, "Location", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return TANDEM_OK;
    tandem_code code = td_net_url_resolve(td_buf_str(&transfer->url), td_str_from(header->value),
                                          &transfer->location, err);
    if (code != TANDEM_OK)
        td_context(err, "redirect from %.200s", transfer->url.ptr);
    return code;
}

/* The next hop is what transfer->location says. */
static tandem_code follow(td_net_transfer *transfer, tandem_error *err)
{
    if (transfer->n_redirects >= transfer->options->redirects_max)
        return td_fail(err, TANDEM_E_FORMAT, "more than %u redirects, the last one to %.160s",
                       transfer->options->redirects_max, transfer->location.ptr);
    transfer->visited[transfer->n_redirects++] = url_key(transfer);
    tandem_code code = set_hop(transfer, td_buf_str(&transfer->location), err);
    if (code != TANDEM_OK) {
        td_context(err, "redirect %u", transfer->n_redirects);
        return code;
    }
    for (uint32_t i = 0; i < transfer->n_redirects; i++)
        if (transfer->visited[i] == url_key(transfer))
            return td_fail(err, TANDEM_E_FORMAT, "redirects in a circle, back to %.180s",
                           transfer->url.ptr);
    return TANDEM_OK;
}

bool td_net_transfer_advance(td_net_transfer *transfer, CURLcode result, tandem_error *err)
{
    bool left_on_purpose = result == CURLE_WRITE_ERROR && !transfer->too_nested &&
                           (transfer->cut || transfer->refused);

    *err = (tandem_error){.code = TANDEM_OK};
    if (result != CURLE_OK && !left_on_purpose) {
        td_net_failure_of(transfer, result, err);
        return false;
    }
    if (find_location(transfer, err) != TANDEM_OK)
        return false;
    if (transfer->location.n == 0 || transfer->request.keep_redirects)
        return false;
    return follow(transfer, err) == TANDEM_OK;
}

size_t td_net_transfer_bytes_wanted(const td_net_transfer *transfer)
{
    size_t most = transfer->body.n_max;
    curl_off_t told = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &told);
    if (told <= 0 || (uint64_t)told < transfer->n_wanted)
        return transfer->n_wanted;
    return (uint64_t)told < most ? (size_t)told : most;
}

/* Texts of the reply that are headers, in the order of their names below. */
static void fill_headers(CURL *easy, td_buf fields[N_FIELDS], td_net_reply *reply)
{
    static const char *const names[N_FIELDS] = {"Content-Type", "ETag", "Last-Modified",
                                                "Retry-After", "X-Robots-Tag"};
    td_str *places[N_FIELDS] = {NULL, &reply->etag, &reply->last_modified, &reply->retry_after,
                                &reply->x_robots_tag};

    for (size_t i = 0; i < N_FIELDS; i++) {
        /* One that is too long is as good as none. */
        if (td_net_header_add(easy, names[i], &fields[i], NULL) != TANDEM_OK)
            td_buf_cut(&fields[i], 0);
        if (places[i])
            *places[i] = td_buf_str(&fields[i]);
    }
    td_net_header_split_type(td_buf_str(&fields[0]), &reply->media_type, &reply->charset);
}

static void fill_connection(CURL *easy, td_net_reply *reply)
{
    long n_connects = 0, version = 0;

    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &n_connects);
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    reply->is_new_connection = n_connects > 0;
    reply->http_version = version == CURL_HTTP_VERSION_2_0   ? 20
                          : version == CURL_HTTP_VERSION_1_1 ? 11
                          : version == CURL_HTTP_VERSION_1_0 ? 10
                                                             : 0;
}

void td_net_transfer_finish(td_net_transfer *transfer, const tandem_error *err)
{
    td_buf fields[N_FIELDS];
    td_str none = {"", 0};
    td_net_reply reply = {.code = err->code, .error = err, .media_type = none, .charset = none};
    long status = 0;

    for (size_t i = 0; i < N_FIELDS; i++)
        fields[i] = TD_BUF(FIELD_BYTES_MAX);
    reply.etag = reply.last_modified = reply.retry_after = reply.x_robots_tag = none;
    reply.body = reply.location = none;
    reply.final_url = td_buf_str(&transfer->url);
    reply.is_put_back = transfer->is_put_back && err->code == TANDEM_E_BUSY;
    reply.n_read = transfer->n_decoded;
    if (err->code == TANDEM_OK) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        fill_headers(transfer->easy, fields, &reply);
        reply.headers = transfer->easy;
        fill_connection(transfer->easy, &reply);
        reply.body = td_buf_str(&transfer->body);
        reply.location = td_buf_str(&transfer->location);
        reply.body_left = transfer->cut || transfer->refused;
    }
    reply.status = (int)status;
    transfer->request.done(transfer->request.user, &reply);
    for (size_t i = 0; i < N_FIELDS; i++)
        td_buf_clear(&fields[i]);
}
