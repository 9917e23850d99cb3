#include "source/frontier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static td_source_frontier *make(uint32_t per_host_max, int64_t delay_ms)
{
    td_source_frontier *frontier = NULL;
    assert_int_equal(td_source_frontier_new(1000, 10, per_host_max, delay_ms, &frontier, NULL),
                     TANDEM_OK);
    return frontier;
}

static td_source_pushed push(td_source_frontier *frontier, const char *url, uint32_t depth)
{
    return td_source_frontier_push(frontier, td_str_from(url), depth);
}

/* Takes a target at that time and checks its URL; NULL expects that there is none. */
static td_source_target *take(td_source_frontier *frontier, int64_t now_ms, const char *url)
{
    int64_t wait_ms;
    td_source_target *target = td_source_frontier_take(frontier, now_ms, &wait_ms);

    if (!url) {
        assert_null(target);
        return NULL;
    }
    assert_non_null(target);
    assert_true(td_str_eq(td_source_frontier_url(target), td_str_from(url)));
    return target;
}

static void finish(td_source_target *target, int64_t now_ms)
{
    td_source_frontier_release(target->host, now_ms);
    td_source_frontier_drop(target);
}

static void a_url_is_taken_once(void **state)
{
    td_source_frontier *frontier = make(4, 0);

    (void)state;
    assert_int_equal(push(frontier, "http://a/1", 0), TD_SOURCE_PUSHED);
    assert_int_equal(push(frontier, "http://a/1", 1), TD_SOURCE_SEEN);
    finish(take(frontier, 0, "http://a/1"), 0);
    assert_int_equal(push(frontier, "http://a/1", 0), TD_SOURCE_SEEN);
    take(frontier, 0, NULL);
    td_source_frontier_free(frontier);
}

static void a_target_is_all_that_its_lead_says(void **state)
{
    td_source_frontier *frontier = make(4, 0);
    td_source_lead lead = {.url = TD_STR("http://a/map"),
                           .depth = 3,
                           .role = TD_SOURCE_ROLE_SITEMAP,
                           .level = 2,
                           .is_guess = true,
                           .changed_ms = 12345,
                           .why_not = "because"};

    (void)state;
    assert_int_equal(td_source_frontier_add(frontier, &lead), TD_SOURCE_PUSHED);
    td_source_target *target = take(frontier, 0, "http://a/map");
    assert_int_equal(target->depth, 3);
    assert_int_equal(target->role, TD_SOURCE_ROLE_SITEMAP);
    assert_int_equal(target->level, 2);
    assert_true(target->is_guess);
    assert_int_equal(target->changed_ms, 12345);
    assert_ptr_equal(target->why_not, lead.why_not);
    finish(target, 0);
    td_source_frontier_free(frontier);
}

static void lesser_depth_goes_first_then_arrival(void **state)
{
    td_source_frontier *frontier = make(9, 0);

    (void)state;
    push(frontier, "http://a/deep", 2);
    push(frontier, "http://b/x", 1);
    push(frontier, "http://a/x", 1);
    push(frontier, "http://a/start", 0);
    finish(take(frontier, 0, "http://a/start"), 0);
    finish(take(frontier, 0, "http://b/x"), 0);
    finish(take(frontier, 0, "http://a/x"), 0);
    finish(take(frontier, 0, "http://a/deep"), 0);
    td_source_frontier_free(frontier);
}

static void a_host_has_at_most_its_number_of_requests(void **state)
{
    td_source_frontier *frontier = make(2, 0);
    char url[100];

    (void)state;
    for (int i = 0; i < 4; i++) {
        snprintf(url, sizeof(url), "http://a/%d", i);
        push(frontier, url, 0);
    }
    push(frontier, "http://b/", 1);
    td_source_target *first = take(frontier, 0, "http://a/0");
    td_source_target *second = take(frontier, 0, "http://a/1");
    finish(take(frontier, 0, "http://b/"), 0);
    take(frontier, 0, NULL);
    finish(first, 0);
    finish(take(frontier, 0, "http://a/2"), 0);
    finish(second, 0);
    td_source_frontier_free(frontier); /* with one still queued */
}

static void one_host_that_has_all_its_requests_is_sated(void **state)
{
    td_source_frontier *frontier = make(2, 0);

    (void)state;
    assert_false(td_source_frontier_is_sated(frontier));
    push(frontier, "http://a/1", 0);
    push(frontier, "http://a/2", 0);
    td_source_target *first = take(frontier, 0, "http://a/1");
    assert_false(td_source_frontier_is_sated(frontier));
    td_source_target *second = take(frontier, 0, "http://a/2");
    assert_true(td_source_frontier_is_sated(frontier));
    push(frontier, "http://a/3", 0);
    assert_true(td_source_frontier_is_sated(frontier));
    push(frontier, "http://b/1", 0);
    assert_int_equal(td_source_frontier_n_hosts(frontier), 2);
    assert_false(td_source_frontier_is_sated(frontier));
    finish(first, 0);
    finish(second, 0);
    td_source_frontier_free(frontier);
}

