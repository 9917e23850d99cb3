#include "embed/model/refuses.h"

static void refuses_what_it_cannot_do_by_field(void **state)
{
    (void)state;
    static const change changes[] = {
        {"\"prenorm\": false", "\"prenorm\": true", TANDEM_E_UNSUPPORTED, "prenorm"},
        {"\"use_rms_norm\": false", "\"use_rms_norm\": true", TANDEM_E_UNSUPPORTED, "use_rms_norm"},
        {"\"causal\": false", "\"causal\": true", TANDEM_E_UNSUPPORTED, "causal"},
        {"\"parallel_block\": false", "\"parallel_block\": true", TANDEM_E_UNSUPPORTED,
         "parallel_block"},
        {"\"causal\": false", "\"causal\": false, \"num_experts\": 8", TANDEM_E_UNSUPPORTED,
         "num_experts"},
        {"\"rotary_emb_fraction\": 1.0", "\"rotary_emb_fraction\": 0.5", TANDEM_E_UNSUPPORTED,
         "rotary_emb_fraction"},
        {"\"rotary_emb_scale_base\": null", "\"rotary_emb_scale_base\": 512", TANDEM_E_UNSUPPORTED,
         "rotary_emb_scale_base"},
        {"\"rotary_emb_interleaved\": false", "\"rotary_emb_interleaved\": true",
         TANDEM_E_UNSUPPORTED, "rotary_emb_interleaved"},
        {"\"rotary_scaling_factor\": null", "\"rotary_scaling_factor\": -1", TANDEM_E_FORMAT,
         "rotary_scaling_factor"},
        {"\"activation_function\": \"swiglu\"", "\"activation_function\": \"relu\"",
         TANDEM_E_UNSUPPORTED, "relu"},
        {"\"activation_function\": \"swiglu\"", "\"activation_function\": \"gelu\"",
         TANDEM_E_FORMAT, "mlp.fc1.weight\" is missing"},
        {"\"qkv_proj_bias\": false", "\"qkv_proj_bias\": true", TANDEM_E_FORMAT,
         "Wqkv.bias\" is missing"},
        {"\"n_embd\": 64", "\"n_embd\": 32", TANDEM_E_FORMAT, "word_embeddings"},
    };
    refuses("nomic", changes, sizeof(changes) / sizeof(changes[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refuses_what_it_cannot_do_by_field)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
