#include "chunk/grammars.h"
#include "chunk/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    ROWS_MAX = 64
};

typedef struct parsed {
    td_str text;
    td_chunk_row rows[ROWS_MAX];
    size_t n;
} parsed;

static void scan(parsed *out, const char *language, const char *text, size_t start)
{
    td_chunk_scan scan;
    *out = (parsed){.text = td_str_from(text)};
    td_chunk_scan_init(&scan, out->text, start, out->text.n, td_str_from(language));
    while (out->n < ROWS_MAX && td_chunk_scan_next(&scan, &out->rows[out->n]))
        out->n++;
}

/* Rows as the tree tells them; without grammars there is nothing to test. */
static void refine(parsed *out, const char *language, const char *text)
{
    scan(out, language, text, 0);
    if (!td_chunk_grammars_find(TD_STR("c")))
        skip();
    assert_true(
        td_chunk_tree_refine(out->text, 0, out->text.n, td_str_from(language), out->rows, out->n));
}

static td_str name_of(const parsed *p, size_t row)
{
    const td_chunk_row *r = &p->rows[row];
    if (!(r->flags & TD_CHUNK_ROW_NAMED))
        return TD_STR("");
    return td_str_slice(p->text, r->start + r->name_offset, r->start + r->name_offset + r->name_n);
}

#define assert_name(parsed, row, name) \
    assert_true(td_str_eq(name_of(parsed, row), td_str_from(name)))

static void names_a_function_whose_type_has_a_line_of_its_own(void **state)
{
    (void)state;
    parsed p;
    refine(&p, "c", "static struct list *\nfind(int (*is)(int), ...)\n{\n    int a;\n}\nint b;\n");
    assert_name(&p, 0, "find");
    assert_name(&p, 1, "");
    assert_true(p.rows[1].depth > p.rows[0].depth);
    assert_true(p.rows[2].flags & TD_CHUNK_ROW_CLOSER); /* its brace does not begin anything */
    assert_true(p.rows[4].flags & TD_CHUNK_ROW_CLOSER);
    assert_int_equal(p.rows[0].head_n, p.rows[2].start); /* all before its body */
    assert_int_equal(p.rows[5].depth, 0);
}

static void sees_that_code_in_a_string_is_none(void **state)
{
    (void)state;
    parsed p;
    refine(&p, "javascript", "const page = `\nfunction fake() {\n}\n`;\nfunction real() {\n}\n");
    for (size_t row = 1; row < 4; row++) {
        assert_true(p.rows[row].flags & TD_CHUNK_ROW_INSIDE);
        assert_name(&p, row, "");
    }
    assert_name(&p, 4, "real");
    assert_int_equal(p.rows[4].depth, 0);
}

static void names_what_a_decorator_or_export_stands_before(void **state)
{
    (void)state;
    parsed p;
    refine(&p, "python", "@cached\n@wraps(f)\ndef read(self):\n    def inner():\n        pass\n");
    assert_name(&p, 0, "read");
    assert_name(&p, 2, ""); /* once is enough: no read.read */
    assert_name(&p, 3, "inner");
    refine(&p, "typescript", "export default class A<T> {\n    go = (a: T) => {\n    };\n}\n");
    assert_name(&p, 0, "A");
    assert_name(&p, 1, "go");
    refine(&p, "cpp", "template <class T>\nT Set<T>::get(int i) const {\n    return 0;\n}\n");
    assert_name(&p, 0, "Set<T>::get");
}

static void names_methods_in_many_languages(void **state)
{
    (void)state;
    static const struct {
        const char *language, *text, *names[3];
    } cases[] = {
        {"go", "func (s *Server) Run(a int) error {\n\treturn nil\n}\n", {"Run"}},
        {"go", "type (\n\tA struct{}\n\tB struct{}\n)\n", {"", "A", "B"}},
        {"go", "type A struct {\n\tb int\n}\n", {"A", ""}},
        {"rust", "impl<T> Show for Set<T> {\n    pub fn show(&self) {}\n}\n", {"Set<T>", "show"}},
        {"java",
         "@Deprecated\npublic class A {\n    @Override\n    int b() { return 1; }\n}\n",
         {"A", "", "b"}},
        {"csharp",
         "namespace N {\n    class A {\n        public int B() => 1;\n    }\n}\n",
         {"N", "A", "B"}},
        {"ruby", "module M\n  class A < B\n    def c?(d)\n    end\n  end\nend\n", {"M", "A", "c?"}},
        {"php", "<?php\nclass A {\n    function b() {}\n}\n", {"", "A", "b"}},
        {"php", "class A {\n    function b() {}\n}\n", {"A", "b"}}, /* as in documentation */
        {"shell", "go() {\n    echo\n}\n", {"go"}},
        {"sql", "CREATE TABLE a (\n    b INT\n);\n", {"a"}},
        {"javascript",
         "exports.a = {\n    b: function () {\n        c();\n    },\n};\n",
         {"", "b"}},
        {"javascript", "export const a = async (b) => {\n    c: 1;\n};\n", {"a"}},
        {"json", "{\n    \"a\": {\n        \"b\": 1\n    }\n}\n", {"", "a", "b"}},
        {"yaml", "jobs:\n  build:\n    steps: 1\n", {"jobs", "build", "steps"}},
        {"c", "class A {\n    int b() { return 1; }\n};\n", {"A", "b"}},    /* a header of C++ */
        {"typescript", "function A() {\n    return <b>c</b>;\n}\n", {"A"}}, /* tsx */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parsed p;
        refine(&p, cases[i].language, cases[i].text);
        for (size_t row = 0; row < 3 && cases[i].names[row]; row++) {
            if (!td_str_eq(name_of(&p, row), td_str_from(cases[i].names[row])))
                fail_msg("%s: row %zu is \"%.*s\", not \"%s\"", cases[i].language, row,
                         TD_STR_FMT(name_of(&p, row)), cases[i].names[row]);
        }
    }
}

