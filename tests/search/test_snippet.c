#include "base/utf8.h"
#include "search/snippet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static td_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = td_arena_new(1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    td_arena_free(arena);
    return 0;
}

static const char *snippet_of(td_str text, const char *query)
{
    td_str out;
    tandem_error err;
    assert_int_equal(td_search_snippet(text, td_str_from(query), arena, &out, &err), TANDEM_OK);
    return out.ptr;
}

static td_str long_text(const char *middle)
{
    char *text = malloc(8000);
    size_t n = 0;
    for (int i = 0; i < 100; i++)
        n += (size_t)sprintf(text + n, "filler number %d here,\n  ", i);
    n += (size_t)sprintf(text + n, "%s ", middle);
    for (int i = 0; i < 100; i++)
        n += (size_t)sprintf(text + n, "more filler %d there. ", i);
    td_str copy = td_arena_copy(arena, (td_str){text, n});
    free(text);
    return copy;
}

static void a_short_text_is_its_own_snippet_on_one_line(void **state)
{
    (void)state;
    assert_string_equal(snippet_of(TD_STR("  one\n\ttwo   three \r\n"), "zzz"), "one two three");
    assert_string_equal(snippet_of(TD_STR(""), "zzz"), "");
    assert_string_equal(snippet_of(TD_STR("words"), ""), "words");
}

static void shows_the_place_with_most_words_of_the_question(void **state)
{
    (void)state;
    td_str text = long_text("number one. the Parser reads a line of input");
    const char *snippet = snippet_of(text, "how does the parser read a line?");
    assert_non_null(strstr(snippet, "the Parser reads a line"));
    assert_in_range(strlen(snippet), 100, 200);
}

static void begins_and_ends_at_a_word(void **state)
{
    (void)state;
    td_str text = long_text("needle");
    const char *snippet = snippet_of(text, "needle");
    const char *at = strstr(snippet, "needle");
    assert_non_null(at);
    assert_true(at - snippet <= 48 && at > snippet);
    char *folded = malloc(text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) /* the text on one line holds it between two spaces */
        if (text.ptr[i] != '\n' && !(text.ptr[i] == ' ' && n > 0 && folded[n - 1] == ' '))
            folded[n++] = text.ptr[i];
        else if (n > 0 && folded[n - 1] != ' ')
            folded[n++] = ' ';
    folded[n] = '\0';
    char wanted[400];
    snprintf(wanted, sizeof(wanted), " %s ", snippet);
    assert_non_null(strstr(folded, wanted));
    free(folded);
}

static void is_valid_utf8_of_at_most_200_characters_whatever_comes_in(void **state)
{
    (void)state;
    uint64_t x = 7;
    for (int round = 0; round < 500; round++) {
        char text[1500];
        size_t n = 0;
        while (n < sizeof(text) - 8) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            if (x % 5 == 0)
                text[n++] = (char)(x >> 32);
            else
                n += td_utf8_put((uint32_t)(x >> 20) % (x % 2 ? 0x3000 : 0x20000), text + n);
            if (x % 11 == 0)
                text[n++] = ' ';
        }
        char query[32];
        snprintf(query, sizeof(query), "%.*s", 20, text + x % 1000);
        td_str out;
        tandem_error err;
        assert_int_equal(td_search_snippet((td_str){text, n}, td_str_from(query), arena, &out,
                                           &err),
                         TANDEM_OK);
        assert_int_equal(td_utf8_valid_n(out), out.n);
        assert_in_range(td_utf8_count(out), 0, 200);
        for (size_t i = 0; i < out.n; i++)
            assert_true((unsigned char)out.ptr[i] >= 0x20 && out.ptr[i] != 0x7f);
    }
}

static void escape_sequences_of_a_terminal_are_disarmed(void **state)
{
    (void)state;
    assert_null(strchr(snippet_of(TD_STR("a \033[31mred\a \xc2\x9b"
                                         "31m"),
                                  "red"),
                       '\033'));
    assert_string_equal(snippet_of(TD_STR("x \xc2\x9bq"), "x"), "x q");
}

static void one_endless_word_is_cut_within_bounds(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'a', sizeof(text));
    assert_int_equal(strlen(snippet_of((td_str){text, sizeof(text)}, "a")), 200);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_short_text_is_its_own_snippet_on_one_line),
        T(shows_the_place_with_most_words_of_the_question),
        T(begins_and_ends_at_a_word),
        T(is_valid_utf8_of_at_most_200_characters_whatever_comes_in),
        T(escape_sequences_of_a_terminal_are_disarmed),
        T(one_endless_word_is_cut_within_bounds),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
