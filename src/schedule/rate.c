#include "schedule/rate.h"

#include <math.h>

static const double FADE = 0.9;          /* of the sums, a batch */
static const double SPREAD_FIRST = 0.5;  /* nothing was foretold yet */
static const double SPREAD_HINTED = 0.1; /* at least, after the first batch was, */
static const double SPREAD_GUESS = 0.25; /* and at most: what it corrected foretells no more */
static const double SPREAD_TRUST = 0.15; /* above it an intercept is noise, */
static const double WEIGHT_TRUST = 4;    /* and below it chance */
static const double ERROR_HINTED = 0.3;  /* of a first batch that was foretold as a price a text */

void td_schedule_rate_hint(td_rate *rate, double call_seconds, double text_seconds,
                           size_t text_tokens)
{
    rate->text_tokens = (double)(text_tokens > 0 ? text_tokens : 1);
    rate->text = fmax(text_seconds, 0);
    rate->call = fmax(0, fmin(call_seconds, 0.999 * rate->text));
}

void td_schedule_rate_price(td_rate *rate, double call_seconds, double text_seconds)
{
    td_schedule_rate_hint(rate, call_seconds, text_seconds, (size_t)rate->text_tokens);
    rate->is_priced = true;
}

/* The price of a call as the one short text and the mean batch give it; 0 where none was hinted. */
static double call_of(const td_rate *rate)
{
    if (rate->text <= 0 || rate->n == 0)
        return rate->call;
    if (rate->is_priced)
        return fmin(rate->call, 0.95 * rate->least);
    double items = rate->by_item.x / rate->by_item.weight;
    double seconds = rate->by_item.y / rate->by_item.weight;
    double more = items > 1.5 ? (seconds - rate->text) / (items - 1) : rate->text - rate->call;
    return fmin(fmax(rate->text - fmax(more, 0), rate->call), 0.95 * rate->least);
}

static double slope_of(const td_rate_line *line, double call, double *intercept_out)
{
    double mean_x = line->x / line->weight, mean_y = line->y / line->weight;
    double var = line->xx / line->weight - mean_x * mean_x;
    double cov = line->xy / line->weight - mean_x * mean_y;
    *intercept_out = fmin(call, 0.95 * mean_y);
    if (line->weight > WEIGHT_TRUST && line->error < SPREAD_TRUST && var > 1e-4 * mean_x * mean_x &&
        cov > 0) {
        double slope = cov / var, intercept = mean_y - slope * mean_x;
        if (intercept > 0) {
            *intercept_out = intercept;
            return slope;
        }
    }
    return mean_x > 0 ? (mean_y - *intercept_out) / mean_x : 0;
}

static double error_of(double foretold, double seconds)
{
    double larger = fmax(foretold, seconds);
    return larger > 0 ? fabs(foretold - seconds) / larger : 0;
}

static void line_add(td_rate_line *line, uint64_t n_before, double call, double x, double y)
{
    if (n_before > 0) {
        double intercept, slope = slope_of(line, call, &intercept);
        double error = error_of(intercept + slope * x, y);
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
    double call = call_of(rate);
    if (rate->n == 0) {
        double texts = rate->text - rate->call, tokens = (double)n_tokens / rate->text_tokens;
        rate->by_token.error = rate->by_item.error = SPREAD_FIRST;
        if (rate->text > 0) {
            rate->by_item.error = error_of(rate->call + texts * (double)n_items, seconds);
            rate->by_token.error = error_of(rate->call + texts * tokens, seconds);
        }
        rate->least = seconds;
    }
    line_add(&rate->by_token, rate->n, call, (double)n_tokens, seconds);
    line_add(&rate->by_item, rate->n, call, (double)n_items, seconds);
    rate->least = fmin(rate->least, seconds);
    rate->n++;
}

td_cost td_schedule_rate_cost(const td_rate *rate)
{
    if (rate->n == 0 && rate->text > 0)
        return (td_cost){
            .hinted = true,
            .per_batch = rate->call,
            .per_item = rate->text - rate->call,
            .spread = SPREAD_FIRST,
        };
    if (rate->n == 0)
        return (td_cost){.per_token = 1, .spread = SPREAD_FIRST};

    /* A few batches of like size fit both lines. Tokens are the safer guess: to take a price a
     * token for one a text puts the longest texts together and waits for them. */
    bool told = rate->by_item.weight > WEIGHT_TRUST ||
                (rate->text > 0 && rate->by_item.error < ERROR_HINTED);
    bool by_item = told && rate->by_item.error < 0.7 * rate->by_token.error;
    const td_rate_line *line = by_item ? &rate->by_item : &rate->by_token;
    double least = (rate->text > 0 ? SPREAD_HINTED : SPREAD_FIRST) / (double)rate->n;
    double most = rate->text > 0 && rate->n == 1 ? SPREAD_GUESS : 1;
    td_cost cost = {.known = true, .spread = fmin(fmax(line->error, least), most)};
    double slope = slope_of(line, call_of(rate), &cost.per_batch);
    *(by_item ? &cost.per_item : &cost.per_token) = slope;
    return cost;
}
