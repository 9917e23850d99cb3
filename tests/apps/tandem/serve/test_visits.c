#include "serve/visits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static FILE *file;

static int set_up(void **state)
{
    (void)state;
    file = tmpfile();
    return file ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return fclose(file);
}

static void add(uint64_t n, tandem_page_status status, const char *url)
{
    tandem_item item = {.uri = text_of(url), .status = status, .http_status = 200};

    assert_int_not_equal(visits_add(file, n, &item), 0);
}

/* The answer as an array. */
static json_t *ask(const char *state, size_t n_max, uint64_t before, uint64_t *next_out)
{
    visits_asked asked = {state, n_max, before};
    char message[JSON_ERROR_BYTES];
    wire w = {.ptr = NULL};

    wire_text(&w, "[");
    assert_true(visits_read(file, &asked, &w, next_out));
    wire_text(&w, "]");
    json_t *list = json_read(w.ptr, w.n, message);
    assert_non_null(list);
    wire_clear(&w);
    return list;
}

static json_int_t number_of(const json_t *list, size_t i)
{
    return json_integer_value(json_object_get(json_array_get(list, i), "n"));
}

static void an_empty_file_has_no_pages(void **state)
{
    uint64_t next = 1;
    json_t *list = ask(NULL, 10, UINT64_MAX, &next);

    (void)state;
    assert_int_equal(json_array_size(list), 0);
    assert_int_equal(next, 0);
    json_decref(list);
}

static void the_newest_come_first_and_each_once(void **state)
{
    enum {
        N = 3000 /* many blocks */
    };
    char url[400];
    uint64_t next = UINT64_MAX;
    json_int_t wanted = N;

    (void)state;
    for (int i = 1; i <= N; i++) {
        snprintf(url, sizeof(url), "http://a/%0*d", i % 300, i);
        add((uint64_t)i, TANDEM_PAGE_FETCHED, url);
    }
    do {
        json_t *list = ask(NULL, 71, next, &next);
        for (size_t i = 0; i < json_array_size(list); i++, wanted--)
            assert_int_equal(number_of(list, i), wanted);
        json_decref(list);
    } while (next != 0);
    assert_int_equal(wanted, 0);
}

static void a_state_leaves_all_others_out(void **state)
{
    uint64_t next = UINT64_MAX;

    (void)state;
    for (int i = 1; i <= 900; i++)
        add((uint64_t)i, i % 300 == 0 ? TANDEM_PAGE_FAILED : TANDEM_PAGE_SKIPPED, "http://a/");
    json_t *list = ask("failed", 2, next, &next);
    assert_int_equal(number_of(list, 0), 900);
    assert_int_equal(number_of(list, 1), 600);
    assert_int_not_equal(next, 0);
    json_decref(list);
    list = ask("failed", 2, next, &next);
    assert_int_equal(json_array_size(list), 1);
    assert_int_equal(number_of(list, 0), 300);
    assert_int_equal(next, 0);
    json_decref(list);
    list = ask("unchanged", 2, UINT64_MAX, &next);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
}

static void a_torn_line_and_a_foreign_place_are_no_pages(void **state)
{
    uint64_t next = 0;

    (void)state;
    add(1, TANDEM_PAGE_FETCHED, "http://a/1");
    long first = ftell(file);
    add(2, TANDEM_PAGE_FETCHED, "http://a/2");
    fputs("{\"state\":\"fet", file);
    fflush(file);
    json_t *list = ask(NULL, 10, UINT64_MAX, &next);
    assert_int_equal(json_array_size(list), 2);
    json_decref(list);
    for (long before = 0; before < 2 * first; before++) {
        list = ask(NULL, 10, (uint64_t)before, &next);
        assert_int_equal(json_array_size(list), before >= first);
        json_decref(list);
        fseek(file, 0, SEEK_END);
    }
}

static void texts_are_cut_between_characters_and_stay_one_line(void **state)
{
    static char title[3000], reason[1000];
    tandem_chunk chunks[3] = {{.lane = TANDEM_LANE_CODERANK},
                              {.lane = TANDEM_LANE_GTE},
                              {.lane = TANDEM_LANE_CODERANK}};
    tandem_item item = {.uri = text_of("http://a/\xff\n\"<script>"),
                        .status = TANDEM_PAGE_FAILED,
                        .chunks = chunks,
                        .n_chunks = 3};
    uint64_t next = 0;

    (void)state;
    for (size_t i = 0; i + 3 < sizeof(title); i += 3)
        memcpy(title + i, "\xe2\x82\xac", 4);
    memset(reason, 1, sizeof(reason) - 1);
    item.title = text_of(title);
    item.reason = text_of(reason);
    assert_in_range(visits_add(file, 1, &item), 1, 32 << 10);
    json_t *list = ask(NULL, 10, UINT64_MAX, &next);
    const json_t *page = json_array_get(list, 0);
    assert_string_equal(json_string_value(json_object_get(page, "url")),
                        "http://a/\xef\xbf\xbd\n\"<script>");
    assert_int_equal(json_string_length(json_object_get(page, "title")), 300);
    assert_int_equal(json_string_length(json_object_get(page, "reason")), 500);
    json_t *n = json_object_get(page, "chunks");
    assert_int_equal(json_integer_value(json_object_get(n, "gte")), 1);
    assert_int_equal(json_integer_value(json_object_get(n, "coderank")), 2);
    json_decref(list);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_empty_file_has_no_pages),
        TEST(the_newest_come_first_and_each_once),
        TEST(a_state_leaves_all_others_out),
        TEST(a_torn_line_and_a_foreign_place_are_no_pages),
        TEST(texts_are_cut_between_characters_and_stay_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
