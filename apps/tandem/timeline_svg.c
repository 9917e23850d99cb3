#include "timeline_bins.h"

#include <math.h>

/* Pixels of the picture's own space; it scales to where it stands. */
enum {
    WIDTH = 1200,
    LABEL = 90,
    RIGHT = 60,
    PLOT = WIDTH - LABEL - RIGHT,
    TITLE_HEIGHT = 30,
    LANE_HEIGHT = 34,
    SLOT_HEIGHT = 22,
    GAP = 6,
    AXIS_HEIGHT = 30,
    LEGEND_HEIGHT = 26,
    STRIP_COLUMNS = 240,
    SLOTS_SHOWN_MAX = 64,
};

void timeline_css(FILE *out)
{
    fputs(".timeline{--gte:#2e9e6b;--coderank:#2f7fc1;--bad:#d0364f;--again:#e09a1f;--ink:#1d2430;"
          "--soft:#69748a;--line:#d9dee7;--idle:#eef1f5}\n"
          "@media(prefers-color-scheme:dark){.timeline{--gte:#3fbf86;--coderank:#4d9fe6;"
          "--bad:#f0647c;--again:#f0b64a;--ink:#e6eaf2;--soft:#98a3b8;--line:#2f3848;"
          "--idle:#1c2330}}\n"
          ".timeline text{font:12px system-ui,sans-serif;fill:var(--soft)}\n"
          ".timeline .title{font-weight:600;font-size:14px;fill:var(--ink)}\n"
          ".timeline .gte{fill:var(--gte)}.timeline .coderank{fill:var(--coderank)}\n"
          ".timeline .idle{fill:var(--idle)}.timeline .failed{fill:var(--bad)}\n"
          ".timeline .again{fill:var(--again)}.timeline .end{text-anchor:end}\n"
          ".timeline .middle{text-anchor:middle}\n"
          ".timeline .grid{stroke:var(--line)}.timeline .round{stroke:var(--ink);"
          "stroke-opacity:.45;stroke-dasharray:2 3}\n"
          ".timeline .call{stroke:var(--idle);stroke-width:.75}\n",
          out);
}

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            fputc(*text, out);
    }
}

static uint32_t shown_slots(const timeline *t)
{
    return t->n_slots < SLOTS_SHOWN_MAX ? t->n_slots : (uint32_t)SLOTS_SHOWN_MAX;
}

static double height_of(const timeline *t)
{
    return (t->title ? TITLE_HEIGHT : 0) + TANDEM_N_LANES * (LANE_HEIGHT + GAP) +
           shown_slots(t) * (SLOT_HEIGHT + GAP) + 2 * GAP;
}

/* -- one timeline -- */

/* A lane's calls in flight over time, as an area. */
static void draw_lane(FILE *out, const timeline_bins *b, int lane, double y, double plot)
{
    double most = b->n_slots ? b->n_slots : 1, step = plot / (double)b->n_columns;

    fprintf(out, "<text x=\"%d\" y=\"%.1f\" class=\"end\">%s</text>", LABEL - 8,
            y + LANE_HEIGHT / 2.0 + 4, tandem_lane_name((tandem_lane)lane));
    fprintf(out, "<rect class=\"idle\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>", LABEL,
            y, plot, LANE_HEIGHT);
    fprintf(out, "<path class=\"%s\" d=\"M%d %.1f", tandem_lane_name((tandem_lane)lane), LABEL,
            y + LANE_HEIGHT);
    for (size_t c = 0; c < b->n_columns; c++) {
        double share = fmin(1, timeline_bins_in_flight(b, lane, c) / most);
        fprintf(out, "V%.1fH%.1f", y + LANE_HEIGHT * (1 - share), LABEL + step * (double)(c + 1));
    }
    fprintf(out, "V%.1fZ\"/>\n", y + LANE_HEIGHT);
}

static void put_count(FILE *out, uint32_t n, const char *what)
{
    if (n)
        fprintf(out, ", %u %s", n, what);
}

/* What a pointer over the span reads. */
static void put_tip(FILE *out, const tandem_span *s)
{
    fprintf(out, "<title>slot %u, %.3f to %.3f s", s->slot, (double)s->start_us / 1e6,
            (double)s->end_us / 1e6);
    if (s->round)
        fprintf(out, ", round %u", s->round);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        if (s->batches[l])
            fprintf(out, "\n%s: %u chunks in %u %s, %.3f s", tandem_lane_name((tandem_lane)l),
                    s->chunks[l], s->batches[l], s->batches[l] == 1 ? "call" : "calls",
                    (double)s->busy_us[l] / 1e6);
    fprintf(out, "\n%llu tokens", (unsigned long long)s->n_tokens);
    put_count(out, s->n_failed, "failed");
    put_count(out, s->n_retried, "to be tried again");
    put_count(out, s->n_halved, "halved");
    if (s->code != TANDEM_OK)
        fprintf(out, " (%s)", tandem_code_text(s->code));
    fputs("</title>", out);
}