static void a_delay_counts_from_the_end_of_a_request(void **state)
{
    td_source_frontier *frontier = make(5, 100);
    int64_t wait_ms;

    (void)state;
    push(frontier, "http://a/0", 0);
    push(frontier, "http://a/1", 0);
    td_source_target *first = take(frontier, 0, "http://a/0");
    take(frontier, 50, NULL);
    finish(first, 70);
    assert_null(td_source_frontier_take(frontier, 170, &wait_ms));
    assert_int_equal(wait_ms, 1);
    finish(take(frontier, 171, "http://a/1"), 171);
    td_source_frontier_free(frontier);
}

static void a_retry_waits_and_keeps_its_place(void **state)
{
    td_source_frontier *frontier = make(5, 0);
    int64_t wait_ms;

    (void)state;
    push(frontier, "http://a/0", 0);
    push(frontier, "http://a/1", 1);
    td_source_target *target = take(frontier, 0, "http://a/0");
    td_source_frontier_release(target->host, 0);
    assert_true(td_source_frontier_delay(frontier, target, 1000));
    assert_int_equal(td_source_frontier_n(frontier), 2);
    finish(take(frontier, 999, "http://a/1"), 999);
    assert_null(td_source_frontier_take(frontier, 999, &wait_ms));
    assert_int_equal(wait_ms, 1);
    push(frontier, "http://a/2", 1);
    finish(take(frontier, 1000, "http://a/0"), 1000);
    td_source_frontier_free(frontier);
}

static void a_host_that_is_asked_for_robots_gives_nothing_meanwhile(void **state)
{
    td_source_frontier *frontier = make(5, 0);

    (void)state;
    push(frontier, "http://a/0", 0);
    push(frontier, "http://b/0", 0);
    td_source_target *target = take(frontier, 0, "http://a/0");
    td_source_host *host = target->host;
    host->robots_state = TD_SOURCE_ROBOTS_ASKED;
    assert_true(td_source_frontier_put_back(frontier, target));
    finish(take(frontier, 0, "http://b/0"), 0);
    take(frontier, 0, NULL);
    host->robots_state = TD_SOURCE_ROBOTS_KNOWN;
    td_source_frontier_release(host, 0);
    finish(take(frontier, 0, "http://a/0"), 0);
    td_source_frontier_free(frontier);
}

static void a_closed_host_gives_all_it_has_at_once(void **state)
{
    td_source_frontier *frontier = make(1, 1000);

    (void)state;
    push(frontier, "http://a/0", 0);
    push(frontier, "http://a/1", 0);
    td_source_target *first = take(frontier, 0, "http://a/0");
    first->host->closed = TANDEM_E_NETWORK;
    finish(take(frontier, 0, "http://a/1"), 0);
    finish(first, 0);
    td_source_frontier_free(frontier);
}

static void a_redirect_takes_its_target_to_the_other_host(void **state)
{
    td_source_frontier *frontier = make(5, 0);

    (void)state;
    push(frontier, "http://a/0", 3);
    push(frontier, "http://a/seen", 3);
    td_source_target *target = take(frontier, 0, "http://a/0");
    td_source_frontier_release(target->host, 0);
    assert_int_equal(td_source_frontier_follow(frontier, target, TD_STR("http://a/seen")),
                     TD_SOURCE_SEEN);
    assert_true(td_source_frontier_was_at(target, TD_STR("http://a/0")));
    assert_int_equal(td_source_frontier_follow(frontier, target, TD_STR("http://b/1")),
                     TD_SOURCE_PUSHED);
    assert_int_equal(push(frontier, "http://b/1", 0), TD_SOURCE_SEEN);
    target = take(frontier, 0, "http://b/1");
    assert_true(td_str_eq(td_source_frontier_start(target), TD_STR("http://a/0")));
    assert_string_equal(target->host->origin, "http://b:80");
    assert_true(td_source_frontier_was_at(target, TD_STR("http://a/0")));
    assert_true(td_source_frontier_was_at(target, TD_STR("http://b/1")));
    assert_false(td_source_frontier_was_at(target, TD_STR("http://b/2")));
    finish(target, 0);
    td_source_frontier_free(frontier);
}

