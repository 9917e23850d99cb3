#include "output.h"
#include "timeline_bins.h"

#include <string.h>

enum {
    LABEL_COLUMNS = 10,
    SLOTS_SHOWN_MAX = 32,
    COLUMNS_MAX = 200,
};

static const output_style styles[TANDEM_N_LANES] = {STYLE_GREEN, STYLE_CYAN};
static const char *const blocks[TANDEM_N_LANES] = {"\u2588", "\u2592"};

/* How full of a lane's calls each column is, as bars of eight heights. */
static void draw_lane(FILE *out, const timeline_bins *b, int lane)
{
    fprintf(out, "%-*s%s", (int)LABEL_COLUMNS, tandem_lane_name((tandem_lane)lane),
            output_style_of(out, styles[lane]));
    for (size_t c = 0; c < b->n_columns; c++) {
        float most = b->n_slots ? (float)b->n_slots : 1;
        int height = (int)(timeline_bins_in_flight(b, lane, c) / most * 8 + 0.5f);
        height = height > 8 ? 8 : height;
        if (height == 0)
            fputs(timeline_bins_in_flight(b, lane, c) > 0 ? "\u2581" : " ", out);
        else
            fprintf(out, "\xE2\x96%c", 0x80 + height); /* U+2581..U+2588 */
    }
    fprintf(out, "%s\n", output_style_of(out, STYLE_PLAIN));
}

static void draw_cell(FILE *out, const timeline_bins *b, uint32_t slot, size_t c)
{
    float gte = timeline_bins_share(b, slot, TANDEM_LANE_GTE)[c];
    float coderank = timeline_bins_share(b, slot, TANDEM_LANE_CODERANK)[c];
    int lane = gte >= coderank ? TANDEM_LANE_GTE : TANDEM_LANE_CODERANK;
    bool idle = gte + coderank < 0.5f;

    if (b->marked[slot * b->n_columns + c])
        fprintf(out, "%s!", output_style_of(out, STYLE_RED));
    else if (idle)
        fprintf(out, "%s\u00b7", output_style_of(out, STYLE_DIM));
    else
        fprintf(out, "%s%s", output_style_of(out, styles[lane]), blocks[lane]);
    fputs(output_style_of(out, STYLE_PLAIN), out);
}

static void draw_slot(FILE *out, const timeline *t, const timeline_bins *b, uint32_t slot)
{
    char label[32];
    double seconds = (double)t->end_us / 1e6;

    snprintf(label, sizeof(label), "slot %u", slot);
    fprintf(out, "%-*s", (int)LABEL_COLUMNS, label);
    for (size_t c = 0; c < b->n_columns; c++)
        draw_cell(out, b, slot, c);
    fprintf(out, " %3.0f %%\n", seconds > 0 ? 100 * timeline_busy_seconds(t, slot) / seconds : 0);
}

static void draw_axis(FILE *out, const timeline *t, size_t n_columns)
{
    char line[COLUMNS_MAX + 32];
    size_t n_marks = n_columns >= 60 ? 4 : 2;

    memset(line, ' ', sizeof(line));
    for (size_t i = 0; i <= n_marks; i++) {
        char mark[24];
        size_t at = i * n_columns / n_marks;
        int n = snprintf(mark, sizeof(mark), "%.3g s",
                         (double)t->end_us / 1e6 * (double)i / (double)n_marks);
        at = i == n_marks && at >= (size_t)n ? at - (size_t)n : at;
        memcpy(line + at, mark, (size_t)n);
    }
    fprintf(out, "%*s%.*s\n", (int)LABEL_COLUMNS, "", (int)n_columns, line);
}

void timeline_text(FILE *out, const timeline *t, int columns)
{
    timeline_bins b;
    int width = columns - LABEL_COLUMNS - 6;

    width = width < 20 ? 20 : width > COLUMNS_MAX ? COLUMNS_MAX : width;
    if (!timeline_bins_make(t, (size_t)width, &b)) {
        output_error("out of memory for a timeline");
        return;
    }
    if (t->title)
        fprintf(out, "%s\n", t->title);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        draw_lane(out, &b, l);
    for (uint32_t s = 0; s < t->n_slots && s < SLOTS_SHOWN_MAX; s++)
        draw_slot(out, t, &b, s);
    if (t->n_slots > SLOTS_SHOWN_MAX)
        fprintf(out, "%*s... and %u more slots\n", (int)LABEL_COLUMNS, "",
                t->n_slots - SLOTS_SHOWN_MAX);
    draw_axis(out, t, b.n_columns);
    timeline_bins_clear(&b);
}
