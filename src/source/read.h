/* source/read.h - one file becomes one page: its bytes, or the reason why not.
 *
 * Threads:  any; each call on its own
 */
#ifndef TD_SOURCE_READ_H
#define TD_SOURCE_READ_H

#include "base/error.h"
#include "source/source.h"

/* Appends `path` for people and for a store: what is not UTF-8, and control characters, become
 * "\xNN". */
tandem_code td_source_read_printable(td_str path, td_buf *out, tandem_error *err);

/* A page without bytes. `code` is TANDEM_OK for one that is skipped. Errors: E_NOMEM. */
tandem_code td_source_read_miss(td_str uri, td_str final_uri, tandem_code miss, td_page **page_out,
                                tandem_error *err, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Reads `name` as seen from the folder dir_fd. Whatever is wrong with the file comes out as a
 * skipped or failed page. A last part that is a symbolic link is not followed unless `follow`.
 * Never waits for a named pipe or device. Errors: E_NOMEM. */
tandem_code td_source_read_file(int dir_fd, const char *name, bool follow, td_str uri,
                                td_str final_uri, const td_source_options *options,
                                td_page **page_out, tandem_error *err);

#endif
