/* tests/embed/weights/made.h - safetensors files made of a header and some data. */
#ifndef TESTS_EMBED_WEIGHTS_MADE_H
#define TESTS_EMBED_WEIGHTS_MADE_H

#include "base/buf.h"
#include "embed/weights/weights.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Length, header, then n_data bytes 0, 1, 2 and so on. */
static inline td_buf made(const char *header, size_t n_data)
{
    td_buf file = TD_BUF(1 << 26);
    size_t n = strlen(header);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(td_buf_add_byte(&file, (char)(n >> (8 * i)), NULL), TANDEM_OK);
    assert_int_equal(td_buf_add(&file, td_str_from(header), NULL), TANDEM_OK);
    for (size_t i = 0; i < n_data; i++)
        assert_int_equal(td_buf_add_byte(&file, (char)i, NULL), TANDEM_OK);
    return file;
}

static inline tandem_code open_made(const td_buf *file, td_weights **weights, tandem_error *err)
{
    td_weights_shard shard = {TD_STR("model.safetensors"), td_buf_str(file)};
    return td_embed_weights_open(&shard, 1, weights, err);
}

#endif
