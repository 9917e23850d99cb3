#include "extract/pdf_text.h"

#include "base/hash.h"
#include "base/utf8.h"

#include <stdlib.h>

enum {
    EDGE_LINES = 2,          /* at either end of a page */
    RUNNING_PAGES_MIN = 3,   /* that a running head stands on, */
    RUNNING_SHARE = 3,       /* ... and one of so many of all */
    RUNNING_BYTES_MAX = 200, /* longer lines are text */
    SKELETON_BYTES_MAX = 2 * RUNNING_BYTES_MAX,
    SLOTS_MIN = 64,
};

static const td_str SOFT_HYPHEN = {"\xC2\xAD", 2};

/* How often each line stood at the edge of a page, by what it is without its numbers. */
typedef struct edges {
    struct edge {
        td_hash key;
        size_t n;
    } * slots;      /* n 0: free */
    size_t n_slots; /* a power of two, more than twice the lines that can come */
    size_t n_pages;
} edges;

/* Not td_str_trim: the control characters among its white space may be ligatures. */
static td_str trim(td_str line)
{
    size_t start = 0, end = line.n;

    while (start < end && (line.ptr[start] == ' ' || line.ptr[start] == '\t'))
        start++;
    while (end > start && (line.ptr[end - 1] == ' ' || line.ptr[end - 1] == '\t'))
        end--;
    return td_str_slice(line, start, end);
}

static bool next_page(td_str *rest, td_str *page)
{
    return td_str_next(rest, '\f', page);
}

/* The line without digits and white space, so that "12 Lanes" and "Lanes  13" are one head: numbers
 * are left out wherever they stand. Empty if it is too long for a head. */
static td_hash skeleton(td_str line, bool *is_short)
{
    char bytes[SKELETON_BYTES_MAX];
    size_t n = 0;

    line = trim(line);
    *is_short = line.n > 0 && line.n <= RUNNING_BYTES_MAX;
    for (size_t i = 0; *is_short && i < line.n; i++) {
        char c = line.ptr[i];
        if (c != ' ' && c != '\t' && !(c >= '0' && c <= '9'))
            bytes[n++] = c;
    }
    return td_hash_of((td_str){bytes, n});
}

static struct edge *slot_of(const edges *e, td_hash key)
{
    uint64_t at;

    memcpy(&at, key.bytes, sizeof(at));
    for (;; at++) {
        struct edge *slot = &e->slots[at & (e->n_slots - 1)];
        if (slot->n == 0 || td_hash_eq(slot->key, key))
            return slot;
    }
}

/* The lines of a page that are not blank, counted. */
static size_t count_lines(td_str page)
{
    size_t n = 0;
    td_str line;

    while (td_str_next(&page, '\n', &line))
        n += trim(line).n > 0;
    return n;
}

static bool is_edge(size_t i, size_t n_lines)
{
    return i < EDGE_LINES || i + EDGE_LINES >= n_lines;
}

/* A page's own lines count once each, so that what it repeats is no head. */
static void count_edges(edges *e, td_str page)
{
    size_t n_lines = count_lines(page), i = 0, n_seen = 0;
    td_hash seen[2 * EDGE_LINES];
    td_str line;

    while (td_str_next(&page, '\n', &line)) {
        bool is_short = false, again = false;
        if (trim(line).n == 0 || !is_edge(i++, n_lines))
            continue;
        td_hash key = skeleton(line, &is_short);
        for (size_t k = 0; k < n_seen; k++)
            again = again || td_hash_eq(seen[k], key);
        if (!is_short || again)
            continue;
        seen[n_seen++] = key;
        struct edge *slot = slot_of(e, key);
        slot->key = key;
        slot->n++;
    }
}

static tandem_code find_edges(td_str raw, edges *e, tandem_error *err)
{
    td_str rest = raw, page;
    size_t n_edges = 0;

    while (next_page(&rest, &page)) {
        size_t n = count_lines(page);
        e->n_pages += n > 0;
        n_edges += n < 2 * EDGE_LINES ? n : 2 * EDGE_LINES;
    }
    for (e->n_slots = SLOTS_MIN; e->n_slots < n_edges * 2;)
        e->n_slots *= 2;
    e->slots = calloc(e->n_slots, sizeof(*e->slots));
    if (!e->slots)
        return td_fail_nomem(err, "heads of pages");
    rest = raw;
    while (next_page(&rest, &page))
        count_edges(e, page);
    return TANDEM_OK;
}

static bool is_running(const edges *e, td_str line)
{
    bool is_short = false;
    td_hash key = skeleton(line, &is_short);
    size_t n = is_short ? slot_of(e, key)->n : 0;

    return n >= RUNNING_PAGES_MIN && n * RUNNING_SHARE >= e->n_pages;
}

/* -- writing -- */

static bool is_letter_before(td_str s, size_t at)
{
    uint32_t codepoint = 0;
    return at > 0 && td_utf8_at(s, td_utf8_floor(s, at - 1), &codepoint) > 0 &&
           td_utf8_is_letter(codepoint);
}

/* Letters that a font has as one sign: those of Unicode, and those that fonts of TeX have where
 * others have control characters and that come out as such where a font does not say what they
 * are (T1: 0x1B to 0x1F, OT1: 0x0B, 0x0E and 0x0F). Empty for what is no text. */
