#include "embed/form.h"

#include "net/net.h"

static const td_form *const forms[] = {&td_embed_form_tei, &td_embed_form_openai,
                                       &td_embed_form_ollama};

/* Endings of a URL that name a form, and how much of them does not belong to the base. */
static const struct {
    td_str ending;
    const td_form *form;
    size_t n_cut;
} endings[] = {
    {{"/v1/embeddings", 14}, &td_embed_form_openai, 11},
    {{"/embeddings", 11}, &td_embed_form_openai, 11},
    {{"/v1", 3}, &td_embed_form_openai, 0},
    {{"/api/embed", 10}, &td_embed_form_ollama, 10},
    {{"/embed", 6}, &td_embed_form_tei, 6},
};

const td_form *td_embed_form_named(const char *name)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (strcmp(forms[i]->name, name) == 0)
            return forms[i];
    return NULL;
}

tandem_code td_embed_form_base(td_str url, td_buf *base_out, const td_form **form_out,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf whole = TD_BUF(16384);
    const td_form *form = NULL;

    TD_TRY(td_net_url_normal(url, &whole, err));
    td_str base = td_buf_str(&whole);
    size_t query = td_str_find_byte(base, '?', 0);
    if (query != TD_STR_NONE) /* it may hold a key: not shown */
        TD_FAIL(err, TANDEM_E_INVALID, "not a usable URL: %.*s?...: a server's URL has no query",
                (int)(query < 100 ? query : 100), base.ptr);
    while (base.n > 0 && base.ptr[base.n - 1] == '/')
        base.n--;
    for (size_t i = 0; !form && i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (!td_str_ends(base, endings[i].ending))
            continue;
        form = endings[i].form;
        base.n -= endings[i].n_cut;
    }
    TD_TRY(td_buf_add(base_out, base, err));
    *form_out = form;

out:
    td_buf_clear(&whole);
    return code;
}

tandem_code td_embed_form_url(const td_form *form, td_str base, const char *path, td_buf *out,
                              tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t host = td_str_find(base, TD_STR("://"), 0) + 3;
    bool has_path = td_str_find_byte(base, '/', host) != TD_STR_NONE;

    if (form == &td_embed_form_openai && has_path && strncmp(path, "/v1/", 4) == 0)
        path += 3;
    TD_TRY(td_buf_add(out, base, err));
    TD_TRY(td_buf_add(out, td_str_from(path), err));

out:
    return code;
}
