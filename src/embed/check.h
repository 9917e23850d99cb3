/* embed/check.h - how near a model's vectors in a precision are to those in f32, by samples.
 *
 * The f32 model is never there as a whole: its layers are read one by one (stream.h), so a check
 * takes memory for one layer and the rows of the samples beside the model that is checked.
 *
 * Half of the samples decide where they are clear: one cosine below the least allowed refuses, as
 * the other half cannot raise it; figures twice as near to 1 as demanded pass. Else all decide. Of
 * models spoiled step by step until they failed, none was judged otherwise by its half (see
 * bench/engine/README.md).
 *
 * Threads:  one owner; all cores work. The figures do not depend on how many there are
 */
#ifndef TD_EMBED_CHECK_H
#define TD_EMBED_CHECK_H

#include "embed/check_cache.h"
#include "embed/engine.h"
#include "embed/pool.h"
#include "embed/samples.h"

/* What is demanded of the cosines to the vectors in f32. */
#define TD_CHECK_MEAN_MIN  0.995
#define TD_CHECK_LEAST_MIN 0.98
bool td_embed_check_passes(const td_check *check);

/* What is known of one model's samples; kept while its precisions are tried one after another. */
typedef struct td_checking {
    td_pool *pool;
    uint64_t memory_bytes_max; /* as td_engine_options has it */

    uint32_t *ids; /* of all samples, end to end; NULL: not yet */
    uint32_t starts[TD_SAMPLES_N + 1];
    float *exact; /* [n_exact, dim] in f32 */
    size_t n_exact;
    bool is_exact_finite;
} td_checking;

void td_embed_check_clear(td_checking *checking);

/* Measures an engine. One whose vectors of the samples are not finite, or are not in f32, does
 * not pass: what such a model fails at is told text by text, when there are texts.
 * Errors: E_NOMEM, E_FORMAT and E_UNSUPPORTED as td_embed_model_open gives them in f32. */
tandem_code td_embed_check_measure(td_checking *checking, const td_engine *tried,
                                   td_check *check_out, tandem_error *err);

#endif
