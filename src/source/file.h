/* source/file.h - one named file as a source of one page. Ignore rules and globs do not apply.
 *
 * Threads:  as source.h
 */
#ifndef TD_SOURCE_FILE_H
#define TD_SOURCE_FILE_H

#include "source/source.h"

/* `path` is the absolute path of a file that exists. */
tandem_code td_source_file_open(const char *path, const td_source_options *options,
                                td_source **source_out, tandem_error *err);

#endif
