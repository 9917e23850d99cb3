#include "chunk/units.h"
#include "puzzle.h"

enum {
    LEVELS = 5
};

static void add_indent(puzzle *p, uint32_t level)
{
    for (uint32_t i = 0; i < level; i++)
        add(p, "  ");
}

/* Of a text that nobody takes for code. */
static void add_sentence(puzzle *p)
{
    static const char *const sentences[] = {
        "The river falls over the old bridge.", "Seldom does a stone fall into it.",
        "And so it goes on for many years.",    "Nobody knows where the water comes from.",
        "They say that it was snow before.",    "Whoever asks the fishermen hears more of it.",
    };
    add(p, sentences[pick(p, sizeof sentences / sizeof *sentences)]);
}

static void add_item(puzzle *p, uint32_t level)
{
    add_indent(p, level);
    size_t start = p->n;
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
    add_piece(p, start);
}

static void never_cuts_a_nested_item_that_fits(void **state)
{
    (void)state;
    static puzzle p;
    puzzle_counts counts = {0};
    for (uint32_t seed = 1; seed <= 200; seed++) {
        p = (puzzle){.seed = seed};
        if (seed % 2)
            add(&p, "# A heading\n\nA paragraph before it.\n\n");
        for (uint32_t n = 1 + pick(&p, 3); n > 0; n--) {
            add_item(&p, 0);
            add(&p, "\n");
        }
        assert_pieces_whole(&p, seed, 100 + seed % 9 * 70, &counts);
    }
    assert_true(counts.n_fit > 2000); /* and many do not fit */
    assert_true(counts.n_cut > 300);
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
