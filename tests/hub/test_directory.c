#include "hub/directory.h"
#include "hub/known.h"
#include "hub/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static void names_the_file_that_is_missing(void **state)
{
    static const char *const names[] = {"config.json", "model.safetensors", "vocab.txt"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        td_model_files *files = NULL;
        tandem_error error = {0};
        char path[256];
        put_model("");
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        remove(path);
        assert_int_equal(td_hub_directory_open(folder, TD_STR("x"), TD_STR(""), &files, &error),
                         TANDEM_E_FORMAT);
        assert_non_null(strstr(error.message, names[i]));
        assert_null(files);
    }
}

static void maps_stage_folders_but_no_others(void **state)
{
    td_model_files *files = NULL;

    (void)state;
    put_model("");
    put_file("1_Pooling/config.json", "pooling");
    put_file("onnx/config.json", "other");
    assert_int_equal(td_hub_directory_open(folder, TD_STR("x"), TD_STR(""), &files, NULL),
                     TANDEM_OK);
    assert_true(td_str_eq(td_model_files_get(files, "1_Pooling/config.json"), TD_STR("pooling")));
    assert_null(td_model_files_get(files, "onnx/config.json").ptr);
    td_model_files_close(files);
}

static void fails_for_a_folder_that_is_not_there(void **state)
{
    td_model_files *files = NULL;
    tandem_error error = {0};

    (void)state;
    assert_int_equal(td_hub_directory_open("/no/such/folder", TD_STR("x"), TD_STR(""), &files,
                                           &error),
                     TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(error.message, "/no/such/folder"));
}

static td_model_files *open_folder(void)
{
    td_model_files *files = NULL;
    assert_int_equal(td_hub_directory_open(folder, TD_STR("x"), TD_STR(""), &files, NULL),
                     TANDEM_OK);
    return files;
}

static void files_that_were_just_written_have_no_identity(void **state)
{
    (void)state;
    put_model("");
    td_model_files *files = open_folder();
    assert_int_equal(files->identity.n, 0);
    td_model_files_close(files);
}

/* Golden files are older than a moment. */
static void link_model(const char *weights)
{
    static const char *const names[] = {"config.json", "model.safetensors", "vocab.txt"};
    char from[600], to[600];

    for (size_t i = 0; i < 3; i++) {
        snprintf(from, sizeof(from), "%s/models/%s/%s", getenv("TANDEM_GOLDEN"),
                 i == 1 ? weights : "bert", names[i]);
        snprintf(to, sizeof(to), "%s/%s", folder, names[i]);
        unlink(to);
        assert_int_equal(symlink(from, to), 0);
    }
}

static void a_revision_is_worked_out_once_for_an_identity(void **state)
{
    char cache[100], identity[TD_HASH_HEX_N], revision[TD_HASH_HEX_N];

    (void)state;
    snprintf(cache, sizeof(cache), "%s/cache", folder);
    setenv("XDG_CACHE_HOME", cache, 1);
    link_model("bert");
    td_model_files *files = open_folder();
    assert_int_equal(files->identity.n, TD_HASH_HEX_N - 1);
    snprintf(identity, sizeof(identity), "%.*s", TD_STR_FMT(files->identity));
    snprintf(revision, sizeof(revision), "%.*s", TD_STR_FMT(files->revision));
    td_model_files_close(files);

    td_hub_known_put(folder, identity, "0123456789abcdef0123456789abcdef");
    files = open_folder(); /* what was put there is taken for the work */
    assert_true(td_str_eq(files->revision, TD_STR("0123456789abcdef0123456789abcdef")));
    td_model_files_close(files);

    link_model("nomic"); /* other weights */
    files = open_folder();
    assert_false(td_str_eq(files->identity, td_str_from(identity)));
    assert_false(td_str_eq(files->revision, td_str_from(revision)));
    td_model_files_close(files);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_the_file_that_is_missing),
        TEST(maps_stage_folders_but_no_others),
        TEST(fails_for_a_folder_that_is_not_there),
        TEST(files_that_were_just_written_have_no_identity),
        TEST(a_revision_is_worked_out_once_for_an_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
