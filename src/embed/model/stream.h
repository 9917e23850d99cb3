/* embed/model/stream.h - an encoder whose weights are packed again by each run, in room for one
 * layer, right before they are multiplied: for a model that runs once.
 *
 * The room has four parts, for the kinds of matrices of a layer; all layers' matrices lie in the
 * same. Between two attentions a run needs out, mlp_in, mlp_out of one layer and qkv of the next,
 * and packs them after the first of the two, when the last products of the layer before are done.
 *
 * Threads:  open, close: one owner; pack: all members of a run, each its share
 */
#ifndef TD_EMBED_MODEL_STREAM_H
#define TD_EMBED_MODEL_STREAM_H

#include "embed/model/packing.h"
#include "embed/model/run.h"

struct td_stream {
    td_recipes recipes; /* [n_layers][4]: qkv, out, mlp_in, mlp_out */
    td_model_source source;
    void *room;
    size_t room_bytes;
    size_t panel_floats; /* see td_embed_model_packing_floats, whole cache lines */
};

/* Takes the recipes. Errors: E_NOMEM; E_UNSUPPORTED where kernels keep weights in a library's form
 * or precision is not f32. */
tandem_code td_embed_model_stream_open(td_recipes *recipes, const td_model_source *source,
                                       td_encoder *encoder, tandem_error *err);
void td_embed_model_stream_close(td_stream *stream); /* NULL is fine */

/* The member's share of what stands between two attentions: see encoder.c. Nothing for an encoder
 * that is not streamed. */
void td_embed_model_stream_pack(const td_run *r, const td_layer *layer, const td_layer *next);

#endif
