/* OpenAI, and the many servers that speak like it (vLLM, llama.cpp, LM Studio, LiteLLM, ...):
 * POST /v1/embeddings. */
#include "embed/form.h"

static tandem_code write_body(td_buf *out, const char *model, td_str prompt, const td_str *texts,
                              size_t n, tandem_error *err)
{
    /* A third of the bytes, and no number to read; a server that sends a list is understood too. */
    return td_embed_wire_add_request(out, model, prompt, texts, n,
                                     ",\"encoding_format\":\"base64\"}", err);
}

const td_form td_embed_form_openai = {
    .name = "openai",
    .embed = "/v1/embeddings",
    .about = "/v1/models",
    .items_max = 2048,
    .bytes_max = 8u << 20,
    .is_asked_again = false,
    .write = write_body,
    .read = td_embed_wire_objects,
    .tell = td_embed_wire_models,
};
