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

/* What two calls took that were under way at the same time: what a call costs by itself is told
 * from what its texts do, and calls that take turns from those that do not. */
enum {
    TD_EMBED_PRICE_TEXTS = 2,          /* of the first; the second has one */
    TD_EMBED_PRICE_APART_US = 2 * 1000 /* the second begins later, so that it comes second */
};
typedef struct td_embed_price {
    size_t n_texts;       /* of the first, each like the one of text_seconds */
    double first, second; /* seconds of each */
    double apart;         /* the second began so much later */
    bool is_beside;       /* while the first was at the same server, the lane's only one */
} td_embed_price;

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
    /* A row for each of these ids, as the last layer gives them: not pooled, not scaled. NULL where
     * the backend has none. rows: caller's, room for *n_rows_io of them; then how many there are.
     * E_TOO_LARGE when there is no room, all else as embed. */
    tandem_code (*rows)(td_embedder *self, td_str text, tandem_role role, float *rows,
                        size_t *n_rows_io, bool *truncated_out, tandem_error *err);
    /* The token of an id; ptr NULL if there is none. NULL where the backend has no tokenizer. */
    td_str (*token)(td_embedder *self, uint32_t id);
    /* Tells what td_embed_price says, for those who will make many calls. It is known if servers
     * were met thoroughly; else this asks, and blocks for a few calls' time, until it is. False: it
     * was refused, or another asks just now. NULL where calls have no price. */
    bool (*price)(td_embedder *self, td_embed_price *price_out);
    void (*close)(td_embedder *self);

    size_t dim;
    size_t tokens_max;          /* of one text; longer ones are truncated */
    size_t batch_items_max;     /* what the backend takes at once; 0: no limit of its own */
    size_t batch_tokens_enough; /* more at once are no faster; 0: not known */
    bool is_local;              /* embed uses the calling thread's core */
    /* Remote ones, seconds, as met at the open: a call of embed at the least, whatever its texts,
     * and one with a text of so many tokens, estimated. 0: not known. */
    double call_seconds, text_seconds;
    size_t text_tokens;
    td_str model_id;     /* "all-MiniLM-L6-v2" */
    td_str origin;       /* where from: "embedded", a path, a URL */
    td_str architecture; /* "BertModel"; empty if not known */
    td_str precision;    /* "f32" */
    /* Local ones: bytes of packed weights; work of a text of n tokens, n * token_flop +
     * n * n * pair_flop; and how near vectors of n_checked samples are to those in f32. */
    size_t weights_bytes;
    double token_flop, pair_flop;
    size_t n_checked; /* 0: not known */
    double check_mean, check_least;
    td_str fingerprint; /* id, revision, precision, limits, prompts: changes if vectors could */
    td_str identity;    /* of a remote model: what an index is pinned to; else empty */
};

typedef struct td_embed_local_options {
    size_t struct_size;
    const char *precision; /* "auto", "f32", "bf16" or "int8" */
    const char *isa;       /* NULL: the best this CPU has; or "amx", "plain", ... */
    bool refuse_long;      /* E_TOO_LARGE instead of truncating */
    size_t n_threads;      /* of all models of the process; 0: one a core. The first open decides */
    uint64_t memory_bytes_max; /* of all models and their runs; 0: what the machine gives */
} td_embed_local_options;

#define TD_EMBED_LOCAL_OPTIONS                                             \
    (td_embed_local_options)                                               \
    {                                                                      \
        .struct_size = sizeof(td_embed_local_options), .precision = "auto" \
    }

/* A model in this process, on the CPU. `files` must outlive it. Two embedders may be opened on the
 * same files; the second then shares what the first has packed.
 * Errors: E_FORMAT names file and tensor or field; E_UNSUPPORTED lists what is supported; E_NOMEM
 * says how much would be needed where memory_bytes_max does not hold it. */
