#include "api/support.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    DIM = 384,
    N = 70
};

static tandem_str text_of(const char *text)
{
    return (tandem_str){text, strlen(text)};
}

static void embeds_texts_in_order_whatever_their_company(void **state)
{
    static float all[N * DIM], one[DIM];
    tandem_embedder *embedder = NULL;
    tandem_model_info info;
    tandem_text_note notes[N];
    tandem_str texts[N];
    char words[N][64];

    (void)state;
    assert_int_equal(tandem_embedder_open(NULL, NULL, &embedder, NULL), TANDEM_OK);
    tandem_embedder_get_info(embedder, &info);
    assert_int_equal(info.dim, DIM);
    assert_string_equal(info.architecture, "BertModel");
    for (int i = 0; i < N; i++) {
        snprintf(words[i], sizeof(words[i]), "text number %d of %d, %.*s", i, N, i % 20,
                 "and some more words");
        texts[i] = text_of(words[i]);
    }
    assert_int_equal(tandem_embedder_embed(embedder, texts, N, TANDEM_ROLE_DOCUMENT, all, notes,
                                           NULL),
                     TANDEM_OK);
    for (int i = 0; i < N; i += 23) {
        assert_int_equal(tandem_embedder_embed(embedder, &texts[i], 1, TANDEM_ROLE_DOCUMENT, one,
                                               NULL, NULL),
                         TANDEM_OK);
        assert_memory_equal(one, &all[i * DIM], sizeof(one)); /* bit for bit */
        memset(one, 0, sizeof(one));
        assert_int_equal(tandem_embedder_run(embedder, &texts[i], 1, TANDEM_ROLE_DOCUMENT, one,
                                             NULL, NULL),
                         TANDEM_OK);
        assert_memory_equal(one, &all[i * DIM], sizeof(one));
        assert_true(notes[i].n_tokens > 5 && !notes[i].truncated);
    }
    tandem_embedder_close(embedder);
}

static void counts_bad_bytes_as_replacement_characters(void **state)
{
    static float vectors[2 * DIM];
    tandem_embedder *embedder = NULL;
    tandem_str texts[] = {text_of("a bad \xff byte"), text_of("a bad \xEF\xBF\xBD byte")};

    (void)state;
    assert_int_equal(tandem_embedder_open("minilm", NULL, &embedder, NULL), TANDEM_OK);
    assert_int_equal(tandem_embedder_embed(embedder, texts, 2, TANDEM_ROLE_QUERY, vectors, NULL,
                                           NULL),
                     TANDEM_OK);
    assert_memory_equal(vectors, vectors + DIM, DIM * sizeof(float));
    tandem_embedder_close(embedder);
}

static void names_the_text_that_is_too_long(void **state)
{
    static float vectors[2 * DIM];
    tandem_embedder_options options = TANDEM_EMBEDDER_OPTIONS;
    tandem_embedder *embedder = NULL;
    tandem_error error = {0};
    char *words = calloc(1, 5001);
    tandem_str texts[] = {text_of("short"), {words, 5000}};

    (void)state;
    memset(words, 'a', 5000);
    for (int i = 3; i < 5000; i += 4)
        words[i] = ' ';
    options.refuse_long = true;
    assert_int_equal(tandem_embedder_open(NULL, &options, &embedder, NULL), TANDEM_OK);
    assert_int_equal(tandem_embedder_embed(embedder, texts, 2, TANDEM_ROLE_DOCUMENT, vectors, NULL,
                                           &error),
                     TANDEM_E_TOO_LARGE);
    assert_non_null(strstr(error.context, "text 2"));
    tandem_embedder_close(embedder);
    free(words);
}

/* Refused it may be, by a CPU that lacks it, but not as a name that is none. */
static void every_table_of_kernels_may_be_named(void **state)
{
    const char *names[] = {"auto",     "amx",  "avx512_bf16", "avx512_vnni", "avx512",
                           "avx_vnni", "avx2", "onednn",      "plain",       "avx1024"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        tandem_embedder_options options = TANDEM_EMBEDDER_OPTIONS;
        tandem_embedder *embedder = NULL;
        options.isa = names[i];
        tandem_code code = tandem_embedder_open(NULL, &options, &embedder, NULL);
        bool is_known = strcmp(names[i], "avx1024") != 0;
        assert_true(is_known ? code == TANDEM_OK || code == TANDEM_E_UNSUPPORTED
                             : code == TANDEM_E_INVALID);
        tandem_embedder_close(embedder);
    }
}

static void count(void *user, const tandem_model_info *info)
{
    *(int *)user += strcmp(info->origin, "embedded") == 0;
}

static void lists_the_embedded_model(void **state)
{
    int n = 0;

    (void)state;
    assert_int_equal(tandem_models_each(count, &n, NULL), TANDEM_OK);
    assert_int_equal(n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(embeds_texts_in_order_whatever_their_company),
        TEST(counts_bad_bytes_as_replacement_characters),
        TEST(names_the_text_that_is_too_long),
        TEST(every_table_of_kernels_may_be_named),
        TEST(lists_the_embedded_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
