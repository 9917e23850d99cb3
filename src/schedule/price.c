#include "schedule/price.h"

#include <math.h>

static const double SHARES = 1.6;      /* two at once that each take so much longer gain nothing */
static const double NOISE = 1.5;       /* times what the calls were apart */
static const double CALL_MOST = 0.995; /* of a call with one text: a text always costs something */

/* Seconds by which the second call ended after the first. */
static double late_of(const td_embed_price *m)
{
    return m->apart + m->second - m->first;
}

/* The second waited for the first: what it took after it is nearer to a text's share of the first,
 * which is the least then, than to what its later start explains. */
static bool in_turn(double way, const td_embed_price *m)
{
    double least = (m->first - way) / (double)m->n_texts;
    return m->is_beside && late_of(m) > fmax(m->apart, (least + m->apart) / 2);
}

td_priced td_schedule_price_read(double way, double one, const td_embed_price *measured)
{
    const td_embed_price *m = measured;
    td_priced priced = {.is_known = one > 0 && m->first > 0 && m->second > 0 && m->n_texts > 1};

    if (!priced.is_known)
        return priced;
    way = fmax(0, fmin(way, one));
    bool waited = in_turn(way, m);
    bool shared = m->is_beside && m->second > SHARES * one && m->second - one > 2 * m->apart;
    priced.takes_turns = (waited && late_of(m) > NOISE * m->apart) || shared;
    priced.text = fmin(one, waited ? late_of(m) + way : m->second);
    double more = (m->first - priced.text) / (double)(m->n_texts - 1);
    priced.call = fmax(way, fmin(priced.text - more, CALL_MOST * priced.text));
    return priced;
}
