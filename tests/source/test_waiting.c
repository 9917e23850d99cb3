#include "source/waiting.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t order_of(uint64_t level, uint64_t n)
{
    return level << TD_SOURCE_WAITING_LEVEL_BITS | n;
}

static td_source_lead lead_of(const char *url, uint32_t depth)
{
    return (td_source_lead){.url = td_str_from(url), .depth = depth, .changed_ms = -1};
}

static void assert_next(td_source_waiting *waiting, uint64_t order, const char *url)
{
    td_source_lead lead;
    assert_int_equal(td_source_waiting_first(waiting), order);
    assert_true(td_source_waiting_look(waiting, &lead));
    if (!td_str_eq(lead.url, td_str_from(url)))
        fail_msg("%.*s instead of %s", TD_STR_FMT(lead.url), url);
    td_source_waiting_drop(waiting);
}

static void lesser_levels_come_first_each_in_its_order(void **state)
{
    (void)state;
    td_source_waiting waiting;
    td_source_spill spill = {0};
    static const struct {
        uint64_t level;
        const char *url;
    } pushed[] = {{1, "http://a/docs/one"}, {0, "http://a/"},          {2, "http://a/deep"},
                  {1, "http://a/docs/two"}, {1, "http://a/docs/two?"}, {2, "x"}};
    td_source_waiting_init(&waiting, &spill);
    assert_int_equal(td_source_waiting_first(&waiting), UINT64_MAX);
    for (size_t i = 0; i < 6; i++) {
        td_source_lead lead = lead_of(pushed[i].url, (uint32_t)pushed[i].level);
        assert_true(td_source_waiting_push(&waiting, order_of(pushed[i].level, i), &lead));
    }
    assert_next(&waiting, order_of(0, 1), "http://a/");
    assert_next(&waiting, order_of(1, 0), "http://a/docs/one");
    td_source_lead more = lead_of("http://a/late", 0); /* a redirect's, for example */
    assert_true(td_source_waiting_push(&waiting, order_of(0, 6), &more));
    assert_next(&waiting, order_of(0, 6), "http://a/late");
    assert_next(&waiting, order_of(1, 3), "http://a/docs/two");
    assert_next(&waiting, order_of(1, 4), "http://a/docs/two?");
    assert_next(&waiting, order_of(2, 2), "http://a/deep");
    assert_next(&waiting, order_of(2, 5), "x");
    assert_int_equal(td_source_waiting_first(&waiting), UINT64_MAX);
    td_source_waiting_clear(&waiting);
    td_source_spill_clear(&spill);
}

static void all_that_a_lead_says_comes_out_again(void **state)
{
    (void)state;
    td_source_waiting waiting;
    td_source_spill spill = {0};
    td_source_lead lead = {.url = TD_STR("https://a.example/\xC3\xA4?b=c"),
                           .depth = UINT32_MAX,
                           .role = TD_SOURCE_ROLE_SITEMAP,
                           .level = 3,
                           .is_guess = true,
                           .changed_ms = INT64_MAX,
                           .why_not = "because"};
    td_source_lead back;
    td_source_waiting_init(&waiting, &spill);
    assert_true(td_source_waiting_push(&waiting, order_of((1 << 24) - 1, 5), &lead));
    assert_true(td_source_waiting_look(&waiting, &back));
    assert_true(td_str_eq(back.url, lead.url));
    assert_int_equal(back.depth, lead.depth);
    assert_int_equal(back.role, lead.role);
    assert_int_equal(back.level, 3);
    assert_true(back.is_guess);
    assert_true(back.changed_ms == INT64_MAX);
    assert_ptr_equal(back.why_not, lead.why_not);
    /* Who only looks takes nothing. */
    assert_true(td_source_waiting_look(&waiting, &back));
    assert_int_equal(td_source_waiting_first(&waiting), order_of((1 << 24) - 1, 5));
    td_source_waiting_drop(&waiting);
    lead = lead_of("https://a.example/b", 0);
    lead.level = 2;
    assert_true(td_source_waiting_push(&waiting, 6, &lead));
    assert_true(td_source_waiting_look(&waiting, &back));
    assert_int_equal(back.role, TD_SOURCE_ROLE_PAGE);
    assert_int_equal(back.level, 2);
    assert_true(back.changed_ms == -1 && !back.is_guess && !back.why_not && back.depth == 0);
    td_source_waiting_clear(&waiting);
    td_source_spill_clear(&spill);
}

