/* api/check.h - the argument checks that every public function makes.
 *
 * Threads:  pure functions
 */
#ifndef TD_API_CHECK_H
#define TD_API_CHECK_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Every table of kernels, and what takes the best of them. */
#define TD_API_ISAS "auto, amx, avx512_bf16, avx512_vnni, avx512, avx_vnni, avx2, onednn, plain"

/* Copies an options struct of an older or newer caller over our defaults: fields that the caller
 * does not know keep theirs. Errors: E_INVALID for a struct_size that is none. */
tandem_code td_api_check_options(void *ours, size_t ours_bytes, const void *theirs,
                                 tandem_error *err);

/* E_INVALID, naming the option and its bounds, unless min <= value <= max. */
tandem_code td_api_check_range(const char *name, uint64_t value, uint64_t min, uint64_t max,
                               tandem_error *err);

/* E_INVALID unless `value` (NULL: fine) is one of the words in `allowed`, "a, b, c". */
tandem_code td_api_check_word(const char *name, const char *value, const char *allowed,
                              tandem_error *err);

struct tandem_backend;
/* E_INVALID for an api, a time-out or a list of URLs that is none; no URLs at all are fine. */
tandem_code td_api_check_backend(const struct tandem_backend *backend, tandem_error *err);

/* E_INVALID for a required pointer that is NULL. */
tandem_code td_api_check_given(const char *name, const void *pointer, tandem_error *err);

#endif
