#include "base/os.h"
#include "chunk/chunk.h"
#include "split.h"

static void refuses_options_out_of_range(void **state)
{
    (void)state;
    static const uint32_t bad[][2] = {{63, 0}, {100001, 0}, {1000, 1000}, {0, 0}};
    td_arena *arena = td_arena_new(1 << 20);
    td_document document = {.text = TD_STR("a")};
    for (size_t i = 0; i < 4; i++) {
        td_chunk_options options = TD_CHUNK_OPTIONS;
        td_chunks chunks = {NULL, 77};
        options.size = bad[i][0];
        options.overlap = bad[i][1];
        assert_int_equal(td_chunk_split(&document, &options, arena, &chunks, NULL),
                         TANDEM_E_INVALID);
        assert_int_equal(chunks.n, 77);
    }
    td_arena_free(arena);
}

static void takes_defaults_without_options(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(1 << 20);
    td_document document = {.text = TD_STR("a")};
    td_chunks chunks;
    assert_int_equal(td_chunk_split(&document, NULL, arena, &chunks, NULL), TANDEM_OK);
    assert_int_equal(chunks.n, 1);
    td_arena_free(arena);
}

static void makes_no_chunk_of_white_space(void **state)
{
    (void)state;
    for (int format = TD_FORMAT_MARKDOWN; format <= TD_FORMAT_CODE; format++) {
        split s = split_text((td_format)format, "c", TD_STR(" \n\t\r\n \xC2\xA0\n"), 1600);
        assert_int_equal(s.chunks.n, 0);
        split_clear(&s);
        s = split_text((td_format)format, "c", TD_STR(""), 1600);
        assert_int_equal(s.chunks.n, 0);
        split_clear(&s);
    }
}

static void says_when_the_arena_is_full(void **state)
{
    (void)state;
    char *text = repeated("word ", 20000);
    td_arena *arena = td_arena_new(8000);
    td_document document = {.text = td_str_from(text)};
    td_chunks chunks = {NULL, 77};
    tandem_error err = {0};
    assert_int_equal(td_chunk_split(&document, NULL, arena, &chunks, &err), TANDEM_E_TOO_LARGE);
    assert_int_equal(chunks.n, 77);
    assert_true(err.message[0] != '\0');
    td_arena_free(arena);
    free(text);
}

/* Lines of all kinds in any order: what must hold holds whatever they make together. */
static void holds_its_promises_for_lines_in_any_order(void **state)
{
    (void)state;
    static const char *const lines[] = {"# A",
                                        "## B",
                                        "Title",
                                        "=====",
                                        "-----",
                                        "```c",
                                        "```",
                                        "~~~~",
                                        "- item",
                                        "  more",
                                        "    code;",
                                        "1. one",
                                        "| a | b |",
                                        "|---|---|",
                                        "> quote",
                                        "",
                                        "",
                                        "",
                                        "Words of a sentence, and more. Then some.",
                                        "int f(a) {",
                                        "  if (a) {",
                                        "}",
                                        "// comment",
                                        "def f():",
                                        "    return \"\"\"x",
                                        "\"\"\"",
                                        "/*",
                                        "*/",
                                        "a::",
                                        ".. code-block:: c",
                                        "   :x: y",
                                        "\xE6\xBC\xA2\xE5\xAD\x97\xE3\x80\x82\xE6\xBC\xA2",
                                        "e\xCC\x81\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9",
                                        "\t\xC2\xA0 x",
                                        "\r",
                                        "<!--",
                                        "-->",
                                        "+---+---+",
                                        "cat <<EOF",
                                        "EOF"};
    static const char *const languages[] = {"c", "python", "shell", "html", "unknown", "rust"};
    uint64_t seed = 20240301;
    for (int round = 0; round < 400; round++) {
        char text[6000];
        size_t n = 0, n_lines = (size_t)(round % 90) + 1;
        for (size_t i = 0; i < n_lines; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            const char *line = lines[(seed >> 33) % (sizeof lines / sizeof *lines)];
            n += (size_t)snprintf(text + n, sizeof text - n, "%s\n", line);
        }
        split s = split_text((td_format)(round % 4), languages[round % 6], (td_str){text, n},
                             64 + (uint32_t)(seed >> 40) % 300);
        split_clear(&s);
        /* In tokens too, even where a whole has twice or thrice what its parts have. */
        meter_log log = {.factor = (size_t)round % 4};
        s = split_tokens((td_format)(round % 4), languages[round % 6], (td_str){text, n},
                         64 + (uint32_t)(seed >> 40) % 100, &log);
        split_clear(&s);
    }
}

