/* text-embeddings-inference of Hugging Face, and what speaks like it: POST /embed. */
#include "embed/form.h"

static tandem_code write_body(td_buf *out, const char *model, td_str prompt, const td_str *texts,
                              size_t n, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    (void)model; /* such a server has one */
    TD_TRY(td_buf_add(out, TD_STR("{\"inputs\":"), err));
    TD_TRY(td_embed_wire_add_texts(out, prompt, texts, n, err));
    TD_TRY(td_buf_add(out, TD_STR(",\"truncate\":true,\"normalize\":true}"), err));

out:
    return code;
}

static tandem_code tell(td_str body, const char *wanted, td_wire_about *about, tandem_error *err)
{
    td_wire_about told;
    tandem_code code = td_embed_wire_info(body, &told, err);

    if (code != TANDEM_OK)
        return code;
    if (wanted && strcmp(wanted, told.model) != 0)
        return td_fail(err, TANDEM_E_CONFLICT, "the server has the model %s, not %.60s", told.model,
                       wanted);
    *about = told;
    return TANDEM_OK;
}

const td_form td_embed_form_tei = {
    .name = "tei",
    .embed = "/embed",
    .about = "/info",
    .items_max = 32,
    .bytes_max = 2000000, /* --payload-limit, which /info does not tell */
    .is_asked_again = true,
    .write = write_body,
    .read = td_embed_wire_rows,
    .tell = tell,
};
