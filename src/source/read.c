#include "source/read.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "source/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PAGE_EXTRA_BYTES = 64 * 1024, /* paths and reason, beside the body */
    REASON_BYTES = 400,
};

tandem_code td_source_read_printable(td_str path, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < path.n && code == TANDEM_OK;) {
        uint32_t codepoint = 0;
        size_t n = td_utf8_at(path, i, &codepoint);
        if (n > 0 && codepoint >= ' ' && (codepoint < 0x7f || codepoint > 0x9f)) {
            code = td_buf_add(out, td_str_slice(path, i, i + n), err);
            i += n;
        } else {
            code = td_buf_add_fmt(out, err, "\\x%02X", (unsigned char)path.ptr[i]);
            i++;
        }
    }
    return code;
}

/* A page with its texts in place and no body. */
static td_page *new_page(size_t body_bytes, td_str uri, td_str final_uri)
{
    td_page *page = td_page_new(body_bytes + uri.n + final_uri.n + PAGE_EXTRA_BYTES);

    if (!page)
        return NULL;
    td_str none = {"", 0};
    page->media_type = page->charset = page->body = page->etag = page->last_modified = none;
    page->reason = page->x_robots_tag = none;
    page->fetched_wall_ms = td_clock_wall_ms();
    page->uri = td_arena_copy(page->arena, uri);
    page->final_uri = td_arena_copy(page->arena, final_uri);
    if (!page->uri.ptr || !page->final_uri.ptr) {
        td_page_free(page);
        return NULL;
    }
    return page;
}

tandem_code td_source_read_miss(td_str uri, td_str final_uri, tandem_code miss, td_page **page_out,
                                tandem_error *err, const char *format, ...)
{
    char reason[REASON_BYTES];
    va_list args;
    td_page *page = new_page(0, uri, final_uri);

    if (!page)
        return td_fail_nomem(err, "page");
    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    page->status = miss == TANDEM_OK ? TD_PAGE_SKIPPED : TD_PAGE_FAILED;
    page->code = miss;
    page->reason = td_arena_copy(page->arena, td_str_from(reason));
    if (!page->reason.ptr) {
        td_page_free(page);
        return td_fail_nomem(err, "page");
    }
    *page_out = page;
    return TANDEM_OK;
}

/* Up to `n` bytes into `out`; fewer only at the file's end. False with errno on failure. */
static bool read_some(int fd, char *out, size_t n, size_t *n_out)
{
    size_t at = 0;

    while (at < n) {
        ssize_t got = read(fd, out + at, n - at);
        if (got == 0)
            break;
        if (got > 0)
            at += (size_t)got;
        else if (errno != EINTR)
            return false;
    }
    *n_out = at;
    return true;
}

typedef struct reading {
    int fd;
    td_str uri, final_uri;
    const td_source_options *options;
} reading;

static tandem_code miss_errno(const reading *r, int number, const char *what, td_page **page_out,
                              tandem_error *err)
{
    tandem_error reason = {.code = TANDEM_OK};
    td_fail_errno(&reason, number, "%s", what);
    return td_source_read_miss(r->uri, r->final_uri, reason.code, page_out, err, "%s",
                               reason.message);
}

static tandem_code miss_size(const reading *r, uint64_t n_bytes, td_page **page_out,
                             tandem_error *err)
{
    return td_source_read_miss(r->uri, r->final_uri, TANDEM_OK, page_out, err,
                               "too large: %llu bytes are over the limit of %zu (--max-file-size)",
                               (unsigned long long)n_bytes, r->options->file_bytes_max);
}

/* The rest of the bytes into the page's own memory. The file may grow or shrink meanwhile, and
 * files of /proc have size 0: what counts is what read() gives, up to the limit. */
