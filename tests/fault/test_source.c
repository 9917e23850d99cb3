#include "fault/fault.h"
#include "net/server.h"
#include "source/frontier.h"
#include "source/render_net.h"
#include "source/robots.h"
#include "source/source.h"
#include "source/tree.h"

/* Takes all pages of a source; each ends with its links reported. */
static tandem_code take_all(const char *name, size_t n_expected, tandem_error *err)
{
    static const char *const exclude[] = {"*.tmp", "gone/"};
    td_source_options options = TD_SOURCE_OPTIONS;
    td_source *source = NULL;
    td_page *page = NULL;
    size_t n = 0;

    options.exclude = exclude;
    options.n_exclude = 2;
    options.retry_wait_ms = 1;
    tandem_code code = td_source_open(name, &options, &source, err);
    while (code == TANDEM_OK) {
        page = NULL;
        code = source->next(source, &page, err);
        if (code != TANDEM_OK || !page)
            break;
        n++;
        source->done(source, page->uri, NULL, 0);
        td_page_free(page);
    }
    if (source)
        source->close(source);
    if (code == TANDEM_OK)
        assert_int_equal(n, n_expected);
    return code;
}

static tandem_code walk(void *user, tandem_error *err)
{
    return take_all(user, 5, err);
}

static void a_walk_survives_every_failed_allocation(void **state)
{
    tree_dir dir = tree_make();
    char path[8192];

    (void)state;
    tree_put(&dir, ".gitignore", "*.o\n!keep\n");
    tree_put(&dir, "a/b/c.txt", "x");
    tree_put(&dir, "a/d.txt", "x");
    tree_put(&dir, "e.png", "x");
    tree_put(&dir, "\xff.txt", "x");
    assert_int_equal(symlink("a/d.txt", tree_path(&dir, "link.txt", path)), 0);
    fault_each(walk, dir.path, FAULT_STRICT);
    tree_remove(dir);
}

static tandem_code read_one(void *user, tandem_error *err)
{
    return take_all(user, 1, err);
}

static void a_named_file_survives_every_failed_allocation(void **state)
{
    tree_dir dir = tree_make();
    char path[8192];

    (void)state;
    tree_put(&dir, "a.txt", "x");
    fault_each(read_one, (void *)tree_path(&dir, "a.txt", path), FAULT_STRICT);
    tree_remove(dir);
}

static tandem_code read_robots(void *user, tandem_error *err)
{
    td_source_robots *robots = NULL;
    tandem_code code = td_source_robots_new(
        TD_STR("user-agent: *\ncrawl-delay: 1\ndisallow: /caf\xc3\xa9\nallow: /index.html\n"
               "sitemap: /a\n"),
        TD_STR("tandem"), &robots, err);

    (void)user;
    if (code == TANDEM_OK)
        assert_false(td_source_robots_allows(robots, TD_STR("http://a/caf%C3%A9")));
    td_source_robots_free(robots);
    return code;
}

static tandem_code fill_frontier(void *user, tandem_error *err)
{
    td_source_frontier *frontier = NULL;
    char url[100];
    int64_t wait_ms;

    (void)user;
    tandem_code code = td_source_frontier_new(1000, 10, 2, 0, &frontier, err);
    for (int i = 0; code == TANDEM_OK && i < 20; i++) {
        snprintf(url, sizeof(url), "http://h%d.example/%d", i % 3, i);
        if (td_source_frontier_push(frontier, td_str_from(url), 0) != TD_SOURCE_PUSHED)
            code = td_fail_nomem(err, "frontier");
    }
    if (code == TANDEM_OK) {
        td_source_target *target = td_source_frontier_take(frontier, 0, &wait_ms);
        if (!target) {
            assert_int_equal(wait_ms, -1);
            assert_int_equal(td_source_frontier_n(frontier), 20); /* it is not lost */
        } else {
            td_source_frontier_release(target->host, 0);
        }
        if (!target || td_source_frontier_follow(frontier, target, TD_STR("http://x.example/")) !=
                           TD_SOURCE_PUSHED) {
            td_source_frontier_drop(target);
            code = td_fail_nomem(err, "frontier");
        }
    }
    td_source_frontier_free(frontier);
    return code;
}

static void robots_and_frontier_survive_every_failed_allocation(void **state)
{
    (void)state;
    fault_each(read_robots, NULL, FAULT_STRICT);
    fault_each(fill_frontier, NULL, FAULT_STRICT);
}

/* Nobody listens there: one failed page, and another thread that fails to get memory. */
static void a_crawl_survives_every_failed_allocation(void **state)
{
    char url[100];

    (void)state;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", server_dead_port());
    read_one(url, NULL); /* starts libcurl, which stays */
    fault_each(read_one, url, FAULT_MAY_DO_WITHOUT);
}

static void count_answer(void *user, const td_source_answer *answer)
{
    assert_non_null(answer->refusal);
    (*(int *)user)++;
}

/* Nobody listens there either: whatever fails, who asks is told once that there is nothing. */
static tandem_code ask_for_a_script(void *user, tandem_error *err)
{
    td_source_options options = TD_SOURCE_OPTIONS;
    td_source_site site = {&options, "tandem/1", user};
    td_source_render_net *net = NULL;
    char url[100];
    int n_answers = 0;

    snprintf(url, sizeof(url), "http://%s/s.js", (const char *)user);
    tandem_code code = td_source_render_net_new(&net, err);
    if (code == TANDEM_OK)
        code = td_source_render_net_begin(net, &site, err);
    if (code == TANDEM_OK) {
        td_source_render_net_ask(net, &(td_source_ask){.url = td_str_from(url),
                                                       .method = TD_STR("GET"),
                                                       .post = TD_STR(""),
                                                       .post_type = TD_STR(""),
                                                       .answered = count_answer,
                                                       .user = &n_answers});
        for (int i = 0; i < 10 && td_source_render_net_n_active(net) > 0; i++)
            td_net_step(td_source_render_net_get(net), 1000, NULL);
        assert_int_equal(td_source_render_net_n_active(net), 0);
        assert_int_equal(n_answers, 1);
    }
    td_source_render_net_free(net);
    return code;
}

static void who_asks_for_a_script_is_answered_whatever_allocation_fails(void **state)
{
    char named[50];

    (void)state;
    snprintf(named, sizeof(named), "127.0.0.1:%u", server_dead_port());
    ask_for_a_script(named, NULL);
    fault_each(ask_for_a_script, named, FAULT_MAY_DO_WITHOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_survives_every_failed_allocation),
        cmocka_unit_test(a_named_file_survives_every_failed_allocation),
        cmocka_unit_test(robots_and_frontier_survive_every_failed_allocation),
        cmocka_unit_test(a_crawl_survives_every_failed_allocation),
        cmocka_unit_test(who_asks_for_a_script_is_answered_whatever_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
