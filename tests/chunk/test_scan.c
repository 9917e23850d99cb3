#include "chunk/scan.h"
#include "split.h"

/* One character per line that is not blank: its depth, or what keeps a unit from starting there. */
static void assert_rows(const char *language, const char *text, const char *expected)
{
    char found[64] = "";
    size_t n = 0;
    td_chunk_scan scan;
    td_chunk_row row;
    td_chunk_scan_init(&scan, td_str_from(text), 0, strlen(text), td_str_from(language));
    while (td_chunk_scan_next(&scan, &row) && n < sizeof found - 1)
        found[n++] = (row.flags & TD_CHUNK_ROW_INSIDE)   ? 'i'
                     : (row.flags & TD_CHUNK_ROW_CLOSER) ? '}'
                     : (row.flags & TD_CHUNK_ROW_LEAD)   ? '/'
                                                         : (char)('0' + row.depth % 10);
    found[n] = '\0';
    assert_string_equal(found, expected);
}

static void counts_brackets_but_not_in_strings_and_comments(void **state)
{
    (void)state;
    assert_rows("c", "f() {\n  a(\"}\\\"}\", '}'); // }\n  /* }\n  } */ b;\n}\nc;\n", "01/i}0");
    assert_rows("javascript", "f = () => {\n  a = /[/}]/.test(`}\n}`);\n  b / 2; }\nc;\n", "01i10");
    assert_rows("rust", "fn f<'a>(x: &'a str) {\n  '}'; r#\"}\"}\"#;\n}\n", "01}");
    assert_rows("cpp", "f() {\n  R\"x(}\n})x\";\n}\ng;\n", "01i}0");
}

static void uses_indentation_where_nothing_nests(void **state)
{
    (void)state;
    assert_rows("python", "def f():\n    \"\"\"a\nb\n    \"\"\"\n    @x\n    a\nelse:\n    b\n",
                "04ii/4}4");
    assert_rows("shell", "cat <<EOF\n{ (\nEOF\nif a; then\n  b\nfi\n", "0ii02}");
    assert_rows("perl", "sub f {\n  1;\n}\n\n=pod\n\ntext\n\n=cut\n\nsub g { }\n", "02}0ii0");
}

static void recovers_at_the_margin_and_after_conditions(void **state)
{
    (void)state;
    assert_rows("c", "f() {\n  {\n}\ng;\n", "01}0");
    assert_rows("c", "}\n}\na;\n", "}}0");
    assert_rows("c", "#if a\nf() {\n#else\ng() {\n#endif\n  b;\n}\nh;\n", "/0/0}1}0");
    assert_rows("c", "#define a \\\n  b { \\\n  c\nd;\n", "0ii0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_brackets_but_not_in_strings_and_comments),
        cmocka_unit_test(uses_indentation_where_nothing_nests),
        cmocka_unit_test(recovers_at_the_margin_and_after_conditions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
