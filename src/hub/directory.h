/* hub/directory.h - one model directory, mapped and checked for what must be there.
 *
 * Threads:  any
 */
#ifndef TD_HUB_DIRECTORY_H
#define TD_HUB_DIRECTORY_H

#include "base/error.h"
#include "flow/model_files.h"

/* Maps the JSON, vocabulary and safetensors files of `path` and of its numbered stage folders
 * ("1_Pooling"). id and revision are copied; an empty revision is made from the files' bytes.
 * Errors: E_FORMAT naming the missing file, E_TOO_LARGE for a folder of very many files. */
tandem_code td_hub_directory_open(const char *path, td_str id, td_str revision,
                                  td_model_files **files_out, tandem_error *err);

/* Bytes of the files in a folder and in those right below it, links followed; 0 if there are none.
 */
uint64_t td_hub_directory_bytes(const char *path);

#endif
