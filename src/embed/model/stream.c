#include "embed/model/stream.h"

#include <stdlib.h>

enum {
    QKV,
    OUT,
    MLP_IN,
    MLP_OUT,
    N_KINDS
};

/* Where each kind's part of the room begins; at N_KINDS, where it ends. Layers need not be of one
 * size. */
static tandem_code plan_room(const td_recipes *recipes, size_t starts[N_KINDS + 1],
                             tandem_error *err)
{
    size_t most[N_KINDS] = {0};

    for (size_t i = 0; i < recipes->n; i++) {
        const td_recipe *recipe = &recipes->items[i];
        size_t n = td_embed_kernels_bytes_of(&recipe->shape, recipe->gating != TD_GATING_NONE);
        if (n == 0)
            return td_fail(err, TANDEM_E_UNSUPPORTED, "%s: weights cannot be packed layer by layer",
                           recipe->shape.kernels->name);
        most[i % N_KINDS] = n > most[i % N_KINDS] ? n : most[i % N_KINDS];
    }
    starts[0] = 0;
    for (size_t kind = 0; kind < N_KINDS; kind++)
        starts[kind + 1] = starts[kind] + most[kind];
    return TANDEM_OK;
}

static void place(td_stream *stream, const size_t starts[N_KINDS + 1])
{
    for (size_t i = 0; i < stream->recipes.n; i++) {
        const td_recipe *recipe = &stream->recipes.items[i];
        bool gated = recipe->gating != TD_GATING_NONE;
        const td_str part = {(const char *)stream->room + starts[i % N_KINDS],
                             td_embed_kernels_bytes_of(&recipe->shape, gated)};
        bool placed = td_embed_kernels_adopt(&recipe->shape, gated, part, recipe->matrix);
        td_assert(placed);
    }
}

tandem_code td_embed_model_stream_open(td_recipes *recipes, const td_model_source *source,
                                       td_encoder *encoder, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t starts[N_KINDS + 1];
    td_stream *stream = calloc(1, sizeof(*stream));

    if (!stream)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a layer's weights");
    td_assert(recipes->n == N_KINDS * encoder->n_layers &&
              recipes->items[OUT].matrix == &encoder->layers[0].out &&
              recipes->items[MLP_OUT].matrix == &encoder->layers[0].mlp_out);
    if (source->precision != TD_PRECISION_F32)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED, "only f32 is read layer by layer");
    TD_TRY(plan_room(recipes, starts, err));
    stream->source = *source;
    stream->room_bytes = starts[N_KINDS];
    stream->room = aligned_alloc(64, stream->room_bytes); /* a multiple, as each part is */
    if (!stream->room)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a layer's weights");
    stream->recipes = *recipes;
    *recipes = (td_recipes){0};
    place(stream, starts);
    stream->panel_floats = (td_embed_model_packing_floats(&stream->recipes) + 15) / 16 * 16;
    encoder->stream = stream;
    stream = NULL;

out:
    td_embed_model_stream_close(stream);
    return code;
}

void td_embed_model_stream_close(td_stream *stream)
{
    if (!stream)
        return;
    for (size_t i = 0; i < stream->recipes.n; i++)
        td_embed_model_packing_forget(&stream->recipes.items[i], &stream->source);
    free(stream->recipes.items);
    free(stream->room);
    free(stream);
}

static void pack_share(const td_run *r, const td_recipe *recipe)
{
    const td_scratch *s = r->scratch;
    for (size_t panel = r->member; panel < recipe->matrix->n_panels; panel += r->n_members) {
        td_embed_model_run_stand_aside(r);
        td_embed_model_packing_panel(recipe, panel, s->panels + r->member * s->panel_floats);
    }
}

void td_embed_model_stream_pack(const td_run *r, const td_layer *layer, const td_layer *next)
{
    const td_stream *stream = r->encoder->stream;
    const td_layer *layers = r->encoder->layers;

    if (!stream)
        return;
    for (size_t kind = OUT; layer && kind < N_KINDS; kind++)
        pack_share(r, &stream->recipes.items[(size_t)(layer - layers) * N_KINDS + kind]);
    if (next)
        pack_share(r, &stream->recipes.items[(size_t)(next - layers) * N_KINDS + QKV]);
    /* Of the layer before, all have packed their share: members have met since. */
    for (size_t kind = 0; layer && layer > layers && kind < N_KINDS; kind++) {
        if (kind % r->n_members == r->member)
            td_embed_model_packing_forget(
                &stream->recipes.items[(size_t)(layer - 1 - layers) * N_KINDS + kind],
                &stream->source);
    }
}
