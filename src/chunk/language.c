#include "chunk/chunk.h"
#include "chunk/features.h"
#include "chunk/language_table.h"

#include <math.h>

/* A text is scored by softmax over all classes, prose being one of them. Its features are the
 * square roots of the tokens' shares (so that a long text is not surer than a short one only for
 * being long) and the shapes of its lines. The table says which classes are code. */

enum {
    CLASSES_MAX = 64,
    TOKENS_MAX = 2048
};

typedef struct token_counts {
    uint16_t n[TOKENS_MAX];
    size_t total;
} token_counts;

static void count_token(void *user, td_str token)
{
    const td_chunk_language_table_values *table = &td_chunk_language_table;
    token_counts *counts = user;
    char row[TD_CHUNK_LANGUAGE_TABLE_TOKEN_BYTES];
    memset(row, ' ', sizeof row);
    memcpy(row, token.ptr, token.n < sizeof row ? token.n : sizeof row);
    counts->total++;
    size_t low = 0, high = table->n_tokens;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(row, table->tokens[middle], sizeof row);
        if (order == 0) {
            counts->n[middle] += counts->n[middle] < UINT16_MAX;
            return;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
}

static void add_row(float *scores, const char *weights, float factor)
{
    for (size_t k = 0; k < td_chunk_language_table.n_classes; k++)
        scores[k] += factor * (float)td_chunk_language_table_weight(weights[k]);
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
    token_counts counts = {.total = 0};
    float shapes[TD_CHUNK_N_SHAPES];
    td_chunk_features_read(text, count_token, &counts, shapes);

    memset(scores, 0, CLASSES_MAX * sizeof *scores);
    for (size_t i = 0; i < TD_CHUNK_N_SHAPES; i++)
        add_row(scores, table->shapes[i], shapes[i] * table->shape_step);
    add_row(scores, table->shapes[TD_CHUNK_N_SHAPES], table->shape_step);
    float whole = counts.total > 0 ? (float)counts.total : 1;
    for (size_t i = 0; i < table->n_tokens; i++) {
        if (counts.n[i] > 0)
            add_row(scores, table->tokens[i] + TD_CHUNK_LANGUAGE_TABLE_TOKEN_BYTES,
                    sqrtf((float)counts.n[i] / whole) * table->token_step);
    }
    to_probabilities(scores, table->n_classes);
}

/* A patch looks like the language that it patches; what makes it one are a few lines. */
static bool is_diff(td_str text)
{
    td_str rest = td_str_slice(text, 0, TD_CHUNK_FEATURES_SAMPLE_BYTES), line;
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

td_chunk_look td_chunk_look_at(td_str text)
{
    if (is_diff(text))
        return (td_chunk_look){.code = 1, .confidence = 1, .language = TD_STR("diff")};
    const td_chunk_language_table_values *table = &td_chunk_language_table;
    float scores[CLASSES_MAX], code = 0;
    size_t best_code = table->n_classes, best_other = table->n_classes;
    score(text, scores);
    for (size_t k = 0; k < table->n_classes; k++) {
        size_t *best = table->classes[k].is_code ? &best_code : &best_other;
        if (*best == table->n_classes || scores[k] > scores[*best])
            *best = k;
        code += table->classes[k].is_code ? scores[k] : 0;
    }
    code = code > 1 ? 1 : code; /* shares may add up to a little more */
    bool is_code = code >= 0.5f;
    size_t best = is_code ? best_code : best_other;
    td_chunk_look look = {.code = code, .confidence = is_code ? code : 1 - code};
    look.language = td_str_from(table->classes[best].language);
    if (is_code && scores[best] < 0.35f * code)
        look.language = TD_STR("unknown");
    return look;
}
