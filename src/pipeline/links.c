/* A record: number of shared bytes, number of own bytes (each 7 bits a byte, low ones first, the
 * high bit says that more follow), own bytes. */
#include "pipeline/links.h"

enum {
    LINKS_MAX = 1000 * 1000,
    HREF_BYTES_MAX = 64 * 1024,
};

static tandem_code add_number(td_buf *out, size_t n, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (; n >= 0x80 && code == TANDEM_OK; n >>= 7)
        code = td_buf_add_byte(out, (char)(0x80 | (n & 0x7f)), err);
    return code == TANDEM_OK ? td_buf_add_byte(out, (char)n, err) : code;
}

static bool take_number(td_str *packed, size_t *n_out)
{
    size_t n = 0;

    for (unsigned shift = 0; shift < 28 && packed->n > 0; shift += 7) {
        unsigned char byte = (unsigned char)packed->ptr[0];
        *packed = td_str_slice(*packed, 1, packed->n);
        n |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *n_out = n;
            return true;
        }
    }
    return false;
}

tandem_code td_pipeline_links_pack(const td_link *links, size_t n, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str before = {"", 0};

    for (size_t i = 0; i < n; i++) {
        td_str href = links[i].href;
        size_t shared = 0;
        if (links[i].nofollow || href.n == 0 || href.n > HREF_BYTES_MAX || td_str_eq(href, before))
            continue;
        while (shared < before.n && shared < href.n && before.ptr[shared] == href.ptr[shared])
            shared++;
        TD_TRY(add_number(out, shared, err));
        TD_TRY(add_number(out, href.n - shared, err));
        TD_TRY(td_buf_add(out, td_str_slice(href, shared, href.n), err));
        before = href;
    }

out:
    return code;
}

static bool skip_record(td_str *packed, size_t before_n, size_t *shared_out, td_str *own_out)
{
    size_t own = 0;

    if (!take_number(packed, shared_out) || !take_number(packed, &own) || *shared_out > before_n ||
        own > packed->n || *shared_out + own > HREF_BYTES_MAX)
        return false;
    *own_out = td_str_slice(*packed, 0, own);
    *packed = td_str_slice(*packed, own, packed->n);
    return true;
}

tandem_code td_pipeline_links_unpack(td_str packed, td_arena *arena, td_link **links_out,
                                     size_t *n_out, tandem_error *err)
{
    size_t n = 0, shared = 0, before_n = 0;
    td_str own, rest = packed, before = {"", 0};

    while (rest.n > 0) {
        if (!skip_record(&rest, before_n, &shared, &own) || ++n > LINKS_MAX)
            return td_fail(err, TANDEM_E_FORMAT, "the links of a page are damaged");
        before_n = shared + own.n;
    }
    td_link *links = td_arena_zalloc(arena, n ? n : 1, sizeof(*links));
    if (!links)
        return td_arena_fail(arena, err);
    for (size_t i = 0; i < n; i++) {
        skip_record(&packed, before.n, &shared, &own);
        char *href = td_arena_alloc(arena, shared + own.n + 1);
        if (!href)
            return td_arena_fail(arena, err);
        memcpy(href, before.ptr, shared);
        memcpy(href + shared, own.ptr, own.n);
        before = (td_str){href, shared + own.n};
        links[i].href = before;
    }
    *links_out = links;
    *n_out = n;
    return TANDEM_OK;
}
