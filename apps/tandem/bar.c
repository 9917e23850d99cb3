#include "bar.h"

#include "output.h"

#include <stdio.h>
#include <string.h>

enum {
    PLAIN_EVERY_SECONDS = 5
};

static void format_time(double seconds, char *out, size_t n)
{
    unsigned s = seconds < 0 ? 0 : (unsigned)(seconds + 0.5);

    if (s >= 3600)
        snprintf(out, n, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, n, "%u:%02u", s / 60, s % 60);
}

static void draw_lane(const char *name, output_style style, const tandem_lane_progress *lane,
                      int width)
{
    uint64_t settled = lane->done + lane->failed;
    int filled = lane->total ? (int)((double)width * (double)settled / (double)lane->total) : 0;

    fprintf(stderr, "\033[2K%-9s %s", name, output_style_of(stderr, style));
    for (int i = 0; i < width; i++) {
        if (i == filled)
            fputs(output_style_of(stderr, STYLE_DIM), stderr);
        fputs(i < filled ? "\u2588" : "\u2591", stderr);
    }
    fprintf(stderr, "%s %llu/%llu", output_style_of(stderr, STYLE_PLAIN),
            (unsigned long long)settled, (unsigned long long)lane->total);
    if (lane->chunks_per_second > 0)
        fprintf(stderr, "  %.0f/s", lane->chunks_per_second);
    if (lane->cached)
        fprintf(stderr, "  %llu cached", (unsigned long long)lane->cached);
    if (lane->failed)
        fprintf(stderr, "  %s%llu failed%s", output_style_of(stderr, STYLE_RED),
                (unsigned long long)lane->failed, output_style_of(stderr, STYLE_PLAIN));
    fputc('\n', stderr);
}

static void draw_pages(const bar *b, const tandem_progress *p)
{
    char time[32];

    fprintf(stderr, "\033[2K%-9s %llu pages", p->sources_ended ? "read" : "reading",
            (unsigned long long)(p->pages + p->files));
    if (p->unchanged)
        fprintf(stderr, "  %llu unchanged", (unsigned long long)p->unchanged);
    if (p->skipped)
        fprintf(stderr, "  %llu skipped", (unsigned long long)p->skipped);
    if (p->failed)
        fprintf(stderr, "  %s%llu failed%s", output_style_of(stderr, STYLE_RED),
                (unsigned long long)p->failed, output_style_of(stderr, STYLE_PLAIN));
    format_time(p->seconds, time, sizeof(time));
    fprintf(stderr, "  %s", time);
    if (b->lanes && p->sources_ended && p->eta_seconds >= 0) {
        format_time(p->eta_seconds, time, sizeof(time));
        fprintf(stderr, "  ETA %s", time);
    }
    fputc('\n', stderr);
}

static void draw_live(bar *b, const tandem_progress *p)
{
    int width = output_columns() - 50;

    width = width < 10 ? 10 : width > 40 ? 40 : width;
    if (b->n_drawn)
        fprintf(stderr, "\033[%dA", b->n_drawn);
    draw_pages(b, p);
    b->n_drawn = 1;
    if (b->lanes) {
        draw_lane("gte", STYLE_GREEN, &p->lanes[TANDEM_LANE_GTE], width);
        draw_lane("coderank", STYLE_CYAN, &p->lanes[TANDEM_LANE_CODERANK], width);
        b->n_drawn = 3;
    }
    fflush(stderr);
}

static void draw_plain(bar *b, const tandem_progress *p)
{
    const tandem_lane_progress *gte = &p->lanes[TANDEM_LANE_GTE];
    const tandem_lane_progress *coderank = &p->lanes[TANDEM_LANE_CODERANK];

    if (p->seconds < b->next_plain)
        return;
    b->next_plain = p->seconds + PLAIN_EVERY_SECONDS;
    if (!b->lanes) {
        output_note("%.0f s: %llu pages, %llu skipped, %llu failed", p->seconds,
                    (unsigned long long)(p->pages + p->files), (unsigned long long)p->skipped,
                    (unsigned long long)p->failed);
        return;
    }
    output_note("%.0f s: %llu pages, gte %llu/%llu, coderank %llu/%llu, %llu failed", p->seconds,
                (unsigned long long)(p->pages + p->files),
                (unsigned long long)(gte->done + gte->failed), (unsigned long long)gte->total,
                (unsigned long long)(coderank->done + coderank->failed),
                (unsigned long long)coderank->total,
                (unsigned long long)(p->failed + gte->failed + coderank->failed));
}

void bar_draw(bar *b, const tandem_progress *progress)
{
    if (output_is_live())
        draw_live(b, progress);
    else
        draw_plain(b, progress);
}

void bar_clear(bar *b)
{
    if (b->n_drawn) {
        fprintf(stderr, "\033[%dA\033[J", b->n_drawn);
        fflush(stderr);
    }
    b->n_drawn = 0;
}
