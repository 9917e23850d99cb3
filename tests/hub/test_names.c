#include "hub/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_name_is_an_id_and_a_revision(void **state)
{
    static const char *const cases[][3] = {
        {"gte", "Alibaba-NLP/gte-base-en-v1.5", "main"},
        {"coderank@v2", "nomic-ai/CodeRankEmbed", "v2"},
        {"org/name", "org/name", "main"},
        {"org/na-me_1.5@refs/pr/1", "org/na-me_1.5", "refs/pr/1"},
    };
    td_hub_name name;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(td_hub_names_split(td_str_from(cases[i][0]), &name));
        assert_true(td_str_eq(name.id, td_str_from(cases[i][1])));
        assert_true(td_str_eq(name.revision, td_str_from(cases[i][2])));
    }
}

static void what_could_leave_a_folder_is_no_name(void **state)
{
    static const char *const cases[] = {
        "",       "gte2",  "a/b/c",       "/a/b",     "a/",        "/b",      "../b",
        "a/..",   ".a/b",  "a/.b",        "a/b..c",   "a--b/c",    "a/b--c",  "a b/c",
        "a/b%2e", "a/b@",  "a/b@../x",    "a/b@x/..", "a/b@/x",    "a/b@x//", "a/b@x@y",
        "a\\b/c", "a/b\n", "a/b@.hidden", "a/b@x..y", "a/b@x\x7f",
    };
    td_hub_name name;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (td_hub_names_split(td_str_from(cases[i]), &name))
            fail_msg("%s is taken for a name", cases[i]);
    assert_false(td_hub_names_split((td_str){"a/b\0c", 5}, &name));
}

static void a_commit_is_hexadecimal_and_of_full_length(void **state)
{
    (void)state;
    assert_true(td_hub_names_is_commit(TD_STR("0123456789abcdef0123456789abcdef01234567")));
    assert_false(td_hub_names_is_commit(TD_STR("0123456789ABCDEF0123456789abcdef01234567")));
    assert_false(td_hub_names_is_commit(TD_STR("0123456789abcdef0123456789abcdef0123456")));
    assert_false(td_hub_names_is_commit(TD_STR("main")));
}

static void only_what_the_engine_reads_is_wanted(void **state)
{
    static const char *const wanted[] = {
        "config.json",          "vocab.txt",         "1_Pooling/config.json",
        "12_Dense/config.json", "model.safetensors", "model-00001-of-00002.safetensors"};
    static const char *const others[] = {
        "README.md",
        "onnx/model.onnx",
        "pytorch_model.bin",
        "Pooling/config.json",
        "1Pooling/config.json",
        "1_Pooling/model.safetensors",
        "1_a/b/config.json",
        "../config.json",
        "1_../config.json",
        "model-x-of-2.safetensors",
        "model-1.safetensors",
        "model--of-.safetensors",
        "adapter_model.safetensors",
        "x/model.safetensors",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!td_hub_names_is_wanted(td_str_from(wanted[i])))
            fail_msg("%s is not wanted", wanted[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (td_hub_names_is_wanted(td_str_from(others[i])))
            fail_msg("%s is wanted", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_an_id_and_a_revision),
        cmocka_unit_test(what_could_leave_a_folder_is_no_name),
        cmocka_unit_test(a_commit_is_hexadecimal_and_of_full_length),
        cmocka_unit_test(only_what_the_engine_reads_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
