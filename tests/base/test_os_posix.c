#include "base/os.h"
#include "base/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void maps_a_file_to_its_bytes(void **state)
{
    (void)state;
    td_os_map map = {0};
    assert_int_equal(scratch_write("file", "hello"), 0);
    assert_int_equal(td_os_map_open(scratch_path("file"), &map, NULL), TANDEM_OK);
    assert_true(td_str_eq(map.bytes, TD_STR("hello")));
    td_os_map_close(&map);
    assert_null(map.base);
    td_os_map_close(&map);
}

static void maps_an_empty_file_to_the_empty_text(void **state)
{
    (void)state;
    td_os_map map = {0};
    assert_int_equal(scratch_write("empty", ""), 0);
    assert_int_equal(td_os_map_open(scratch_path("empty"), &map, NULL), TANDEM_OK);
    assert_int_equal(map.bytes.n, 0);
    assert_non_null(map.bytes.ptr);
    td_os_map_close(&map);
}

static void maps_regular_files_only_and_waits_for_nobody(void **state)
{
    (void)state;
    td_os_map map = {.base_bytes = 7};
    tandem_error err;
    assert_int_equal(td_os_map_open(scratch_path("none"), &map, &err), TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "No such file"));
    assert_int_equal(td_os_map_open(scratch_folder, &map, &err), TANDEM_E_INVALID);
    assert_int_equal(mkfifo(scratch_path("pipe"), 0600), 0);
    assert_int_equal(td_os_map_open(scratch_path("pipe"), &map, &err), TANDEM_E_INVALID);
    assert_int_equal(map.base_bytes, 7);
}

static void reads_a_whole_file_behind_what_is_there(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(100);
    assert_int_equal(scratch_write("file", "hello"), 0);
    assert_int_equal(td_buf_add(&buf, TD_STR("> "), NULL), TANDEM_OK);
    assert_int_equal(td_os_read_file(scratch_path("file"), 5, &buf, NULL), TANDEM_OK);
    assert_string_equal(buf.ptr, "> hello");
    assert_int_equal(td_os_read_file(scratch_path("none"), 5, &buf, NULL), TANDEM_E_NOT_FOUND);
    assert_int_equal(td_os_read_file(scratch_folder, 5, &buf, NULL), TANDEM_E_IO);
    td_buf_clear(&buf);
}

static void reads_nothing_of_a_file_over_either_cap(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(100);
    tandem_error err;
    assert_int_equal(scratch_write("file", "hello"), 0);
    assert_int_equal(td_os_read_file(scratch_path("file"), 4, &buf, &err), TANDEM_E_TOO_LARGE);
    assert_int_equal(buf.n, 0);
    td_buf small = TD_BUF(4);
    assert_int_equal(td_os_read_file(scratch_path("file"), 100, &small, &err), TANDEM_E_TOO_LARGE);
    assert_int_equal(small.n, 0);
    td_buf exact = TD_BUF(5);
    assert_int_equal(td_os_read_file(scratch_path("file"), 100, &exact, &err), TANDEM_OK);
    assert_string_equal(exact.ptr, "hello");
    td_buf_clear(&buf);
    td_buf_clear(&small);
    td_buf_clear(&exact);
}

static void reads_a_pipe_to_its_end(void **state)
{
    (void)state;
    int ends[2];
    td_buf buf = TD_BUF(100);
    tandem_error err;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "abc", 3), 3);
    close(ends[1]);
    assert_int_equal(td_os_read_fd(ends[0], "standard input", 100, &buf, &err), TANDEM_OK);
    assert_string_equal(buf.ptr, "abc");
    close(ends[0]);
    assert_int_equal(td_os_read_fd(ends[0], "standard input", 100, &buf, &err), TANDEM_E_IO);
    assert_non_null(strstr(err.message, "standard input"));
    td_buf_clear(&buf);
}

static void reads_a_large_file_whole(void **state)
{
    (void)state;
    enum {
        N = 1 << 20
    };
    char *text = malloc(N);
    assert_non_null(text);
    for (size_t i = 0; i < N; i++)
        text[i] = (char)('a' + i % 23);
    assert_int_equal(td_os_write_file(scratch_path("large"), (td_str){text, N}, NULL), TANDEM_OK);
    td_buf buf = TD_BUF(N);
    assert_int_equal(td_os_read_file(scratch_path("large"), N, &buf, NULL), TANDEM_OK);
    assert_true(td_str_eq(td_buf_str(&buf), (td_str){text, N}));
    td_buf_clear(&buf);
    free(text);
}

