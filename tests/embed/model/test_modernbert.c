#include "embed/model/refuses.h"

static void refuses_what_it_cannot_do_by_field(void **state)
{
    (void)state;
    static const change changes[] = {
        {"\"norm_bias\": false", "\"norm_bias\": true", TANDEM_E_FORMAT, "norm.bias\" is missing"},
        {"\"attention_bias\": false", "\"attention_bias\": true", TANDEM_E_FORMAT,
         "Wqkv.bias\" is missing"},
        {"\"hidden_activation\": \"gelu\"", "\"hidden_activation\": \"relu\"", TANDEM_E_UNSUPPORTED,
         "relu"},
        {"\"local_attention\": 16", "\"local_attention\": 0", TANDEM_E_FORMAT, "local_attention"},
        {"\"global_attn_every_n_layers\": 3", "\"global_attn_every_n_layers\": 0", TANDEM_E_FORMAT,
         "global_attn_every_n_layers"},
        {"\"local_attention\": 16",
         "\"local_attention\": 16, \"layer_types\": [\"full_attention\", \"linear\"]",
         TANDEM_E_UNSUPPORTED, "layer_types.1"},
        {"\"intermediate_size\": 96", "\"intermediate_size\": 95", TANDEM_E_FORMAT,
         "mlp.Wi.weight\" has shape [192, 64]"},
        {"\"num_hidden_layers\": 4", "\"num_hidden_layers\": 5", TANDEM_E_FORMAT,
         "\"layers.4.attn.Wqkv.weight\" is missing"},
    };
    refuses("modernbert", changes, sizeof(changes) / sizeof(changes[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refuses_what_it_cannot_do_by_field)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
