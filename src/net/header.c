#include "net/net.h"
#include "net/transfer.h"

#include <stdlib.h>

enum {
    DATE_BYTES_MAX = 64
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

bool td_net_retry_after(td_str value, int64_t wall_ms, int64_t *wait_ms_out)
{
    uint64_t seconds;
    char date[DATE_BYTES_MAX];

    value = td_str_trim(value);
    if (td_str_to_u64(value, &seconds)) {
        *wait_ms_out = seconds > INT64_MAX / 1000 ? INT64_MAX : (int64_t)seconds * 1000;
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
