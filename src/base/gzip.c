#include "base/gzip.h"

#include <limits.h>
#include <zlib.h>

enum {
    STEP_BYTES = 32 << 10,
    GZIP_WINDOW = 15 + 16
};

tandem_code td_gzip_read(td_str gz, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    z_stream stream = {0};
    unsigned char step[STEP_BYTES];
    int rc = Z_OK;

    if (gz.n > UINT_MAX)
        return td_fail(err, TANDEM_E_TOO_LARGE, "gzip file of %zu bytes", gz.n);
    stream.next_in = (unsigned char *)(uintptr_t)gz.ptr;
    stream.avail_in = (unsigned)gz.n;
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return td_fail_nomem(err, "gzip reader");
    while (rc != Z_STREAM_END) {
        stream.next_out = step;
        stream.avail_out = sizeof(step);
        rc = inflate(&stream, Z_NO_FLUSH);
        TD_TRY(td_buf_add(out, (td_str){(char *)step, sizeof(step) - stream.avail_out}, err));
        if (rc == Z_MEM_ERROR)
            TD_TRY(td_fail_nomem(err, "gzip reader"));
        if (rc != Z_OK && rc != Z_STREAM_END)
            TD_FAIL(err, TANDEM_E_FORMAT, "damaged gzip data after %zu bytes", out->n);
    }
out:
    inflateEnd(&stream);
    return code;
}