static td_str letters_of(uint32_t codepoint)
{
    static const char *const of_unicode[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};
    static const char *const of_t1[] = {"ff", "fi", "fl", "ffi", "ffl"};

    if (codepoint >= 0xFB00 && codepoint <= 0xFB06)
        return td_str_from(of_unicode[codepoint - 0xFB00]);
    if (codepoint >= 0x1B && codepoint <= 0x1F)
        return td_str_from(of_t1[codepoint - 0x1B]);
    return codepoint == 0x0B   ? TD_STR("ff")
           : codepoint == 0x0E ? TD_STR("ffi")
           : codepoint == 0x0F ? TD_STR("ffl")
                               : TD_STR("");
}

/* Ligatures are of small letters. */
static bool is_small_letter(td_str s)
{
    uint32_t codepoint = 0;

    return td_utf8_at(s, 0, &codepoint) > 0 &&
           (td_utf8_is_small(codepoint) || letters_of(codepoint).n > 0);
}

/* Takes the hyphen at the text's end off if it cuts a word that `next` goes on with. */
static bool joins(td_buf *out, td_str next)
{
    td_str text = td_buf_str(out);

    if (td_str_ends(text, SOFT_HYPHEN)) {
        td_buf_cut(out, out->n - SOFT_HYPHEN.n);
        return true;
    }
    if (text.n == 0 || text.ptr[text.n - 1] != '-' || !is_letter_before(text, text.n - 1) ||
        !is_small_letter(next))
        return false;
    td_buf_cut(out, out->n - 1);
    return true;
}

static bool is_plain(uint32_t codepoint)
{
    bool is_control = (codepoint < ' ' && codepoint != '\t') || codepoint == 0x7F;

    return !is_control && !(codepoint >= 0xFB00 && codepoint <= 0xFB06);
}

/* A line without what is no text, its letters apart. */
static tandem_code add_line(td_buf *out, td_str line, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t done = 0;

    for (size_t at = 0, n; at < line.n; at += n) {
        uint32_t codepoint = 0;
        n = td_utf8_at(line, at, &codepoint);
        n = n ? n : 1;
        if (is_plain(codepoint))
            continue;
        TD_TRY(td_buf_add(out, td_str_slice(line, done, at), err));
        TD_TRY(td_buf_add(out, letters_of(codepoint), err));
        done = at + n;
    }
    TD_TRY(td_buf_add(out, td_str_slice(line, done, line.n), err));
out:
    return code;
}

/* Whether add_line would add anything but white space. */
static bool has_text(td_str line)
{
    for (size_t at = 0, n; at < line.n; at += n) {
        uint32_t codepoint = 0;
        n = td_utf8_at(line, at, &codepoint);
        n = n ? n : 1;
        if (is_plain(codepoint) ? !td_utf8_is_space(codepoint) : letters_of(codepoint).n > 0)
            return true;
    }
    return false;
}

/* A sign that begins an item, alone on its line. */
static bool is_bullet(td_str line)
{
    static const char *const bullets[] = {"\xE2\x80\xA2", "\xE2\x97\xA6", "\xE2\x96\xAA",
                                          "\xE2\x80\xA3", "\xE2\x97\x8F", "\xE2\x80\x93"};

    for (size_t i = 0; i < sizeof(bullets) / sizeof(*bullets); i++)
        if (td_str_eq(line, td_str_from(bullets[i])))
            return true;
    return false;
}

typedef struct writer {
    td_buf *out;
    bool is_new;    /* nothing yet, or a paragraph has ended */
    bool is_bullet; /* the line before was one, and waits for its item */
} writer;

static tandem_code write_line(writer *w, td_str line, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    if (!has_text(line)) {
        w->is_new = true;
        return TANDEM_OK;
    }
    if (w->is_bullet)
        TD_TRY(td_buf_add_byte(w->out, ' ', err));
    else if (w->out->n > 0 && w->is_new)
        TD_TRY(td_buf_add(w->out, TD_STR("\n\n"), err));
    else if (w->out->n > 0 && !joins(w->out, line))
        TD_TRY(td_buf_add_byte(w->out, '\n', err));
    TD_TRY(add_line(w->out, line, err));
    w->is_bullet = is_bullet(line);
    w->is_new = false;
out:
    return code;
}

static tandem_code write_page(writer *w, const edges *e, td_str page, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n_lines = count_lines(page), i = 0;
    td_str line;

    w->is_new = true;
    w->is_bullet = false;
    while (td_str_next(&page, '\n', &line)) {
        line = trim(line);
        if (line.n > 0 && is_edge(i++, n_lines) && is_running(e, line))
            continue;
        TD_TRY(write_line(w, line, err));
    }
out:
    return code;
}

tandem_code td_extract_pdf_text_write(td_str raw, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    edges e = {.slots = NULL};
    writer w = {.out = out, .is_new = true};
    td_str rest = raw, page;

    TD_TRY(find_edges(raw, &e, err));
    while (next_page(&rest, &page))
        TD_TRY(write_page(&w, &e, page, err));
    if (out->n > 0)
        TD_TRY(td_buf_add_byte(out, '\n', err));
out:
    free(e.slots);
    return code;
}
