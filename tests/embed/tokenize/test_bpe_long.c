#include "embed/tokenize/bpe_long.h"
#include "embed/tokenize/tokenizer.h"
#include "golden.h"

enum {
    N_BYTES = 3000
};

static uint32_t seed = 7;

static uint32_t next_random(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* Letters from a few, so that merges reach far: one letter, two, or all that the corpus has. */
static td_str random_piece(char bytes[N_BYTES])
{
    static const char *const ALPHABETS[] = {"e",  "es", "ten",         "theinrsaodlcp",
                                            " e", "=",  "\xE4\xB8\xAD"};
    const char *alphabet = ALPHABETS[next_random(sizeof(ALPHABETS) / sizeof(ALPHABETS[0]))];
    size_t n = 1 + next_random(N_BYTES - 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = alphabet[next_random((uint32_t)strlen(alphabet))];
    return (td_str){bytes, n};
}

static void windows_give_the_ids_of_the_whole_piece(void **state)
{
    (void)state;
    static char bytes[N_BYTES];
    static uint32_t a_ids[N_BYTES], b_ids[N_BYTES];
    td_tokenizer *tokenizer = golden_open_json("TANDEM_GOLDEN", "tokenizer/bpe-small.json");
    assert_true(tokenizer->bpe.in_order);
    for (int round = 0; round < 400; round++) {
        td_str piece = random_piece(bytes);
        size_t window = 8 + next_random(300);
        td_ids a = {.items = a_ids, .n_max = N_BYTES}, b = {.items = b_ids, .n_max = N_BYTES};
        assert_int_equal(td_embed_tokenize_bpe_long_run(&tokenizer->bpe, piece, N_BYTES, &a, NULL),
                         TANDEM_OK);
        assert_int_equal(td_embed_tokenize_bpe_long_run(&tokenizer->bpe, piece, window, &b, NULL),
                         TANDEM_OK);
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a_ids, b_ids, a.n * sizeof(*a_ids));
    }
    td_embed_tokenize_close(tokenizer);
}

/* By the book: look through all pairs, merge the lowest, again. */
static size_t merge_by_search(const td_bpe *bpe, td_str piece, uint32_t *ids)
{
    size_t n = td_embed_tokenize_bpe_symbols(bpe, piece, ids);
    for (;;) {
        const td_bpe_merge *best = NULL;
        size_t at = 0;
        for (size_t i = 0; i + 1 < n; i++) {
            const td_bpe_merge *merge = td_embed_tokenize_bpe_find(bpe, ids[i], ids[i + 1]);
            if (merge && (!best || merge->rank < best->rank)) {
                best = merge;
                at = i;
            }
        }
        if (!best)
            return n;
        ids[at] = best->id;
        memmove(ids + at + 1, ids + at + 2, (n - at - 2) * sizeof(*ids));
        n--;
    }
}

static void the_queue_gives_the_ids_of_a_search_through_all_pairs(void **state)
{
    (void)state;
    static char bytes[N_BYTES];
    static uint32_t a_ids[N_BYTES], b_ids[N_BYTES];
    td_tokenizer *tokenizer = golden_open_json("TANDEM_GOLDEN", "tokenizer/bpe-small.json");
    for (int round = 0; round < 200; round++) {
        td_str piece = td_str_slice(random_piece(bytes), 0, 250);
        td_ids a = {.items = a_ids, .n_max = N_BYTES};
        assert_int_equal(td_embed_tokenize_bpe_long_run(&tokenizer->bpe, piece, N_BYTES, &a, NULL),
                         TANDEM_OK);
        assert_int_equal(a.n, merge_by_search(&tokenizer->bpe, piece, b_ids));
        assert_memory_equal(a_ids, b_ids, a.n * sizeof(*a_ids));
    }
    td_embed_tokenize_close(tokenizer);
}

static void a_window_that_no_token_fits_in_is_given_up(void **state)
{
    (void)state;
    uint32_t a_ids[64], b_ids[64];
    td_ids a = {.items = a_ids, .n_max = 64}, b = {.items = b_ids, .n_max = 64};
    td_tokenizer *tokenizer = golden_open_json("TANDEM_GOLDEN", "tokenizer/bpe-small.json");
    td_str piece = TD_STR("internationalization of the implementation");
    assert_int_equal(td_embed_tokenize_bpe_long_run(&tokenizer->bpe, piece, 2, &a, NULL),
                     TANDEM_OK);
    assert_int_equal(td_embed_tokenize_bpe_long_run(&tokenizer->bpe, piece, 100, &b, NULL),
                     TANDEM_OK);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a_ids, b_ids, a.n * sizeof(*a_ids));
    td_embed_tokenize_close(tokenizer);
}

static void a_full_list_ends_a_long_word_early(void **state)
{
    (void)state;
    uint32_t ids[4];
    td_ids few = {.items = ids, .n_max = 4};
    size_t n = 50 * 1000 * 1000;
    char *bytes = malloc(n);
    assert_non_null(bytes);
    memset(bytes, 'x', n);
    td_tokenizer *tokenizer = golden_open_json("TANDEM_GOLDEN", "tokenizer/bpe-small.json");
    assert_int_equal(td_embed_tokenize_bpe_long_run(&tokenizer->bpe, (td_str){bytes, n},
                                                    TD_BPE_WINDOW, &few, NULL),
                     TANDEM_OK);
    assert_int_equal(few.n, 4);
    assert_true(few.full);
    free(bytes);
    td_embed_tokenize_close(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_give_the_ids_of_the_whole_piece),
        cmocka_unit_test(the_queue_gives_the_ids_of_a_search_through_all_pairs),
        cmocka_unit_test(a_window_that_no_token_fits_in_is_given_up),
        cmocka_unit_test(a_full_list_ends_a_long_word_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
