#include "embed/model/stages.h"
#include "embed/model_dir.h"

static tandem_code read_stages(model_dir *dir, td_stages *stages, tandem_error *err)
{
    td_model_source source = {.get = dir_get, .user = dir};
    return td_embed_model_stages_read(&source, stages, err);
}

/* Reads the stages of "bert" with one file replaced (NULL: taken away). */
static td_stages read_with(const char *file, const char *text, model_dir *dir)
{
    td_stages stages;
    tandem_error err;
    dir_open(dir, "bert");
    dir_put(dir, file, text);
    if (read_stages(dir, &stages, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    return stages;
}

static void pooling_is_as_its_file_says_in_either_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        td_pooling pooling;
    } cases[] = {
        {"{\"pooling_mode_cls_token\":true,\"pooling_mode_mean_tokens\":false}", TD_POOLING_CLS},
        {"{\"pooling_mode_mean_tokens\":true}", TD_POOLING_MEAN},
        {"{\"pooling_mode\":\"cls\"}", TD_POOLING_CLS},
        {"{\"pooling_mode\":\"mean\",\"pooling_mode_max_tokens\":false}", TD_POOLING_MEAN},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        model_dir dir;
        td_stages stages = read_with("1_Pooling/config.json", cases[i].text, &dir);
        assert_int_equal(stages.pooling, cases[i].pooling);
        td_embed_model_stages_clear(&stages);
        dir_close(&dir);
    }
}

static void a_directory_without_modules_gets_mean_pooling(void **state)
{
    (void)state;
    model_dir dir;
    td_stages stages = read_with("modules.json", NULL, &dir);
    assert_int_equal(stages.pooling, TD_POOLING_MEAN);
    td_embed_model_stages_clear(&stages);
    dir_close(&dir);
}

static void prompts_go_to_their_roles(void **state)
{
    (void)state;
    static const struct {
        const char *text, *query, *document;
    } cases[] = {
        {"{\"prompts\":{\"query\":\"q: \",\"passage\":\"p: \"}}", "q: ", "p: "},
        {"{\"prompts\":{\"query\":\"q: \"},\"default_prompt_name\":null}", "q: ", NULL},
        {"{\"prompts\":{\"search_query\":\"q\",\"search_document\":\"d\"}}", "q", "d"},
        {"{\"prompts\":{\"query\":\"q\",\"x\":\"y\"},\"default_prompt_name\":\"x\"}", "q", "y"},
        {"{\"prompts\":{\"document\":\"\"}}", NULL, NULL},
        {"{}", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        model_dir dir;
        td_stages stages = read_with("config_sentence_transformers.json", cases[i].text, &dir);
        const char *want[2] = {
            [TANDEM_ROLE_QUERY] = cases[i].query, [TANDEM_ROLE_DOCUMENT] = cases[i].document};
        for (size_t r = 0; r < 2; r++) {
            if (want[r])
                assert_string_equal(stages.prompts[r], want[r]);
            else
                assert_null(stages.prompts[r]);
        }
        td_embed_model_stages_clear(&stages);
        dir_close(&dir);
    }
}

static void refuses_stages_it_cannot_do_by_file_and_field(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text, *words;
    } cases[] = {
        {"modules.json", "[]", "modules.json: 0 stages"},
        {"modules.json", "[{\"type\":\"a.Dense\",\"path\":\"2_Dense\"}]", "Dense"},
        {"modules.json", "[{\"type\":\"a.Transformer\",\"path\":\"x\"}]", "\"x\""},
        {"modules.json", "[{\"type\":\"a.Pooling\",\"path\":\"../up\"}]", "is missing"},
        {"modules.json", "[{\"type\":7}]", "modules.json: \"0.type\""},
        {"1_Pooling/config.json", "{\"pooling_mode_max_tokens\":true}", "pooling_mode_max_tokens"},
        {"1_Pooling/config.json", "{\"pooling_mode\":\"lasttoken\"}", "lasttoken"},
        {"1_Pooling/config.json", "{\"include_prompt\":false}", "include_prompt"},
        {"1_Pooling/config.json",
         "{\"pooling_mode_cls_token\":true,\"pooling_mode_mean_tokens\":true}", "both"},
        {"sentence_bert_config.json", "{\"max_seq_length\":1}", "max_seq_length"},
        {"sentence_bert_config.json", "{\"max_seq_length\":1e30}", "max_seq_length"},
        {"sentence_bert_config.json", "{\"do_lower_case\":true}", "do_lower_case"},
        {"config_sentence_transformers.json", "{\"prompts\":{\"query\":1}}", "prompts.query"},
        {"config_sentence_transformers.json", "{\"default_prompt_name\":\"x\"}", "\"x\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        model_dir dir;
        td_stages stages;
        tandem_error err = {0};
        dir_open(&dir, "bert");
        dir_put(&dir, cases[i].file, cases[i].text);
        assert_int_not_equal(read_stages(&dir, &stages, &err), TANDEM_OK);
        if (!strstr(err.message, cases[i].words))
            fail_msg("%zu: \"%s\"", i, err.message);
        dir_close(&dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pooling_is_as_its_file_says_in_either_form),
        cmocka_unit_test(a_directory_without_modules_gets_mean_pooling),
        cmocka_unit_test(prompts_go_to_their_roles),
        cmocka_unit_test(refuses_stages_it_cannot_do_by_file_and_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
