#include "chunk/blocks.h"
#include "chunk/prose.h"
#include "puzzle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char function_code[] = "```python title=\"a b\"\n"
                                    "def read_lines(path):\n"
                                    "    with open(path) as f:\n"
                                    "        return [line.strip() for line in f if line.strip()]\n"
                                    "```\n";

static void keeps_a_heading_with_its_first_paragraph(void **state)
{
    (void)state;
    split s = split_markdown("# A\n\nb");
    assert_int_equal(s.chunks.n, 1);
    assert_str(s.chunks.items[0].text, "# A\n\nb");
    assert_str(s.chunks.items[0].heading, "A");
    split_clear(&s);
}

static void does_not_leave_a_heading_at_the_end_of_a_full_chunk(void **state)
{
    (void)state;
    char *words = repeated("A word or two. ", 100);
    char text[4000];
    snprintf(text, sizeof text, "%s\n\n### Next\n\n%s", words, words);
    split s = split_markdown(text);
    assert_int_equal(s.chunks.n, 2);
    assert_true(td_str_starts(s.chunks.items[1].text, TD_STR("### Next\n\nA word")));
    split_clear(&s);
    free(words);
}

static void merges_small_sections_but_not_fair_ones_of_level_two(void **state)
{
    (void)state;
    split s = split_markdown("## A\n\na\n\n## B\n\nb\n\n## C\n\nc\n");
    assert_int_equal(s.chunks.n, 1);
    split_clear(&s);

    char *words = repeated("Some words to fill it. ", 20);
    char text[2000];
    snprintf(text, sizeof text, "## A\n\n%s\n\n## B\n\n%s\n", words, words);
    s = split_markdown(text);
    assert_int_equal(s.chunks.n, 2);
    assert_str(s.chunks.items[1].heading, "B");
    split_clear(&s);
    free(words);
}

static void gives_the_path_of_headings(void **state)
{
    (void)state;
    char *words = repeated("Some words to fill it. ", 60);
    char text[4000];
    snprintf(text, sizeof text, "# Manual\n\n%s\n\n## Install\n\n### On `Linux`\n\n%s\n", words,
             words);
    split s = split_markdown(text);
    assert_str(s.chunks.items[0].heading, "Manual");
    assert_str(s.chunks.items[s.chunks.n - 1].heading, "Manual > Install > On Linux");
    split_clear(&s);
    free(words);
}

static void makes_fenced_code_a_chunk_without_its_fences(void **state)
{
    (void)state;
    char text[1000];
    snprintf(text, sizeof text, "# Read\n\nRead the lines:\n\n%s\nThat is all.\n", function_code);
    split s = split_markdown(text);
    assert_int_equal(s.chunks.n, 3);
    assert_false(s.chunks.items[0].is_code);
    assert_true(s.chunks.items[1].is_code);
    assert_str(s.chunks.items[1].language, "python");
    assert_str(s.chunks.items[1].heading, "Read");
    assert_str(s.chunks.items[1].symbol, "read_lines");
    assert_true(s.chunks.items[1].confidence == 1);
    assert_true(td_str_starts(s.chunks.items[1].text, TD_STR("def read")));
    assert_true(td_str_ends(s.chunks.items[1].text, TD_STR("line.strip()]")));
    assert_str(s.chunks.items[2].text, "That is all.");
    assert_str(s.chunks.items[2].language, "markdown");
    split_clear(&s);
}

static void keeps_short_code_and_short_sessions_in_the_prose(void **state)
{
    (void)state;
    split s =
        split_markdown("Install it:\n\n```sh\npip install x\n```\n\nThen run it:\n\n"
                       "```console\n$ x --all\none file read, and none of them was empty\n"
                       "two files written, both of them with the same content\n```\n\nDone.\n");
    assert_int_equal(s.chunks.n, 1);
    assert_false(s.chunks.items[0].is_code);
    split_clear(&s);
}

static void takes_a_lone_short_code_block_as_code(void **state)
{
    (void)state;
    split s = split_markdown("```js\nconst a = 1;\n```\n");
    assert_int_equal(s.chunks.n, 1);
    assert_true(s.chunks.items[0].is_code);
    assert_str(s.chunks.items[0].text, "const a = 1;");
    assert_str(s.chunks.items[0].language, "javascript");
    split_clear(&s);
}

