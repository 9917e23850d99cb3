/* fuzz: net */
#include "net/net.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_plain(td_str url)
{
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || (unsigned char)url.ptr[i] >= 0x7f)
            return false;
    return true;
}

/* A URL that is taken is printable ASCII, splits, and is its own normal form. */
static void check(td_str url)
{
    td_buf again = TD_BUF(64 * 1024);
    td_net_url parts;

    if (!is_plain(url) || !td_net_url_split(url, &parts))
        abort();
    if (td_net_url_normal(url, &again, NULL) != TANDEM_OK || !td_str_eq(url, td_buf_str(&again)))
        abort();
    td_buf_clear(&again);
}

/* Blanks around a reference mean nothing, but they keep it from the short cuts. */
static void check_long_way(td_str base, td_str reference, td_str expected)
{
    td_buf padded = TD_BUF(64 * 1024), url = TD_BUF(64 * 1024);

    if (td_buf_add_byte(&padded, ' ', NULL) != TANDEM_OK ||
        td_buf_add(&padded, reference, NULL) != TANDEM_OK ||
        td_net_url_resolve(base, td_buf_str(&padded), &url, NULL) != TANDEM_OK ||
        !td_str_eq(td_buf_str(&url), expected))
        abort();
    td_buf_clear(&padded);
    td_buf_clear(&url);
}

/* The first line is the base, the rest the reference. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    td_str bytes = {(const char *)data, size};
    td_buf base = TD_BUF(64 * 1024), url = TD_BUF(64 * 1024);
    size_t line = td_str_find_byte(bytes, '\n', 0);
    td_str first = td_str_slice(bytes, 0, line == TD_STR_NONE ? size : line);
    td_str rest = line == TD_STR_NONE ? first : td_str_slice(bytes, line + 1, size);

    if (td_net_url_normal(first, &base, NULL) == TANDEM_OK)
        check(td_buf_str(&base));
    td_str from = base.n ? td_buf_str(&base) : TD_STR("http://a.example/b/c?d");
    if (td_net_url_resolve(from, rest, &url, NULL) == TANDEM_OK) {
        check(td_buf_str(&url));
        check_long_way(from, rest, td_buf_str(&url));
    }
    td_buf_clear(&base);
    td_buf_clear(&url);
    return 0;
}
