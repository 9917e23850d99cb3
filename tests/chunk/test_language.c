#include "base/os.h"
#include "split.h"

#include <math.h>

/* tests/golden/chunk/looks.txt: every text must be told right. */
static void tells_the_golden_texts_apart(void **state)
{
    (void)state;
    char path[1024];
    td_buf file = TD_BUF(1 << 20);
    tandem_error err;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/chunk/looks.txt", getenv("TANDEM_GOLDEN"));
    if (td_os_read_file(path, 1 << 20, &file, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    for (td_str rest = td_buf_str(&file); rest.n > 4; n++) {
        size_t newline = td_str_find_byte(rest, '\n', 0);
        size_t end = td_str_find(rest, TD_STR("\n%%% "), newline);
        end = end == TD_STR_NONE ? rest.n : end + 1;
        td_str label = td_str_slice(rest, 4, newline);
        td_chunk_look look = td_chunk_look_at(td_str_slice(rest, newline + 1, end));
        bool is_code = !td_str_eq(label, TD_STR("markdown")) && !td_str_eq(label, TD_STR("log")) &&
                       !td_str_eq(label, TD_STR("csv"));
        if (!td_str_eq(look.language, label) || (look.code >= 0.5f) != is_code)
            fail_msg("%.*s is told as %.*s (%.2f): text %zu", TD_STR_FMT(label),
                     TD_STR_FMT(look.language), (double)look.code, n);
        rest = td_str_slice(rest, end, rest.n);
    }
    assert_true(n > 35);
    td_buf_clear(&file);
}

static void does_not_see_the_margin_of_a_text(void **state)
{
    (void)state;
    td_chunk_look flush = td_chunk_look_at(TD_STR("if a:\n    b(c)\n\nreturn c\n"));
    td_chunk_look indented = td_chunk_look_at(TD_STR("   if a:\n       b(c)\n\n   return c\n"));
    assert_true(flush.code == indented.code && flush.named == indented.named);
}

static void gives_the_odds_of_what_it_says(void **state)
{
    (void)state;
    static const char *const texts[] = {"if a:\n    b(c)\n\nreturn c\n", "",
                                        "It is said of all of them that they are\nthe same.\n"};
    for (size_t i = 0; i < 3; i++) {
        td_str text = td_str_from(texts[i]);
        float odds = td_chunk_look_odds(text), code = td_chunk_look_at(text).code;
        assert_true(fabsf(1 / (1 + expf(-odds)) - code) < 1e-3f);
        assert_true(i == 1 || (odds > 0) == (i == 0));
    }
}

static void has_an_answer_for_anything(void **state)
{
    (void)state;
    static const char *const texts[] = {"", " ", "\n", "a", "\xE6\xBC\xA2", "{}", "....."};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        td_chunk_look look = td_chunk_look_at(td_str_from(texts[i]));
        assert_true(look.code >= 0 && look.code <= 1);
        assert_true(look.confidence >= 0.5f && look.confidence <= 1);
        assert_true(look.language.n > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_golden_texts_apart),
        cmocka_unit_test(does_not_see_the_margin_of_a_text),
        cmocka_unit_test(gives_the_odds_of_what_it_says),
        cmocka_unit_test(has_an_answer_for_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
