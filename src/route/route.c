#include "route/route.h"

#include "route/hint.h"

/* Comment text of more than this share makes a chunk prose, if it reads like sentences; what is
 * commented out code, or a list of names, stays with the code. */
static const float COMMENT_SHARE_MIN = 0.8f, SMALL_WORDS_MIN = 0.15f;

/* The chunker keeps as prose what stands as prose in its document, and says with its confidence how
 * far it looks like it. Below this it is code that nobody marked. */
static const float PROSE_CONFIDENCE_MIN = 0.1f;

static tandem_lane choose(const tandem_chunk *chunk)
{
    if (!chunk->is_code)
        return chunk->confidence < PROSE_CONFIDENCE_MIN ? TANDEM_LANE_CODERANK : TANDEM_LANE_GTE;
    td_route_hint hint = td_route_hint_of(chunk->text, chunk->language);
    bool prose = hint.comment > COMMENT_SHARE_MIN && hint.sentence >= SMALL_WORDS_MIN;
    return prose ? TANDEM_LANE_GTE : TANDEM_LANE_CODERANK;
}

void td_route_set(td_chunks *chunks, td_route_rule rule)
{
    for (size_t i = 0; i < chunks->n; i++) {
        tandem_chunk *chunk = &chunks->items[i];
        chunk->lane = rule == TD_ROUTE_GTE        ? TANDEM_LANE_GTE
                      : rule == TD_ROUTE_CODERANK ? TANDEM_LANE_CODERANK
                                                  : choose(chunk);
    }
}
