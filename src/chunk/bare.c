#include "chunk/bare.h"

#include "chunk/chunk.h"
#include "chunk/features.h"
#include "chunk/language_table.h"

enum {
    BLANK_GAP = 3, /* the least of those with a blank line */
    SETTINGS_LINES = 16
};

/* A line between fences, whatever it looks like, is not for us; one of a patch is code. */
static const float FENCED_LOOKS = -100, SETTING_LOOKS = -30, PATCH_LOOKS = 30;

/* What a paragraph's vote is at most; the looks of its lines together, and of each, that no vote
 * turns. */
static const float VOTE_MOST = 8, VOTED_LOOKS = 24, PROSE_LOOKS = -1;

/* A line that looks like prose itself. */
static const float CONTRARY_LOOKS = -1.5f;

void td_chunk_bare_init(td_chunk_bare *bare, td_str text, td_format format)
{
    bare->text = text;
    bare->format = format;
    bare->at = bare->n = bare->next = 0;
    bare->n_blank = bare->indent = 0;
    bare->is_code = false;
    bare->fence = '\0';
    bare->fence_n = bare->n_settings = 0;
    bare->patch = (td_chunk_patch){0};
    bare->n_lines_read = 0;
}

/* Whether the line belongs to a fence or to what is between two. */
static bool is_fenced(td_chunk_bare *bare, td_str body)
{
    td_str info;
    if (bare->fence) {
        if (td_chunk_lines_closes(body, bare->fence, bare->fence_n))
            bare->fence = '\0';
        return true;
    }
    size_t n = bare->format == TD_FORMAT_RST ? 0 : td_chunk_lines_fence(body, &info);
    if (n > 0) {
        bare->fence = body.ptr[0];
        bare->fence_n = n;
    }
    return n > 0;
}

/* Whether the line belongs to the settings that a text leaves for Emacs at its end. */
static bool is_setting(td_chunk_bare *bare, td_str body)
{
    if (td_str_eq(body, TD_STR("Local Variables:")))
        bare->n_settings = SETTINGS_LINES;
    if (bare->n_settings == 0)
        return false;
    bare->n_settings = td_str_eq(body, TD_STR("End:")) ? 0 : bare->n_settings - 1;
    return true;
}

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c & 0x80) || (c != '\0' && strchr("_-.+@", c));
}

/* "@name", "@name, @other", "name@host": people in a list, or decorators, which say as little by
 * themselves: what follows a decorator does. */
static bool is_handles(td_str body)
{
    size_t i = 0;
    while (i < body.n) {
        bool at = false;
        size_t start = i;
        while (i < body.n && is_of_name(body.ptr[i]))
            at |= body.ptr[i++] == '@';
        if (!at || i - start < 2)
            return false;
        while (i < body.n && (body.ptr[i] == ',' || body.ptr[i] == ' '))
            i++;
    }
    return body.n > 0;
}

static float looks_of(td_str text, const td_chunk_line *line, td_str body)
{
    td_chunk_features features;
    int steps = 0;
    td_chunk_features_read(body, line->indent, text.ptr[line->start] == '\t', &features);
    for (size_t i = 0; i < features.n; i++) {
        size_t row = td_chunk_language_table_find(features.items[i]);
        if (row < td_chunk_language_table.n_rows)
            steps += *td_chunk_language_table_row(row) - TD_CHUNK_LANGUAGE_TABLE_ZERO;
    }
    return (float)steps * td_chunk_language_table.line_step + td_chunk_language_table.line_bias;
}

/* The next line that is not blank, not decided yet; false at the end. */
static bool read_line(td_chunk_bare *bare, td_chunk_bare_line *line_out)
{
    while (bare->at < bare->text.n) {
        td_chunk_line line = td_chunk_lines_at(bare->text, bare->at);
        bare->at = line.end;
        bare->n_lines_read++;
        bool patch = td_chunk_patch_takes(&bare->patch, bare->text, line.start);
        if (td_chunk_lines_is_blank(&line)) {
            bare->n_blank++;
            continue;
        }
        td_str body = td_chunk_lines_body(bare->text, &line);
        size_t blank = bare->n_blank < 2 ? bare->n_blank : 2;
        size_t turn = line.indent == bare->indent ? 0 : line.indent > bare->indent ? 1 : 2;
        bool fenced = is_fenced(bare, body), mute = is_handles(body);
        bool setting = is_setting(bare, body);
        *line_out = (td_chunk_bare_line){
            .start = line.start,
            .end = line.end,
            .looks = fenced    ? FENCED_LOOKS
                     : setting ? SETTING_LOOKS
                     : patch   ? PATCH_LOOKS
                     : mute    ? 0
                               : looks_of(bare->text, &line, body),
            .gap = (uint8_t)(blank * 3 + turn),
            .is_told = fenced || setting || patch,
            .is_mute = mute,
        };
        bare->indent = line.indent;
        bare->n_blank = 0;
        return true;
    }
    return false;
}

