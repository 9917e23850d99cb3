/* embed/identity.h - which model a server serves, as far as can be told from outside.
 *
 * Its name and revision are what the server says; what it makes of a fixed text, the probe, cannot
 * be said wrongly. The same model gives nearly the same vector in any precision and on any
 * machine, another model does not: that is a cosine of at least 0.98. An index keeps one bit a
 * dimension of it, of which nine tenths must be the same.
 *
 *   "Alibaba-NLP/gte-base-en-v1.5@a829fd0e dim=768 probe=5f0a..."
 *
 * Threads:  pure functions
 */
#ifndef TD_EMBED_IDENTITY_H
#define TD_EMBED_IDENTITY_H

#include "embed/wire.h"

enum {
    TD_IDENTITY_BITS = 256, /* of the probe's vector, at most */
    TD_IDENTITY_N = 2 * TD_WIRE_NAME_N + TD_IDENTITY_BITS / 4 + 64,
    TD_IDENTITY_LIKE_N = 96
};

/* The probe: every server of every run gets it as it is. */
td_str td_embed_identity_probe(void);

/* A text as long as the probe and begun like it, another for each number below 10^16: nobody keeps
 * its vector. */
td_str td_embed_identity_like(uint64_t number, char out[TD_IDENTITY_LIKE_N]);

/* `vector` [dim]: of the probe. */
void td_embed_identity_write(const td_wire_about *about, const float *vector, size_t dim,
                             char out[TD_IDENTITY_N]);

/* Whether two identities are of one model: the same but for a few bits of the probe. */
bool td_embed_identity_same(td_str a, td_str b);

/* Whether two vectors [dim] of length 1 can be the probe's in one model. */
bool td_embed_identity_near(const float *a, const float *b, size_t dim);

/* The model's name in an identity. */
td_str td_embed_identity_model(td_str identity);

#endif
