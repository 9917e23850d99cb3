/* embed/engine.h - a loaded model, shared by all embedders of the same files and options.
 *
 * In:       model files, untrusted
 * Out:      tokenizer and packed weights
 * Threads:  any; an engine is read-only once made
 */
#ifndef TD_EMBED_ENGINE_H
#define TD_EMBED_ENGINE_H

#include "embed/model/model.h"
#include "embed/packed_cache.h"
#include "embed/pool.h"
#include "embed/tokenize/tokenize.h"
#include "flow/model_files.h"

#include <pthread.h>

enum {
    /* In fingerprints and kept checks: goes up when the same files give other bits. */
    TD_ENGINE_VERSION = 3,
};

typedef struct td_engine {
    struct td_engine *next; /* in the list of those in use */
    size_t n_users;
    td_str key; /* the weights' bytes, by address: the same files */
    const td_kernels *kernels;
    td_precision precision;
    td_weights *weights;
    td_tokenizer *tokenizer;
    td_model *model;
    size_t bytes;     /* of packed weights and the word table */
    td_packed packed; /* mapped, where the model lies in it */
    bool is_kept;     /* on disk, or that was tried */
    bool is_keeping;  /* a thread writes, until the engine goes */
    pthread_t keeper;
    const td_model_files *files;
    td_packed_cache cache; /* that it writes to */
} td_engine;

typedef struct td_engine_options {
    const td_kernels *kernels;
    td_precision precision;
    uint64_t memory_bytes_max;     /* of all that the process holds; 0: what the machine gives */
    const td_packed_cache *packed; /* borrowed during the call; NULL: none */
    td_pool *pool;                 /* that packs the weights; NULL: the calling thread alone */
} td_engine_options;

/* The engine of these files, loaded if it is not in use. `files` must outlive it. Errors: those of
 * td_embed_local_open; E_NOMEM before the weights are packed if they would not fit. */
tandem_code td_embed_engine_take(const td_model_files *files, const td_engine_options *options,
                                 td_engine **engine_out, tandem_error *err);

/* Keeps the packed weights for the next start, if that was not done. A thread writes them, so that
 * the first vector need not wait for hundreds of MB; giving the engine back does. */
void td_embed_engine_keep(td_engine *engine, const td_packed_cache *cache);

void td_embed_engine_give_back(td_engine *engine); /* NULL is fine */

/* Of all engines in use. */
size_t td_embed_engine_bytes(void);

#endif
