#include "route/route.h"

#include "route/hint.h"

/* Comment text of more than this share makes a chunk prose, if it reads like sentences; what is
 * commented out code, or a list of names, stays with the code. */
static const float COMMENT_SHARE_MIN = 0.8f, COMMENT_SENTENCE_MIN = 0.15f;

bool td_route_is_prose(td_str text, td_str language)
{
    td_route_hint hint = td_route_hint_of(text, language);
    return hint.comment > COMMENT_SHARE_MIN && hint.comment_sentence >= COMMENT_SENTENCE_MIN;
}

void td_route_set(td_chunks *chunks, td_route_rule rule)
{
    for (size_t i = 0; i < chunks->n; i++) {
        tandem_chunk *chunk = &chunks->items[i];
        chunk->lane = rule == TD_ROUTE_GTE        ? TANDEM_LANE_GTE
                      : rule == TD_ROUTE_CODERANK ? TANDEM_LANE_CODERANK
                      : !chunk->is_code || td_route_is_prose(chunk->text, chunk->language)
                          ? TANDEM_LANE_GTE
                          : TANDEM_LANE_CODERANK;
    }
}
