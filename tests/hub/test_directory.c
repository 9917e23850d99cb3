#include "hub/directory.h"
#include "hub/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_the_file_that_is_missing),
        TEST(maps_stage_folders_but_no_others),
        TEST(fails_for_a_folder_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
