/* Ollama: POST /api/embed. Its own form tells more than its imitation of OpenAI's: the digest of
 * the model, and how many tokens it has read. */
#include "embed/form.h"

static tandem_code write_body(td_buf *out, const char *model, td_str prompt, const td_str *texts,
                              size_t n, tandem_error *err)
{
    return td_embed_wire_add_request(out, model, prompt, texts, n, ",\"truncate\":true}", err);
}

const td_form td_embed_form_ollama = {
    .name = "ollama",
    .embed = "/api/embed",
    .about = "/api/tags",
    .items_max = 512,
    .bytes_max = 8u << 20,
    .is_asked_again = true,
    .write = write_body,
    .read = td_embed_wire_rows,
    .tell = td_embed_wire_models,
};