static size_t count_files(void)
{
    size_t n = 0;
    DIR *folder = opendir(scratch_folder);
    assert_non_null(folder);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n - 2; /* . and .. */
}

static void writes_all_or_nothing_and_leaves_no_litter(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(100);
    assert_int_equal(td_os_write_file(scratch_path("new"), TD_STR("one"), NULL), TANDEM_OK);
    assert_int_equal(td_os_write_file(scratch_path("new"), TD_STR("two"), NULL), TANDEM_OK);
    assert_int_equal(td_os_read_file(scratch_path("new"), 100, &buf, NULL), TANDEM_OK);
    assert_string_equal(buf.ptr, "two");
    td_buf_clear(&buf);

    size_t n_before = count_files();
    assert_int_equal(mkdir(scratch_path("folder"), 0700), 0);
    assert_int_equal(scratch_write("folder/inside", "x"), 0);
    assert_int_not_equal(td_os_write_file(scratch_path("folder"), TD_STR("x"), NULL), TANDEM_OK);
    assert_int_equal(td_os_write_file(scratch_path("none/x"), TD_STR("x"), NULL),
                     TANDEM_E_NOT_FOUND);
    assert_int_equal(count_files(), n_before + 1);
}

static void writes_pieces_end_to_end(void **state)
{
    (void)state;
    const td_str pieces[] = {TD_STR("one"), TD_STR(""), TD_STR("two")};
    td_buf buf = TD_BUF(100);
    assert_int_equal(td_os_write_pieces(scratch_path("pieces"), pieces, 3, NULL), TANDEM_OK);
    assert_int_equal(td_os_read_file(scratch_path("pieces"), 100, &buf, NULL), TANDEM_OK);
    assert_string_equal(buf.ptr, "onetwo");
    td_buf_clear(&buf);
    assert_int_equal(td_os_write_pieces(scratch_path("none/x"), pieces, 3, NULL),
                     TANDEM_E_NOT_FOUND);
}

static void a_file_that_was_replaced_has_another_identity(void **state)
{
    (void)state;
    td_os_map one = {0}, same = {0}, other = {0};
    assert_int_equal(scratch_write("file", "x"), 0);
    assert_int_equal(td_os_map_open(scratch_path("file"), &one, NULL), TANDEM_OK);
    assert_int_equal(td_os_map_open(scratch_path("file"), &same, NULL), TANDEM_OK);
    assert_memory_equal(&one.identity, &same.identity, sizeof(one.identity));
    assert_int_equal(one.identity.n_bytes, 1);
    assert_int_equal(td_os_write_file(scratch_path("file"), TD_STR("y"), NULL), TANDEM_OK);
    assert_int_equal(td_os_map_open(scratch_path("file"), &other, NULL), TANDEM_OK);
    assert_memory_not_equal(&one.identity, &other.identity, sizeof(one.identity));
    td_os_map_close(&one);
    td_os_map_close(&same);
    td_os_map_close(&other);
}