/* A queue in C's plainest form beside it: what comes out is the same, whatever the way there. */
static void is_the_same_as_a_plain_queue(void **state)
{
    (void)state;
    enum {
        N = 20000
    };
    char(*urls)[64] = calloc(N, sizeof(*urls));
    td_source_waiting waiting;
    td_source_spill spill = {0};
    size_t pushed = 0, dropped = 0;
    uint64_t seed = 7;
    assert_non_null(urls);
    td_source_waiting_init(&waiting, &spill);
    while (dropped < N) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        if (pushed < N && (seed >> 40) % 5 < 3) {
            snprintf(urls[pushed], sizeof(urls[pushed]), "http://a/%u/%*s%u",
                     (unsigned)(seed >> 50) % 3, (int)(seed >> 45) % 20, "/",
                     (unsigned)(seed >> 33) % 1000);
            td_source_lead lead = lead_of(urls[pushed], 1);
            assert_true(td_source_waiting_push(&waiting, order_of(1, pushed * 3), &lead));
            pushed++;
        } else if (dropped < pushed) {
            assert_next(&waiting, order_of(1, dropped * 3), urls[dropped]);
            dropped++;
        }
    }
    td_source_waiting_clear(&waiting);
    td_source_spill_clear(&spill);
    free(urls);
}

static void an_address_longer_than_a_block_has_one_of_its_own(void **state)
{
    (void)state;
    td_source_waiting waiting;
    td_source_spill spill = {0};
    char url[40000];
    td_source_waiting_init(&waiting, &spill);
    for (uint64_t i = 0; i < 3; i++) {
        memset(url, (int)('a' + i), sizeof(url) - 1);
        url[sizeof(url) - 1] = '\0';
        td_source_lead lead = lead_of(url, 0);
        assert_true(td_source_waiting_push(&waiting, i, &lead));
    }
    for (uint64_t i = 0; i < 3; i++) {
        memset(url, (int)('a' + i), sizeof(url) - 1);
        assert_next(&waiting, i, url);
    }
    td_source_waiting_clear(&waiting);
    td_source_spill_clear(&spill);
}

/* Fills the queue with N addresses, and expects them all out of it again. */
enum {
    MANY = 50000
};

static void push_many(td_source_waiting *waiting)
{
    char url[64];

    for (uint64_t i = 0; i < MANY; i++) {
        snprintf(url, sizeof(url), "http://a/%u/page", (unsigned)(i * 7919 % MANY));
        td_source_lead lead = lead_of(url, 1);
        assert_true(td_source_waiting_push(waiting, order_of(1, i), &lead));
    }
}

static void expect_many(td_source_waiting *waiting)
{
    char url[64];

    for (uint64_t i = 0; i < MANY; i++) {
        snprintf(url, sizeof(url), "http://a/%u/page", (unsigned)(i * 7919 % MANY));
        assert_next(waiting, order_of(1, i), url);
    }
    assert_int_equal(td_source_waiting_first(waiting), UINT64_MAX);
}

static void the_middle_of_a_long_queue_is_in_the_file(void **state)
{
    (void)state;
    td_source_waiting waiting;
    td_source_spill spill = {0};
    td_source_waiting_init(&waiting, &spill);
    push_many(&waiting);
    assert_true(spill.n_bytes > MANY * 8);
    expect_many(&waiting);
    td_source_waiting_clear(&waiting);
    td_source_spill_clear(&spill);
}

static void without_a_file_all_waits_in_memory(void **state)
{
    (void)state;
    td_source_waiting waiting;
    td_source_spill spill = {.is_useless = true};
    td_source_waiting_init(&waiting, &spill);
    push_many(&waiting);
    assert_null(spill.file);
    expect_many(&waiting);
    td_source_waiting_clear(&waiting);
    td_source_spill_clear(&spill);
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    td_source_waiting waiting;
    td_source_spill spill = {0};
    td_source_lead lead;
    bool ok = true;
    td_source_waiting_init(&waiting, &spill);
    push_many(&waiting);
    int broken = open("/dev/null", O_WRONLY);
    assert_int_equal(dup2(broken, fileno(spill.file)), fileno(spill.file));
    while (ok && td_source_waiting_first(&waiting) != UINT64_MAX) {
        ok = td_source_waiting_look(&waiting, &lead);
        if (ok)
            td_source_waiting_drop(&waiting);
    }
    assert_false(ok);
    close(broken);
    td_source_waiting_clear(&waiting);
    td_source_spill_clear(&spill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lesser_levels_come_first_each_in_its_order),
        cmocka_unit_test(all_that_a_lead_says_comes_out_again),
        cmocka_unit_test(is_the_same_as_a_plain_queue),
        cmocka_unit_test(an_address_longer_than_a_block_has_one_of_its_own),
        cmocka_unit_test(the_middle_of_a_long_queue_is_in_the_file),
        cmocka_unit_test(without_a_file_all_waits_in_memory),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
