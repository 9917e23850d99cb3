#include "man_check.h"

static void takes_a_heading_from_its_line_or_the_next(void **state)
{
    (void)state;
    check(".TH A 1\n.SH ONE\nx\n.SH\nTWO\ny\n.SS \"th ree\"\nz\n",
          "# A(1)\n\n## ONE\n\nx\n\n## TWO\n\ny\n\n### th ree\n\nz\n");
}

static void joins_lines_to_paragraphs(void **state)
{
    (void)state;
    check(".TH A 1\none\ntwo\n.PP\nthree\n\nfour\n.br\nfive\n",
          "# A(1)\n\none two\n\nthree\n\nfour  \nfive\n");
}

static void lists_terms_with_their_text(void **state)
{
    (void)state;
    check(".TH A 1\n.TP\n.B \\-a\ndo a\n.TP\n\\-b\n.TQ\n\\-\\-bee\ndo b\n.IP \"term x\" 4\ntext\n",
          "# A(1)\n\n- `-a`: do a\n\n- `-b, --bee`: do b\n\n- `term x`: text\n");
}

static void fences_examples(void **state)
{
    (void)state;
    check(".TH A 1\n.nf\n  int\\ x;\n\n.B bold\n.fi\ntext\n",
          "# A(1)\n\n```\n  int x;\n\nbold\n```\n\ntext\n");
    check(".TH A 1\n.EX\n```\n", "# A(1)\n\n```\n ```\n```\n");
}

static void reads_what_a_terminal_would_show(void **state)
{
    (void)state;
    check(".de XX\n.TH no\n..\n.TH A 1\n.if n yes\n.if t no\n.ie t no\n.el yes\n"
          ".if t \\{\\\nno\n.B no\n.\\}\nend\n.ig\nno\n..\n",
          "# A(1)\n\nyes yes end\n");
}

static void joins_lines_that_go_on(void **state)
{
    (void)state;
    check(".TH A 1\n.B one \\\ntwo\n.nf\na\\c\n.B b\n.fi\n.Vb 1\n\\&  x\n.Ve\n",
          "# A(1)\n\none two\n\n```\nab\n```\n\n```\n  x\n```\n");
}

static void keeps_the_words_of_other_requests_out(void **state)
{
    (void)state;
    check(".TH A 1\n.ad l\n.hy 0\n.\\\" comment\n'\\\" t\nx\n.UR http://h/\nlink\n.UE\n",
          "# A(1)\n\nx http://h/ link\n");
}

static void says_empty_for_a_page_that_only_names_another(void **state)
{
    td_buf out = TD_BUF(100);

    (void)state;
    assert_int_equal(td_extract_man_write(TD_STR(".so man1/b.1\n"), &out, NULL), TANDEM_E_EMPTY);
    td_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_heading_from_its_line_or_the_next),
        cmocka_unit_test(joins_lines_to_paragraphs),
        cmocka_unit_test(lists_terms_with_their_text),
        cmocka_unit_test(fences_examples),
        cmocka_unit_test(reads_what_a_terminal_would_show),
        cmocka_unit_test(joins_lines_that_go_on),
        cmocka_unit_test(keeps_the_words_of_other_requests_out),
        cmocka_unit_test(says_empty_for_a_page_that_only_names_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
