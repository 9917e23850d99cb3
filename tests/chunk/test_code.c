#include "chunk/code.h"
#include "chunk/grammars.h"
#include "split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const tandem_chunk *find(const split *s, const char *part)
{
    for (size_t i = 0; i < s->chunks.n; i++) {
        if (td_str_find(s->chunks.items[i].text, td_str_from(part), 0) != TD_STR_NONE)
            return &s->chunks.items[i];
    }
    fail_msg("no chunk has \"%s\"", part);
    return NULL;
}

static split split_code(const char *language, const char *text, uint32_t size)
{
    return split_text(TD_FORMAT_CODE, language, td_str_from(text), size);
}

static void keeps_a_small_file_in_one_chunk_with_its_first_symbol(void **state)
{
    (void)state;
    split s = split_code("python", "import os\n\ndef a():\n    pass\n\ndef b():\n    pass\n", 1600);
    assert_int_equal(s.chunks.n, 1);
    assert_true(s.chunks.items[0].is_code);
    assert_str(s.chunks.items[0].symbol, "a");
    assert_str(s.chunks.items[0].language, "python");
    split_clear(&s);
}

static void keeps_functions_whole_with_their_comments(void **state)
{
    (void)state;
    char text[4000];
    size_t n = 0;
    for (int i = 0; i < 12; i++)
        n += (size_t)
            snprintf(text + n, sizeof text - n,
                     "/* Adds %d to what it is given. */\n"
                     "static int add_%d(int a)\n{\n    if (a < 0) {\n        return 0;\n    }\n"
                     "    return a + %d;\n}\n\n",
                     i, i, i);
    split s = split_code("c", text, 300);
    assert_true(s.chunks.n > 4);
    for (size_t i = 0; i < s.chunks.n; i++) {
        assert_true(td_str_starts(s.chunks.items[i].text, TD_STR("/* Adds ")));
        assert_true(td_str_ends(s.chunks.items[i].text, TD_STR("\n}")));
        assert_true(td_str_starts(s.chunks.items[i].symbol, TD_STR("add_")));
    }
    split_clear(&s);
}

static void names_methods_by_their_class(void **state)
{
    (void)state;
    char text[4000];
    size_t n = (size_t)snprintf(text, sizeof text, "class Parser:\n    \"\"\"Reads.\"\"\"\n\n");
    for (int i = 0; i < 10; i++)
        n += (size_t)snprintf(
            text + n, sizeof text - n,
            "    @cached\n    def read_%d(self, a):\n        if a:\n            return %d\n"
            "        # nothing is left to be read here\n        return self.line[a + %d]\n\n",
            i, i, i);
    snprintf(text + n, sizeof text - n, "def outside():\n    return Parser()\n");
    split s = split_code("python", text, 300);
    assert_str(find(&s, "class Parser")->symbol, "Parser");
    const tandem_chunk *last = find(&s, "def read_9");
    assert_true(td_str_find(last->text, TD_STR("@cached\n    def"), 0) != TD_STR_NONE);
    assert_true(td_str_starts(last->symbol, TD_STR("Parser.read_")));
    assert_str(find(&s, "def outside")->symbol, "outside");
    split_clear(&s);
}

static void splits_a_large_function_inside_and_keeps_its_name(void **state)
{
    (void)state;
    char *body = repeated("    if (a) {\n        step(a, 1);\n    }\n\n", 40);
    char text[3000];
    snprintf(text, sizeof text, "impl Foo {\nfn run(a: u32) {\n%s}\n}\n", body);
    split s = split_code("rust", text, 400);
    assert_true(s.chunks.n > 3);
    assert_str(s.chunks.items[0].symbol, "Foo");
    for (size_t i = 1; i + 1 < s.chunks.n; i++) {
        assert_str(s.chunks.items[i].symbol, "Foo.run");
        assert_true(td_str_starts(s.chunks.items[i].text, TD_STR("if (a) {")));
        assert_true(td_str_ends(s.chunks.items[i].text, TD_STR("}")));
    }
    split_clear(&s);
    free(body);
}

static void says_the_signature_in_every_chunk_of_a_function(void **state)
{
    (void)state;
    char text[8000];
    size_t n =
        (size_t)snprintf(text, sizeof text,
                         "struct list *\nfind_all(struct list *in,\n         int\tkey)\n{\n");
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "    use_what_is_found(in, key + %d);\n",
                              i);
    snprintf(text + n, sizeof text - n, "}\n");
    split s = split_code("c", text, 300);
    assert_true(s.chunks.n > 3);
    if (td_chunk_grammars_find(TD_STR("c"))) {
        for (size_t i = 0; i < s.chunks.n; i++) {
            assert_str(s.chunks.items[i].symbol, "find_all");
            assert_str(s.chunks.items[i].heading,
                       "struct list * find_all(struct list *in, int key)");
        }
    }
    split_clear(&s);
    s = split_code("python", "class A:\n    pass\n", 300);
    assert_str(s.chunks.items[0].heading, "class A"); /* without a grammar too */
    split_clear(&s);
    s = split_code("yaml", "a:\n  b: 1\n", 300);
    assert_str(s.chunks.items[0].heading, "");
    split_clear(&s);
}

