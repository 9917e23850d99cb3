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

/* A percent sign stands for the unit's number. */
static const struct unit {
    const char *language, *starts, *unit, *symbol; /* symbol "": whatever it is */
} units[] = {
    {"c", "/* Adds",
     "/* Adds. */\n"
     "int add_%(int a)\n{\n    if (a)\n        return 1;\n    return a;\n}\n\n",
     "add_%"},
    {"cpp", "// Adds",
     "// Adds.\nstd::string add_%(int a)\n"
     "{\n    if (a)\n        return b<int>();\n    return a;\n}\n\n",
     "add_%"},
    {"csharp", "public",
     "public class Add%\n{\n    int Of(int a)\n"
     "    {\n        return a;\n    }\n}\n\n",
     "Add%"},
    {"css", ".add",
     ".add-% > a:hover {\n    color: red;\n"
     "    border: 1px solid red;\n    margin: 0 auto;\n}\n\n",
     ""},
    {"go", "// Adds",
     "// Adds.\nfunc add%(a int) int {\n"
     "\tif a > 0 {\n\t\treturn 1\n\t}\n\treturn a\n}\n\n",
     "add%"},
    {"html", "<section",
     "<section id=\"s%\">\n  <p>Some words of it.</p>\n"
     "  <p>And some more of them.</p>\n</section>\n\n",
     ""},
    {"java", "class",
     "class Add% {\n    int of(int a) {\n        if (a > 0)\n"
     "            return 1;\n        return a;\n    }\n}\n\n",
     "Add%"},
    {"javascript", "// Adds",
     "// Adds.\nfunction add%(a) {\n  if (a) {\n"
     "    return 1;\n  }\n  return a;\n}\n\n",
     "add%"},
    {"json", "\"k",
     "\"k%\": {\n    \"name\": \"some words\",\n"
     "    \"list\": [1, 2, 3],\n    \"on\": true\n},\n",
     ""},
    {"php", "function",
     "function add_%($a)\n{\n    if ($a) {\n        return 1;\n"
     "    }\n    return $a;\n}\n\n",
     "add_%"},
    {"python", "@cached",
     "@cached\ndef add_%(a):\n    \"\"\"Adds.\"\"\"\n"
     "    if a:\n        return 1\n    return a\n\n\n",
     "add_%"},
    {"ruby", "# Adds",
     "# Adds.\ndef add_%(a)\n  if a\n    1\n"
     "  else\n    a\n  end\nend\n\n",
     "add_%"},
    {"rust", "/// Adds",
     "/// Adds.\npub fn add_%(a: i32) -> i32 {\n"
     "    if a > 0 {\n        return 1;\n    }\n    a\n}\n\n",
     "add_%"},
    {"shell", "# Adds",
     "# Adds.\nadd_%() {\n    if [ -n \"$1\" ]; then\n"
     "        echo 1\n    fi\n    echo \"$1\"\n}\n\n",
     "add_%"},
    {"sql", "CREATE",
     "CREATE TABLE add_% (\n    id INT PRIMARY KEY,\n"
     "    name TEXT NOT NULL,\n    at TIMESTAMP\n);\n\n",
     "add_%"},
    {"typescript", "export",
     "export function add%(a: number): number {\n"
     "  if (a) {\n    return 1;\n  }\n  return a;\n}\n\n",
     "add%"},
    {"yaml", "job",
     "job%:\n  runs-on: linux\n  steps:\n"
     "    - run: make\n    - run: make test\n\n",
     "job%"},
    {"unknown", "proc",
     "proc add_% {a} {\n    if {$a} {\n"
     "        return 1\n    }\n    return $a\n}\n\n",
     ""},
};

/* Puts the form with its number behind what `out` has. */
static void add_numbered(td_buf *out, const char *form, int number)
{
    td_str rest = td_str_from(form);
    size_t at = td_str_find_byte(rest, '%', 0);
    td_str head = td_str_slice(rest, 0, at == TD_STR_NONE ? rest.n : at);
    assert_int_equal(td_buf_add(out, head, NULL), TANDEM_OK);
    if (at != TD_STR_NONE)
        assert_int_equal(td_buf_add_fmt(out, NULL, "%d%s", number, form + at + 1), TANDEM_OK);
}

/* Units of which some fit a chunk: each is whole, some share one, and a chunk is named by its
 * first. With the language's grammar where it is built, by the scanner elsewhere. */
