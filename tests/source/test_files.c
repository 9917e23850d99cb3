#include "source/files.h"
#include "source/tree.h"

#include <sys/socket.h>
#include <sys/un.h>

static void files_come_in_the_byte_order_of_their_paths(void **state)
{
    tree_dir dir = tree_make();

    (void)state;
    tree_put(&dir, "b/c.txt", "x");
    tree_put(&dir, "b.txt", "x");
    tree_put(&dir, "a/z/deep.txt", "x");
    tree_put(&dir, "a/b.txt", "x");
    tree_put(&dir, "b-1.txt", "x");
    tree_put(&dir, "Z.txt", "x");
    tree_put(&dir, "empty.txt", "");
    tree_expect(dir.path, NULL,
                "+ Z.txt\n+ a/b.txt\n+ a/z/deep.txt\n+ b-1.txt\n+ b.txt\n+ b/c.txt\n+ empty.txt\n");
    tree_remove(dir);
}

static void a_page_carries_bytes_hash_and_both_names(void **state)
{
    tree_dir dir = tree_make();
    char path[8192], name[8192];

    (void)state;
    tree_put(&dir, "docs/a.md", "# A\n");
    snprintf(name, sizeof(name), "%s/docs/../", dir.path);
    td_source *source = tree_open(name, NULL);
    td_page *page = NULL;
    assert_string_equal(source->kind, "dir");
    assert_true(td_str_eq(source->uri, td_str_from(dir.path)));
    assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
    assert_true(td_str_eq(page->uri, TD_STR("docs/a.md")));
    assert_true(td_str_eq(page->final_uri, td_str_from(tree_path(&dir, "docs/a.md", path))));
    assert_true(td_str_eq(page->body, TD_STR("# A\n")));
    assert_true(td_hash_eq(page->hash, td_hash_of(TD_STR("# A\n"))));
    assert_int_equal(page->http_status, 0);
    assert_false(page->is_web);
    td_page_free(page);
    source->close(source);
    tree_remove(dir);
}

static void what_is_no_text_comes_out_with_its_reason(void **state)
{
    tree_dir dir = tree_make();
    td_source_options options = TD_SOURCE_OPTIONS;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[8192];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    options.file_bytes_max = 1000;
    tree_put_bytes(&dir, "a.bin", TD_STR("text\0text"));
    tree_put(&dir, "b.png", "not even a picture");
    assert_int_equal(mkfifo(tree_path(&dir, "c.fifo", path), 0600), 0);
    char *large = malloc(1002);
    memset(large, 'x', 1001);
    large[1001] = '\0';
    tree_put(&dir, "d.txt", large);
    large[1000] = '\0';
    tree_put(&dir, "e.txt", large);
    free(large);
    tree_path(&dir, "f.sock", path);
    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    tree_put_bytes(&dir, "g.txt", TD_STR("\xff\xfeh\0i\0")); /* UTF-16 */
    tree_expect(
        dir.path, &options,
        "- a.bin: binary file\n- b.png: binary file\n- c.fifo: a named pipe, not a file\n"
        "- d.txt: too large: 1001 bytes are over the limit of 1000 (--max-file-size)\n+ e.txt\n"
        "- f.sock: a socket, not a file\n"
        "+ g.txt\n");
    close(fd);
    tree_remove(dir);
}

static void a_link_is_read_inside_the_root_and_never_entered(void **state)
{
    tree_dir dir = tree_make(), other = tree_make();
    char path[8192], target[8192];

    (void)state;
    tree_put(&other, "secret.txt", "x");
    tree_put(&dir, "a/real.txt", "x");
    tree_put(&dir, ".git/config", "x");
    assert_int_equal(symlink("a/real.txt", tree_path(&dir, "b.txt", path)), 0);
    assert_int_equal(symlink("..", tree_path(&dir, "a/up", path)), 0);
    assert_int_equal(symlink("a", tree_path(&dir, "c", path)), 0);
    assert_int_equal(symlink(tree_path(&other, "secret.txt", target),
                             tree_path(&dir, "d.txt", path)),
                     0);
    assert_int_equal(symlink("nothing", tree_path(&dir, "e.txt", path)), 0);
    assert_int_equal(symlink("f.txt", tree_path(&dir, "f.txt", path)), 0);
    assert_int_equal(symlink(".git/config", tree_path(&dir, "g.txt", path)), 0);
    tree_expect(dir.path, NULL,
                "+ a/real.txt\n- a/up: a symbolic link to a folder: not followed\n+ b.txt\n"
                "- c: a symbolic link to a folder: not followed\n"
                "- d.txt: a symbolic link that leads out of the folder\n"
                "! e.txt: a symbolic link that leads nowhere\n"
                "! f.txt: a symbolic link that leads nowhere\n"
                "- g.txt: a symbolic link whose target is out of reach\n");
    tree_remove(dir);
    tree_remove(other);
}