static void makes_folders_with_their_parents(void **state)
{
    (void)state;
    tandem_error err;
    assert_int_equal(td_os_make_dirs(scratch_path("a/b//c/"), &err), TANDEM_OK);
    assert_int_equal(td_os_make_dirs(scratch_path("a/b/c"), &err), TANDEM_OK);
    assert_true(td_os_is_dir(scratch_path("a/b/c")));
    struct stat facts;
    assert_int_equal(stat(scratch_path("a"), &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    assert_int_equal(scratch_write("file", "x"), 0);
    assert_int_not_equal(td_os_make_dirs(scratch_path("file/x"), &err), TANDEM_OK);
    assert_int_equal(td_os_make_dirs("", &err), TANDEM_E_INVALID);
    assert_int_equal(td_os_make_dirs("/", &err), TANDEM_OK);
}

static void tells_files_from_folders(void **state)
{
    (void)state;
    assert_int_equal(scratch_write("file", "x"), 0);
    assert_true(td_os_is_file(scratch_path("file")));
    assert_false(td_os_is_dir(scratch_path("file")));
    assert_true(td_os_is_dir(scratch_folder));
    assert_false(td_os_is_file(scratch_folder));
    assert_false(td_os_is_file(scratch_path("none")) || td_os_is_dir(scratch_path("none")));
}

static void assert_dir(tandem_code (*get)(td_buf *buf, tandem_error *err), const char *expected)
{
    td_buf buf = TD_BUF(1000);
    assert_int_equal(get(&buf, NULL), TANDEM_OK);
    assert_string_equal(buf.ptr, expected);
    td_buf_clear(&buf);
}

static void follows_the_xdg_variables_then_home(void **state)
{
    (void)state;
    setenv("HOME", "/h/me/", 1);
    setenv("XDG_DATA_HOME", "/d/", 1);
    setenv("XDG_CACHE_HOME", "not/absolute", 1);
    assert_dir(td_os_data_dir, "/d/tandem");
    assert_dir(td_os_cache_dir, "/h/me/.cache/tandem");
    unsetenv("XDG_DATA_HOME");
    assert_dir(td_os_data_dir, "/h/me/.local/share/tandem");
    unsetenv("HOME");
    td_buf buf = TD_BUF(1000);
    assert_int_equal(td_os_data_dir(&buf, NULL), TANDEM_E_NOT_FOUND);
    assert_int_equal(buf.n, 0);
}

static void cpu_time_only_grows(void **state)
{
    (void)state;
    double before = td_os_cpu_seconds();
    volatile unsigned sum = 0;
    for (unsigned i = 0; i < 1000000; i++)
        sum += i;
    assert_true(sum > 0 && before > 0 && td_os_cpu_seconds() > before);
}

static void forgotten_bytes_of_a_map_come_from_the_file_again(void **state)
{
    (void)state;
    enum {
        N = 300000
    };
    char *text = calloc(1, N + 1);
    td_os_map map = {0};
    assert_non_null(text);
    for (size_t i = 0; i < N; i++)
        text[i] = (char)('a' + i % 23);
    assert_int_equal(scratch_write("forgotten", text), 0);
    assert_int_equal(td_os_map_open(scratch_path("forgotten"), &map, NULL), TANDEM_OK);
    assert_memory_equal(map.bytes.ptr, text, N);
    td_os_map_forget(td_str_slice(map.bytes, 5, N - 5));
    td_os_map_forget(td_str_slice(map.bytes, 10, 20)); /* less than a page: nothing happens */
    assert_memory_equal(map.bytes.ptr, text, N);
    td_os_map_close(&map);
    free(text);
}

static void a_tree_is_removed_and_no_link_is_followed(void **state)
{
    char inside[4096], link[8192];

    (void)state;
    assert_int_equal(scratch_write("kept", "x"), 0);
    snprintf(inside, sizeof(inside), "%s/a/b", scratch_path("tree"));
    assert_int_equal(td_os_make_dirs(inside, NULL), TANDEM_OK);
    snprintf(link, sizeof(link), "%s/link", inside);
    assert_int_equal(symlink(scratch_path("kept"), link), 0);
    assert_int_equal(td_os_remove_tree(scratch_path("tree"), NULL), TANDEM_OK);
    assert_false(td_os_is_dir(scratch_path("tree")));
    assert_true(td_os_is_file(scratch_path("kept")));
    assert_int_equal(td_os_remove_tree(scratch_path("tree"), NULL), TANDEM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_a_file_to_its_bytes),
        cmocka_unit_test(maps_an_empty_file_to_the_empty_text),
        cmocka_unit_test(maps_regular_files_only_and_waits_for_nobody),
        cmocka_unit_test(reads_a_whole_file_behind_what_is_there),
        cmocka_unit_test(reads_nothing_of_a_file_over_either_cap),
        cmocka_unit_test(reads_a_pipe_to_its_end),
        cmocka_unit_test(reads_a_large_file_whole),
        cmocka_unit_test(writes_all_or_nothing_and_leaves_no_litter),
        cmocka_unit_test(writes_pieces_end_to_end),
        cmocka_unit_test(a_file_that_was_replaced_has_another_identity),
        cmocka_unit_test(makes_folders_with_their_parents),
        cmocka_unit_test(tells_files_from_folders),
        cmocka_unit_test(follows_the_xdg_variables_then_home),
        cmocka_unit_test(cpu_time_only_grows),
        cmocka_unit_test(a_tree_is_removed_and_no_link_is_followed),
        cmocka_unit_test(forgotten_bytes_of_a_map_come_from_the_file_again),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
