#include "embed/model/refuses.h"

static void refuses_what_it_cannot_do_by_field(void **state)
{
    (void)state;
    static const change changes[] = {
        {"\"type\": \"ntk\"", "\"type\": \"yarn\"", TANDEM_E_UNSUPPORTED, "\"yarn\""},
        {"\"factor\": 2.0,", "", TANDEM_E_FORMAT, "\"rope_scaling.factor\" is missing"},
        {"\"factor\": 2.0", "\"factor\": -2", TANDEM_E_FORMAT, "rope_scaling.factor"},
        {"\"rope_theta\": 500000", "\"rope_theta\": 0", TANDEM_E_FORMAT, "rope_theta"},
        {"\"position_embedding_type\": \"rope\"", "\"position_embedding_type\": \"absolute\"",
         TANDEM_E_UNSUPPORTED, "absolute"},
        {"\"layer_norm_type\": \"layer_norm\"", "\"layer_norm_type\": \"rms_norm\"",
         TANDEM_E_UNSUPPORTED, "rms_norm"},
        {"\"logn_attention_scale\": false", "\"logn_attention_scale\": true", TANDEM_E_UNSUPPORTED,
         "logn_attention_scale"},
        {"\"pack_qkv\": true", "\"pack_qkv\": false", TANDEM_E_FORMAT,
         "attention.q_proj.weight\" is missing"},
        {"\"type_vocab_size\": 0", "\"type_vocab_size\": 1", TANDEM_E_FORMAT,
         "token_type_embeddings"},
        {"\"intermediate_size\": 256", "\"intermediate_size\": 128", TANDEM_E_FORMAT,
         "up_gate_proj.weight\" has shape [512, 64]"},
    };
    refuses("gte-new-ntk", changes, sizeof(changes) / sizeof(changes[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refuses_what_it_cannot_do_by_field)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