/* "/tmp/a-b" starts with "/tmp/a" and is not in it. */
static void a_neighbour_with_the_same_start_of_name_is_outside(void **state)
{
    tree_dir dir = tree_make();
    char path[8192];

    (void)state;
    tree_put(&dir, "a-b/secret.txt", "x");
    tree_put(&dir, "a/c.txt", "x");
    assert_int_equal(symlink("../a-b/secret.txt", tree_path(&dir, "a/d.txt", path)), 0);
    tree_expect(tree_path(&dir, "a", path), NULL,
                "+ c.txt\n- d.txt: a symbolic link that leads out of the folder\n");
    tree_remove(dir);
}

static void a_repository_inside_another_has_rules_of_its_own(void **state)
{
    tree_dir dir = tree_make();

    (void)state;
    tree_put(&dir, ".git/HEAD", "x");
    tree_put(&dir, ".gitignore", "*.txt\n");
    tree_put(&dir, "a.txt", "x");
    tree_put(&dir, "inner/.git", "gitdir: nowhere\n");
    tree_put(&dir, "inner/.gitignore", "c.txt\n");
    tree_put(&dir, "inner/b.txt", "x");
    tree_put(&dir, "inner/c.txt", "x");
    tree_expect(dir.path, NULL, "+ inner/b.txt\n");
    tree_remove(dir);
}

static void hidden_files_come_only_when_asked_and_git_never(void **state)
{
    tree_dir dir = tree_make();
    td_source_options options = TD_SOURCE_OPTIONS;

    (void)state;
    tree_put(&dir, ".env", "x");
    tree_put(&dir, ".ci/run", "x");
    tree_put(&dir, ".git/HEAD", "x");
    tree_put(&dir, "sub/.hg/store", "x");
    tree_put(&dir, "sub/CVS/Root", "x");
    tree_put(&dir, "sub/a.txt", "x");
    tree_expect(dir.path, &options, "+ sub/a.txt\n");
    options.hidden = true;
    tree_expect(dir.path, &options, "+ .ci/run\n+ .env\n+ sub/a.txt\n");
    tree_remove(dir);
}

static void globs_choose_and_a_dropped_folder_is_not_entered(void **state)
{
    static const char *const include[] = {"*.md", "src/**"};
    static const char *const exclude[] = {"node_modules", "src/gen/"};
    tree_dir dir = tree_make();
    td_source_options options = TD_SOURCE_OPTIONS;

    (void)state;
    tree_put(&dir, "a.md", "x");
    tree_put(&dir, "a.txt", "x");
    tree_put(&dir, "docs/b.md", "x");
    tree_put(&dir, "docs/node_modules/c.md", "x");
    tree_put(&dir, "src/d.c", "x");
    tree_put(&dir, "src/gen/e.c", "x");
    options.include = include;
    options.n_include = 2;
    options.exclude = exclude;
    options.n_exclude = 2;
    tree_expect(dir.path, &options, "+ a.md\n+ docs/b.md\n+ src/d.c\n");
    tree_remove(dir);
}

static void a_name_that_is_no_utf8_is_made_printable(void **state)
{
    tree_dir dir = tree_make();

    (void)state;
    tree_put(&dir, "a\xff/b\n\x1b.txt", "x");
    tree_put(&dir, "caf\xc3\xa9.txt", "x");
    tree_expect(dir.path, NULL, "+ a\\xFF/b\\x0A\\x1B.txt\n+ caf\xc3\xa9.txt\n");
    tree_remove(dir);
}

