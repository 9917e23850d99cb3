#include "store_fixture.h"

static void filters_choose_by_language_kind_path_and_source(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16], *all = NULL;
    size_t n = 0;

    fixture_put_page(f, "docs/a.md", "word one|word code", ids);
    fixture_put_page(f, "src/b.py", "word two|word more", ids);
    fixture_flush(f);
    td_store_filter filter = {.language = TD_STR("python")};
    assert_int_equal(fixture_find(f, "word", &filter, found), 2);
    filter = (td_store_filter){.kind = 1};
    assert_int_equal(fixture_find(f, "word", &filter, found), 2);
    filter.path_glob = TD_STR("src/**");
    assert_int_equal(fixture_find(f, "word", &filter, found), 1);
    ok_or_fail(f, f->store->filter_ids(f->store, &filter, &all, &n, &f->err));
    assert_int_equal(n, 1);
    assert_int_equal(all[0], ids[0]);
    free(all);
    filter = (td_store_filter){.source = TD_STR("/other")};
    assert_int_equal(fixture_find(f, "word", &filter, found), 0);
    ok_or_fail(f, f->store->filter_ids(f->store, &filter, &all, &n, &f->err));
    assert_int_equal(n, 0);
    free(all);
}

static void parts_of_identifiers_are_found_and_the_whole_one_ranks_higher(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];

    fixture_put_page_of(f, TD_STR("p"), TD_STR(""), false, TD_STR(""),
                        TD_STR(
                            "call parseHeader now|x = read_line(y)|nothing here|other line text"),
                        ids);
    fixture_flush(f);
    assert_int_equal(fixture_find(f, "header", NULL, found), 1);
    assert_int_equal(found[0], ids[0]);
    assert_true(fixture_find(f, "read_line", NULL, found) >= 2); /* symbols say Parser.read_line */
    assert_int_equal(found[0], ids[1]);
    assert_int_equal(fixture_find(f, "calling parse_header", NULL, found),
                     1); /* stem, and other spelling */
}

static void whatever_is_typed_is_a_question_not_syntax(void **state)
{
    static const char *const TYPED[] = {"\"",
                                        "\"\"",
                                        "AND",
                                        "OR NOT",
                                        "x AND",
                                        "text:word",
                                        "^word",
                                        "word*",
                                        "NEAR(word)",
                                        "(",
                                        ")",
                                        "{a b}: word",
                                        "-word",
                                        "+ +",
                                        "\"word",
                                        "wo\"rd",
                                        "*",
                                        "'",
                                        "word;--",
                                        "\xff\xfe",
                                        "",
                                        " \t\n",
                                        "\"word one\"",
                                        "\"one word\"",
                                        "日本語",
                                        "word, word; word!"};
    fixture *f = *state;
    int64_t ids[16], found[16];

    fixture_put_page(f, "p", "word one", ids);
    fixture_flush(f);
    for (size_t i = 0; i < sizeof(TYPED) / sizeof(TYPED[0]); i++) {
        size_t n = fixture_find(f, TYPED[i], NULL, found);
        bool has_word = strstr(TYPED[i], "word") && strcmp(TYPED[i], "\"one word\"") != 0;
        assert_int_equal(n, has_word ? 1 : 0);
    }
}

static void a_very_long_question_is_answered(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16];
    char *query = malloc(1 << 20);
    size_t n = 0;

    fixture_put_page(f, "p", "needle w1 w2", ids);
    fixture_flush(f);
    n += (size_t)sprintf(query, "needle ");
    for (int i = 0; n < (1 << 20) - 16; i++)
        n += (size_t)sprintf(query + n, "w%d\" ", i);
    assert_int_equal(fixture_find(f, query, NULL, found), 1);
    free(query);
}

/* A store that looks large: its ids go far, and one chunk of three has the common word. */
static void in_a_large_store_the_rarer_words_decide(void **state)
{
    fixture *f = *state;
    int64_t ids[16], found[16], needle = 0, common = 0;
    char name[16];

    for (int i = 0; i < 450; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        fixture_put_page(f, name, i % 3 ? "other words" : "common and more of the same", ids);
    }
    fixture_put_page(f, "n", "a needle", &needle);
    fixture_put_page(f, "c", "common", &common);
    fixture_flush(f);
    assert_int_equal(fixture_find(f, "needle common", NULL, found), 16);
    assert_int_equal(found[0], needle);
    assert_int_equal(found[1], common); /* a small store ranks by all words */
    fixture_close_store(f);
    assert_int_equal(fixture_sql(f, "UPDATE chunks SET id = 10000000 WHERE id = 300 RETURNING id"),
                     10000000);
    fixture_open_store(f, true);
    assert_int_equal(fixture_find(f, "needle common", NULL, found), 1);
    assert_int_equal(found[0], needle);
    assert_int_equal(fixture_find(f, "common", NULL, found), 16); /* alone it must do */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup_begun, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(filters_choose_by_language_kind_path_and_source),
        T(parts_of_identifiers_are_found_and_the_whole_one_ranks_higher),
        T(whatever_is_typed_is_a_question_not_syntax),
        T(a_very_long_question_is_answered),
        T(in_a_large_store_the_rarer_words_decide),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
