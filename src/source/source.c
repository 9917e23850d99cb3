#include "source/source.h"

#include "base/error.h"
#include "base/os.h"
#include "net/net.h"
#include "source/file.h"
#include "source/files.h"
#include "source/read.h"
#include "source/web.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME_BYTES_MAX = 64 * 1024,
    SHOWN_BYTES = 150, /* of a name in a message */
};

/* "https" of "https://x"; empty if the name is a path. */
static td_str scheme_of(td_str name)
{
    size_t end = td_str_find(name, TD_STR("://"), 0);

    for (size_t i = 0; end != TD_STR_NONE && i < end; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
            return (td_str){"", 0};
    }
    return td_str_slice(name, 0, end == TD_STR_NONE ? 0 : end);
}

static bool is_web(td_str scheme)
{
    return td_str_eq_nocase(scheme, TD_STR("http")) || td_str_eq_nocase(scheme, TD_STR("https"));
}

/* The absolute path without ".", ".." and double '/', by text alone: for what is gone. */
static tandem_code add_lexical(td_str path, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char here[PATH_MAX];
    td_buf whole = TD_BUF(NAME_BYTES_MAX);
    td_str rest, part;
    size_t start = out->n;

    if (path.n == 0 || path.ptr[0] != '/') {
        if (!getcwd(here, sizeof(here)))
            TD_TRY(td_fail_errno(err, errno, "cannot tell the working folder"));
        TD_TRY(td_buf_add_fmt(&whole, err, "%s/", here));
    }
    TD_TRY(td_buf_add(&whole, path, err));
    for (rest = td_buf_str(&whole); td_str_next(&rest, '/', &part);) {
        if (part.n == 0 || td_str_eq(part, TD_STR(".")))
            continue;
        if (td_str_eq(part, TD_STR(".."))) {
            size_t slash = td_str_find_last_byte(td_buf_str(out), '/');
            td_buf_cut(out, slash == TD_STR_NONE || slash < start ? start : slash);
            continue;
        }
        TD_TRY(td_buf_add_byte(out, '/', err));
        TD_TRY(td_buf_add(out, part, err));
    }
    if (out->n == start)
        TD_TRY(td_buf_add_byte(out, '/', err));

out:
    td_buf_clear(&whole);
    return code;
}

tandem_code td_source_name(const char *name, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str text = td_str_from(name), scheme = scheme_of(text);
    char *real = NULL;
    td_buf lexical = TD_BUF(NAME_BYTES_MAX);

    if (text.n == 0)
        return td_fail(err, TANDEM_E_INVALID,
                       "a source has an empty name: give a folder, a file or a URL");
    if (is_web(scheme))
        return td_net_url_normal(text, out, err);
    if (scheme.n > 0)
        return td_fail(err, TANDEM_E_INVALID,
                       "cannot read %.*s://...: a source is a folder, a file, or a URL that starts "
                       "with http:// or https://",
                       TD_STR_FMT(td_str_slice(scheme, 0, SHOWN_BYTES)));
    real = realpath(name, NULL);
    if (real) {
        TD_TRY(td_source_read_printable(td_str_from(real), out, err));
    } else {
        TD_TRY(add_lexical(text, &lexical, err));
        TD_TRY(td_source_read_printable(td_buf_str(&lexical), out, err));
    }

out:
    free(real);
    td_buf_clear(&lexical);
    return code;
}

static tandem_code fail_path(const char *name, int number, tandem_error *err)
{
    bool like_host = strchr(name, '.') && !strchr(name, ' ') && name[0] != '.' && name[0] != '/';

    if (number == ENOENT && like_host)
        return td_fail(err, TANDEM_E_NOT_FOUND,
                       "no file or folder %.*s; a web address starts with https://", SHOWN_BYTES,
                       name);
    if (number == ENOENT)
        return td_fail(err, TANDEM_E_NOT_FOUND,
                       "no file or folder %.*s: a source is a folder, a file or a URL", SHOWN_BYTES,
                       name);
    return td_fail_errno(err, number, "cannot open the source %.*s", SHOWN_BYTES, name);
}

static tandem_code open_path(const char *name, const td_source_options *options,
                             td_source **source_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    struct stat info;
    char *real = realpath(name, NULL);

    if (!real || stat(real, &info) != 0)
        TD_TRY(fail_path(name, errno, err));
    if (S_ISDIR(info.st_mode))
        TD_TRY(td_source_files_open(real, options, source_out, err));
    else if (S_ISREG(info.st_mode))
        TD_TRY(td_source_file_open(real, options, source_out, err));
    else
        TD_FAIL(err, TANDEM_E_INVALID,
                "%.*s is neither a file nor a folder (a pipe, socket or device)", SHOWN_BYTES,
                name);

out:
    free(real);
    return code;
}

tandem_code td_source_open(const char *name, const td_source_options *options,
                           td_source **source_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_source_options defaults = TD_SOURCE_OPTIONS;
    td_buf url = TD_BUF(NAME_BYTES_MAX);
    td_str text = td_str_from(name);

    options = options ? options : &defaults;
    if (text.n == 0 || scheme_of(text).n > 0) {
        TD_TRY(td_source_name(name, &url, err));
        TD_TRY(td_source_web_open(td_buf_str(&url), options, source_out, err));
    } else {
        TD_TRY(open_path(name, options, source_out, err));
    }

out:
    td_buf_clear(&url);
    return code;
}
