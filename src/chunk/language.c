#include "chunk/chunk.h"
#include "chunk/features.h"
#include "chunk/language_table.h"
#include "chunk/lines.h"

#include <math.h>

/* A text is scored by softmax over all classes, prose being one of them, from the counts of its
 * features. The table says which classes are code. */

enum {
    CLASSES_MAX = 64,
    ROWS_MAX = 16384,
    ROOT_STEPS = 15,     /* a count's root is rounded to a fifteenth: 255 is the most */
    SAMPLE_BYTES = 4096, /* a long text is judged by three samples: start, middle, end */
};

/* Code that no language is likelier for than this looks like none of them. */
static const float KNOWN_SHARE_MIN = 0.25f;

static const float SHARE_LEAST = 1e-9f;

typedef struct feature_counts {
    uint8_t n[ROWS_MAX];
    uint16_t seen[ROWS_MAX]; /* rows with a count */
    size_t n_seen, total;
} feature_counts;

static size_t margin_of(td_str sample, size_t start)
{
    size_t margin = SIZE_MAX;
    for (size_t at = start; at < sample.n;) {
        td_chunk_line line = td_chunk_lines_at(sample, at);
        if (!td_chunk_lines_is_blank(&line) && line.indent < margin)
            margin = line.indent;
        at = line.end;
    }
    return margin;
}

static void count_line(feature_counts *counts, td_str text, const td_chunk_line *line,
                       size_t margin)
{
    td_chunk_features features;
    td_chunk_features_read(td_chunk_lines_body(text, line), line->indent - margin,
                           text.ptr[line->start] == '\t', &features);
    counts->total += features.n;
    for (size_t i = 0; i < features.n; i++) {
        size_t row = td_chunk_language_table_find(features.items[i]);
        if (row == td_chunk_language_table.n_rows)
            continue;
        if (counts->n[row] == 0)
            counts->seen[counts->n_seen++] = (uint16_t)row;
        counts->n[row] += counts->n[row] < UINT8_MAX;
    }
}

static void count_sample(feature_counts *counts, td_str text, size_t start, size_t end)
{
    td_str sample = td_str_slice(text, 0, end);
    size_t margin = margin_of(sample, start);
    for (size_t at = start; at < sample.n;) {
        td_chunk_line line = td_chunk_lines_at(sample, at);
        if (!td_chunk_lines_is_blank(&line))
            count_line(counts, sample, &line, margin);
        at = line.end;
    }
}

/* `factor` is at most UINT8_MAX, a weight some 50: their product fits 16 bits, which the compiler
 * makes good use of. */
static void add_row(int32_t *sums, size_t row, int factor)
{
    const char *weights = td_chunk_language_table_row(row) + 1;
    for (size_t k = 0; k < td_chunk_language_table.n_classes; k++)
        sums[k] += (int16_t)(factor * (weights[k] - TD_CHUNK_LANGUAGE_TABLE_ZERO));
}

/* Leaves the classes' probabilities in `scores`. */
static void to_probabilities(float *scores, size_t n)
{
    float most = scores[0], sum = 0;
    for (size_t k = 1; k < n; k++)
        most = scores[k] > most ? scores[k] : most;
    for (size_t k = 0; k < n; k++) {
        scores[k] = expf(scores[k] - most);
        sum += scores[k];
    }
    for (size_t k = 0; k < n; k++)
        scores[k] /= sum;
}

static void score(td_str text, float scores[CLASSES_MAX])
{
    const td_chunk_language_table_values *table = &td_chunk_language_table;
    feature_counts counts;
    memset(counts.n, 0, sizeof counts.n);
    counts.n_seen = counts.total = 0;
    if (text.n <= (size_t)3 * SAMPLE_BYTES) {
        count_sample(&counts, text, 0, text.n);
    } else {
        count_sample(&counts, text, 0, SAMPLE_BYTES);
        count_sample(&counts, text, text.n / 2, text.n / 2 + SAMPLE_BYTES);
        count_sample(&counts, text, text.n - SAMPLE_BYTES, text.n);
    }
    int32_t sums[CLASSES_MAX] = {0}, biases[CLASSES_MAX] = {0};
    for (size_t i = 0; i < counts.n_seen; i++)
        add_row(sums, counts.seen[i],
                (int)(sqrtf((float)counts.n[counts.seen[i]]) * ROOT_STEPS + 0.5f));
    add_row(biases, table->n_rows, 1);
    float whole = counts.total > 0 ? (float)counts.total : 1;
    float unit = table->row_step / powf(whole, table->length_power) / ROOT_STEPS;
    for (size_t k = 0; k < table->n_classes; k++)
        scores[k] = unit * (float)sums[k] + table->row_step * (float)biases[k];
    to_probabilities(scores, table->n_classes);
}

float td_chunk_look_odds(td_str text)
{
    const td_chunk_language_table_values *table = &td_chunk_language_table;
    float scores[CLASSES_MAX], shares[2] = {SHARE_LEAST, SHARE_LEAST};
    score(text, scores);
    for (size_t k = 0; k < table->n_classes; k++)
        shares[table->classes[k].is_code != 0] += scores[k];
    return logf(shares[1] / shares[0]);
}

/* A patch looks like the language that it patches; what makes it one are a few lines. */
static bool is_diff(td_str text)
{
    td_str rest = td_str_slice(text, 0, SAMPLE_BYTES), line;
    bool old = false, hunk = false;
    while (td_str_next(&rest, '\n', &line)) {
        bool renamed = old && td_str_starts(line, TD_STR("+++ "));
        hunk |= td_str_starts(line, TD_STR("@@ -")) &&
                td_str_find(line, TD_STR(" @@"), 4) != TD_STR_NONE;
        if (renamed || td_str_starts(line, TD_STR("diff --git ")))
            return true;
        old = td_str_starts(line, TD_STR("--- "));
    }
    return hunk;
}

/* The likeliest class that is code or is none, but for one; n_classes if there is none. */
static size_t likeliest(const float *scores, bool is_code, size_t but)
{
    const td_chunk_language_table_values *table = &td_chunk_language_table;
    size_t best = table->n_classes;
    for (size_t k = 0; k < table->n_classes; k++) {
        if ((table->classes[k].is_code != 0) == is_code && k != but &&
            (best == table->n_classes || scores[k] > scores[best]))
            best = k;
    }
    return best;
}

td_chunk_look td_chunk_look_at(td_str text)
{
    const td_chunk_language_table_values *table = &td_chunk_language_table;
    float scores[CLASSES_MAX], code = 0;
    if (is_diff(text))
        return (td_chunk_look){.code = 1, .confidence = 1, .named = 1, .language = TD_STR("diff")};
    score(text, scores);
    for (size_t k = 0; k < table->n_classes; k++)
        code += table->classes[k].is_code ? scores[k] : 0;
    code = code > 1 ? 1 : code; /* shares may add up to a little more */
    bool is_code = code >= 0.5f;
    size_t best = likeliest(scores, is_code, table->n_classes);
    size_t second = likeliest(scores, true, best);
    td_chunk_look look = {
        .code = code,
        .confidence = is_code ? code : 1 - code,
        .language = td_str_from(table->classes[best].language),
        .second_named = scores[second],
        .second = td_str_from(table->classes[second].language),
    };
    look.named = scores[best] < look.confidence ? scores[best] : look.confidence;
    bool vague = scores[is_code ? best : second] < KNOWN_SHARE_MIN * code;
    if (vague && is_code) {
        look.language = TD_STR("unknown");
        look.named = 0;
    } else if (vague) {
        look.second = TD_STR("unknown");
        look.second_named = 0;
    }
    return look;
}
