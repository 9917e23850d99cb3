#include "source/folder.h"
#include "source/tree.h"

#include <fcntl.h>

static td_source_folder open_folder(const tree_dir *dir, const char *name)
{
    td_source_folder folder = {.fd = -1};
    char path[8192];
    tandem_error err = {0};

    if (td_source_folder_open(AT_FDCWD, tree_path(dir, name, path), true, true, &folder, &err) !=
        TANDEM_OK)
        fail_msg("%s", err.message);
    return folder;
}

static void entries_are_in_the_byte_order_of_their_paths(void **state)
{
    static const char *const expected[] = {"a-", "a.b", "a", "a0", "b"};
    tree_dir dir = tree_make();

    (void)state;
    tree_put(&dir, "b", "x");
    tree_put(&dir, "a/x", "x");
    tree_put(&dir, "a0", "x");
    tree_put(&dir, "a-", "x");
    tree_put(&dir, "a.b", "x");
    td_source_folder folder = open_folder(&dir, "");
    assert_int_equal(folder.n_entries, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(folder.entries[i].name.ptr, expected[i]);
    assert_int_equal(folder.entries[2].kind, TD_SOURCE_ENTRY_FOLDER);
    td_source_folder_close(&folder);
    tree_remove(dir);
}

static bool ignores(const td_source_rules *rules, const char *path)
{
    return td_source_ignore_match(rules, td_str_from(path), false) == TD_SOURCE_IGNORED;
}

static void each_ignore_file_is_read_and_a_link_in_its_place_is_not(void **state)
{
    tree_dir dir = tree_make();
    char path[8192];

    (void)state;
    tree_put(&dir, ".gitignore", "git\n");
    tree_put(&dir, ".ignore", "plain\n");
    tree_put(&dir, "rules", "linked\n");
    assert_int_equal(symlink("rules", tree_path(&dir, ".tandemignore", path)), 0);
    assert_int_equal(mkdir(tree_path(&dir, "sub", path), 0700), 0);
    assert_int_equal(mkfifo(tree_path(&dir, "sub/.gitignore", path), 0600), 0);
    td_source_folder folder = open_folder(&dir, "");
    assert_true(ignores(&folder.rules[TD_SOURCE_RULES_GIT], "git"));
    assert_true(ignores(&folder.rules[TD_SOURCE_RULES_IGNORE], "plain"));
    assert_int_equal(folder.rules[TD_SOURCE_RULES_TANDEM].n, 0);
    assert_false(folder.is_git_top);
    td_source_folder_close(&folder);
    folder = open_folder(&dir, "sub"); /* a pipe nobody writes to does not stop it */
    assert_int_equal(folder.rules[TD_SOURCE_RULES_GIT].n, 0);
    td_source_folder_close(&folder);
    tree_remove(dir);
}

static void the_private_rules_of_a_worktree_are_those_of_its_repository(void **state)
{
    tree_dir dir = tree_make();
    char text[8192];

    (void)state;
    tree_put(&dir, "main/.git/info/exclude", "private\n");
    tree_put(&dir, "main/.git/worktrees/w/commondir", "../..\n");
    snprintf(text, sizeof(text), "gitdir: %.4000s/main/.git/worktrees/w\n", dir.path);
    tree_put(&dir, "w/.git", text);
    td_source_folder folder = open_folder(&dir, "main");
    assert_true(folder.is_git_top);
    assert_true(ignores(&folder.git_private, "private"));
    td_source_folder_close(&folder);
    folder = open_folder(&dir, "w");
    assert_true(folder.is_git_top);
    assert_true(ignores(&folder.git_private, "private"));
    td_source_folder_close(&folder);
    tree_remove(dir);
}

static void a_link_to_a_folder_is_not_opened(void **state)
{
    tree_dir dir = tree_make();
    char path[8192];
    td_source_folder folder = {.fd = -1};

    (void)state;
    tree_put(&dir, "real/a", "x");
    assert_int_equal(symlink("real", tree_path(&dir, "link", path)), 0);
    assert_int_not_equal(td_source_folder_open(AT_FDCWD, path, true, true, &folder, NULL),
                         TANDEM_OK);
    assert_int_equal(folder.fd, -1);
    tree_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_in_the_byte_order_of_their_paths),
        cmocka_unit_test(each_ignore_file_is_read_and_a_link_in_its_place_is_not),
        cmocka_unit_test(the_private_rules_of_a_worktree_are_those_of_its_repository),
        cmocka_unit_test(a_link_to_a_folder_is_not_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
