#include "chunk/grammars.h"
#include "chunk/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Built by scripts/grammars; without it there is nothing to find. */
static bool is_built(void)
{
    return td_chunk_grammars_find(TD_STR("c")) != NULL;
}

static void has_the_languages_that_are_promised(void **state)
{
    (void)state;
    static const char *const promised[] = {"c",      "cpp",   "python", "javascript", "typescript",
                                           "go",     "rust",  "java",   "ruby",       "php",
                                           "csharp", "shell", "sql",    "html",       "css",
                                           "json",   "yaml"};
    if (!is_built())
        skip();
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++) {
        td_str language = td_str_from(promised[i]);
        const td_chunk_grammar *grammar = td_chunk_grammars_find(language);
        if (!grammar)
            fail_msg("no grammar for %s", promised[i]);
        assert_non_null(grammar->get());
        assert_true(td_str_eq(td_chunk_names_canonical(language), language));
        assert_true(!grammar->other || td_chunk_grammars_find(td_str_from(grammar->other)));
    }
}

static void finds_nothing_for_what_it_does_not_know(void **state)
{
    (void)state;
    assert_null(td_chunk_grammars_find(TD_STR("klingon")));
    assert_null(td_chunk_grammars_find(TD_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_languages_that_are_promised),
        cmocka_unit_test(finds_nothing_for_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