static void fills_chunks_with_tokens_as_it_does_with_characters(void **state)
{
    (void)state;
    char *text = repeated("Some words of a sentence that goes on. ", 400);
    meter_log log = {0};
    split s = split_tokens(TD_FORMAT_TEXT, "", td_str_from(text), 130, &log);
    for (size_t i = 0; i + 1 < s.chunks.n; i++) {
        size_t n = 0;
        assert_int_equal(meter_count(&log, s.chunks.items[i].text, &n, NULL), TANDEM_OK);
        assert_in_range(n, 130 - 2 * 11, 130); /* a sentence has 11 */
        size_t repeats = s.chunks.items[i].end_byte - s.chunks.items[i + 1].start_byte;
        assert_in_range(repeats, 38, 2 * 39); /* 16 tokens: one sentence whole */
    }
    assert_in_range(s.chunks.n, 35, 45);
    split_clear(&s);
    free(text);
}

static void counts_a_text_twice_at_most(void **state)
{
    (void)state;
    char *text = repeated("int f(int a)\n{\n    return a + 0x10;\n}\n\n", 5000);
    meter_log log = {0};
    td_arena *arena = td_arena_new(64 << 20);
    td_document document = {.text = td_str_from(text),
                            .format = TD_FORMAT_CODE,
                            .code_language = TD_STR("c")};
    td_chunk_options options = TD_CHUNK_OPTIONS;
    td_chunks chunks;
    options.size = 100;
    options.overlap = 10;
    options.prose_meter = (td_chunk_meter){meter_count, &(meter_log){0}};
    options.code_meter = meter_of(&log);
    assert_int_equal(td_chunk_split(&document, &options, arena, &chunks, NULL), TANDEM_OK);
    assert_in_range(log.n_bytes, document.text.n, 2 * document.text.n);
    td_arena_free(arena);
    free(text);
}

/* Twice what meter_count says. */
static tandem_code count_double(void *user, td_str text, size_t *n_out, tandem_error *err)
{
    tandem_code code = meter_count(user, text, n_out, err);
    *n_out *= 2;
    return code;
}

static bool begins_with_comment(td_str text, td_str language)
{
    return td_str_eq(language, TD_STR("c")) && td_str_starts(text, TD_STR("//"));
}

static void fits_code_that_goes_with_the_prose_by_both_meters(void **state)
{
    (void)state;
    char *comment = repeated("// Some words of a comment that goes on.\n", 100);
    char *program = repeated("int f(int a)\n{\n    return a + 0x10;\n}\n\n", 100);
    td_arena *arena = td_arena_new(64 << 20);
    meter_log log = {0};
    const char *texts[] = {comment, program};
    for (size_t i = 0; i < 2; i++) {
        td_document document = {.text = td_str_from(texts[i]),
                                .format = TD_FORMAT_CODE,
                                .code_language = TD_STR("c")};
        td_chunk_options options = TD_CHUNK_OPTIONS;
        td_chunks chunks;
        size_t n = 0, most = 0;
        options.size = 100;
        options.overlap = 10;
        options.prose_meter = (td_chunk_meter){count_double, &log};
        options.code_meter = meter_of(&log);
        options.is_prose = begins_with_comment;
        assert_int_equal(td_chunk_split(&document, &options, arena, &chunks, NULL), TANDEM_OK);
        for (size_t k = 0; k < chunks.n; k++) {
            meter_count(&log, chunks.items[k].text, &n, NULL);
            most = n > most ? n : most;
        }
        assert_in_range(most, i == 0 ? 30 : 80, i == 0 ? 50 : 100);
        assert_true(chunks.items[chunks.n - 1].end_byte > document.text.n - 3);
    }
    td_arena_free(arena);
    free(comment);
    free(program);
}

