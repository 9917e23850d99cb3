#include "base/os.h"
#include "hub/cache.h"
#include "hub/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

/* "hello\n" */
static const td_hub_file hello = {.path = "1_Pooling/config.json",
                                  .hash = "ce013625030ba8dba906f756967f9e9ca394464a",
                                  .n_bytes = 6};

static td_hub_cache open_or_fail(void)
{
    td_hub_cache cache = TD_HUB_CACHE;
    tandem_error err = {0};

    setenv("HF_HUB_CACHE", folder, 1);
    if (td_hub_cache_open(TD_STR("org/name"), &cache, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    return cache;
}

static bool has(const td_hub_cache *cache)
{
    bool found = false;

    assert_int_equal(td_hub_cache_has(cache, &hello, &found, NULL), TANDEM_OK);
    return found;
}

static void put_hello(const td_hub_cache *cache)
{
    int fd = -1;
    uint64_t n_bytes = 1;

    assert_int_equal(td_hub_cache_part_open(cache, &hello, &fd, &n_bytes, NULL), TANDEM_OK);
    assert_int_equal(n_bytes, 0);
    assert_int_equal(write(fd, "hello\n", 6), 6);
    assert_int_equal(td_hub_cache_part_bytes(cache, &hello), 6);
    assert_int_equal(td_hub_cache_part_keep(cache, &hello, fd, NULL), TANDEM_OK);
    assert_int_equal(td_hub_cache_part_bytes(cache, &hello), 0);
    close(fd);
}

static void a_blob_is_here_once_it_is_whole_and_right(void **state)
{
    td_hub_cache cache = open_or_fail();

    (void)state;
    assert_false(has(&cache));
    put_hello(&cache);
    assert_true(has(&cache));
    put_file("models--org--name/blobs/ce013625030ba8dba906f756967f9e9ca394464a", "hello!");
    assert_false(has(&cache));
    put_file("models--org--name/blobs/ce013625030ba8dba906f756967f9e9ca394464a", "hello");
    assert_false(has(&cache));
    assert_true(td_hub_cache_free_bytes(&cache) > 0);
    td_hub_cache_close(&cache);
}

static void a_link_leads_from_the_snapshot_to_the_blob(void **state)
{
    td_hub_cache cache = open_or_fail();
    td_buf text = TD_BUF(100);
    char path[256];

    (void)state;
    put_hello(&cache);
    for (int i = 0; i < 2; i++) /* again is fine */
        assert_int_equal(td_hub_cache_link(&cache, COMMIT, &hello, NULL), TANDEM_OK);
    assert_int_equal(td_hub_cache_refer(&cache, TD_STR("refs/pr/1"), COMMIT, NULL), TANDEM_OK);
    assert_int_equal(td_hub_cache_refer(&cache, TD_STR(COMMIT), COMMIT, NULL), TANDEM_OK);
    snprintf(path, sizeof(path), "%s/snapshots/" COMMIT "/1_Pooling/config.json", cache.path.ptr);
    assert_int_equal(td_os_read_file(path, 100, &text, NULL), TANDEM_OK);
    assert_string_equal(text.ptr, "hello\n");
    td_buf_cut(&text, 0);
    snprintf(path, sizeof(path), "%s/refs/refs/pr/1", cache.path.ptr);
    assert_int_equal(td_os_read_file(path, 100, &text, NULL), TANDEM_OK);
    assert_string_equal(text.ptr, COMMIT);
    td_buf_clear(&text);
    td_hub_cache_close(&cache);
}

static void a_lock_has_one_holder(void **state)
{
    td_hub_cache first = open_or_fail(), second = open_or_fail();
    int lock = -1, other = -1;
    bool taken = false;
    char path[256];

    (void)state;
    assert_int_equal(td_hub_cache_try_lock(&first, &hello, &lock, &taken, NULL), TANDEM_OK);
    assert_true(taken);
    assert_int_equal(td_hub_cache_try_lock(&second, &hello, &other, &taken, NULL), TANDEM_OK);
    assert_false(taken);
    close(lock);
    assert_int_equal(td_hub_cache_try_lock(&second, &hello, &other, &taken, NULL), TANDEM_OK);
    assert_true(taken);
    /* Taken away while held, as some lockers do: a new file is a new lock. */
    snprintf(path, sizeof(path), "%s/.locks/models--org--name/%s.lock", folder, hello.hash);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(td_hub_cache_try_lock(&first, &hello, &lock, &taken, NULL), TANDEM_OK);
    assert_true(taken);
    close(lock);
    close(other);
    td_hub_cache_close(&first);
    td_hub_cache_close(&second);
}

static void a_link_in_the_way_is_not_followed(void **state)
{
    td_hub_cache cache = TD_HUB_CACHE;
    tandem_error err = {0};
    char path[256];

    (void)state;
    setenv("HF_HUB_CACHE", folder, 1);
    snprintf(path, sizeof(path), "%s/models--org--name", folder);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_int_equal(td_hub_cache_open(TD_STR("org/name"), &cache, &err), TANDEM_E_DENIED);
    assert_non_null(strstr(err.message, path));
    td_hub_cache_close(&cache);
}

static void the_folder_is_where_the_variables_say(void **state)
{
    static const char *const cases[][4] = {
        {"/a", "/b", "/c", "/a"},
        {"", "/b", "/c", "/b/hub"},
        {"", "", "/c", "/c/.cache/huggingface/hub"},
    };
    td_buf path = TD_BUF(200);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setenv("HF_HUB_CACHE", cases[i][0], 1);
        setenv("HF_HOME", cases[i][1], 1);
        setenv("HOME", cases[i][2], 1);
        td_buf_cut(&path, 0);
        assert_int_equal(td_hub_cache_folder(&path, NULL), TANDEM_OK);
        assert_string_equal(path.ptr, cases[i][3]);
    }
    setenv("HOME", "", 1);
    assert_int_equal(td_hub_cache_folder(&path, NULL), TANDEM_E_NOT_FOUND);
    td_buf_clear(&path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_blob_is_here_once_it_is_whole_and_right),
        TEST(a_link_leads_from_the_snapshot_to_the_blob),
        TEST(a_lock_has_one_holder),
        TEST(a_link_in_the_way_is_not_followed),
        TEST(the_folder_is_where_the_variables_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
