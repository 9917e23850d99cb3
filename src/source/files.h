/* source/files.h - a directory tree, or one file, as a source.
 *
 * Threads:  as source.h
 */
#ifndef TD_SOURCE_FILES_H
#define TD_SOURCE_FILES_H

#include "source/source.h"

/* `path` is the absolute path of a directory that exists. */
tandem_code td_source_files_open(const char *path, const td_source_options *options,
                                 td_source **source_out, tandem_error *err);

#endif
