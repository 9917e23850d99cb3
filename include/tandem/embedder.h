/* tandem/embedder.h - a loaded model: text in, vectors out.
 *
 * Threads:  open and close from one thread; all others from any
 */
#ifndef TANDEM_EMBEDDER_H
#define TANDEM_EMBEDDER_H

#include "tandem/error.h"
#include "tandem/value.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tandem_embedder tandem_embedder;

/* Servers that embed instead of this process. With one, a model's name is what the servers know it
 * by, and may be NULL where they have but one. */
typedef struct tandem_backend {
    const char *urls;    /* one or several of one model, apart by commas or blanks; NULL: none */
    const char *api;     /* "tei", "openai", "ollama"; NULL or "auto": found out */
    const char *key;     /* sent as a bearer token, shown nowhere; NULL: none */
    const char *ca_file; /* authorities to trust for https, PEM; NULL: the system's */
    uint32_t timeout_ms; /* of one batch, 100..600000; 0: 30 seconds */
} tandem_backend;

typedef struct tandem_embedder_options {
    size_t struct_size;
    /* "auto": the narrowest that is fast on this CPU and whose vectors are near those in f32, found
     * by trying at the first start and kept in the cache folder; or "f32", "bf16", "int8". */
    const char *precision;
    const char *isa;           /* NULL: the best of this CPU; "amx", "plain", ... */
    uint32_t threads;          /* of all models of the process together; 0: one a core */
    bool refuse_long;          /* E_TOO_LARGE for a text that would be truncated */
    uint64_t memory_bytes_max; /* of this process's models and runs; 0: what the machine gives */
    tandem_backend backend;
} tandem_embedder_options;

#define TANDEM_EMBEDDER_OPTIONS                                             \
    (tandem_embedder_options)                                               \
    {                                                                       \
        .struct_size = sizeof(tandem_embedder_options), .precision = "auto" \
    }

/* What a model is. Texts are borrowed from whoever gave the struct. */
typedef struct tandem_model_info {
    const char *id;           /* "all-MiniLM-L6-v2" */
    const char *origin;       /* "embedded", a path, the servers' URLs */
    const char *revision;     /* changes whenever the vectors could */
    const char *architecture; /* "BertModel" */
    const char *precision;    /* "f32", "bf16", "int8" */
    size_t dim;
    size_t tokens_max; /* of one text; longer ones are truncated */
    /* Of a model that is loaded in this process; else 0. A text of n tokens is
     * n * token_flop + n * n * pair_flop multiplications and additions. */
    size_t weights_bytes;
    double token_flop, pair_flop;
    /* Cosines of this precision's vectors of n_checked short texts to those in f32, where they are
     * known: auto has looked. */
    size_t n_checked;
    double check_mean, check_least;
    /* of tandem_models_each alone */
    uint64_t disk_bytes; /* of its files */
    const char *reason;  /* why it can't be used; NULL: nothing is known against it */
} tandem_model_info;

/* What the model says about one text besides its vector. */
typedef struct tandem_text_note {
    uint32_t n_tokens; /* embedded, special tokens and prompt included */
    bool truncated;
} tandem_text_note;

/* Loads a model: NULL for the embedded default, a Hugging Face directory, or a name in the local
 * Hugging Face cache; or meets the servers of options->backend. `options` may be NULL.
 * Errors: E_NOT_FOUND, E_FORMAT (names file and field or tensor), E_UNSUPPORTED, E_NOMEM (says what
 * would be needed, where memory_bytes_max does not hold it); of servers also E_INVALID (a URL),
 * E_CONFLICT (another model), E_DENIED, E_NETWORK, E_TIMEOUT, E_UNAVAILABLE. */
tandem_code tandem_embedder_open(const char *model, const tandem_embedder_options *options,
                                 tandem_embedder **embedder_out, tandem_error *err);

/* NULL is fine. */
void tandem_embedder_close(tandem_embedder *embedder);

/* Borrowed until close. */
void tandem_embedder_get_info(const tandem_embedder *embedder, tandem_model_info *info_out);

/* One vector of length 1 for each text, in order; all cores work.
 *
 *   texts    [n]       UTF-8 (bad bytes count as U+FFFD), borrowed
 *   vectors  [n, dim]  caller's
 *   notes    [n]       caller's, or NULL
 * Errors: the first text that failed, by its number. */
tandem_code tandem_embedder_embed(tandem_embedder *embedder, const tandem_str *texts, size_t n,
                                  tandem_role role, float *vectors, tandem_text_note *notes,
                                  tandem_error *err);

/* The same on the calling thread, all or nothing: for a program with threads of its own. It
 * takes no thread to start, so one short text is back sooner. Arguments as tandem_embedder_embed.
 * Errors: of the batch, by the text's number from 0 where one text is at fault. */
tandem_code tandem_embedder_run(tandem_embedder *embedder, const tandem_str *texts, size_t n,
                                tandem_role role, float *vectors, tandem_text_note *notes,
                                tandem_error *err);

/* Ids of a text as the model sees them: prompt and special tokens included, truncated.
 *
 *   ids  [tokens_max]  caller's
 * Errors: E_UNSUPPORTED for a model on servers. */
tandem_code tandem_embedder_tokenize(tandem_embedder *embedder, tandem_str text, tandem_role role,
                                     uint32_t *ids, size_t *n_out, bool *truncated_out,
                                     tandem_error *err);

/* A row for each of a text's ids, as the model's last layer gives them: not pooled, not of length
 * 1. On the calling thread and, while no other text is embedded, all cores.
 *
 *   rows  [*n_rows_io, dim]  caller's; tokenize tells how many there are
 * Errors: E_TOO_LARGE for more ids than rows (or a text that refuse_long refuses); E_UNSUPPORTED
 * for a model on servers. */
tandem_code tandem_embedder_rows(tandem_embedder *embedder, tandem_str text, tandem_role role,
                                 float *rows, size_t *n_rows_io, bool *truncated_out,
                                 tandem_error *err);

/* The token of an id; ptr is NULL if there is none. Borrowed until close. */
tandem_str tandem_embedder_token(const tandem_embedder *embedder, uint32_t id);

/* Every model that is here: the embedded one, and each revision in the Hugging Face cache, usable
 * or not ("org/name" for main, "org/name@commit" for others). architecture, dim and tokens_max are
 * empty where the model's files do not tell them without loading it. */
typedef void (*tandem_model_each)(void *user, const tandem_model_info *info);
tandem_code tandem_models_each(tandem_model_each each, void *user, tandem_error *err);

#ifdef __cplusplus
}
#endif

#endif
