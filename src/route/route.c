#include "route/route.h"

#include "route/hint.h"

/* Comment text of more than this share makes a chunk prose, if it reads like sentences; what is
 * commented out code, or a list of names, stays with the code. */
static const float COMMENT_SHARE_MIN = 0.8f, COMMENT_SENTENCE_MIN = 0.15f;

/* What stands as prose in its document stays prose, unless the chunker's confidence says that it
 * looks like code and hardly a word in it could be of a sentence. A reference page with a hundred
 * signatures must not leave the text model's lane. */
static const float PROSE_CONFIDENCE_MIN = 0.05f, PROSE_SENTENCE_MIN = 0.05f;

static tandem_lane choose(const tandem_chunk *chunk)
{
    td_route_hint hint = td_route_hint_of(chunk->text, chunk->language);
    bool prose =
        chunk->is_code
            ? hint.comment > COMMENT_SHARE_MIN && hint.comment_sentence >= COMMENT_SENTENCE_MIN
            : chunk->confidence >= PROSE_CONFIDENCE_MIN || hint.sentence >= PROSE_SENTENCE_MIN;
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
