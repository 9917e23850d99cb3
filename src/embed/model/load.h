/* embed/model/load.h - tensors by name into packed matrices, for the architectures to use.
 *
 * Threads:  one owner
 */
#ifndef TD_EMBED_MODEL_LOAD_H
#define TD_EMBED_MODEL_LOAD_H

#include "embed/model/encoder.h"
#include "embed/model/fields.h"
#include "embed/model/packing.h"

typedef struct td_loader {
    const td_weights *weights;
    const td_kernels *kernels;
    td_precision precision;
    const char *prefix; /* "bert." or "", before all names */
    char layer[64];     /* "encoder.layer.3.", between prefix and name; empty outside of layers */
    char name[192];     /* the last name built */
    const td_blocks *packed; /* in place of weights to pack; NULL: none */
    td_recipes recipes;      /* of all matrices so far */
    bool no_room;            /* matrices are shapes alone: who packs them has room */
    tandem_error *err;
} td_loader;

/* One linear layer, whose rows may lie in several tensors one after another. */
typedef struct td_linear_parts {
    const char *parts[TD_PARTS_MAX]; /* names without ".weight"; NULL after the last */
    size_t part_rows;                /* rows of each */
    size_t n_in;
    bool bias; /* each part has a ".bias" */
    td_gating gating;
} td_linear_parts;

/* The sizes that every architecture has, checked against each other. A name of NULL is not read.
 * Errors: E_FORMAT naming config.json and the field. */
typedef struct td_size_names {
    const char *hidden, *n_layers, *n_heads, *intermediate, *n_vocab, *n_positions;
} td_size_names;
tandem_code td_embed_model_load_sizes(const td_fields *config, const td_size_names *names,
                                      td_encoder *encoder, tandem_error *err);

/* hidden_act and its like by name. Errors: E_UNSUPPORTED naming field and value. */
tandem_code td_embed_model_load_activation(const td_fields *config, const char *path,
                                           const char *otherwise, td_activation *activation_out,
                                           tandem_error *err);

/* Fills the encoder's rope `index` from inverse frequencies [head_dim / 2]. Errors: E_NOMEM. */
tandem_code td_embed_model_load_rope(td_encoder *encoder, size_t index, double base,
                                     const double *inverse, tandem_error *err);

/* Rows of a tensor of two dimensions, for a size that no field holds. Errors: E_FORMAT. */
tandem_code td_embed_model_load_peek(td_loader *loader, const char *name, size_t *n_rows_out);

/* Picks the prefix under which the tensor `probe` exists; the first one if under none. */
void td_embed_model_load_prefix(td_loader *loader, const char *const *prefixes, size_t n,
                                const char *probe);

/* Puts `<group>.<layer>.` before names from here on. */
void td_embed_model_load_enter(td_loader *loader, const char *group, size_t layer);

/* Zeroed layers. */
tandem_code td_embed_model_load_layers(td_loader *loader, td_encoder *encoder);

/* Finds a layer's weights and notes how the matrix is packed of them, which is done when all are
 * known: matrix_out must stay where it is. Over blocks packed before, it is complete at once. */
tandem_code td_embed_model_load_linear(td_loader *loader, const td_linear_parts *parts,
                                       td_matrix *matrix_out);

/* `<name>.weight` and, if `bias`, `<name>.bias`; the old names gamma and beta count too. */
tandem_code td_embed_model_load_norm(td_loader *loader, const char *name, size_t n, bool bias,
                                     td_norm *norm_out);

/* The first rows [n_rows, n] of a table of `n_table_rows`. */
tandem_code td_embed_model_load_rows(td_loader *loader, const char *name, size_t n_table_rows,
                                     size_t n_rows, size_t n, float **rows_out);

/* A table that stays in the file and is read row by row. */
tandem_code td_embed_model_load_table(td_loader *loader, const char *name, size_t n_rows, size_t n,
                                      const td_tensor **tensor_out);

/* Frees what the loader holds for itself. */
void td_embed_model_load_clear(td_loader *loader);

#endif
