/* OpenAI, and the many servers that speak like it (vLLM, llama.cpp, LM Studio, LiteLLM, ...):
 * POST /v1/embeddings. */
#include "embed/form.h"

static tandem_code write_body(td_buf *out, const char *model, td_str prompt, const td_str *texts,
                              size_t n, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_buf_add(out, TD_STR("{\"model\":"), err));
    TD_TRY(td_embed_wire_add_text(out, TD_STR(""), td_str_from(model), err));
    TD_TRY(td_buf_add(out, TD_STR(",\"input\":"), err));
    TD_TRY(td_embed_wire_add_texts(out, prompt, texts, n, err));
    /* A third of the bytes, and no number to read; a server that sends a list is understood too. */
    TD_TRY(td_buf_add(out, TD_STR(",\"encoding_format\":\"base64\"}"), err));

out:
    return code;
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