static void what_cannot_be_opened_is_a_failed_page(void **state)
{
    char path[8192];

    (void)state;
    if (geteuid() == 0)
        skip(); /* root opens everything */
    tree_dir dir = tree_make();
    tree_put(&dir, "a/b.txt", "x");
    tree_put(&dir, "c.txt", "x");
    chmod(tree_path(&dir, "a", path), 0);
    chmod(tree_path(&dir, "c.txt", path), 0);
    tree_expect(dir.path, NULL,
                "! a/: cannot open the folder: Permission denied\n"
                "! c.txt: cannot open: Permission denied\n");
    chmod(tree_path(&dir, "a", path), 0700);
    tree_remove(dir);
}

static void folders_past_256_levels_are_named_not_entered(void **state)
{
    tree_dir dir = tree_make();
    char name[2000];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(name + n, sizeof(name) - n, "d/");
    snprintf(name + n, sizeof(name) - n, "x.txt");
    tree_put(&dir, name, "x");
    td_buf lines = tree_list(dir.path, NULL);
    assert_non_null(strstr(lines.ptr, "folders nested deeper than 256: not entered"));
    assert_null(strstr(lines.ptr, "x.txt"));
    td_buf_clear(&lines);
    tree_remove(dir);
}

static bool is_known(void *user, td_str uri, td_page_known *known_out)
{
    (void)user;
    if (!td_str_eq(uri, TD_STR("same.txt")) && !td_str_eq(uri, TD_STR("other.txt")))
        return false;
    *known_out = (td_page_known){.hash = td_hash_of(TD_STR("old"))};
    return true;
}

static void a_file_with_the_hash_of_last_time_is_unchanged(void **state)
{
    tree_dir dir = tree_make();
    td_source_options options = TD_SOURCE_OPTIONS;

    (void)state;
    options.known = is_known;
    tree_put(&dir, "new.txt", "old");
    tree_put(&dir, "other.txt", "changed");
    tree_put(&dir, "same.txt", "old");
    tree_expect(dir.path, &options, "+ new.txt\n+ other.txt\n= same.txt\n");
    tree_remove(dir);
}

static void cancel_ends_the_walk(void **state)
{
    tree_dir dir = tree_make();
    td_page *page = NULL;

    (void)state;
    tree_put(&dir, "a.txt", "x");
    td_source *source = tree_open(dir.path, NULL);
    source->cancel(source);
    assert_int_equal(source->next(source, &page, NULL), TANDEM_E_CANCELLED);
    assert_null(page);
    source->close(source);
    tree_remove(dir);
}

/* -- against git -- */

/* Runs git in the tree and keeps what it prints. False if there is no git. */
static bool run_git(const tree_dir *dir, const char *arguments, td_buf *out)
{
    char command[9000], bytes[4096];

    snprintf(command, sizeof(command),
             "cd '%s' && HOME=/nonexistent XDG_CONFIG_HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 "
             "GIT_CONFIG_GLOBAL=/dev/null git %s 2>/dev/null",
             dir->path, arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), pipe)) > 0;)
        assert_int_equal(td_buf_add(out, (td_str){bytes, n}, NULL), TANDEM_OK);
    return pclose(pipe) == 0;
}

static int compare_lines(const void *a, const void *b)
{
    return td_str_compare(*(const td_str *)a, *(const td_str *)b);
}

/* "a\0b\0" sorted, as "+ a\n+ b\n". */
static td_buf as_lines(td_str names)
{
    td_str lines[4096], rest = names;
    size_t n = 0;
    td_buf out = TD_BUF(1 << 20);

    while (n < 4096 && td_str_next(&rest, '\0', &lines[n]))
        n++;
    qsort(lines, n, sizeof(lines[0]), compare_lines);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(td_buf_add_fmt(&out, NULL, "+ %.*s\n", TD_STR_FMT(lines[i])), TANDEM_OK);
    assert_int_equal(td_buf_add(&out, (td_str){"", 0}, NULL), TANDEM_OK);
    return out;
}

/* The tree's pages are the files that git would list. */
static void expect_as_git(const tree_dir *dir, const char *below)
{
    td_source_options options = TD_SOURCE_OPTIONS;
    td_buf names = TD_BUF(1 << 20);
    char arguments[4200], path[8192];

    options.hidden = true;
    snprintf(arguments, sizeof(arguments), "-C './%s' ls-files -z -co --exclude-standard", below);
    assert_true(run_git(dir, arguments, &names));
    td_buf expected = as_lines(td_buf_str(&names));
    td_buf found = tree_list(tree_path(dir, below, path), &options);
    if (strcmp(found.ptr ? found.ptr : "", expected.ptr ? expected.ptr : "") != 0)
        fail_msg("in %s: git lists\n%swe list\n%s", path, expected.ptr, found.ptr);
    td_buf_clear(&names);
    td_buf_clear(&expected);
    td_buf_clear(&found);
}