static tandem_code read_body(const reading *r, td_page *page, td_str head, size_t expected,
                             bool *too_large_out, int *errno_out)
{
    size_t max = r->options->file_bytes_max, n = 0;
    size_t room = (expected > max ? max : expected) + 1;

    room = room <= head.n ? head.n + 1 : room;
    char *bytes = td_arena_alloc(page->arena, room);
    if (!bytes)
        return TANDEM_E_NOMEM;
    memcpy(bytes, head.ptr, head.n);
    page->body = (td_str){bytes, head.n};
    for (;;) {
        if (!read_some(r->fd, bytes + page->body.n, room - page->body.n, &n)) {
            *errno_out = errno;
            return TANDEM_OK;
        }
        page->body.n += n;
        *too_large_out = page->body.n > max;
        if (page->body.n < room || *too_large_out)
            return TANDEM_OK;
        size_t larger = room * 2 < max + 1 ? room * 2 : max + 1;
        bytes = td_arena_grow(page->arena, bytes, room, larger);
        if (!bytes)
            return TANDEM_E_NOMEM;
        page->body.ptr = bytes;
        room = larger;
    }
}

static void look_if_known(const reading *r, td_page *page)
{
    td_page_known known = {.etag = ""};

    page->hash = td_hash_of(page->body);
    if (r->options->known && r->options->known(r->options->known_user, page->uri, &known) &&
        td_hash_eq(known.hash, page->hash)) {
        page->status = TD_PAGE_UNCHANGED;
        page->body = (td_str){"", 0};
    }
}

static tandem_code read_open(const reading *r, const struct stat *info, td_page **page_out,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char head[TD_SOURCE_BINARY_HEAD_BYTES];
    size_t n_head = 0, expected = info->st_size > 0 ? (size_t)info->st_size : 0;
    bool too_large = false;
    int error_number = 0;
    td_page *page = NULL;

    if (!read_some(r->fd, head, sizeof(head), &n_head))
        return miss_errno(r, errno, "cannot read", page_out, err);
    const char *binary = td_source_binary_bytes((td_str){head, n_head});
    if (binary)
        return td_source_read_miss(r->uri, r->final_uri, TANDEM_OK, page_out, err, "%s", binary);

    /* Growing copies: three times the limit covers every doubling up to it. */
    page = new_page(r->options->file_bytes_max * 3, r->uri, r->final_uri);
    if (!page)
        TD_TRY(td_fail_nomem(err, "page"));
    code = read_body(r, page, (td_str){head, n_head}, expected, &too_large, &error_number);
    if (code != TANDEM_OK)
        TD_TRY(td_fail_nomem(err, "body of a file"));
    if (error_number != 0)
        TD_TRY(miss_errno(r, error_number, "cannot read", page_out, err));
    else if (too_large)
        TD_TRY(miss_size(r, page->body.n, page_out, err));
    else {
        look_if_known(r, page);
        *page_out = page;
        page = NULL;
    }

out:
    td_page_free(page);
    return code;
}

static const char *kind_text(mode_t mode)
{
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a named pipe"
           : S_ISSOCK(mode) ? "a socket"
           : S_ISCHR(mode)  ? "a device"
           : S_ISBLK(mode)  ? "a device"
                            : "no regular file";
}

tandem_code td_source_read_file(int dir_fd, const char *name, bool follow, td_str uri,
                                td_str final_uri, const td_source_options *options,
                                td_page **page_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    reading r = {-1, uri, final_uri, options};
    struct stat info;

    if (fstatat(dir_fd, name, &info, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
        return miss_errno(&r, errno, "cannot look at it", page_out, err);
    if (!S_ISREG(info.st_mode))
        return td_source_read_miss(uri, final_uri, TANDEM_OK, page_out, err, "%s, not a file",
                                   kind_text(info.st_mode));
    if (td_source_binary_name(td_str_from(name)))
        return td_source_read_miss(uri, final_uri, TANDEM_OK, page_out, err, "binary file");
    if ((uint64_t)info.st_size > options->file_bytes_max)
        return miss_size(&r, (uint64_t)info.st_size, page_out, err);

    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
    do {
        r.fd = openat(dir_fd, name, flags);
    } while (r.fd < 0 && errno == EINTR);
    if (r.fd < 0)
        return miss_errno(&r, errno, "cannot open", page_out, err);
    /* Another thing may have come to that name in between. */
    if (fstat(r.fd, &info) != 0)
        TD_TRY(miss_errno(&r, errno, "cannot look at it", page_out, err));
    else if (!S_ISREG(info.st_mode))
        TD_TRY(td_source_read_miss(uri, final_uri, TANDEM_OK, page_out, err, "%s, not a file",
                                   kind_text(info.st_mode)));
    else
        TD_TRY(read_open(&r, &info, page_out, err));

out:
    close(r.fd);
    return code;
}
