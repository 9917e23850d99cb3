#include "embed/balance.h"

static bool is_asked(uint32_t asked, size_t i)
{
    return asked >> i & 1;
}

/* Fewest outstanding; on a tie the one whose last turn is longest ago. SIZE_MAX if there is none.
 */
static size_t best_good(const td_balance *balance, uint32_t asked, int64_t now_us)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < balance->n; i++) {
        const td_balance_member *m = &balance->members[i];
        if (is_asked(asked, i) || m->is_out || m->busy_until_us > now_us)
            continue;
        const td_balance_member *b = best == SIZE_MAX ? NULL : &balance->members[best];
        if (!b || m->n_out < b->n_out || (m->n_out == b->n_out && m->used < b->used))
            best = i;
    }
    return best;
}

/* The one that is due first; `now_us` INT64_MAX: whenever that is. */
static size_t first_out(const td_balance *balance, uint32_t asked, int64_t now_us)
{
    size_t first = SIZE_MAX;

    for (size_t i = 0; i < balance->n; i++) {
        const td_balance_member *m = &balance->members[i];
        if (is_asked(asked, i) || !m->is_out || m->out_until_us > now_us)
            continue;
        if (m->is_tried && now_us != INT64_MAX)
            continue;
        if (first == SIZE_MAX || m->out_until_us < balance->members[first].out_until_us)
            first = i;
    }
    return first;
}

td_balance_answer td_embed_balance_pick(td_balance *balance, uint32_t asked, int64_t now_us,
                                        size_t *member_out, int64_t *until_us_out)
{
    int64_t until_us = INT64_MAX;
    size_t good = best_good(balance, asked, now_us), member = first_out(balance, asked, now_us);

    if (member == SIZE_MAX && good == SIZE_MAX)
        member = first_out(balance, asked, INT64_MAX);
    bool probe = member != SIZE_MAX;
    member = probe ? member : good;
    if (member == SIZE_MAX) {
        for (size_t i = 0; i < balance->n; i++)
            if (!is_asked(asked, i) && balance->members[i].busy_until_us < until_us)
                until_us = balance->members[i].busy_until_us;
        *until_us_out = until_us;
        return TD_BALANCE_NONE;
    }
    balance->members[member].is_tried = probe;
    balance->members[member].n_out++;
    balance->members[member].used = ++balance->turn;
    *member_out = member;
    return probe ? TD_BALANCE_PROBE : TD_BALANCE_CALL;
}

void td_embed_balance_back(td_balance *balance, size_t member)
{
    balance->members[member].n_out--;
}

void td_embed_balance_good(td_balance *balance, size_t member)
{
    td_balance_member *m = &balance->members[member];
    m->is_out = m->is_tried = false;
    m->out_us = 0;
    m->busy_until_us = 0;
}

void td_embed_balance_busy(td_balance *balance, size_t member, int64_t until_us)
{
    td_balance_member *m = &balance->members[member];
    m->is_out = m->is_tried = false;
    if (until_us > m->busy_until_us)
        m->busy_until_us = until_us;
}

bool td_embed_balance_bad(td_balance *balance, size_t member, int64_t now_us)
{
    td_balance_member *m = &balance->members[member];
    bool was_good = !m->is_out;

    /* Requests that began before it was left out must not leave it out for longer. */
    if (was_good || m->is_tried) {
        m->out_us = m->out_us == 0 ? TD_BALANCE_OUT_US : m->out_us * 2;
        m->out_us = m->out_us > TD_BALANCE_OUT_US_MAX ? TD_BALANCE_OUT_US_MAX : m->out_us;
        m->out_until_us = now_us + m->out_us;
    }
    m->is_out = true;
    m->is_tried = false;
    return was_good;
}
