#include "net/net.h"
#include "net/transfer.h"

#include <stdlib.h>

enum {
    DATE_BYTES_MAX = 64,
    LINE_BYTES_MAX = 9216, /* of a header that we send: tokens are long */
    FIELD_NAME_N = 100,
};

tandem_code td_net_header_add(CURL *easy, const char *name, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    struct curl_header *header = NULL;

    for (size_t i = 0; code == TANDEM_OK; i++) {
        if (curl_easy_header(easy, name, i, CURLH_HEADER, -1, &header) != CURLHE_OK)
            break;
        if (i > 0)
            code = td_buf_add(out, TD_STR(", "), err);
        if (code == TANDEM_OK)
            code = td_buf_add(out, td_str_from(header->value), err);
    }
    return code;
}

tandem_code td_net_reply_header(const td_net_reply *reply, const char *name, td_buf *out,
                                tandem_error *err)
{
    return reply->headers ? td_net_header_add(reply->headers, name, out, err) : TANDEM_OK;
}

static void lower(td_str s)
{
    char *bytes = (char *)s.ptr;
    for (size_t i = 0; i < s.n; i++)
        if (bytes[i] >= 'A' && bytes[i] <= 'Z')
            bytes[i] = (char)(bytes[i] + ('a' - 'A'));
}

void td_net_header_split_type(td_str content_type, td_str *media_type_out, td_str *charset_out)
{
    td_str rest = content_type, part = {"", 0};

    lower(content_type);
    *media_type_out = *charset_out = (td_str){"", 0};
    if (td_str_next(&rest, ';', &part))
        *media_type_out = td_str_trim(part);
    while (td_str_next(&rest, ';', &part)) {
        part = td_str_trim(part);
        if (!td_str_starts(part, TD_STR("charset=")) || charset_out->n > 0)
            continue;
        td_str value = td_str_trim(td_str_slice(part, 8, part.n));
        if (value.n >= 2 && value.ptr[0] == '"' && value.ptr[value.n - 1] == '"')
            value = td_str_slice(value, 1, value.n - 1);
        *charset_out = value;
    }
}

static bool is_number(td_str text)
{
    size_t n = 0;

    while (n < text.n && text.ptr[n] >= '0' && text.ptr[n] <= '9')
        n++;
    return text.n > 0 && n == text.n;
}

bool td_net_retry_after(td_str value, int64_t wall_ms, int64_t *wait_ms_out)
{
    uint64_t seconds;
    char date[DATE_BYTES_MAX];

    value = td_str_trim(value);
    if (td_str_to_u64(value, &seconds)) {
        *wait_ms_out = seconds > INT64_MAX / 1000 ? INT64_MAX : (int64_t)seconds * 1000;
        return true;
    }
    if (is_number(value)) { /* of more seconds than the sun will shine */
        *wait_ms_out = INT64_MAX;
        return true;
    }
    if (value.n == 0 || value.n >= sizeof(date))
        return false;
    memcpy(date, value.ptr, value.n);
    date[value.n] = '\0';
    time_t at = curl_getdate(date, NULL);
    if (at == (time_t)-1)
        return false;
    int64_t wait_ms = (int64_t)at * 1000 - wall_ms;
    *wait_ms_out = wait_ms < 0 ? 0 : wait_ms;
    return true;
}

/* -- of a request -- */

static tandem_code add_header(td_net_transfer *transfer, const char *name, td_str value,
                              tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf line = TD_BUF(LINE_BYTES_MAX);

    if (value.n == 0)
        return TANDEM_OK;
    /* A value that came from a server once is sent back here: no line end may travel with it. */
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7f)
            TD_FAIL(err, TANDEM_E_INVALID, "a control character in the header %s", name);
    TD_TRY(td_buf_add_fmt(&line, err, "%s: %.*s", name, TD_STR_FMT(value)));
    struct curl_slist *longer = curl_slist_append(transfer->headers, line.ptr);
    if (!longer)
        TD_TRY(td_fail_nomem(err, "HTTP request"));
    transfer->headers = longer;

out:
    td_buf_clear(&line);
    return code;
}

static tandem_code add_post_headers(td_net_transfer *transfer, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(add_header(transfer, "Content-Type", transfer->request.post_type, err));
    if (transfer->request.post_gzip)
        TD_TRY(add_header(transfer, "Content-Encoding", TD_STR("gzip"), err));
    /* libcurl would ask first whether a body over 1 MB is welcome, and wait a second for the answer
     * of a server that does not know the question. */
    struct curl_slist *longer = curl_slist_append(transfer->headers, "Expect:");
    if (!longer)
        TD_TRY(td_fail_nomem(err, "HTTP request"));
    transfer->headers = longer;

out:
    return code;
}

/* A name is a token of RFC 9110. */
static tandem_code add_field(td_net_transfer *transfer, const td_net_field *field,
                             tandem_error *err)
{
    char name[FIELD_NAME_N];
    bool ok = field->name.n > 0 && field->name.n < sizeof(name);

    for (size_t i = 0; ok && i < field->name.n; i++) {
        char c = name[i] = field->name.ptr[i];
        ok = c > ' ' && c <= '~' && !strchr("\"(),/:;<=>?@[\\]{}", c);
    }
    if (!ok)
        return td_fail(err, TANDEM_E_INVALID, "not a header's name: %.*s",
                       TD_STR_FMT(td_str_slice(field->name, 0, sizeof(name))));
    name[field->name.n] = '\0';
    return add_header(transfer, name, field->value, err);
}

tandem_code td_net_header_set_all(td_net_transfer *transfer, tandem_error *err)
{
    const td_net_request *request = &transfer->request;
    tandem_code code = TANDEM_OK;
    td_buf range = TD_BUF(LINE_BYTES_MAX);

    TD_TRY(add_header(transfer, "Accept", request->accept, err));
    TD_TRY(add_header(transfer, "If-None-Match", request->if_none_match, err));
    TD_TRY(add_header(transfer, "If-Modified-Since", request->if_modified_since, err));
    for (size_t i = 0; i < request->n_fields; i++)
        TD_TRY(add_field(transfer, &request->fields[i], err));
    if (request->uncompressed)
        TD_TRY(add_header(transfer, "Accept-Encoding", TD_STR("identity"), err));
    if (request->range_from > 0) {
        TD_TRY(td_buf_add_fmt(&range, err, "bytes=%llu-", (unsigned long long)request->range_from));
        TD_TRY(add_header(transfer, "Range", td_buf_str(&range), err));
    }
    if (request->post.ptr)
        TD_TRY(add_post_headers(transfer, err));
out:
    td_buf_clear(&range);
    return code;
}
