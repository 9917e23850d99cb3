#include "chunk/blocks.h"
#include "split.h"

/* The kinds of a text's blocks, a letter each: Heading, Paragraph, Item, Table, Data, Code. */
static void assert_blocks(td_format format, const char *text, const char *expected)
{
    static const char letters[] = "HPITDC";
    char found[64] = "";
    td_chunk_blocks blocks;
    td_chunk_block block;
    size_t n = 0, end = 0;
    td_chunk_blocks_init(&blocks, td_str_from(text), format);
    while (td_chunk_blocks_next(&blocks, &block) && n < sizeof found - 1) {
        assert_true(block.start >= end && block.end > block.start);
        end = block.end;
        found[n++] = letters[block.kind];
    }
    found[n] = '\0';
    assert_string_equal(found, expected);
}

static td_chunk_block first_of(const char *text, td_chunk_block_kind kind)
{
    td_chunk_blocks blocks;
    td_chunk_block block;
    td_chunk_blocks_init(&blocks, td_str_from(text), TD_FORMAT_MARKDOWN);
    while (td_chunk_blocks_next(&blocks, &block)) {
        if (block.kind == kind)
            return block;
    }
    fail_msg("no such block");
    return block;
}

static void tells_the_kinds_of_markdown_blocks(void **state)
{
    (void)state;
    assert_blocks(TD_FORMAT_MARKDOWN, "---\ntitle: a\n---\n# A\ntext\n- a\n- b\n\n|a|\n|-|\n|b|\n",
                  "DHPIIT");
    assert_blocks(TD_FORMAT_MARKDOWN, "A\n===\n\nB\n---\n\ntext\n\n---\n\n***\ntext\n", "HHPP");
    assert_blocks(TD_FORMAT_MARKDOWN, "<!-- a\n\nb -->\ntext\n> quote\n", "DP");
}

static void does_not_take_hashes_inside_fences_for_headings(void **state)
{
    (void)state;
    assert_blocks(TD_FORMAT_MARKDOWN, "```sh\n# not a heading\n```\n# A\n", "CH");
    assert_blocks(TD_FORMAT_MARKDOWN, "~~~~\n# no\n~~~\n```\n~~~~~\n# A\n", "CH");
}

static void takes_fences_of_any_length_info_and_indentation(void **state)
{
    (void)state;
    td_chunk_block block =
        first_of("   ````c++ title=\"a\"\nint a;\n```\n   ````\ntext\n", TD_CHUNK_CODE);
    assert_str(block.info, "c++ title=\"a\"");
    assert_int_equal(block.inner_end - block.inner_start, strlen("int a;\n```\n"));
    assert_blocks(TD_FORMAT_MARKDOWN, "``` not `a fence\ntext\n", "P");
    assert_blocks(TD_FORMAT_MARKDOWN, "```\nnever closed\n\n# a\n", "C");
}

static void finds_code_inside_list_items(void **state)
{
    (void)state;
    assert_blocks(TD_FORMAT_MARKDOWN, "1. one\n\n   ```c\n   int a;\n   ```\n   more\n2. two\n",
                  "ICPI");
    assert_blocks(TD_FORMAT_MARKDOWN, "- one\n  - nested\n\n    of nested\n- two\n", "II");
}

static void finds_code_inside_items_of_items(void **state)
{
    (void)state;
    const char *text = "- a\n  - b\n    - c\n\n      ```python\n      x = 1\n      ```\n\n"
                       "      Of c.\n\n    Of b.\n\n  Of a.\n\n    - d\n\n          code();\n";
    assert_blocks(TD_FORMAT_MARKDOWN, text, "ICPPPIC");
    td_chunk_block block = first_of(text, TD_CHUNK_CODE);
    assert_str(block.info, "python");
    assert_blocks(TD_FORMAT_MARKDOWN, "- a\n  - b\n\n    Of b.\n\n  Of a.\n", "I");
    assert_blocks(TD_FORMAT_MARKDOWN, "- a\n  - b\n\nText.\n\n    code();\n", "IPC");
}

static void tells_indented_code_from_continued_items(void **state)
{
    (void)state;
    assert_blocks(TD_FORMAT_MARKDOWN, "text\n\n    int a;\n\n    int b;\ntext\n", "PCP");
    assert_blocks(TD_FORMAT_MARKDOWN, "text\n    still text\n", "P");
}