static void past_its_cap_nothing_is_taken_in(void **state)
{
    td_source_frontier *frontier = make(5, 0);
    char url[100];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(url, sizeof(url), "http://a/%d", i);
        assert_int_equal(push(frontier, url, 0), TD_SOURCE_PUSHED);
    }
    assert_int_equal(push(frontier, "http://a/more", 0), TD_SOURCE_FULL);
    assert_int_equal(push(frontier, "http://a/7", 0), TD_SOURCE_SEEN);
    assert_int_equal(td_source_frontier_n(frontier), 1000);
    assert_int_equal(td_source_frontier_n_seen(frontier), 1000);
    td_source_frontier_free(frontier);

    frontier = make(5, 0);
    for (int i = 0; i < 10; i++) {
        snprintf(url, sizeof(url), "http://h%d/", i);
        assert_int_equal(push(frontier, url, 0), TD_SOURCE_PUSHED);
    }
    assert_int_equal(push(frontier, "http://h10/", 0), TD_SOURCE_FULL);
    td_source_frontier_free(frontier);
}

static void a_busy_host_is_asked_less_and_slowly_more_again(void **state)
{
    td_source_frontier *frontier = make(4, 0);
    td_source_target *targets[4];
    char url[100];

    (void)state;
    for (int i = 0; i < 50; i++) {
        snprintf(url, sizeof(url), "http://a/%02d", i);
        push(frontier, url, 0);
    }
    targets[0] = take(frontier, 0, "http://a/00");
    td_source_host *host = targets[0]->host;
    td_source_frontier_slow(frontier, host, 100);
    assert_int_equal(host->n_max, 2);
    assert_int_equal(host->pause_ms, 100);
    take(frontier, 0, NULL); /* one at a time while there is a pause */
    finish(targets[0], 0);
    take(frontier, 100, NULL);
    finish(take(frontier, 101, "http://a/01"), 101);
    td_source_frontier_slow(frontier, host, 100);
    assert_int_equal(host->n_max, 1);
    assert_int_equal(host->pause_ms, 200);
    for (int i = 0; i < 80; i++)
        td_source_frontier_ease(frontier, host);
    assert_int_equal(host->pause_ms, 0);
    assert_int_equal(host->n_max, 2);
    targets[0] = take(frontier, 9999, "http://a/02");
    targets[1] = take(frontier, 9999, "http://a/03");
    take(frontier, 9999, NULL);
    for (int i = 0; i < 30; i++)
        td_source_frontier_ease(frontier, host);
    assert_int_equal(host->n_max, 0);
    targets[2] = take(frontier, 9999, "http://a/04");
    targets[3] = take(frontier, 9999, "http://a/05");
    for (int i = 0; i < 4; i++)
        finish(targets[i], 9999);
    td_source_frontier_free(frontier);
}

/* Long addresses take as much as many. */
static void the_bytes_of_all_addresses_have_a_limit(void **state)
{
    td_source_frontier *frontier = NULL;
    char url[16001];
    size_t n = 0;

    (void)state;
    assert_int_equal(td_source_frontier_new(SIZE_MAX, 10, 1, 0, &frontier, NULL), TANDEM_OK);
    memset(url, 'x', sizeof(url));
    memcpy(url, "http://a/", 9);
    url[sizeof(url) - 1] = '\0';
    do
        snprintf(url + 9, 9, "%08zu", n++), url[17] = 'x';
    while (push(frontier, url, 1) == TD_SOURCE_PUSHED);
    assert_int_equal(push(frontier, url, 1), TD_SOURCE_FULL);
    assert_int_equal(n, TD_SOURCE_FRONTIER_BYTES_MAX / 16000 + 1);
    assert_int_equal(push(frontier, "http://a/short", 1), TD_SOURCE_PUSHED);
    td_source_frontier_free(frontier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_taken_once),
        cmocka_unit_test(a_target_is_all_that_its_lead_says),
        cmocka_unit_test(lesser_depth_goes_first_then_arrival),
        cmocka_unit_test(a_host_has_at_most_its_number_of_requests),
        cmocka_unit_test(one_host_that_has_all_its_requests_is_sated),
        cmocka_unit_test(a_delay_counts_from_the_end_of_a_request),
        cmocka_unit_test(a_retry_waits_and_keeps_its_place),
        cmocka_unit_test(a_host_that_is_asked_for_robots_gives_nothing_meanwhile),
        cmocka_unit_test(a_closed_host_gives_all_it_has_at_once),
        cmocka_unit_test(a_redirect_takes_its_target_to_the_other_host),
        cmocka_unit_test(past_its_cap_nothing_is_taken_in),
        cmocka_unit_test(a_busy_host_is_asked_less_and_slowly_more_again),
        cmocka_unit_test(the_bytes_of_all_addresses_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