static void looks_at_fences_that_name_no_language(void **state)
{
    (void)state;
    split s =
        split_markdown("```\nWe met at the old harbour, as we had done every year, and spoke of\n"
                       "those who were no longer with us; the evening was long and very quiet.\n"
                       "Nobody wanted to be the first to leave.\n```\n\n"
                       "```text\ndef f(self, a):\n    if a > 0:\n        return a + 1\n"
                       "    return self.f(-a)\n\ndef g(self):\n    return self.f(1)\n```\n");
    assert_int_equal(s.chunks.n, 2);
    assert_false(s.chunks.items[0].is_code);
    assert_true(s.chunks.items[1].is_code);
    assert_str(s.chunks.items[1].language, "python");
    split_clear(&s);
}

/* "f(a) { return a; }" alone could be in one of many. */
static void takes_the_language_of_the_code_before_for_a_likely_one(void **state)
{
    (void)state;
    static const char vague[] = "```\nint total(int a, int b)\n{\n    if (a > b)\n"
                                "        return total(b, a);\n    return a + b;\n}\n```\n";
    static const char sure[] = "```%s\nint main(void)\n{\n    return total(1, 2) + total(2, 3);\n"
                               "}\n\nint none(void)\n{\n    return 0;\n}\n```\n\n";
    for (size_t i = 0; i < 2; i++) {
        const char *language = i ? "cpp" : "c";
        char text[1024];
        int n = snprintf(text, sizeof text, sure, language);
        snprintf(text + n, sizeof text - (size_t)n, "%s", vague);
        split s = split_markdown(text);
        assert_int_equal(s.chunks.n, 2);
        assert_str(s.chunks.items[1].language, language);
        assert_true(s.chunks.items[1].confidence < 1);
        split_clear(&s);
    }
}

static void names_no_language_of_prose_for_code(void **state)
{
    (void)state;
    split s = split_markdown(
        "```\naws redshift accept-reserved-node-exchange /\n"
        "        --reserved-node-id 12345678-12ab-12a1-1a2a-12ab-12a12EXAMPLE /\n"
        "        --target-reserved-node-offering-id 12345678-12ab-12a1-1a2a-12ab-12a12EXAMPLE\n"
        "```\n");
    assert_int_equal(s.chunks.n, 1);
    assert_true(s.chunks.items[0].is_code);
    assert_str(s.chunks.items[0].language, "console");
    assert_true(s.chunks.items[0].confidence < 1);
    split_clear(&s);
}

static void keeps_a_language_that_it_does_not_know(void **state)
{
    (void)state;
    char *rows = repeated("thing := other of value\n", 8);
    char text[400];
    snprintf(text, sizeof text, "```Blub\n%s```\n", rows);
    split s = split_markdown(text);
    assert_str(s.chunks.items[0].language, "blub");
    split_clear(&s);
    free(rows);
}

static void never_splits_an_item_that_fits(void **state)
{
    (void)state;
    char *item = repeated("Words of an item. ", 20);
    char text[8000];
    size_t n = 0;
    for (int i = 0; i < 12; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "- Item %d: %s\n", i, item);
    split s = split_markdown(text);
    assert_true(s.chunks.n > 2);
    for (size_t i = 0; i < s.chunks.n; i++)
        assert_true(td_str_ends(s.chunks.items[i].text, TD_STR("of an item.")));
    split_clear(&s);
    free(item);

    item = repeated("Words of an item. ", 88);
    snprintf(text, sizeof text, "# A heading with some words\n\n- %s\n", item);
    s = split_markdown(text);
    assert_int_equal(s.chunks.n, 2);
    assert_true(td_str_starts(s.chunks.items[1].text, TD_STR("- Words")));
    split_clear(&s);
    free(item);
}

static void keeps_a_listing_whole_that_fits_without_its_fences(void **state)
{
    (void)state;
    char *words = repeated("These are plain words of a text. ", 48);
    char text[4000];
    snprintf(text, sizeof text, "Before.\n\n```markdown\n%s\n```\n\nBehind.\n", words);
    split s = split_text(TD_FORMAT_MARKDOWN, "", td_str_from(text), 1584);
    assert_int_equal(s.chunks.n, 3);
    assert_int_equal(s.chunks.items[1].text.n, 48 * 33 - 1);
    split_clear(&s);
    free(words);
}

