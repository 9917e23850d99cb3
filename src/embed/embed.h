/* embed/embed.h - where a lane's batches become vectors.
 *
 * In:       td_batch
 * Out:      the same batch with its vectors (length 1, finite) and notes
 * Threads:  embed from many threads at once; open and close from one
 */
#ifndef TD_EMBED_H
#define TD_EMBED_H

#include "base/buf.h"
#include "flow/batch.h"
#include "flow/model_files.h"

typedef struct td_embedder td_embedder;

struct td_embedder {
    /* Fills batch->vectors and notes. Blocks. All or nothing: on failure nothing of the batch is to
     * be believed. Codes that a smaller batch may cure: E_TOO_LARGE, E_FORMAT, E_NOMEM, E_INVALID;
     * those that waiting may cure say so by tandem_code_retry; E_DENIED and E_NOT_FOUND fail the
     * lane. retry_after_ms_out (may be NULL) is what the server asked for, else 0. */
    tandem_code (*embed)(td_embedder *self, td_batch *batch, uint32_t *retry_after_ms_out,
                         tandem_error *err);
    /* Tokens that a text will cost: exact or a guess; never fails. */
    size_t (*estimate_tokens)(td_embedder *self, td_str text);
    /* Ids of a text as the model sees them (prompt and special tokens included, truncated). NULL
     * where the backend has no tokenizer. ids: caller's, room for tokens_max. */
    tandem_code (*tokenize)(td_embedder *self, td_str text, tandem_role role, uint32_t *ids,
                            size_t *n_out, bool *truncated_out, tandem_error *err);
    /* The token of an id; ptr NULL if there is none. NULL where the backend has no tokenizer. */
    td_str (*token)(td_embedder *self, uint32_t id);
    void (*close)(td_embedder *self);

    size_t dim;
    size_t tokens_max;      /* of one text; longer ones are truncated */
    size_t batch_items_max; /* what the backend takes at once; 0: no limit of its own */
    bool is_local;          /* embed uses the calling thread's core */
    td_str model_id;        /* "all-MiniLM-L6-v2" */
    td_str origin;          /* where from: "embedded", a path, a URL */
    td_str architecture;    /* "BertModel"; empty if not known */
    td_str precision;       /* "f32" */
    td_str fingerprint;     /* id, revision, precision, limits, prompts: changes if vectors could */
};

typedef struct td_embed_local_options {
    size_t struct_size;
    const char *precision; /* "auto", "f32", "bf16" or "int8" */
    const char *isa;       /* NULL: the best this CPU has; or "plain", "avx2", "avx512", "onednn" */
    bool refuse_long;      /* E_TOO_LARGE instead of truncating */
    size_t n_threads;      /* of all models of the process; 0: one a core. The first open decides */
    uint64_t packed_bytes_max; /* kept on disk of packed weights; 0: none */
} td_embed_local_options;

#define TD_EMBED_LOCAL_OPTIONS                                             \
    (td_embed_local_options)                                               \
    {                                                                      \
        .struct_size = sizeof(td_embed_local_options), .precision = "auto" \
    }

/* A model in this process, on the CPU. `files` must outlive it. Two embedders may be opened on the
 * same files; the second then shares what the first has packed.
 * Errors: E_FORMAT names file and tensor or field; E_UNSUPPORTED lists what is supported. */
tandem_code td_embed_local_open(const td_model_files *files, const td_embed_local_options *options,
                                td_embedder **embedder_out, tandem_error *err);

#endif