static void cuts_every_language_between_its_units(void **state)
{
    (void)state;
    for (const struct unit *unit = units; unit < units + sizeof units / sizeof *units; unit++) {
        td_buf text = TD_BUF(1 << 16);
        for (int k = 10; k < 40; k++)
            add_numbered(&text, unit->unit, k);
        split s = split_text(TD_FORMAT_CODE, unit->language, td_buf_str(&text), 450);
        assert_in_range(s.chunks.n, 5, 15);
        for (size_t k = 0; k < s.chunks.n; k++) {
            const tandem_chunk *chunk = &s.chunks.items[k];
            td_buf symbol = TD_BUF(64);
            add_numbered(&symbol, unit->symbol,
                         atoi(chunk->text.ptr + strcspn(chunk->text.ptr, "0123456789")));
            if (!td_str_starts(chunk->text, td_str_from(unit->starts)))
                fail_msg("%s is cut before |%.30s|", unit->language, chunk->text.ptr);
            if (symbol.n > 0 && !td_str_eq(chunk->symbol, td_buf_str(&symbol)))
                fail_msg("%s: chunk %zu is named %.*s", unit->language, k,
                         TD_STR_FMT(chunk->symbol));
            td_buf_clear(&symbol);
        }
        split_clear(&s);
        td_buf_clear(&text);
    }
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

/* The first of a class is not around the others, where only indentation says what is in it. */
static void names_siblings_alike(void **state)
{
    (void)state;
    static const struct unit rows[] = {
        {"python", "class A:\n", "    def m%(self):\n        x = self.y\n        return x + 1\n\n",
         "A.m%"},
        {"ruby", "class A\n", "  def m%(a)\n    x = a.y\n    puts x\n    x + 1\n  end\n\n", "A.m%"},
        {"yaml", "A:\n", "  m%:\n    first: some words of it\n    second: and some more of them\n",
         "A.m%"},
    };
    for (const struct unit *row = rows; row < rows + sizeof rows / sizeof *rows; row++) {
        td_buf text = TD_BUF(1 << 16);
        add_numbered(&text, row->starts, 0);
        for (int k = 10; k < 20; k++)
            add_numbered(&text, row->unit, k);
        add_numbered(&text, td_str_eq(td_str_from(row->language), TD_STR("ruby")) ? "end\n" : "",
                     0);
        split s = split_text(TD_FORMAT_CODE, row->language, td_buf_str(&text), 120);
        for (int k = 11; k < 20; k++) {
            td_buf name = TD_BUF(64), symbol = TD_BUF(64);
            add_numbered(&name, "m%", k);
            add_numbered(&symbol, row->symbol, k);
            assert_int_equal(td_buf_add(&name, (td_str){"", 1}, NULL), TANDEM_OK);
            const tandem_chunk *chunk = find(&s, name.ptr);
            if (!td_str_eq(chunk->symbol, td_buf_str(&symbol)))
                fail_msg("%s: %s is named %.*s", row->language, name.ptr,
                         TD_STR_FMT(chunk->symbol));
            td_buf_clear(&name);
            td_buf_clear(&symbol);
        }
        split_clear(&s);
        td_buf_clear(&text);
    }
}

/* A parser puts a comment that ends a block, as it sees it, into the block. */
static void keeps_a_comment_with_the_key_below_it(void **state)
{
    (void)state;
    td_buf text = TD_BUF(1 << 16);
    for (int k = 10; k < 20; k++)
        add_numbered(&text,
                     "# What % is for.\nm%:\n  first: some words of it\n"
                     "  second: and some more of them\n  # third: not used\n\n",
                     k);
    split s = split_text(TD_FORMAT_CODE, "yaml", td_buf_str(&text), 150);
    assert_int_equal(s.chunks.n, 10);
    for (size_t i = 0; i < s.chunks.n; i++) {
        assert_true(td_str_starts(s.chunks.items[i].text, TD_STR("# What ")));
        assert_true(td_str_ends(s.chunks.items[i].text, TD_STR("not used")));
    }
    split_clear(&s);
    td_buf_clear(&text);
}

static void takes_a_language_by_any_of_its_names(void **state)
{
    (void)state;
    split s = split_code("objectivec", "// Says a.\n- (void)a {\n  [self say];\n}\n", 300);
    assert_int_equal(s.chunks.n, 1);
    assert_str(s.chunks.items[0].language, "objective-c");
    split_clear(&s);
    s = split_code("brainfree", "a\n", 300);
    assert_str(s.chunks.items[0].language, "brainfree");
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
        cmocka_unit_test(cuts_every_language_between_its_units),
        cmocka_unit_test(names_methods_by_their_class),
        cmocka_unit_test(names_siblings_alike),
        cmocka_unit_test(keeps_a_comment_with_the_key_below_it),
        cmocka_unit_test(takes_a_language_by_any_of_its_names),
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
