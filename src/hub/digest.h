/* hub/digest.h - whether a file is the one that the hub named by its hash.
 *
 * Large files are known by the SHA-256 of their bytes, small ones by git's own name for them: the
 * SHA-1 of "blob LENGTH\0" and the bytes.
 * Threads:  one owner
 * Source:   FIPS 180-4 by OpenSSL; git-hash-object
 */
#ifndef TD_HUB_DIGEST_H
#define TD_HUB_DIGEST_H

#include "base/error.h"
#include "base/str.h"

typedef struct td_hub_digest td_hub_digest;

/* Begins a hash of the kind that `expected` is by its length: 64 hexadecimal digits or 40; of a
 * file of n_bytes. Errors: E_UNSUPPORTED for any other length, E_NOMEM. */
tandem_code td_hub_digest_new(td_str expected, uint64_t n_bytes, td_hub_digest **digest_out,
                              tandem_error *err);
void td_hub_digest_free(td_hub_digest *digest);

/* Begins again. Errors: E_INTERNAL when OpenSSL refuses. */
tandem_code td_hub_digest_restart(td_hub_digest *digest, tandem_error *err);
tandem_code td_hub_digest_add(td_hub_digest *digest, td_str bytes, tandem_error *err);

/* Whether all that was added has the expected hash; then restart or free. */
tandem_code td_hub_digest_matches(td_hub_digest *digest, bool *matches_out, tandem_error *err);

#endif
