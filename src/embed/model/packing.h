/* embed/model/packing.h - rows of tensors into the panels of matrices, piece by piece, so that
 * several threads may share the work.
 *
 * In:       tensors that load.h has found and checked
 * Out:      packed matrices, the same whoever packs which panel
 * Threads:  those that say so; else one owner
 */
#ifndef TD_EMBED_MODEL_PACKING_H
#define TD_EMBED_MODEL_PACKING_H

#include "embed/model/model.h"

#include <stdatomic.h>

typedef enum td_gating {
    TD_GATING_NONE,
    TD_GATING_VALUE_FIRST, /* the first half of the rows are values, the second their gates */
    TD_GATING_GATE_FIRST,
} td_gating;

enum {
    TD_PARTS_MAX = 3
};

/* What a matrix is made of: the rows of one tensor, or of several one after another. */
typedef struct td_recipe {
    td_matrix *matrix; /* in the encoder; it has room by the time that a panel is packed */
    td_packing shape;  /* without weights */
    const td_tensor *weights[TD_PARTS_MAX], *biases[TD_PARTS_MAX]; /* NULL: none */
    size_t n_parts, part_rows;
    td_gating gating;
} td_recipe;

typedef struct td_recipes {
    td_recipe *items;
    size_t n;
} td_recipes;

/* Floats that packing a panel of any of these needs. */
size_t td_embed_model_packing_floats(const td_recipes *recipes);

/* Packs panel `panel`. Any thread, each panel once.
 *
 *   floats  caller's, [td_embed_model_packing_floats] */
void td_embed_model_packing_panel(const td_recipe *recipe, size_t panel, float *floats);

/* Tells the source that the recipe's tensors have been read. */
void td_embed_model_packing_forget(const td_recipe *recipe, const td_model_source *source);

/* Packs all, on as many threads as source->share brings; each calls source->pause before a panel.
 * Errors: E_NOMEM. */
tandem_code td_embed_model_packing_run(const td_recipes *recipes, const td_model_source *source,
                                       tandem_error *err);

#endif