static void cuts_tables_between_rows(void **state)
{
    (void)state;
    char *rows = repeated("| a cell | another cell with words | c |\n", 100);
    char text[6000];
    snprintf(text, sizeof text, "| x | y | z |\n|---|---|---|\n%s", rows);
    split s = split_markdown(text);
    assert_true(s.chunks.n > 2);
    for (size_t i = 0; i < s.chunks.n; i++)
        assert_true(s.chunks.items[i].text.ptr[0] == '|' &&
                    td_str_ends(s.chunks.items[i].text, TD_STR("|")));
    split_clear(&s);
    free(rows);
}

static void add_words(puzzle *p, uint32_t n)
{
    static const char *const words[] = {"river",
                                        "a",
                                        "stone.",
                                        "falls",
                                        "over",
                                        "the",
                                        "bridge",
                                        "seldom",
                                        "\xC3\xBC"
                                        "ber",
                                        "And"};
    for (uint32_t i = 0; i < n; i++) {
        add(p, i ? " " : "");
        add(p, words[pick(p, sizeof words / sizeof *words)]);
    }
}

static void add_list(puzzle *p)
{
    const char *sign = pick(p, 2) ? "- " : "1. ";
    for (uint32_t i = 0, n = 1 + pick(p, 5); i < n; i++) {
        size_t start = p->n;
        add(p, sign);
        add_words(p, 1 + pick(p, 40));
        if (pick(p, 3) == 0) {
            add(p, sign[0] == '-' ? "\n  - " : "\n   - ");
            add_words(p, 1 + pick(p, 20));
        }
        add_piece(p, start);
        add(p, "\n");
    }
}

static void add_table(puzzle *p)
{
    add(p, "| name | use |\n| --- | --- |\n");
    for (uint32_t i = 0, n = 1 + pick(p, 6); i < n; i++) {
        size_t start = p->n;
        add(p, "| ");
        add_words(p, 1 + pick(p, 8));
        add(p, " | ");
        add_words(p, 1 + pick(p, 30));
        add(p, " |");
        add_piece(p, start);
        add(p, "\n");
    }
}

static void add_code(puzzle *p)
{
    add(p, "```python\n");
    size_t start = p->n;
    for (uint32_t i = 0, n = 1 + pick(p, 8); i < n; i++) {
        add(p, i ? "\n    if a > 0:  # " : "def f(a):  # ");
        add_words(p, 1 + pick(p, 4));
    }
    add_piece(p, start);
    add(p, "\n```\n");
}

static void make_puzzle(puzzle *p, uint32_t seed)
{
    static void (*const makers[])(puzzle *) = {add_list, add_table, add_code};
    p->seed = seed;
    p->n = p->n_pieces = 0;
    for (uint32_t i = 0, n = 1 + pick(p, 8); i < n; i++) {
        if (pick(p, 3) == 0)
            add(p, pick(p, 2) ? "## A part of it\n\n" : "# The whole\n\n");
        if (pick(p, 2)) {
            add_words(p, 1 + pick(p, 120));
            add(p, "\n\n");
        }
        makers[pick(p, 3)](p);
        add(p, "\n");
    }
}

static void never_cuts_an_item_a_row_or_code_that_fits(void **state)
{
    (void)state;
    static puzzle p;
    puzzle_counts counts = {0};
    for (uint32_t seed = 1; seed <= 400; seed++) {
        make_puzzle(&p, seed);
        assert_pieces_whole(&p, seed, 120 + seed % 7 * 100, &counts);
    }
    assert_true(counts.n_fit > 2000); /* and the sizes are such that some do not fit */
    assert_true(counts.n_cut > 50);
}

static void overlaps_long_prose_at_a_sentence(void **state)
{
    (void)state;
    char *text = repeated("This is a sentence of some words. ", 200);
    split s = split_markdown(text);
    assert_true(s.chunks.n > 3);
    for (size_t i = 1; i < s.chunks.n; i++) {
        tandem_chunk *chunk = &s.chunks.items[i];
        assert_true(chunk->start_char < chunk[-1].end_char);
        assert_true(chunk[-1].end_char - chunk->start_char <= 200);
        assert_true(td_str_starts(chunk->text, TD_STR("This is")));
        assert_true(td_str_ends(chunk->text, TD_STR("words.")));
    }
    split_clear(&s);
    free(text);
}

