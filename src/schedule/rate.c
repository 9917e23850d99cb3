#include "schedule/rate.h"

#include <math.h>

static const double FADE = 0.9;          /* of the sums, a batch */
static const double SPREAD_FIRST = 0.5;  /* nothing was foretold yet */
static const double SPREAD_TRUST = 0.15; /* above it an intercept is noise, */
static const double WEIGHT_TRUST = 4;    /* and below it chance */

static double slope_of(const td_rate_line *line, double *intercept_out)
{
    double mean_x = line->x / line->weight, mean_y = line->y / line->weight;
    double var = line->xx / line->weight - mean_x * mean_x;
    double cov = line->xy / line->weight - mean_x * mean_y;
    *intercept_out = 0;
    if (line->weight > WEIGHT_TRUST && line->error < SPREAD_TRUST && var > 1e-4 * mean_x * mean_x &&
        cov > 0) {
        double slope = cov / var, intercept = mean_y - slope * mean_x;
        if (intercept > 0) {
            *intercept_out = intercept;
            return slope;
        }
    }
    return mean_x > 0 ? mean_y / mean_x : 0;
}

static void line_add(td_rate_line *line, uint64_t n_before, double x, double y)
{
    if (n_before > 0) {
        double intercept, slope = slope_of(line, &intercept);
        double foretold = intercept + slope * x, larger = fmax(foretold, y);
        double error = larger > 0 ? fabs(foretold - y) / larger : 0;
        double share = n_before < 5 ? 1.0 / (double)n_before : 0.2;
        line->error += share * (error - line->error);
    }
    line->weight = line->weight * FADE + 1;
    line->x = line->x * FADE + x;
    line->y = line->y * FADE + y;
    line->xx = line->xx * FADE + x * x;
    line->xy = line->xy * FADE + x * y;
}

void td_schedule_rate_add(td_rate *rate, size_t n_items, uint64_t n_tokens, double seconds)
{
    if (rate->n == 0)
        rate->by_token.error = rate->by_item.error = SPREAD_FIRST;
    line_add(&rate->by_token, rate->n, (double)n_tokens, seconds);
    line_add(&rate->by_item, rate->n, (double)n_items, seconds);
    rate->n++;
}

td_cost td_schedule_rate_cost(const td_rate *rate)
{
    if (rate->n == 0)
        return (td_cost){.per_token = 1, .spread = SPREAD_FIRST};

    /* A few batches of like size fit both lines. Tokens are the safer guess: to take a price a
     * token for one a text puts the longest texts together and waits for them. */
    bool by_item =
        rate->by_item.weight > WEIGHT_TRUST && rate->by_item.error < 0.7 * rate->by_token.error;
    const td_rate_line *line = by_item ? &rate->by_item : &rate->by_token;
    td_cost cost = {.known = true, .spread = fmax(line->error, 0.5 / (double)rate->n)};
    cost.spread = fmin(cost.spread, 1);
    double slope = slope_of(line, &cost.per_batch);
    *(by_item ? &cost.per_item : &cost.per_token) = slope;
    return cost;
}
