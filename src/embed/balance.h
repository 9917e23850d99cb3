/* embed/balance.h - which of a lane's servers gets the next request.
 *
 *   1 good      gets requests, the one with the fewest outstanding first   (good)
 *   2 busy      asked to be left alone until a time; then good again        (busy)
 *   3 left out  failed; none until a time that doubles up to 30 s           (bad)
 *   4 tried     one caller asks it a probe: answered -> 1, else -> 3        (pick)
 *
 * Time comes in as an argument.
 * Threads:  one at a time; remote.c holds its lock
 */
#ifndef TD_EMBED_BALANCE_H
#define TD_EMBED_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TD_BALANCE_N_MAX = 16,
    TD_BALANCE_OUT_US = 1000 * 1000, /* the first time */
    TD_BALANCE_OUT_US_MAX = 30 * 1000 * 1000,
};

typedef struct td_balance_member {
    uint32_t n_out; /* requests outstanding */
    uint64_t used;  /* turn of its last request */
    int64_t busy_until_us;
    bool is_out, is_tried;
    int64_t out_us, out_until_us; /* for how long, until when */
} td_balance_member;

typedef struct td_balance {
    td_balance_member members[TD_BALANCE_N_MAX];
    size_t n;
    uint64_t turn;
} td_balance;

typedef enum td_balance_answer {
    TD_BALANCE_CALL,  /* *member_out is good */
    TD_BALANCE_PROBE, /* it is left out, and to be probed before it is called */
    TD_BALANCE_NONE,  /* all were asked before, or are busy until *until_us_out at the earliest */
} td_balance_answer;

/* Chooses a member that is not in `asked` (bit i: member i) and counts a request as outstanding,
 * until td_embed_balance_back. One that is left out and due is tried before the good ones; one that
 * is not due only when there is no good one. */
td_balance_answer td_embed_balance_pick(td_balance *balance, uint32_t asked, int64_t now_us,
                                        size_t *member_out, int64_t *until_us_out);

/* The request has ended, however. */
void td_embed_balance_back(td_balance *balance, size_t member);

void td_embed_balance_good(td_balance *balance, size_t member);
void td_embed_balance_busy(td_balance *balance, size_t member, int64_t until_us);
/* True if it was good until now. */
bool td_embed_balance_bad(td_balance *balance, size_t member, int64_t now_us);

#endif