/* Of sentences of 7 to 90 words, so that in some windows none begins. */
static void overlaps_at_the_start_of_a_sentence_or_not_at_all(void **state)
{
    (void)state;
    td_buf text = TD_BUF(1 << 20);
    for (int i = 0; i < 400; i++) {
        td_str first = i % 13 == 12 ? TD_STR("\n\nHere") : TD_STR("Here");
        assert_int_equal(td_buf_add(&text, first, NULL), TANDEM_OK);
        for (int k = (i * 37) % 84 + 6; k > 0; k--)
            assert_int_equal(td_buf_add(&text, TD_STR(" word"), NULL), TANDEM_OK);
        assert_int_equal(td_buf_add(&text, TD_STR(". "), NULL), TANDEM_OK);
    }
    size_t n_over = 0, n_apart = 0;
    for (uint32_t size = 300; size <= 1600; size += 100) {
        split s = split_text(TD_FORMAT_TEXT, "", td_buf_str(&text), size);
        for (size_t i = 1; i < s.chunks.n; i++) {
            const tandem_chunk *chunk = &s.chunks.items[i];
            bool over = chunk->start_byte < chunk[-1].end_byte;
            n_over += over;
            n_apart += !over;
            if (over && !td_str_starts(chunk->text, TD_STR("Here")))
                fail_msg("size %u: overlaps at |%.40s|", size, chunk->text.ptr);
            if (over)
                assert_true(chunk[-1].end_char - chunk->start_char <= size / 8);
        }
        split_clear(&s);
    }
    assert_true(n_over > 50 && n_apart > 50);
    td_buf_clear(&text);
}

static void finds_unmarked_code_in_plain_text(void **state)
{
    (void)state;
    split s =
        split_text(TD_FORMAT_TEXT, "",
                   TD_STR("The reader counts the lines of a file, as was asked for last week.\n\n"
                          "static int count(FILE *file)\n{\n    int c, n = 0;\n"
                          "    while ((c = fgetc(file)) != EOF)\n        n += c == '\\n';\n"
                          "    return n;\n}\n\n"
                          "It is called once for each of the files, and the sums are shown.\n"),
                   1600);
    assert_int_equal(s.chunks.n, 3);
    assert_false(s.chunks.items[0].is_code);
    assert_true(s.chunks.items[1].is_code);
    assert_str(s.chunks.items[1].language, "c");
    assert_false(s.chunks.items[2].is_code);
    split_clear(&s);
}

static void finds_unmarked_code_below_a_list(void **state)
{
    (void)state;
    split s = split_text(TD_FORMAT_TEXT, "",
                         TD_STR("- The first of the things that were asked for\n"
                                "- The second, which is as good as done\n\n"
                                "  static int count(FILE *file)\n  {\n      int c, n = 0;\n"
                                "      while ((c = fgetc(file)) != EOF)\n"
                                "          n += c == '\\n';\n      return n;\n  }\n"),
                         1600);
    assert_int_equal(s.chunks.n, 2);
    assert_false(s.chunks.items[0].is_code);
    assert_true(s.chunks.items[1].is_code);
    split_clear(&s);
}

/* They look like code, but of no language. */
static void keeps_lists_of_names_as_prose(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "The pages that are new are these, by the folder that they are in:\n\nman3/\n"
        "\tring_open.3\t\t\t\t(ring(3))\n\tring_close.3\t\t\t\t(ring(3))\n"
        "\tring_read_all.3\t\t\t\t(ring_read(3))\n\tring_write_all.3\t\t\t(ring_write(3))\n\n"
        "man3const/\n\tRING_MAX.3const\t\t\t\t(ring.h(3head))\n"
        "\tRING_MIN.3const\t\t\t\t(ring.h(3head))\n"
        "\tRING_SIZE_MAX.3const\t\t\t(ring.h(3head))\n"
        "\tRING_SIZE_MIN.3const\t\t\t(ring.h(3head))\n",
        "@alethia\n@artemis\n@carbon\n@dotnet\n@ektra\n@grabble\n@harlequin\n@josephine\n",
        "The files that were moved:\n\n    doc/man/Xv/Xv.man\n    doc/man/Xv/XvGetVideo.man\n"
        "    doc/man/Xv/XvPutStill.man\n    doc/man/Xv/XvPutVideo.man\n",
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        split s = split_text(TD_FORMAT_TEXT, "", td_str_from(lists[i]), 1600);
        assert_int_equal(s.chunks.n, 1);
        assert_false(s.chunks.items[0].is_code);
        split_clear(&s);
    }
}

