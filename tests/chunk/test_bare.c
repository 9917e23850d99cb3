#include "chunk/bare.h"
#include "split.h"

static const char function[] = "static int twice(int a)\n{\n    if (a < 0)\n        return 0;\n"
                               "    return 2 * a;\n}\n";
static const char words[] = "The answer is the sum of all that was asked of it, and of what it\n"
                            "would have said to the others if they had been there to hear it.\n";

/* The runs as "first line+lines", one after the other. */
static const char *runs_of(const char *text, td_format format)
{
    static char out[256];
    td_chunk_bare bare;
    td_chunk_bare_run run;
    size_t n = 0;
    td_chunk_bare_init(&bare, td_str_from(text), format);
    out[0] = '\0';
    while (td_chunk_bare_next(&bare, &run)) {
        size_t line = 1;
        for (size_t i = 0; i < run.start; i++)
            line += text[i] == '\n';
        n += (size_t)snprintf(out + n, sizeof out - n, "%zu+%zu ", line, run.n_lines);
        assert_true(run.start < run.end && run.end <= strlen(text));
        assert_true(n < sizeof out);
    }
    return out;
}

static void finds_code_between_paragraphs(void **state)
{
    (void)state;
    char text[1024];
    snprintf(text, sizeof text, "%s\n%s\n%s\n%s", words, function, words, function);
    assert_string_equal(runs_of(text, TD_FORMAT_TEXT), "4+6 14+6 ");
}

static void finds_code_that_begins_without_a_blank_line(void **state)
{
    (void)state;
    char text[1024];
    snprintf(text, sizeof text, "%s%s%s", words, function, words);
    assert_string_equal(runs_of(text, TD_FORMAT_TEXT), "3+6 ");
}

static void keeps_a_comment_with_the_code_around_it(void **state)
{
    (void)state;
    char text[1024];
    snprintf(text, sizeof text, "%s\n%s\n/* The same of three, if there are as many. */\n%s", words,
             function, function);
    assert_string_equal(runs_of(text, TD_FORMAT_TEXT), "4+13 ");
}

static void finds_nothing_in_prose(void **state)
{
    (void)state;
    char *text = repeated(words, 600);
    assert_string_equal(runs_of(text, TD_FORMAT_TEXT), "");
    assert_string_equal(runs_of("", TD_FORMAT_TEXT), "");
    assert_string_equal(runs_of("\n \n", TD_FORMAT_TEXT), "");
    free(text);
}

static void takes_no_list_of_people_for_code(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "@alethia7\n@artemisc\n@carblue\n@dnaq\n@ektrah\n@graxrabble\n@harleqin\n@joshjdevl\n"
        "@jrmarino\n@jshahbazi\n@lvh\n@neheb\n",
        "@a_b, @c-d\n@ef, @gh\n@ij, @kl\n@mn, @op\n@qr, @st\n",
        "ada@example.org\ngrace@example.net\nlinus@example.com\nken@example.org\n"};
    for (size_t i = 0; i < 3; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s\n%s\n%s", words, lists[i], words);
        assert_string_equal(runs_of(text, TD_FORMAT_TEXT), "");
    }
}

static void follows_a_patch_by_its_counts(void **state)
{
    (void)state;
    static const char patch[] = "--- a/notes.txt\n+++ b/notes.txt\n@@ -1,3 +1,4 @@\n"
                                " All of it is said here, and so is the rest of what was asked.\n"
                                "\n-It was not as clear before.\n+It is as clear as it can be.\n"
                                "+And it ends here.\n";
    static const char list[] = "- the first of all of them\n- the second, which is the last one\n";
    char text[1024];
    snprintf(text, sizeof text, "%s\n%s\n%s\n%s", words, patch, list, words);
    assert_string_equal(runs_of(text, TD_FORMAT_TEXT), "4+7 ");
    snprintf(text, sizeof text, "%s\n%s%s", words, patch, words);
    assert_string_equal(runs_of(text, TD_FORMAT_TEXT), "4+7 ");
}

static void takes_settings_of_an_editor_for_what_is_around_them(void **state)
{
    (void)state;
    static const char settings[] = "Local Variables:\n mode:text\n eval:(load-library \"stamp\")\n"
                                   " eval:(make-local-variable 'write-file-hooks)\nEnd:\n";
    char text[1024];
    snprintf(text, sizeof text, "%s\n%s\n%s", words, settings, function);
    assert_string_equal(runs_of(text, TD_FORMAT_TEXT), "10+6 ");
}

static void lets_a_paragraph_vote_on_its_lines(void **state)
{
    (void)state;
    static const char ini[] = "[*.{kt,kts}]\nindent_style=space\nindent_size=4\n"
                              "continuation_indent_size=4\ninsert_final_newline=true\n"
                              "max_line_length=160\nktlint_code_style=android_studio\n"
                              "ktlint_standard=enabled\nktlint_experimental=enabled\n"
                              "ktlint_standard_wildcard-imports=disabled\n";
    char text[1024];
    snprintf(text, sizeof text, "%s\n%s\n%s", words, ini, words);
    assert_string_equal(runs_of(text, TD_FORMAT_TEXT), "4+10 ");
}

static void keeps_decorators_with_what_they_decorate(void **state)
{
    (void)state;
    static const char class[] = "@final\n@dataclass\nclass Name:\n    value: int\n\n    @property\n"
                                "    def twice(self):\n        return 2 * self.value\n";
    char text[1024];
    snprintf(text, sizeof text, "%s\n%s\n%s", words, class, words);
    assert_string_equal(runs_of(text, TD_FORMAT_TEXT), "4+7 ");
}

static void leaves_fences_alone(void **state)
{
    (void)state;
    char text[1024];
    snprintf(text, sizeof text, "%s\n```\n%s```\n\n%s", words, function, words);
    assert_string_equal(runs_of(text, TD_FORMAT_MARKDOWN), "");
    snprintf(text, sizeof text, "%s\n```\n%s", words, function);
    assert_string_equal(runs_of(text, TD_FORMAT_MARKDOWN), "");
}

static void goes_on_over_its_window(void **state)
{
    (void)state;
    char *code = repeated(function, 300);
    assert_string_equal(runs_of(code, TD_FORMAT_TEXT), "1+1800 ");
    free(code);
}

static void reads_each_line_once(void **state)
{
    (void)state;
    char *text = repeated("a b c;\n\n", 5000);
    td_chunk_bare bare;
    td_chunk_bare_run run;
    td_chunk_bare_init(&bare, td_str_from(text), TD_FORMAT_TEXT);
    while (td_chunk_bare_next(&bare, &run))
        ;
    assert_int_equal(bare.n_lines_read, 10000);
    assert_false(td_chunk_bare_next(&bare, &run));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_code_between_paragraphs),
        cmocka_unit_test(finds_code_that_begins_without_a_blank_line),
        cmocka_unit_test(keeps_a_comment_with_the_code_around_it),
        cmocka_unit_test(finds_nothing_in_prose),
        cmocka_unit_test(takes_no_list_of_people_for_code),
        cmocka_unit_test(follows_a_patch_by_its_counts),
        cmocka_unit_test(takes_settings_of_an_editor_for_what_is_around_them),
        cmocka_unit_test(lets_a_paragraph_vote_on_its_lines),
        cmocka_unit_test(keeps_decorators_with_what_they_decorate),
        cmocka_unit_test(leaves_fences_alone),
        cmocka_unit_test(goes_on_over_its_window),
        cmocka_unit_test(reads_each_line_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
