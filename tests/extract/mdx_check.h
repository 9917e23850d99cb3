/* What the tests of the MDX reader share. */
#ifndef TD_TESTS_EXTRACT_MDX_CHECK_H
#define TD_TESTS_EXTRACT_MDX_CHECK_H

#include "extract/mdx.h"
#include "support.h"

/* The Markdown of an MDX text is exactly `expected`. */
#define assert_mdx(mdx, expected) test_mdx((mdx), (expected), __FILE__, __LINE__)
static inline void test_mdx(const char *mdx, const char *expected, const char *file, int line)
{
    td_buf out = TD_BUF(1 << 20);

    assert_int_equal(td_extract_mdx_write(td_str_from(mdx), &out, NULL), TANDEM_OK);
    test_assert_str(td_buf_str(&out), expected, file, line);
    td_buf_clear(&out);
}

#endif
