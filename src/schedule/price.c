#include "schedule/price.h"

#include <math.h>

static const double SHARES = 1.6;      /* two at once that each take so much longer gain nothing */
static const double CALL_MOST = 0.995; /* of a call with one text: a text always costs something */

/* Seconds by which the second call ended after the first. */
static double late_of(const td_embed_price *m)
{
    return m->apart + m->second - m->first;
}

/* The second waited for the first: it is nearer to that than to what its later start explains. What
 * costs hardly more than the calls were apart is not looked at. */
static bool in_turn(double own, const td_embed_price *m)
{
    return own > 2 * m->apart && late_of(m) > (own + m->apart) / 2;
}

td_priced td_schedule_price_read(double way, double one, const td_embed_price *measured)
{
    const td_embed_price *m = measured;
    td_priced priced = {.is_known = one > 0 && m->first > 0 && m->second > 0 && m->n_texts > 1};

    if (!priced.is_known)
        return priced;
    way = fmax(0, fmin(way, one));
    bool waited = m->is_beside && in_turn(one - way, m);
    bool shared = m->is_beside && m->second > SHARES * one && m->second - one > 2 * m->apart;
    priced.takes_turns = waited || shared;
    priced.text = fmin(one, waited ? late_of(m) + way : m->second);
    double more = (m->first - priced.text) / (double)(m->n_texts - 1);
    priced.call = fmax(way, fmin(priced.text - more, CALL_MOST * priced.text));
    return priced;
}
