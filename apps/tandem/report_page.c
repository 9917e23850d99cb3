#include "report_page.h"

#include "report_text.h"

static const char STYLE[] =
    ":root{color-scheme:light dark;--bg:#fff;--card:#f6f8fb;--ink:#1d2430;--soft:#69748a;"
    "--line:#d9dee7}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#12161e;--card:#1a202b;--ink:#e6eaf2;"
    "--soft:#98a3b8;--line:#2f3848}}\n"
    "body{margin:0 auto;max-width:1240px;padding:28px 20px 48px;background:var(--bg);"
    "color:var(--ink);font:15px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:24px;margin:0}h2{font-size:17px;margin:32px 0 10px}\n"
    ".sub{color:var(--soft);margin:4px 0 22px;overflow-wrap:anywhere}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}\n"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:8px;"
    "padding:10px 14px}\n"
    ".card b{display:block;font-size:21px;font-weight:600}.card span{color:var(--soft);"
    "font-size:13px}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\n"
    "th,td{text-align:right;padding:6px 12px;border-bottom:1px solid var(--line)}\n"
    "th:first-child,td:first-child{text-align:left}th{color:var(--soft);font-weight:500}\n"
    ".wide{overflow-x:auto}.wide svg{min-width:760px;width:100%;height:auto;display:block}\n"
    "footer{color:var(--soft);font-size:13px;margin-top:36px}\n";

static void put_escaped(FILE *out, tandem_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '<')
            fputs("&lt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else if (c < 0x20 || c == 0x7F)
            fputs("&#xFFFD;", out);
        else
            fputc(c, out);
    }
}

static void put_card(FILE *out, const char *value, const char *name)
{
    fprintf(out, "<div class=\"card\"><b>%s</b><span>%s</span></div>\n", value, name);
}

static void put_cards(FILE *out, const timeline *t, const json_t *summary)
{
    char text[64];

    fputs("<div class=\"cards\">\n", out);
    put_card(out, report_text_of(summary, "strategy", text, sizeof(text)), "strategy");
    snprintf(text, sizeof(text), "%.2f s", (double)t->end_us / 1e6);
    put_card(out, text, "embedding");
    snprintf(text, sizeof(text), "%.0f", report_number(summary, "embedded"));
    put_card(out, text, "chunks embedded");
    snprintf(text, sizeof(text), "%.0f", report_number(summary, "cached"));
    put_card(out, text, "from the cache");
    snprintf(text, sizeof(text), "%.0f %%", 100 * report_number(summary, "overlap_ratio"));
    put_card(out, text, "both lanes busy, while both had work");
    snprintf(text, sizeof(text), "%.2f", report_number(summary, "speedup"));
    put_card(out, text, "lane time / wall time");
    fputs("</div>\n", out);
}

static void put_lanes(FILE *out, const timeline *t, const json_t *summary)
{
    fputs("<h2>Lanes</h2>\n<table><tr><th>lane</th><th>chunks</th><th>failed</th><th>calls</th>"
          "<th>tried again</th><th>halved</th><th>tokens</th><th>busy</th></tr>\n",
          out);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const char *name = tandem_lane_name((tandem_lane)l);
        const json_t *lane = json_object_get(json_object_get(summary, "lanes"), name);
        double busy = report_number(lane, "busy_seconds"), whole = (double)t->end_us / 1e6;
        fprintf(out,
                "<tr><td>%s</td><td>%.0f</td><td>%.0f</td><td>%.0f</td><td>%.0f</td><td>%llu</td>"
                "<td>%.0f</td><td>%.2f s (%.0f %%)</td></tr>\n",
                name, report_number(lane, "chunks"), report_number(lane, "failed"),
                report_number(lane, "batches"), report_number(lane, "retries"),
                (unsigned long long)report_halved(t, l), report_number(lane, "tokens"), busy,
                whole > 0 ? 100 * busy / whole : 0);
    }
    fputs("</table>\n", out);
}

static void put_slots(FILE *out, const timeline *t)
{
    double whole = (double)t->end_us / 1e6;

    fputs("<h2>Slots</h2>\n<table><tr><th>slot</th><th>in calls</th><th>idle</th></tr>\n", out);
    for (uint32_t s = 0; s < t->n_slots && s < 64; s++) {
        double busy = timeline_busy_seconds(t, s);
        fprintf(out, "<tr><td>%u</td><td>%.3f s</td><td>%.3f s (%.1f %%)</td></tr>\n", s, busy,
                whole - busy, whole > 0 ? 100 * (whole - busy) / whole : 0);
    }
    fputs("</table>\n", out);
}

static void put_head(FILE *out, const tandem_run_info *run)
{
    char when[32];

    fprintf(out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'unsafe-inline'\">\n<title>tandem: run %lld</title>\n<style>%s",
            (long long)run->run, STYLE);
    timeline_css(out);
    report_when(run->begun_wall_ms, when, sizeof(when));
    fprintf(out, "</style></head><body>\n<h1>Run %lld: ", (long long)run->run);
    put_escaped(out, run->kind);
    fputs(", ", out);
    put_escaped(out, run->state);
    fprintf(out, "</h1>\n<p class=\"sub\">%s &middot; ", when);
    put_escaped(out, run->source);
    if (run->n_sources > 1)
        fprintf(out, " and %llu more", (unsigned long long)run->n_sources - 1);
    fputs("</p>\n", out);
}

void report_page(FILE *out, const tandem_run_info *run, const timeline *t, const json_t *summary)
{
    put_head(out, run);
    put_cards(out, t, summary);
    fputs("<h2>Timeline</h2>\n", out);
    if (t->n > 0) {
        fputs("<div class=\"wide\">\n", out);
        timeline_svg(out, t, 1, true);
        fputs("</div>\n", out);
        put_lanes(out, t, summary);
        put_slots(out, t);
    } else {
        fprintf(out, "<p>%s</p>\n", report_without_spans(run));
    }
    fprintf(out, "<footer>tandem %s</footer>\n</body></html>\n", tandem_version());
}
