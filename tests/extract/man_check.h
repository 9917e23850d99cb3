/* The Markdown of a manual page is exactly `expected`. */
#ifndef TD_TESTS_EXTRACT_MAN_CHECK_H
#define TD_TESTS_EXTRACT_MAN_CHECK_H

#include "extract/man.h"
#include "support.h"

static inline void check(const char *source, const char *expected)
{
    td_buf out = TD_BUF(1 << 16);

    assert_int_equal(td_extract_man_write(td_str_from(source), &out, NULL), TANDEM_OK);
    assert_str(td_buf_str(&out), expected);
    td_buf_clear(&out);
}

#endif
