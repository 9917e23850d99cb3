/* embed/select.h - the precision that a model is opened in: the one asked for, or found by trying.
 *
 * auto:     of the precisions that this CPU is fast in, the narrowest whose vectors of the samples
 *           are near enough to those in f32 (check.h)
 * Threads:  any
 */
#ifndef TD_EMBED_SELECT_H
#define TD_EMBED_SELECT_H

#include "embed/check_cache.h"
#include "embed/embed.h"
#include "embed/engine.h"
#include "embed/pool.h"

/* "f32", "bf16", "int8". */
const char *td_embed_select_name(td_precision precision);

/* Which precision a name means. Errors: E_INVALID for an unknown one; "auto" is none. */
tandem_code td_embed_select_named(const char *name, td_precision *precision_out, tandem_error *err);

/* Takes the engine of these files in the precision that options->precision names.
 *
 *   check_out  what is known of how far that precision is from f32; n_samples 0: nothing
 * Errors: those of td_embed_local_open. */
tandem_code td_embed_select_engine(const td_model_files *files, const td_kernels *kernels,
                                   const td_embed_local_options *options, td_pool *pool,
                                   td_engine **engine_out, td_check *check_out, tandem_error *err);

#endif