static void keeps_prose_with_much_inline_code_as_prose(void **state)
{
    (void)state;
    split s = split_markdown(
        "`open(path, mode)` returns a `File`. If `mode` is `'r'`, then `read()` and\n"
        "`readline()` may be called; `write()` raises `OSError`. See `io.open`.\n\n"
        "Calling `close()` twice is allowed. `f.closed` is then `True`.\n");
    assert_int_equal(s.chunks.n, 1);
    assert_false(s.chunks.items[0].is_code);
    assert_true(s.chunks.items[0].confidence > 0.5f);
    split_clear(&s);
}

static size_t lines_read(const char *text, td_format format)
{
    td_chunk_blocks blocks;
    td_chunk_block block;
    td_chunk_blocks_init(&blocks, td_str_from(text), format);
    while (td_chunk_blocks_next(&blocks, &block))
        ;
    return blocks.n_lines_read;
}

static void reads_each_line_a_bounded_number_of_times(void **state)
{
    (void)state;
    static const char *const parts[] = {"```\n",          "#\n",           "# a\n",
                                        "- a\n",          "- a\n\n",       "a|b\n-|-\n\n",
                                        "<!--\n",         "---\n",         "x = 1;\n\n",
                                        "a::\n\n  b\n\n", "a\n===\n",      "|a|\n",
                                        "```a\n~~~\n",    "    a\n\n",     "- a::\n",
                                        "+---+\n",        "1. a\n   > b\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (int format = TD_FORMAT_MARKDOWN; format <= TD_FORMAT_TEXT; format++) {
            char *text = repeated(parts[i], 2000);
            size_t n = lines_read(text, (td_format)format), n_lines = 0;
            for (const char *at = text; *at; at++)
                n_lines += *at == '\n';
            if (n > 14 * n_lines)
                fail_msg("part %zu, format %d: %zu reads of %zu lines", i, format, n, n_lines);
            free(text);
        }
    }
}

static void survives_ten_megabytes_of_one_thing(void **state)
{
    (void)state;
    static const char *const parts[] = {"a", "#"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *text = repeated(parts[i], (10u << 20) / strlen(parts[i]));
        split s = split_text(TD_FORMAT_MARKDOWN, "", td_str_from(text), 1600);
        split_clear(&s);
        free(text);
    }
}

/* An em space at the end has no room in the full chunk before it, and is no text of its own. */
static void makes_no_chunk_of_overlap_and_white_space(void **state)
{
    (void)state;
    char *words = repeated("word ", 12);
    char text[100];
    snprintf(text, sizeof text, "%swrd \xE2\x80\x83", words);
    split s = split_text(TD_FORMAT_TEXT, "", td_str_from(text), 64);
    assert_int_equal(s.chunks.n, 1);
    assert_int_equal(s.chunks.items[0].end_byte, 63);
    split_clear(&s);
    free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_heading_with_its_first_paragraph),
        cmocka_unit_test(does_not_leave_a_heading_at_the_end_of_a_full_chunk),
        cmocka_unit_test(merges_small_sections_but_not_fair_ones_of_level_two),
        cmocka_unit_test(gives_the_path_of_headings),
        cmocka_unit_test(makes_fenced_code_a_chunk_without_its_fences),
        cmocka_unit_test(keeps_short_code_and_short_sessions_in_the_prose),
        cmocka_unit_test(takes_a_lone_short_code_block_as_code),
        cmocka_unit_test(looks_at_fences_that_name_no_language),
        cmocka_unit_test(takes_the_language_of_the_code_before_for_a_likely_one),
        cmocka_unit_test(names_no_language_of_prose_for_code),
        cmocka_unit_test(keeps_a_language_that_it_does_not_know),
        cmocka_unit_test(never_splits_an_item_that_fits),
        cmocka_unit_test(keeps_a_listing_whole_that_fits_without_its_fences),
        cmocka_unit_test(cuts_tables_between_rows),
        cmocka_unit_test(never_cuts_an_item_a_row_or_code_that_fits),
        cmocka_unit_test(overlaps_long_prose_at_a_sentence),
        cmocka_unit_test(overlaps_at_the_start_of_a_sentence_or_not_at_all),
        cmocka_unit_test(finds_unmarked_code_in_plain_text),
        cmocka_unit_test(finds_unmarked_code_below_a_list),
        cmocka_unit_test(keeps_lists_of_names_as_prose),
        cmocka_unit_test(keeps_prose_with_much_inline_code_as_prose),
        cmocka_unit_test(reads_each_line_a_bounded_number_of_times),
        cmocka_unit_test(survives_ten_megabytes_of_one_thing),
        cmocka_unit_test(makes_no_chunk_of_overlap_and_white_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