static void says_when_a_meter_fails(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(1 << 20);
    td_document document = {.text = TD_STR("Some words of a text.")};
    td_chunk_options options = TD_CHUNK_OPTIONS;
    td_chunks chunks = {NULL, 77};
    for (size_t at = 1;; at++) {
        meter_log log = {.fails_at = at};
        tandem_error err = {0};
        options.prose_meter = options.code_meter = meter_of(&log);
        if (td_chunk_split(&document, &options, arena, &chunks, &err) == TANDEM_OK) {
            assert_true(at > 3);
            break;
        }
        assert_string_equal(err.message, "the meter has no memory");
        assert_int_equal(chunks.n, 77);
    }
    assert_int_equal(chunks.n, 1);
    options.code_meter.count = NULL;
    assert_int_equal(td_chunk_split(&document, &options, arena, &chunks, NULL), TANDEM_E_INVALID);
    td_arena_free(arena);
}

static void add_lines(td_buf *out, const split *s)
{
    for (size_t i = 0; i < s->chunks.n; i++) {
        const tandem_chunk *chunk = &s->chunks.items[i];
        assert_int_equal(td_buf_add_fmt(out, NULL, "%s %.*s %u-%u [%.*s] [%.*s]\n",
                                        chunk->is_code ? "code" : "prose",
                                        TD_STR_FMT(chunk->language), chunk->start_line,
                                        chunk->end_line, TD_STR_FMT(chunk->heading),
                                        TD_STR_FMT(chunk->symbol)),
                         TANDEM_OK);
    }
}

static void assert_page(const char *name, td_format format, const char *language)
{
    char path[1024];
    td_buf text = TD_BUF(1 << 20), expected = TD_BUF(1 << 20), found = TD_BUF(1 << 20);
    tandem_error err;
    snprintf(path, sizeof path, "%s/chunk/pages/%s", getenv("TANDEM_GOLDEN"), name);
    if (td_os_read_file(path, 1 << 20, &text, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    snprintf(path, sizeof path, "%s/chunk/pages/%s.expected", getenv("TANDEM_GOLDEN"), name);
    if (td_os_read_file(path, 1 << 20, &expected, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    split s = split_text(format, language, td_buf_str(&text), 1600);
    add_lines(&found, &s);
    if (!td_str_eq(td_buf_str(&found), td_buf_str(&expected)))
        fail_msg("%s is cut otherwise:\n%s", name, found.ptr);
    split_clear(&s);
    td_buf_clear(&text);
    td_buf_clear(&expected);
    td_buf_clear(&found);
}

static void cuts_whole_pages_where_a_reader_would(void **state)
{
    (void)state;
    assert_page("mixed.md", TD_FORMAT_MARKDOWN, "");
    assert_page("article.txt", TD_FORMAT_TEXT, "");
    assert_page("reader.rst", TD_FORMAT_RST, "");
    assert_page("reader.py", TD_FORMAT_CODE, "python");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_options_out_of_range),
        cmocka_unit_test(takes_defaults_without_options),
        cmocka_unit_test(makes_no_chunk_of_white_space),
        cmocka_unit_test(says_when_the_arena_is_full),
        cmocka_unit_test(holds_its_promises_for_lines_in_any_order),
        cmocka_unit_test(fills_chunks_with_tokens_as_it_does_with_characters),
        cmocka_unit_test(counts_a_text_twice_at_most),
        cmocka_unit_test(fits_code_that_goes_with_the_prose_by_both_meters),
        cmocka_unit_test(says_when_a_meter_fails),
        cmocka_unit_test(cuts_whole_pages_where_a_reader_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