static void draw_span(FILE *out, const tandem_span *s, double y, double scale)
{
    double x = LABEL + (double)s->start_us * scale;
    double bad = s->n_failed || s->n_retried || s->n_halved ? 5 : 0;

    fputs("<g>", out);
    put_tip(out, s);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        double width = fmax((double)s->busy_us[l] * scale, s->batches[l] ? 0.6 : 0);
        if (width <= 0)
            continue;
        fprintf(out, "<rect class=\"call %s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\"/>",
                tandem_lane_name((tandem_lane)l), x, y, width, SLOT_HEIGHT);
        x += width;
    }
    if (bad > 0)
        fprintf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>",
                s->n_failed ? "failed" : "again", fmax(LABEL, x - bad), y, bad, SLOT_HEIGHT);
    fputs("</g>\n", out);
}

static void draw_slots(FILE *out, const timeline *t, double y, double scale)
{
    double plot = (double)t->end_us * scale, step = SLOT_HEIGHT + GAP;

    for (uint32_t s = 0; s < shown_slots(t); s++) {
        double at = y + s * step;
        double busy = t->end_us ? 1e8 * timeline_busy_seconds(t, s) / (double)t->end_us : 0;
        fprintf(out, "<text x=\"%d\" y=\"%.1f\" class=\"end\">slot %u</text>", LABEL - 8,
                at + SLOT_HEIGHT / 2.0 + 4, s);
        fprintf(out, "<rect class=\"idle\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>",
                LABEL, at, plot, SLOT_HEIGHT);
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\">%.0f %%</text>\n", LABEL + plot + 6,
                at + SLOT_HEIGHT / 2.0 + 4, busy);
    }
    for (size_t i = 0; i < t->n; i++)
        if (t->spans[i].slot < shown_slots(t))
            draw_span(out, &t->spans[i], y + t->spans[i].slot * step, scale);
}

/* A dashed line where a round begins: all but the first. */
static void draw_rounds(FILE *out, const timeline *t, double y, double bottom, double scale)
{
    uint32_t last = 1;

    for (size_t i = 0; i < t->n; i++) {
        if (t->spans[i].round <= last)
            continue;
        last = t->spans[i].round;
        double x = LABEL + (double)t->spans[i].start_us * scale;
        fprintf(out, "<line class=\"round\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n", x,
                x, y, bottom);
    }
}

static void draw_one(FILE *out, const timeline *t, double y, double scale)
{
    timeline_bins b;

    if (t->title) {
        fprintf(out, "<text x=\"%d\" y=\"%.1f\" class=\"title\">", LABEL, y + 18);
        put_escaped(out, t->title);
        fputs("</text>\n", out);
        y += TITLE_HEIGHT;
    }
    double top = y;
    if (timeline_bins_make(t, STRIP_COLUMNS, &b)) {
        for (int l = 0; l < TANDEM_N_LANES; l++, y += LANE_HEIGHT + GAP)
            draw_lane(out, &b, l, y, (double)t->end_us * scale);
        timeline_bins_clear(&b);
    }
    draw_slots(out, t, y + GAP, scale);
    draw_rounds(out, t, top, y + shown_slots(t) * (SLOT_HEIGHT + GAP), scale);
}

/* -- the picture -- */

static double nice_step(double seconds)
{
    double step = pow(10, floor(log10(seconds / 6)));
    static const double factors[] = {1, 2, 2.5, 5, 10};

    for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++)
        if (seconds / (step * factors[i]) <= 10)
            return step * factors[i];
    return step * 10;
}

static void draw_axis(FILE *out, double seconds, double y, double scale)
{
    double step = seconds > 0 ? nice_step(seconds) : 1;

    for (int i = 0; step * i <= seconds * 1.0001; i++) {
        double x = LABEL + step * i * 1e6 * scale;
        fprintf(out,
                "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" class=\"middle\">%.6g s</text>\n",
                x, x, y, y + 5, x, y + 19, step * i);
    }
}

static void draw_legend(FILE *out, double y)
{
    static const char *const names[][2] = {{"gte", "gte (prose)"},
                                           {"coderank", "coderank (code)"},
                                           {"idle", "idle"},
                                           {"again", "halved or tried again"},
                                           {"failed", "failed"}};
    double x = LABEL;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++, x += 165)
        fprintf(out,
                "<rect class=\"%s\" x=\"%.0f\" y=\"%.1f\" width=\"14\" height=\"14\"/>"
                "<text x=\"%.0f\" y=\"%.1f\">%s</text>\n",
                names[i][0], x, y, x + 20, y + 12, names[i][1]);
}

void timeline_svg(FILE *out, const timeline *lines, size_t n, bool page)
{
    double height = AXIS_HEIGHT + LEGEND_HEIGHT, y = 0;
    int64_t end_us = 1;

    for (size_t i = 0; i < n; i++) {
        height += height_of(&lines[i]);
        end_us = lines[i].end_us > end_us ? lines[i].end_us : end_us;
    }
    double scale = (double)PLOT / (double)end_us;
    fprintf(out,
            "<svg class=\"timeline\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" "
            "role=\"img\" aria-label=\"which slot held which batch when\">\n",
            WIDTH, height);
    if (!page) {
        fputs("<style>", out);
        timeline_css(out);
        fputs("</style>\n", out);
    }
    for (size_t i = 0; i < n; i++) {
        draw_one(out, &lines[i], y, scale);
        y += height_of(&lines[i]);
    }
    draw_axis(out, (double)end_us / 1e6, y, scale);
    draw_legend(out, y + AXIS_HEIGHT + 4);
    fputs("</svg>\n", out);
}
