#include "hub/hub.h"
#include "hub/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void finds_the_embedded_model_by_no_name(void **state)
{
    td_model_files *files = NULL;

    (void)state;
    assert_int_equal(td_hub_find(NULL, &files, NULL), TANDEM_OK);
    assert_true(td_str_eq(files->origin, TD_STR("embedded")));
    assert_true(td_model_files_get(files, "model.safetensors").n > 20000000);
    assert_true(td_str_starts(td_model_files_get(files, "vocab.txt"), TD_STR("[PAD]")));
    td_model_files_close(files);
}

static void finds_a_folder_and_calls_it_by_its_name(void **state)
{
    td_model_files *files = NULL;
    char path[128];

    (void)state;
    put_model("my-model/");
    snprintf(path, sizeof(path), "%s/my-model/", folder);
    assert_int_equal(td_hub_find(path, &files, NULL), TANDEM_OK);
    assert_true(td_str_eq(files->id, TD_STR("my-model")));
    assert_int_equal(files->revision.n, 32);
    td_model_files_close(files);
}

static void finds_the_main_revision_in_the_cache(void **state)
{
    td_model_files *files = NULL;

    (void)state;
    put_model("models--org--name/snapshots/abc123/");
    put_model("models--org--name/snapshots/older/");
    put_file("models--org--name/refs/main", "abc123\n");
    setenv("HF_HUB_CACHE", folder, 1);
    assert_int_equal(td_hub_find("org/name", &files, NULL), TANDEM_OK);
    assert_true(td_str_eq(files->revision, TD_STR("abc123")));
    assert_true(td_str_eq(files->id, TD_STR("org/name")));
    td_model_files_close(files);
}

static void refuses_a_name_that_would_leave_the_cache(void **state)
{
    static const char *const names[] = {"../../etc", "a/../../b", "a/b/c", "/",
                                        "a/",        "/b",        "a b/c"};
    td_model_files *files = NULL;

    (void)state;
    setenv("HF_HUB_CACHE", folder, 1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        tandem_error error = {0};
        assert_int_not_equal(td_hub_find(names[i], &files, &error), TANDEM_OK);
    }
    assert_null(files);
}

static void refuses_a_revision_that_would_leave_the_cache(void **state)
{
    td_model_files *files = NULL;
    tandem_error error = {0};

    (void)state;
    put_model("models--org--name/elsewhere/");
    put_file("models--org--name/refs/main", "../elsewhere");
    setenv("HF_HUB_CACHE", folder, 1);
    assert_int_equal(td_hub_find("org/name", &files, &error), TANDEM_E_FORMAT);
    assert_non_null(strstr(error.message, "refs/main"));
}

static void says_where_it_looked(void **state)
{
    td_model_files *files = NULL;
    tandem_error error = {0};

    (void)state;
    setenv("HF_HUB_CACHE", folder, 1);
    assert_int_equal(td_hub_find("org/absent", &files, &error), TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(error.message, folder));
    assert_int_equal(td_hub_find("coderank", &files, &error), TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(error.message, "nomic-ai/CodeRankEmbed"));
}

static void finds_another_revision_by_its_name(void **state)
{
    td_model_files *files = NULL;
    const char *commit = "0123456789abcdef0123456789abcdef01234567";
    char path[200], name[100];

    (void)state;
    snprintf(path, sizeof(path), "models--org--name/snapshots/%s/", commit);
    put_model(path);
    put_file("models--org--name/refs/v2", commit);
    setenv("HF_HUB_CACHE", folder, 1);
    assert_int_equal(td_hub_find("org/name@v2", &files, NULL), TANDEM_OK);
    assert_true(td_str_eq(files->revision, td_str_from(commit)));
    td_model_files_close(files);
    snprintf(name, sizeof(name), "org/name@%s", commit);
    assert_int_equal(td_hub_find(name, &files, NULL), TANDEM_OK);
    td_model_files_close(files);
    /* As a pull leaves it that was cut: the folder, and nothing that it stands for. */
    static const char *const absent[] = {"org/name@main",
                                         "org/name@ffffffffffffffffffffffffffffffffffffffff"};
    for (size_t i = 0; i < 2; i++) {
        tandem_error error = {0};
        assert_int_equal(td_hub_find(absent[i], &files, &error), TANDEM_E_NOT_FOUND);
        snprintf(path, sizeof(path), "`tandem pull %s`", absent[i]);
        assert_non_null(strstr(error.message, path));
    }
}

static char seen[2000];

static void note(void *user, const td_hub_listed *listed)
{
    size_t n = strlen(seen);

    (void)user;
    snprintf(seen + n, sizeof(seen) - n, "%.*s %llu %s\n", TD_STR_FMT(listed->id),
             (unsigned long long)listed->n_bytes,
             listed->files ? "usable" : listed->error->message);
    assert_int_equal(listed->files != NULL, !listed->error || listed->error->code == TANDEM_OK);
}

static void lists_the_embedded_model_and_each_revision_in_the_cache(void **state)
{
    (void)state;
    put_model("models--org--name/snapshots/abc/");
    put_model("models--org--name/snapshots/older/");
    put_file("models--org--name/refs/main", "abc");
    put_file("models--org--picture/snapshots/abc/config.json", "{}");
    put_file("models--org--picture/refs/main", "abc");
    put_file("datasets--org--other/refs/main", "abc");
    setenv("HF_HUB_CACHE", folder, 1);
    seen[0] = '\0';
    assert_int_equal(td_hub_list(note, NULL, NULL), TANDEM_OK);
    assert_true(strncmp(seen, "all-MiniLM-L6-v2-int8 ", 22) == 0);
    assert_non_null(strstr(seen, "\norg/name 37 usable\norg/name@older 37 usable\norg/picture 2 "));
    assert_non_null(strstr(seen, "has no model.safetensors"));
    assert_null(strstr(seen, "other"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_the_embedded_model_by_no_name),
        TEST(finds_a_folder_and_calls_it_by_its_name),
        TEST(finds_the_main_revision_in_the_cache),
        TEST(refuses_a_name_that_would_leave_the_cache),
        TEST(refuses_a_revision_that_would_leave_the_cache),
        TEST(says_where_it_looked),
        TEST(finds_another_revision_by_its_name),
        TEST(lists_the_embedded_model_and_each_revision_in_the_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