static void keeps_the_scanners_rows_where_the_parser_fails(void **state)
{
    (void)state;
    static const char text[] = "int first(void)\n{\n    return 1;\n}\n"
                               "FOREACH(x, \"%d\" y) @@ ) {\n    ] broken $$ (\n}\n"
                               "int last(void)\n{\n    return 2;\n}\n";
    parsed p, scanned;
    scan(&scanned, "c", text, 0);
    refine(&p, "c", text);
    assert_int_equal(p.n, scanned.n);
    assert_name(&p, 0, "first");
    assert_name(&p, 7, "last");
    assert_int_equal(p.rows[0].depth, p.rows[7].depth);
    for (size_t row = 0; row < p.n; row++)
        assert_int_equal(p.rows[row].flags & ~31, 0); /* nothing of the walk is left */
}

/* Go's grammar has the end of the text as a token whose kind is an empty name. */
static void ends_on_code_that_breaks_off(void **state)
{
    (void)state;
    parsed p;
    refine(&p, "go", "func f() {\n\ta := b");
    assert_int_equal(p.n, 2);
}

static void reads_a_part_of_a_document(void **state)
{
    (void)state;
    parsed p;
    static const char text[] = "Some words first.\n\nvoid f(void) {\n    g();\n}\n";
    scan(&p, "c", text, 19);
    if (!td_chunk_grammars_find(TD_STR("c")))
        skip();
    assert_true(td_chunk_tree_refine(p.text, 19, p.text.n, TD_STR("c"), p.rows, p.n));
    assert_name(&p, 0, "f");
    assert_int_equal(p.rows[0].depth, 0);
    assert_true(p.rows[1].depth > 0);
}

static void leaves_alone_what_it_has_no_grammar_for_and_what_is_too_large(void **state)
{
    (void)state;
    parsed p;
    char *large = malloc(TD_CHUNK_TREE_BYTES_MAX + 2);
    assert_non_null(large);
    memset(large, ';', TD_CHUNK_TREE_BYTES_MAX + 1);
    large[TD_CHUNK_TREE_BYTES_MAX + 1] = '\0';
    scan(&p, "c", large, 0);
    assert_false(td_chunk_tree_refine(p.text, 0, p.text.n, TD_STR("c"), p.rows, p.n));
    free(large);
    scan(&p, "klingon", "a b\n", 0);
    assert_false(td_chunk_tree_refine(p.text, 0, 4, TD_STR("klingon"), p.rows, p.n));
}

/* Nodes in nodes beyond what is looked into: no row is lost, and it ends. */
static void ends_on_nodes_in_a_hundred_thousand_nodes(void **state)
{
    (void)state;
    enum {
        DEEP = 100000
    };
    char *text = malloc(DEEP + 16);
    assert_non_null(text);
    memset(text, '[', DEEP);
    strcpy(text + DEEP, "\n1\n2\n3\n");
    for (int i = 0; i < 2; i++) {
        parsed p;
        scan(&p, i ? "json" : "javascript", text, 0);
        td_chunk_tree_refine(p.text, 0, p.text.n, TD_STR("json"), p.rows, p.n);
        assert_int_equal(p.n, 4);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_a_function_whose_type_has_a_line_of_its_own),
        cmocka_unit_test(sees_that_code_in_a_string_is_none),
        cmocka_unit_test(names_what_a_decorator_or_export_stands_before),
        cmocka_unit_test(names_methods_in_many_languages),
        cmocka_unit_test(keeps_the_scanners_rows_where_the_parser_fails),
        cmocka_unit_test(ends_on_code_that_breaks_off),
        cmocka_unit_test(reads_a_part_of_a_document),
        cmocka_unit_test(leaves_alone_what_it_has_no_grammar_for_and_what_is_too_large),
        cmocka_unit_test(ends_on_nodes_in_a_hundred_thousand_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