static bool init_git(const tree_dir *dir)
{
    td_buf ignored = TD_BUF(1 << 20);
    bool ok = run_git(dir, "init -q .", &ignored);

    td_buf_clear(&ignored);
    return ok;
}

static const char *const tricky_files[] = {
    "a.out",
    "a.c",
    "keep.out",
    "build/x.c",
    "build/keep/y.c",
    "src/build/z.c",
    "src/a.log",
    "src/deep/er/b.log",
    "doc/a.txt",
    "doc/b/a.txt",
    "doc/b/c/a.txt",
    "logs/debug.txt",
    "logs/sub/debug.txt",
    "logs/keep.txt",
    "foo/bar/baz.c",
    "x/foo/bar/baz.c",
    "trail ",
    "#hash",
    "!bang",
    "back\\slash",
    "[br]acket",
    "star*",
    "q?",
    "only/dir/f",
    "only/dirfile",
    "only/dir2",
    "a/b/c/d/e.t",
    "tmp/t.1",
    "tmp/t.2",
    "tmp/t.10",
    ".hidden/x",
    ".dot",
    "nested/a.c",
    "nested/b.out",
    "nested/sub/a.c",
    "nested/sub/keep.tmp",
    "nested/sub/x.tmp",
    "private/p.c",
    "caf\xc3\xa9/x.c",
    "spaces in name/f g.c",
    "cr.txt",
    "deny/all/here.c",
    "deny/keep.c",
    "deny/all/keep.c",
};

static void a_tree_of_tricky_rules_is_read_as_git_reads_it(void **state)
{
    tree_dir dir = tree_make();

    (void)state;
    if (!init_git(&dir)) {
        tree_remove(dir);
        skip();
    }
    for (size_t i = 0; i < sizeof(tricky_files) / sizeof(tricky_files[0]); i++)
        tree_put(&dir, tricky_files[i], "x");
    tree_put(
        &dir, ".gitignore",
        "# comment\n*.out\n!keep.out\nbuild/\n!build/keep/\n*.log\n!src/deep/\n/doc/*/a.txt\n"
        "logs/**/debug.txt\nfoo/bar\ntrail\\ \n\\#hash\n\\!bang\nback\\\\slash\n\\[br]acket\n"
        "star\\*\nq\\?\nonly/dir/\n**/c/d\ntmp/t.[0-9]\n.dot\ncr.txt\r\n/deny/*\n!/deny/keep.c\n"
        "unclosed[\n\n   \n");
    tree_put(&dir, "nested/.gitignore", "!*.out\n/a.c\n*.tmp\n!sub/keep.tmp\n");
    tree_put(&dir, "nested/sub/.gitignore", "*.tmp\n!keep.tmp\n");
    tree_put(&dir, ".git/info/exclude", "private/\n*.c.orig\n");
    expect_as_git(&dir, "");
    /* From inside the repository, the rules further up still hold. */
    expect_as_git(&dir, "nested");
    expect_as_git(&dir, "src");
    expect_as_git(&dir, "nested/sub");
    tree_remove(dir);
}

static uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static const char *pick(uint32_t *seed, const char *const *from, size_t n)
{
    return from[random_next(seed) % n];
}

/* Patterns of pieces, so that many of them hit and some are broken. */
static void put_random_rules(const tree_dir *dir, const char *name, uint32_t *seed)
{
    static const char *const pieces[] = {"a", "b", "c",   "*",  "**", "?",   "[ab]", "[!a]", "/",
                                         "/", "/", "\\a", ".x", "ab", "**/", "/**",  "[a-",  " "};
    td_buf text = TD_BUF(1 << 16);

    for (uint32_t line = random_next(seed) % 6; line > 0; line--) {
        if (random_next(seed) % 4 == 0)
            td_buf_add_byte(&text, '!', NULL);
        for (uint32_t i = 1 + random_next(seed) % 4; i > 0; i--)
            td_buf_add(&text, td_str_from(pick(seed, pieces, 18)), NULL);
        td_buf_add_byte(&text, '\n', NULL);
    }
    tree_put_bytes(dir, name, td_buf_str(&text));
    td_buf_clear(&text);
}

