#include "embed/prompt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect(const char *model, const char *query, const char *document)
{
    assert_string_equal(td_embed_prompt_of(model, TANDEM_ROLE_QUERY).ptr, query);
    assert_string_equal(td_embed_prompt_of(model, TANDEM_ROLE_DOCUMENT).ptr, document);
}

static void models_that_want_a_prompt_get_it(void **state)
{
    (void)state;
    expect("nomic-ai/CodeRankEmbed", "Represent this query for searching relevant code: ", "");
    expect("coderankembed:latest", "Represent this query for searching relevant code: ", "");
    expect("nomic-embed-text", "search_query: ", "search_document: ");
    expect("BAAI/bge-base-en-v1.5",
           "Represent this sentence for searching relevant passages: ", "");
    expect("intfloat/multilingual-e5-large", "query: ", "passage: ");
}

static void others_get_none(void **state)
{
    (void)state;
    expect("Alibaba-NLP/gte-base-en-v1.5", "", "");
    expect("someone/not-CodeRankEmbed", "", "");
    expect("", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_that_want_a_prompt_get_it),
        cmocka_unit_test(others_get_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