static void takes_no_year_for_a_list(void **state)
{
    (void)state;
    assert_blocks(TD_FORMAT_MARKDOWN, "It was in\n1984. That is all.\n", "P");
}

static void keeps_titles_and_drawn_tables_of_plain_text_from_being_code(void **state)
{
    (void)state;
    assert_blocks(TD_FORMAT_TEXT, "Return values of f()\n====================\n\nNone.\n", "HP");
    assert_blocks(TD_FORMAT_TEXT, "+-----+-----+\n| a=1 | b=2 |\n+-----+-----+\n", "P");
    assert_blocks(TD_FORMAT_TEXT, "# Alone\n\n# with text\nbelow it, as a remark would be\n", "HP");
}

static void takes_indented_code_whole_whatever_it_looks_like(void **state)
{
    (void)state;
    assert_blocks(
        TD_FORMAT_MARKDOWN,
        "# grouping variables preserved with a message, unless already selected (#1511, #5841)\n"
        "\n"
        "    Code\n"
        "      res <- select(df, x)\n"
        "    Message\n"
        "      Adding missing grouping variables: `g`\n"
        "\n"
        "---\n"
        "\n"
        "    Code\n"
        "      expect_equal(df %>% select(a = c), tibble(b = 2, a = 3) %>% group_by(b))\n"
        "    Message\n"
        "      Adding missing grouping variables: `b`\n"
        "    Code\n"
        "      expect_equal(df %>% select(b = c), tibble(a = 1, b = 3) %>% group_by(a))\n"
        "    Message\n"
        "      Adding missing grouping variables: `a`\n"
        "\n"
        "# non-syntactic grouping variable is preserved (#1138)\n"
        "\n"
        "    Code\n"
        "      df <- tibble(`a b` = 1L) %>% group_by(`a b`) %>% select()\n"
        "    Message\n"
        "      Adding missing grouping variables: `a b`\n",
        "HCCHC");
}

static void takes_no_heading_for_a_part_of_html(void **state)
{
    (void)state;
    assert_blocks(TD_FORMAT_MARKDOWN,
                  "# H\n\n<div class=\"x\">\n\n# Inner heading\n\n"
                  "<table><tr><td>cell</td></tr></table>\n\n"
                  "<pre>\n# not heading\n\n\nx\n</pre>\n\n<!-- comment\n\n# not heading\n-->\n\n"
                  "<details><summary>s</summary>\n\n- a\n- b\n\n</details>\n",
                  "HPHPDDPIIP");
}

static void finds_unmarked_code_in_restructured_text(void **state)
{
    (void)state;
    static const char code[] = "public function test_append() {\n    $request = new Request();\n"
                               "    $request->add_key(\"widgets\");\n    return $request;\n}\n";
    char text[600];
    snprintf(text, sizeof text, "Title\n=====\n\nThere are some functions in here.\n\n%s", code);
    assert_blocks(TD_FORMAT_RST, text, "HPC");
    /* What is indented, or begins as fields and directives do, has a meaning of its own. */
    assert_blocks(TD_FORMAT_RST,
                  "Words.\n\n   session_basics\n   state_management\n   cascades_all\n"
                  "   transaction_rules\n   persistence_techniques\n",
                  "PP");
    assert_blocks(TD_FORMAT_RST,
                  "Words.\n\n:param int a: x\n:param int b: y\n:param_int: c = d(e);\n", "PP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_kinds_of_markdown_blocks),
        cmocka_unit_test(does_not_take_hashes_inside_fences_for_headings),
        cmocka_unit_test(takes_fences_of_any_length_info_and_indentation),
        cmocka_unit_test(finds_code_inside_list_items),
        cmocka_unit_test(finds_code_inside_items_of_items),
        cmocka_unit_test(takes_indented_code_whole_whatever_it_looks_like),
        cmocka_unit_test(takes_no_heading_for_a_part_of_html),
        cmocka_unit_test(tells_indented_code_from_continued_items),
        cmocka_unit_test(takes_no_year_for_a_list),
        cmocka_unit_test(finds_unmarked_code_in_restructured_text),
        cmocka_unit_test(keeps_titles_and_drawn_tables_of_plain_text_from_being_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