static void random_rules_over_random_trees_are_read_as_git_reads_them(void **state)
{
    static const char *const names[] = {"a", "b", "c", "ab", "a.x", "b.x", "abc"};
    const char *rounds = getenv("TANDEM_ROUNDS");
    uint32_t n_rounds = rounds ? (uint32_t)atoi(rounds) : 15;

    (void)state;
    for (uint32_t round = 0; round < n_rounds; round++) {
        uint32_t seed = round;
        tree_dir dir = tree_make();
        if (!init_git(&dir)) {
            tree_remove(dir);
            skip();
        }
        for (int i = 0; i < 40; i++) {
            char name[200];
            snprintf(name, sizeof(name), "%s-/%s/%s", pick(&seed, names, 7), pick(&seed, names, 4),
                     pick(&seed, names, 7));
            char *at = strchr(name, '-');
            memmove(at, at + 1, strlen(at));
            if (random_next(&seed) % 3 == 0)
                snprintf(name, sizeof(name), "f-%s", pick(&seed, names, 7));
            struct stat info;
            char path[8192];
            if (stat(tree_path(&dir, name, path), &info) != 0)
                tree_put(&dir, name, "x");
        }
        put_random_rules(&dir, ".gitignore", &seed);
        put_random_rules(&dir, "a/.gitignore", &seed);
        put_random_rules(&dir, "ab/a/.gitignore", &seed);
        put_random_rules(&dir, ".git/info/exclude", &seed);
        expect_as_git(&dir, "");
        /* Who names an ignored folder wants what is in it; git does not. */
        td_buf ignored = TD_BUF(1 << 20);
        if (!run_git(&dir, "check-ignore -q a", &ignored))
            expect_as_git(&dir, "a");
        td_buf_clear(&ignored);
        tree_remove(dir);
    }
}

static void our_own_ignore_files_go_before_gits_and_need_no_repository(void **state)
{
    tree_dir dir = tree_make();
    td_source_options options = TD_SOURCE_OPTIONS;

    (void)state;
    tree_put(&dir, "a.txt", "x");
    tree_put(&dir, "b.txt", "x");
    tree_put(&dir, "c.txt", "x");
    tree_put(&dir, "sub/d.txt", "x");
    tree_put(&dir, ".gitignore", "a.txt\nb.txt\nd.txt\n");
    tree_put(&dir, ".ignore", "!a.txt\n!d.txt\n");
    tree_put(&dir, ".tandemignore", "a.txt\nc.txt\n");
    tree_expect(dir.path, &options, "+ sub/d.txt\n");
    options.no_ignore = true;
    tree_expect(dir.path, &options, "+ a.txt\n+ b.txt\n+ c.txt\n+ sub/d.txt\n");
    tree_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_in_the_byte_order_of_their_paths),
        cmocka_unit_test(a_page_carries_bytes_hash_and_both_names),
        cmocka_unit_test(what_is_no_text_comes_out_with_its_reason),
        cmocka_unit_test(a_link_is_read_inside_the_root_and_never_entered),
        cmocka_unit_test(a_neighbour_with_the_same_start_of_name_is_outside),
        cmocka_unit_test(a_repository_inside_another_has_rules_of_its_own),
        cmocka_unit_test(hidden_files_come_only_when_asked_and_git_never),
        cmocka_unit_test(globs_choose_and_a_dropped_folder_is_not_entered),
        cmocka_unit_test(a_name_that_is_no_utf8_is_made_printable),
        cmocka_unit_test(what_cannot_be_opened_is_a_failed_page),
        cmocka_unit_test(folders_past_256_levels_are_named_not_entered),
        cmocka_unit_test(a_file_with_the_hash_of_last_time_is_unchanged),
        cmocka_unit_test(cancel_ends_the_walk),
        cmocka_unit_test(a_tree_of_tricky_rules_is_read_as_git_reads_it),
        cmocka_unit_test(random_rules_over_random_trees_are_read_as_git_reads_them),
        cmocka_unit_test(our_own_ignore_files_go_before_gits_and_need_no_repository),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