static void splits_off_a_comment_before_it_splits_a_function(void **state)
{
    (void)state;
    char *comment = repeated("// A line of a comment that is long.\n", 3);
    char *body = repeated("    step(a);\n", 20);
    char text[1000];
    snprintf(text, sizeof text, "%svoid f(int a)\n{\n%s}\n", comment, body);
    split s = split_code("c", text, 300);
    const tandem_chunk *chunk = find(&s, "void f");
    assert_true(td_str_find(chunk->text, td_str_from(body), 0) != TD_STR_NONE);
    assert_true(td_str_ends(chunk->text, TD_STR("\n}")));
    split_clear(&s);
    free(comment);
    free(body);
}

static void is_not_misled_by_strings_and_unbalanced_conditions(void **state)
{
    (void)state;
    char text[3000];
    size_t n = 0;
    for (int i = 0; i < 8; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "#if A\nint f%d(void) {\n#else\nint f%d(int a) {\n#endif\n"
                              "    puts(\"}}}\\\"{\"); // }\n    return '{';\n}\n\n",
                              i, i);
    split s = split_code("c", text, 160);
    for (size_t i = 0; i < s.chunks.n; i++)
        assert_true(td_str_starts(s.chunks.items[i].text, TD_STR("#if A")));
    split_clear(&s);
}

static void cuts_lines_only_when_one_is_too_long(void **state)
{
    (void)state;
    char *line = repeated("var a=function(b){return b};", 200);
    split s = split_code("javascript", line, 400);
    assert_true(s.chunks.n >= 14);
    for (size_t i = 0; i + 1 < s.chunks.n; i++)
        assert_true(td_str_ends(s.chunks.items[i].text, TD_STR(";")) ||
                    td_str_ends(s.chunks.items[i].text, TD_STR("}")));
    split_clear(&s);
    free(line);
}

static void counts_data_files_as_code_and_tables_of_values_as_prose(void **state)
{
    (void)state;
    split s = split_code("json", "{\"a\": [1, 2, 3]}", 1600);
    assert_true(s.chunks.items[0].is_code);
    split_clear(&s);
    s = split_code("csv", "id,name,city\n1,Miller,Oslo\n2,Okafor,Lagos\n", 1600);
    assert_false(s.chunks.items[0].is_code);
    split_clear(&s);
}

static void looks_at_each_line_a_bounded_number_of_times(void **state)
{
    (void)state;
    static const char *const parts[] = {"{\n", "(\n",     "// a\n", "/* a\n",
                                        "a\n", "#if a\n", "\"\n",   "int f(a)\n{\n  b;\n}\n",
                                        "}\n", "if a {\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *text = repeated(parts[i], 20000);
        td_arena *arena = td_arena_new(512u << 20);
        td_chunk_sink sink;
        td_chunk_options options = TD_CHUNK_OPTIONS;
        td_chunk_part part = {.end = strlen(text), .is_code = true, .language = TD_STR("c")};
        assert_int_equal(td_chunk_sink_init(&sink, td_str_from(text), &options, true, arena, NULL),
                         0);
        assert_int_equal(td_chunk_code_split(&sink, &part, NULL), 0);
        size_t n_lines = td_chunk_ruler_newlines(&sink.ruler, part.end);
        if (sink.n_lines_read > 13 * n_lines)
            fail_msg("part %zu: %zu looks at %zu lines", i, sink.n_lines_read, n_lines);
        td_arena_free(arena);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_small_file_in_one_chunk_with_its_first_symbol),
        cmocka_unit_test(keeps_functions_whole_with_their_comments),
        cmocka_unit_test(names_methods_by_their_class),
        cmocka_unit_test(splits_a_large_function_inside_and_keeps_its_name),
        cmocka_unit_test(says_the_signature_in_every_chunk_of_a_function),
        cmocka_unit_test(splits_off_a_comment_before_it_splits_a_function),
        cmocka_unit_test(is_not_misled_by_strings_and_unbalanced_conditions),
        cmocka_unit_test(cuts_lines_only_when_one_is_too_long),
        cmocka_unit_test(counts_data_files_as_code_and_tables_of_values_as_prose),
        cmocka_unit_test(looks_at_each_line_a_bounded_number_of_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