/* What the languages say of lines: how much rather code than not. */
static float odds_of(const td_chunk_bare *bare, const td_chunk_bare_line *lines, size_t n)
{
    float odds = td_chunk_look_odds(td_str_slice(bare->text, lines[0].start, lines[n - 1].end));
    return odds > VOTE_MOST ? VOTE_MOST : odds < -VOTE_MOST ? -VOTE_MOST : odds;
}

/* The same of a paragraph; where all of its lines say it, nobody is asked. */
static float odds_of_paragraph(const td_chunk_bare *bare, const td_chunk_bare_line *lines, size_t n)
{
    float looks = 0, most = lines[0].looks;
    for (size_t i = 0; i < n; i++) {
        looks += lines[i].looks;
        most = lines[i].looks > most ? lines[i].looks : most;
    }
    if (looks < -VOTED_LOOKS || most < PROSE_LOOKS)
        return -VOTE_MOST;
    return looks > VOTED_LOOKS ? VOTE_MOST : odds_of(bare, lines, n);
}

/* Each of the lines gets its part of their vote. */
static void add_vote(td_chunk_bare_line *lines, size_t n, float odds)
{
    static const size_t sizes[TD_CHUNK_LANGUAGE_TABLE_VOTES - 1] = {2, 3, 5, 9};
    size_t size = 0;
    while (size < sizeof sizes / sizeof *sizes && n >= sizes[size])
        size++;
    for (size_t i = 0; i < n; i++) {
        if (!lines[i].is_mute)
            lines[i].looks += td_chunk_language_table.votes[size] * odds / (float)n;
    }
}

/* The lines are one paragraph. Where it looks like code, but some of its lines like prose, either
 * has a vote of its own. */
static void vote(const td_chunk_bare *bare, td_chunk_bare_line *lines, size_t n)
{
    float odds = odds_of_paragraph(bare, lines, n);
    bool whole = odds < 0;
    for (size_t start = 0, end = whole ? n : 0; start < n; start = end) {
        bool contrary = lines[start].looks < CONTRARY_LOOKS;
        while (end < n && (lines[end].looks < CONTRARY_LOOKS) == contrary)
            end++;
        bool all = end - start == n;
        add_vote(lines + start, end - start,
                 all ? odds : odds_of(bare, lines + start, end - start));
    }
}

static void vote_all(td_chunk_bare *bare)
{
    for (size_t start = 0, end = 0; start < bare->n; start = end) {
        td_chunk_bare_line *lines = bare->lines;
        for (end = start + 1; end < bare->n && lines[end].gap < BLANK_GAP &&
                              lines[end].is_told == lines[start].is_told;)
            end++;
        if (!lines[start].is_told)
            vote(bare, lines + start, end - start);
    }
}

/* Reads lines, follows both states through them, and goes back along the likelier path. */
static void decide(td_chunk_bare *bare)
{
    float score[2] = {0, 0};
    bool first = bare->n == 0 && bare->next == 0;
    bool before = bare->is_code;
    bare->n = bare->next = 0;
    while (bare->n < TD_CHUNK_BARE_LINES && read_line(bare, &bare->lines[bare->n]))
        bare->n++;
    vote_all(bare);
    for (size_t i = 0; i < bare->n; i++) {
        td_chunk_bare_line *line = &bare->lines[i];
        float now[2];
        for (int to = 0; to < 2; to++) {
            const float(*turns)[2] = td_chunk_language_table.turns[line->gap];
            float stay = score[0] + turns[0][to], turn = score[1] + turns[1][to];
            bool code = i == 0 ? before : turn > stay;
            now[to] = (code ? turn : stay) + (to ? line->looks : 0);
            if (i == 0 && first)
                now[to] = to ? line->looks : 0;
            line->from[to] = code;
        }
        memcpy(score, now, sizeof score);
    }
    bool code = score[1] > score[0];
    for (size_t i = bare->n; i-- > 0;) {
        td_chunk_bare_line *line = &bare->lines[i];
        const float(*turns)[2] = td_chunk_language_table.turns[line->gap];
        line->is_code = code;
        line->looks += turns[line->from[code]][1] - turns[0][0];
        code = line->from[code];
    }
    if (bare->n > 0)
        bare->is_code = bare->lines[bare->n - 1].is_code;
}

bool td_chunk_bare_next(td_chunk_bare *bare, td_chunk_bare_run *run_out)
{
    td_chunk_bare_run run = {.n_lines = 0};
    for (;; bare->next++) {
        if (bare->next == bare->n) {
            decide(bare);
            if (bare->n == 0)
                break;
        }
        const td_chunk_bare_line *line = &bare->lines[bare->next];
        if (!line->is_code && run.n_lines > 0)
            break;
        if (!line->is_code)
            continue;
        run.start = run.n_lines == 0 ? line->start : run.start;
        run.end = line->end;
        run.sure += line->looks;
        run.n_lines++;
    }
    *run_out = run;
    return run.n_lines > 0;
}
