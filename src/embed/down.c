#include "embed/embed.h"

#include <stdlib.h>

typedef struct down {
    td_embedder base; /* first: a td_embedder * is a down * */
    tandem_error why;
} down;

/* E_NOT_FOUND whatever the reason was: the lane is given up with the first batch, since nobody
 * knows how wide its vectors would be. */
static tandem_code embed(td_embedder *embedder, td_batch *batch, uint32_t *retry_after_ms_out,
                         tandem_error *err)
{
    const down *self = (const down *)embedder;

    (void)batch;
    if (retry_after_ms_out)
        *retry_after_ms_out = 0;
    if (err) {
        *err = self->why;
        err->code = TANDEM_E_NOT_FOUND;
    }
    return TANDEM_E_NOT_FOUND;
}

static size_t estimate_tokens(td_embedder *embedder, td_str text)
{
    (void)embedder;
    return text.n / 4 + 2;
}

static void close_down(td_embedder *embedder)
{
    free(embedder);
}

tandem_code td_embed_down_open(const tandem_error *why, td_embedder **embedder_out,
                               tandem_error *err)
{
    down *self = calloc(1, sizeof(*self));

    if (!self)
        return td_fail_nomem(err, "a lane");
    self->why = *why;
    self->base = (td_embedder){
        .embed = embed,
        .estimate_tokens = estimate_tokens,
        .close = close_down,
        .dim = 1,
        .tokens_max = SIZE_MAX,
        .model_id = TD_STR("unknown"),
        .origin = TD_STR(""),
        .architecture = TD_STR(""),
        .precision = TD_STR(""),
        .fingerprint = TD_STR("unknown"),
    };
    *embedder_out = &self->base;
    return TANDEM_OK;
}
