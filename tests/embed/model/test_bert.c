/* BertModel directories that contradict themselves: each an error that names file and field. */
#include "embed/model/refuses.h"

static void refuses_configs_that_its_tensors_contradict(void **state)
{
    (void)state;
    static const change changes[] = {
        {"\"hidden_size\": 64", "\"hidden_size\": 128", TANDEM_E_FORMAT,
         "\"embeddings.word_embeddings.weight\" has shape [2000, 64]"},
        {"\"hidden_size\": 64", "\"hidden_size\": 66", TANDEM_E_FORMAT, "no multiple"},
        {"\"hidden_size\": 64", "\"hidden_size\": 20", TANDEM_E_FORMAT, "heads of 5"},
        {"\"hidden_size\": 64", "\"hidden_size\": 4096", TANDEM_E_FORMAT, "heads of 1024"},
        {"\"hidden_size\": 64", "\"hidden_size\": -64", TANDEM_E_FORMAT, "\"hidden_size\""},
        {"\"hidden_size\": 64", "\"hidden_size\": 1e9", TANDEM_E_FORMAT, "\"hidden_size\""},
        {"\"hidden_size\": 64,", "", TANDEM_E_FORMAT, "\"hidden_size\" is missing"},
        {"\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4", TANDEM_E_FORMAT,
         "\"encoder.layer.3.attention.self.query.weight\" is missing"},
        {"\"num_hidden_layers\": 3", "\"num_hidden_layers\": 1000000", TANDEM_E_FORMAT,
         "\"num_hidden_layers\""},
        {"\"num_attention_heads\": 4", "\"num_attention_heads\": 0", TANDEM_E_FORMAT,
         "\"num_attention_heads\""},
        {"\"intermediate_size\": 256", "\"intermediate_size\": 255", TANDEM_E_FORMAT,
         "intermediate.dense.weight"},
        {"\"max_position_embeddings\": 128", "\"max_position_embeddings\": 129", TANDEM_E_FORMAT,
         "position_embeddings.weight"},
        {"\"type_vocab_size\": 2", "\"type_vocab_size\": 3", TANDEM_E_FORMAT,
         "token_type_embeddings"},
        {"\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"", TANDEM_E_UNSUPPORTED, "relu"},
        {"\"absolute\"", "\"relative_key\"", TANDEM_E_UNSUPPORTED, "relative_key"},
        {"1e-12", "-1", TANDEM_E_FORMAT, "layer_norm_eps"},
    };
    refuses("bert", changes, sizeof(changes) / sizeof(changes[0]));
}

static void takes_fewer_layers_than_there_are(void **state)
{
    (void)state;
    model_dir dir;
    td_weights *weights = NULL;
    td_model *model = NULL;
    dir_open(&dir, "bert");
    dir_replace(&dir, "config.json", "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2");
    assert_int_equal(dir_load(&dir, NULL, &weights, &model, NULL), TANDEM_OK);
    td_embed_model_close(model);
    td_embed_weights_close(weights);
    dir_close(&dir);
}

static void never_takes_longer_texts_than_it_has_positions(void **state)
{
    (void)state;
    model_dir dir;
    td_weights *weights = NULL;
    td_model *model = NULL;
    dir_open(&dir, "bert");
    dir_put(&dir, "sentence_bert_config.json", "{\"max_seq_length\":4096}");
    assert_int_equal(dir_load(&dir, NULL, &weights, &model, NULL), TANDEM_OK);
    assert_int_equal(td_embed_model_info(model)->tokens_max, 128);
    td_embed_model_close(model);
    td_embed_weights_close(weights);
    dir_close(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_configs_that_its_tensors_contradict),
        cmocka_unit_test(takes_fewer_layers_than_there_are),
        cmocka_unit_test(never_takes_longer_texts_than_it_has_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
