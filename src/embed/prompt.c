#include "embed/prompt.h"

static const struct {
    const char *start; /* of the name, after its last '/'; case does not matter */
    const char *query, *document;
} prompts[] = {
    {"CodeRankEmbed", "Represent this query for searching relevant code: ", ""},
    {"nomic-embed-text", "search_query: ", "search_document: "},
    {"modernbert-embed", "search_query: ", "search_document: "},
    {"bge-small-en", "Represent this sentence for searching relevant passages: ", ""},
    {"bge-base-en", "Represent this sentence for searching relevant passages: ", ""},
    {"bge-large-en", "Represent this sentence for searching relevant passages: ", ""},
    {"e5-small", "query: ", "passage: "},
    {"e5-base", "query: ", "passage: "},
    {"e5-large", "query: ", "passage: "},
    {"multilingual-e5", "query: ", "passage: "},
};

td_str td_embed_prompt_of(const char *model, tandem_role role)
{
    td_str name = td_str_from(model);
    size_t slash = td_str_find_last_byte(name, '/');

    name = slash == TD_STR_NONE ? name : td_str_slice(name, slash + 1, name.n);
    for (size_t i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++)
        if (td_str_starts_nocase(name, td_str_from(prompts[i].start)))
            return td_str_from(role == TANDEM_ROLE_QUERY ? prompts[i].query : prompts[i].document);
    return TD_STR("");
}