tandem_code td_embed_local_open(const td_model_files *files, const td_embed_local_options *options,
                                td_embedder **embedder_out, tandem_error *err);

/* How many tokens a text has for a model whose weights need not be loaded. */
typedef struct td_embed_counter td_embed_counter;

/* `files` are borrowed during the call only. Errors: as td_embed_local_open. */
tandem_code td_embed_counter_open(const td_model_files *files, td_embed_counter **counter_out,
                                  tandem_error *err);
void td_embed_counter_close(td_embed_counter *counter);

/* Tokens of a document, the model's prompt and special tokens included, as td_embedder.tokenize
 * gives them; one past td_embed_counter_max for all that are longer. Any thread.
 * Errors: E_NOMEM. */
tandem_code td_embed_counter_count(const td_embed_counter *counter, td_str text, size_t *n_out,
                                   tandem_error *err);

/* Changes if counts could: the model's id and revision. Good until close. */
td_str td_embed_counter_name(const td_embed_counter *counter);

/* The longest text that the model takes. */
size_t td_embed_counter_max(const td_embed_counter *counter);

typedef struct td_embed_remote_options {
    size_t struct_size;
    const char *urls;    /* one or several of one model, apart by commas or blanks */
    const char *api;     /* "auto", "tei", "openai", "ollama" */
    const char *model;   /* the name that the servers know it by; NULL: the only one they have */
    const char *key;     /* sent as a bearer token, shown nowhere; NULL: none */
    const char *ca_file; /* authorities to trust for https; NULL: the system's */
    uint32_t timeout_ms; /* of one batch, 100..600000 */
    td_str pinned;       /* identity that an index holds vectors of; empty: none */
    size_t pinned_dim;
    bool may_be_absent; /* a pinned lane opens though no server answers yet */
    bool is_thorough;   /* many texts will come: met by two calls at once, which tell a price */
} td_embed_remote_options;

#define TD_EMBED_REMOTE_OPTIONS                                                             \
    (td_embed_remote_options)                                                               \
    {                                                                                       \
        .struct_size = sizeof(td_embed_remote_options), .api = "auto", .timeout_ms = 30000, \
    }

/* A model on one or several servers. Each is met first: form, model, width, and what it makes of a
 * fixed text; later it is met anew whenever it has failed. While one answers, those that don't are
 * left out until they do.
 * Errors: E_INVALID (an option, a URL), E_CONFLICT (another model than wanted, pinned, or on the
 * first server), E_NOT_FOUND, E_DENIED, E_FORMAT (what is there is no server of embeddings);
 * E_NETWORK, E_TIMEOUT, E_UNAVAILABLE, E_BUSY when none answers. */
tandem_code td_embed_remote_open(const td_embed_remote_options *options, td_embedder **embedder_out,
                                 tandem_error *err);

/* What stands in for a lane that could not be opened: every batch fails for that reason. */
tandem_code td_embed_down_open(const tandem_error *why, td_embedder **embedder_out,
                               tandem_error *err);

/* What td_embed_local_open would choose on this machine: the name of its kernels, and which
 * precisions ("f32", "bf16", "int8") these are fast in, widest first. Static texts. */
enum {
    TD_EMBED_PRECISIONS = 3
};
typedef struct td_embed_machine {
    const char *isa;
    const char *fast[TD_EMBED_PRECISIONS];
    size_t n_fast;
} td_embed_machine;
void td_embed_machine_get(td_embed_machine *machine_out);

/* GFLOP/s of the engine's matrix products alone, by n threads (0: one a core): about a second of
 * rows of 768 by weights of 3072 outputs. Errors: E_INVALID, E_UNSUPPORTED, E_NOMEM. */
tandem_code td_embed_machine_measure(const char *precision, const char *isa, size_t n_threads,
                                     double *gflops_out, tandem_error *err);

/* [n_out] short texts of many kinds. Static. */
const char *const *td_embed_samples_get(size_t *n_out);

#endif
