/* embed/plan.h - whether what the engine will hold fits under a ceiling, told before it is held.
 *
 * Counted:  packed weights and word tables of all loaded models; one scratch of a group for each
 *           thread, one for a query, one for the longest text; a fixed sum for everything else.
 *           Pages of model files that packing reads are the system's: it takes them back at need.
 * Threads:  any
 */
#ifndef TD_EMBED_PLAN_H
#define TD_EMBED_PLAN_H

#include "embed/model/model.h"

/* Bytes that the weights of a file will take in a precision: packed, but for the word table, which
 * stays in its file. */
size_t td_embed_plan_weights(const td_weights *weights, td_precision precision);

/* Bytes of scratch that a pool of n threads will hold for a model. Errors: E_NOMEM. */
tandem_code td_embed_plan_scratch(const td_model *model, size_t n_threads, size_t *bytes_out,
                                  tandem_error *err);

/* Errors: E_NOMEM, saying what would be needed, if it does not fit.
 *
 *   bytes_max      the ceiling; 0: the memory that this process may use
 *   weights_bytes  of all models, this one included
 *   scratch_bytes  0: not known so far */
tandem_code td_embed_plan_check(uint64_t bytes_max, size_t weights_bytes, size_t scratch_bytes,
                                tandem_error *err);

#endif
