#include "source/file.h"

#include "base/error.h"
#include "base/thread.h"
#include "source/read.h"

#include <fcntl.h>
#include <stdlib.h>

enum {
    PATH_TEXT_BYTES_MAX = 64 * 1024
};

typedef struct one_file {
    td_source source;
    td_source_options options;
    char *path;
    td_buf printable;
    bool is_given;
    td_stop is_cancelled;
} one_file;

static tandem_code next(td_source *self, td_page **page_out, tandem_error *err)
{
    one_file *file = (one_file *)self;
    td_str path = td_buf_str(&file->printable);
    size_t slash = td_str_find_last_byte(path, '/');

    if (atomic_load(&file->is_cancelled))
        return td_fail(err, TANDEM_E_CANCELLED, "cancelled");
    if (file->is_given) {
        *page_out = NULL;
        return TANDEM_OK;
    }
    file->is_given = true;
    return td_source_read_file(AT_FDCWD, file->path, true, td_str_slice(path, slash + 1, path.n),
                               path, &file->options, page_out, err);
}

static void done(td_source *self, td_str uri, const td_link *links, size_t n)
{
    (void)self;
    (void)uri;
    (void)links;
    (void)n;
}

static void cancel(td_source *self)
{
    atomic_store(&((one_file *)self)->is_cancelled, true);
}

static void close_file(td_source *self)
{
    one_file *file = (one_file *)self;

    td_buf_clear(&file->printable);
    free(file->path);
    free(file);
}

tandem_code td_source_file_open(const char *path, const td_source_options *options,
                                td_source **source_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    one_file *file = calloc(1, sizeof(*file));

    if (!file)
        return td_fail_nomem(err, "file source");
    file->printable = TD_BUF(PATH_TEXT_BYTES_MAX);
    file->options = *options;
    file->path = strdup(path);
    if (!file->path)
        TD_TRY(td_fail_nomem(err, "file source"));
    TD_TRY(td_source_read_printable(td_str_from(path), &file->printable, err));
    file->source = (td_source){.next = next,
                               .done = done,
                               .cancel = cancel,
                               .close = close_file,
                               .kind = "file",
                               .uri = {"", 0}};
    file->source.uri = td_buf_str(&file->printable);
    *source_out = &file->source;
    file = NULL;

out:
    if (file)
        close_file(&file->source);
    return code;
}
