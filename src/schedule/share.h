/* schedule/share.h - how much of what is left one batch takes, so that all slots end together.
 *
 * In:       how both lanes stand, and what their calls cost as far as is known
 * Out:      the most that a batch may hold
 * Threads:  pure functions
 */
#ifndef TD_SCHEDULE_SHARE_H
#define TD_SCHEDULE_SHARE_H

#include "schedule/strategy.h"

/* Seconds until the lane ends if it has all the slots that it can use. */
double td_schedule_share_end(const td_strategy_state *state, int l);

/* Nothing more comes: lowers items_max and tokens_max of a new batch of the lane. */
void td_schedule_share_limit(const td_strategy_state *state, int l, td_decision *decision);

#endif
