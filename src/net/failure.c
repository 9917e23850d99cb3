#include "base/clock.h"
#include "net/transfer.h"

#include <errno.h>

static tandem_code fail_connect(const td_net_transfer *transfer, tandem_error *err)
{
    const td_net_url *url = &transfer->parts;
    long os_errno = 0;

    if (transfer->denied[0])
        return td_fail(err, TANDEM_E_DENIED,
                       "%.*s is at %s: private addresses are refused unless they are allowed",
                       TD_STR_FMT(url->host), transfer->denied);
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &os_errno);
    if (os_errno == ECONNREFUSED)
        return td_fail(err, TANDEM_E_NETWORK,
                       "%.*s refuses connections on port %u: is a server running there?",
                       TD_STR_FMT(url->host), (unsigned)url->port);
    if (os_errno != 0)
        return td_fail(err, TANDEM_E_NETWORK, "cannot connect to %.*s port %u: %s",
                       TD_STR_FMT(url->host), (unsigned)url->port, strerror((int)os_errno));
    return td_fail(err, TANDEM_E_NETWORK, "cannot connect to %.*s port %u", TD_STR_FMT(url->host),
                   (unsigned)url->port);
}

static tandem_code fail_timeout(const td_net_transfer *transfer, tandem_error *err)
{
    const td_net_options *options = transfer->options;
    curl_off_t sent_us = 0; /* when the request was sent: also set on a connection used again */
    int64_t spent_ms = td_clock_ms() - transfer->started_ms;

    curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
    if (sent_us == 0)
        return td_fail(err, TANDEM_E_TIMEOUT,
                       "%.*s does not answer on port %u (waited %lld ms): is it up?",
                       TD_STR_FMT(transfer->parts.host), (unsigned)transfer->parts.port,
                       (long long)spent_ms);
    if (spent_ms < (int64_t)transfer->timeout_ms)
        return td_fail(err, TANDEM_E_TIMEOUT,
                       "%.*s sent less than %u bytes a second for %u s: given up",
                       TD_STR_FMT(transfer->parts.host), options->low_speed_bytes,
                       options->low_speed_s);
    return td_fail(err, TANDEM_E_TIMEOUT, "%.*s did not finish its answer within %u ms",
                   TD_STR_FMT(transfer->parts.host), transfer->timeout_ms);
}

/* A request's own limit is not the option's. */
static tandem_code fail_size(const td_net_transfer *transfer, tandem_error *err)
{
    const char *option = transfer->request.body_bytes_max ? NULL : transfer->options->body_option;

    return td_fail(err, TANDEM_E_TOO_LARGE, "larger than the limit of %zu bytes%s%s%s",
                   transfer->body.n_max, option ? " (" : "", option ? option : "",
                   option ? ")" : "");
}

static tandem_code fail_write(const td_net_transfer *transfer, tandem_error *err)
{
    if (transfer->is_put_back)
        return td_fail(err, TANDEM_E_BUSY, "there is no room for it beside other answers");
    if (transfer->headers_too_large)
        return td_fail(err, TANDEM_E_TOO_LARGE, "%.*s sends headers without end",
                       TD_STR_FMT(transfer->parts.host));
    if (transfer->too_nested)
        return td_fail(err, TANDEM_E_TOO_LARGE, "the answer is compressed more than twice over");
    if (transfer->too_packed)
        return td_fail(err, TANDEM_E_TOO_LARGE,
                       "the answer unpacks to more than 100 times what was sent (%zu bytes so far)",
                       transfer->n_decoded);
    if (transfer->too_large)
        return fail_size(transfer, err);
    return td_fail_nomem(err, "body of an answer");
}

static const char *certificate_text(const td_net_transfer *transfer)
{
    long verify = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
    /* X509_V_ERR_* of OpenSSL 1.1 and 3. */
    switch (verify) {
    case 9:
        return "not valid yet: check this machine's clock";
    case 10:
        return "expired: its owner must renew it, or this machine's clock is wrong";
    case 18:
    case 19:
        return "self-signed: its authority must be made known to this system first";
    case 20:
    case 21:
        return "of an authority that this system does not know: it must be made known first";
    case 23:
        return "revoked";
    default:
        return "not valid for this host: check the address";
    }
}

static tandem_code fail_broken(const td_net_transfer *transfer, CURLcode result, tandem_error *err)
{
    return td_fail(err, TANDEM_E_NETWORK, "the connection to %.*s port %u broke: %s",
                   TD_STR_FMT(transfer->parts.host), (unsigned)transfer->parts.port,
                   curl_easy_strerror(result));
}

tandem_code td_net_failure_of(const td_net_transfer *transfer, CURLcode result, tandem_error *err)
{
    td_str host = transfer->parts.host;

    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return td_fail(err, TANDEM_E_NOT_FOUND,
                       "unknown host %.*s: check its name and this machine's network",
                       TD_STR_FMT(host));
    case CURLE_COULDNT_CONNECT:
        return fail_connect(transfer, err);
    case CURLE_OPERATION_TIMEDOUT:
        return fail_timeout(transfer, err);
    case CURLE_PEER_FAILED_VERIFICATION:
        return td_fail(err, TANDEM_E_DENIED, "the certificate of %.*s is %s", TD_STR_FMT(host),
                       certificate_text(transfer));
    case CURLE_SSL_CACERT_BADFILE:
        return td_fail(err, TANDEM_E_NOT_FOUND,
                       "cannot read the file of trusted authorities %s: install ca-certificates",
                       transfer->options->ca_file ? transfer->options->ca_file : "of this system");
    case CURLE_SSL_CONNECT_ERROR:
        return td_fail(err, TANDEM_E_NETWORK, "no TLS with %.*s port %u: is this port for https?",
                       TD_STR_FMT(host), (unsigned)transfer->parts.port);
    case CURLE_FILESIZE_EXCEEDED:
        return fail_size(transfer, err);
    case CURLE_WRITE_ERROR:
        return fail_write(transfer, err);
    case CURLE_BAD_CONTENT_ENCODING:
        return td_fail(err, TANDEM_E_FORMAT, "the compressed answer of %.*s cannot be unpacked",
                       TD_STR_FMT(host));
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        return td_fail(err, TANDEM_E_FORMAT, "what answers on %.*s port %u does not speak HTTP",
                       TD_STR_FMT(host), (unsigned)transfer->parts.port);
    case CURLE_OUT_OF_MEMORY:
        return td_fail_nomem(err, "HTTP request");
    default:
        return fail_broken(transfer, result, err);
    }
}
