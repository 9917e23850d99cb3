#include "chunk/units.h"
#include "split.h"

enum {
    ITEMS_MAX = 400,
    LEVELS = 5
};

/* A list of lists, and where each item is. */
typedef struct nest {
    char text[20000];
    size_t n;
    struct {
        size_t start, end;
    } items[ITEMS_MAX];
    size_t n_items;
    uint32_t seed;
} nest;

static uint32_t pick(nest *p, uint32_t n)
{
    p->seed = p->seed * 1664525u + 1013904223u;
    return (p->seed >> 8) % n;
}

static void add(nest *p, const char *text)
{
    size_t n = strlen(text);
    assert_true(p->n + n < sizeof p->text);
    memcpy(p->text + p->n, text, n + 1);
    p->n += n;
}

static void add_indent(nest *p, uint32_t level)
{
    for (uint32_t i = 0; i < level; i++)
        add(p, "  ");
}

/* Of a text that nobody takes for code. */
static void add_sentence(nest *p)
{
    static const char *const sentences[] = {
        "The river falls over the old bridge.", "Seldom does a stone fall into it.",
        "And so it goes on for many years.",    "Nobody knows where the water comes from.",
        "They say that it was snow before.",    "Whoever asks the fishermen hears more of it.",
    };
    add(p, sentences[pick(p, sizeof sentences / sizeof *sentences)]);
}

static void add_item(nest *p, uint32_t level)
{
    size_t item = p->n_items++, start;
    assert_true(item < ITEMS_MAX);
    add_indent(p, level);
    start = p->n;
    add(p, "- ");
    add_sentence(p);
    for (uint32_t n = pick(p, 4); n > 0; n--) {
        add(p, pick(p, 3) ? " " : "\n");
        if (p->text[p->n - 1] == '\n')
            add_indent(p, level + 1);
        add_sentence(p);
    }
    if (pick(p, 6) == 0) {
        add(p, "\n\n");
        add_indent(p, level + 1);
        add_sentence(p);
    }
    for (uint32_t n = level + 1 < LEVELS ? pick(p, 4) : 0; n > 0; n--) {
        add(p, pick(p, 5) ? "\n" : "\n\n");
        add_item(p, level + 1);
    }
    p->items[item].start = start;
    p->items[item].end = p->n;
}

static bool is_whole(const split *s, size_t start, size_t end)
{
    for (size_t i = 0; i < s->chunks.n; i++)
        if (s->chunks.items[i].start_byte <= start && s->chunks.items[i].end_byte >= end)
            return true;
    return false;
}

static void never_cuts_a_nested_item_that_fits(void **state)
{
    (void)state;
    static nest p;
    size_t n_fit = 0, n_cut = 0;
    for (uint32_t seed = 1; seed <= 200; seed++) {
        p = (nest){.seed = seed};
        if (seed % 2)
            add(&p, "# A heading\n\nA paragraph before it.\n\n");
        for (uint32_t n = 1 + pick(&p, 3); n > 0; n--) {
            add_item(&p, 0);
            add(&p, "\n");
        }
        uint32_t size = 100 + seed % 9 * 70;
        split s = split_text(TD_FORMAT_MARKDOWN, "", (td_str){p.text, p.n}, size);
        for (size_t i = 0; i < p.n_items; i++) {
            bool whole = is_whole(&s, p.items[i].start, p.items[i].end);
            if (p.items[i].end - p.items[i].start > size)
                n_cut += !whole;
            else if (!whole)
                fail_msg("seed %u, size %u: cut |%.*s|", seed, size,
                         (int)(p.items[i].end - p.items[i].start), p.text + p.items[i].start);
            else
                n_fit++;
        }
        split_clear(&s);
    }
    assert_true(n_fit > 2000); /* and many do not fit */
    assert_true(n_cut > 300);
}

/* Rows, which are all alike, of a table with a head of its own. */
static split split_rows(td_format format, const char *head, const char *row, int n)
{
    static char text[20000];
    size_t at = (size_t)snprintf(text, sizeof text, "%s", head);
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s", row);
    return split_text(format, "", (td_str){text, at}, 200);
}

static void assert_ends(const split *s, const char *end)
{
    assert_true(s->chunks.n > 3);
    for (size_t i = 0; i < s->chunks.n; i++)
        if (!td_str_ends(s->chunks.items[i].text, td_str_from(end)))
            fail_msg("|%.*s|", TD_STR_FMT(s->chunks.items[i].text));
}

static void keeps_rows_of_several_lines(void **state)
{
    (void)state;
    split s = split_rows(TD_FORMAT_RST, "+------+--------------+\n",
                         "| name | What it is   |\n|      | and is for.  |\n"
                         "+------+--------------+\n",
                         20);
    assert_ends(&s, "-+");
    split_clear(&s);
    s = split_rows(TD_FORMAT_RST, "=====  =============\n",
                   "name   What it is\n       and what it is for. And\n       the last.\n", 20);
    assert_ends(&s, "the last.");
    split_clear(&s);
}

static void leaves_a_row_no_room_that_is_too_small(void **state)
{
    (void)state;
    char row[200], text[800];
    memset(row, 'x', 150);
    row[150] = '\0';
    int n = snprintf(text, sizeof text,
                     "## A heading of some words, and so long that the first row is too much\n\n"
                     "| %s |\n| --- |\n| %s |\n| %s |\n",
                     row, row, row);
    split s = split_text(TD_FORMAT_MARKDOWN, "", (td_str){text, (size_t)n}, 200);
    for (size_t i = 1; i < s.chunks.n; i++)
        assert_true(td_str_starts(s.chunks.items[i].text, TD_STR("| ")) &&
                    td_str_ends(s.chunks.items[i].text, TD_STR(" |")));
    split_clear(&s);
}

static void cuts_what_fits_nowhere(void **state)
{
    (void)state;
    char text[8000] = "+-----+\n| ";
    memset(text + 10, 'x', sizeof text - 11);
    for (size_t at = 60; at < sizeof text - 1; at += 50)
        text[at] = '\n'; /* a row without an end */
    split s = split_text(TD_FORMAT_RST, "", td_str_from(text), 200);
    assert_true(s.chunks.n > 30 && s.chunks.n < 60);
    split_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_cuts_a_nested_item_that_fits),
        cmocka_unit_test(keeps_rows_of_several_lines),
        cmocka_unit_test(leaves_a_row_no_room_that_is_too_small),
        cmocka_unit_test(cuts_what_fits_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
