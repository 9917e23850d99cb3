/* embed/model/rope.h - the angles by which positions turn queries and keys.
 *
 * Threads:  read-only once made
 * Source:   RoFormer; "rotate half" style; NTK forms as models.md of each architecture says
 */
#ifndef TD_EMBED_MODEL_ROPE_H
#define TD_EMBED_MODEL_ROPE_H

#include "base/error.h"

#include <stddef.h>

typedef struct td_rope {
    double base;
    size_t dim;         /* of a head */
    size_t n_positions; /* rows of the table */
    float *angles;      /* [n_positions][dim]: cos [dim / 2], sin [dim / 2] */

    /* Dynamic NTK: texts longer than `trained` turn by a base of their own. 0: off. */
    double dynamic_factor;
    size_t trained;
} td_rope;

/* Inverse frequencies of the default table: base^(-2 i / dim). */
void td_embed_model_rope_default(double base, size_t dim, double *inverse);

/* Of static NTK with a factor, which applies at every length. */
void td_embed_model_rope_ntk(double base, double factor, size_t dim, double *inverse);

/* The same with `mixed_b`. */
void td_embed_model_rope_mixed(double base, double factor, double mixed_b, size_t dim,
                               double *inverse);

/* angles [n_positions][dim] for inverse frequencies [dim / 2]. */
void td_embed_model_rope_fill(const double *inverse, size_t dim, size_t n_positions, float *angles);

/* Makes rope->angles from inverse frequencies. Errors: E_NOMEM. */
tandem_code td_embed_model_rope_make(td_rope *rope, const double *inverse, tandem_error *err);
void td_embed_model_rope_clear(td_rope *rope);

/* Whether a text of this length has angles of its own; then fills them, [n_tokens][dim]. */
bool td_embed_model_rope_is_own(const td_rope *rope, size_t n_tokens);
void td_embed_model_rope_fill_own(const td_rope *rope, size_t n_tokens, float *angles);

#endif
