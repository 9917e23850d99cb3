/* Features of a text for train.py, by ctypes: the same code that tandem runs. */
#include "chunk/features.h"

#include "chunk/lines.h"

/* For each line that is not blank a row of four numbers: how many features it has, its number in
 * the text, the blank lines before it, its indentation. The features stand in `features_out`, line
 * after line. `margin`: whether indentation counts from the least one. Returns how many rows. */
size_t td_features(const char *text, size_t n, int margin, uint32_t *features_out,
                   size_t n_features_max, uint32_t *rows_out, size_t n_rows_max);
uint32_t td_fingerprint(void);

size_t td_features(const char *text, size_t n, int margin, uint32_t *features_out,
                   size_t n_features_max, uint32_t *rows_out, size_t n_rows_max)
{
    td_str all = {text, n};
    size_t n_rows = 0, n_features = 0, number = 0, n_blank = 0, least = margin ? SIZE_MAX : 0;
    for (size_t at = 0; margin && at < n;) {
        td_chunk_line line = td_chunk_lines_at(all, at);
        least = !td_chunk_lines_is_blank(&line) && line.indent < least ? line.indent : least;
        at = line.end;
    }
    for (size_t at = 0; at < n && n_rows < n_rows_max; number++) {
        td_chunk_line line = td_chunk_lines_at(all, at);
        td_chunk_features features;
        at = line.end;
        if (td_chunk_lines_is_blank(&line)) {
            n_blank++;
            continue;
        }
        td_chunk_features_read(td_chunk_lines_body(all, &line), line.indent - least,
                               text[line.start] == '\t', &features);
        if (n_features + features.n > n_features_max)
            break;
        memcpy(features_out + n_features, features.items, features.n * sizeof *features.items);
        n_features += features.n;
        uint32_t row[4] = {(uint32_t)features.n, (uint32_t)number, (uint32_t)n_blank,
                           (uint32_t)line.indent};
        memcpy(rows_out + 4 * n_rows++, row, sizeof row);
        n_blank = 0;
    }
    return n_rows;
}

uint32_t td_fingerprint(void)
{
    return td_chunk_features_fingerprint();
}
