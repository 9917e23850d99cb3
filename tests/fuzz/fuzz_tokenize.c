/* fuzz: embed/tokenize */
/* A file and a text in one input, apart by a line "----". The first byte says which file it is:
 *
 *   J  tokenizer.json        V  vocab.txt        C  tokenizer_config.json beside a fixed vocab.txt
 *
 * Any other input is a text for two fixed tokenizers. Whatever opens must give ids below its
 * vocabulary, a token for each, and under a limit no more than it. A piece that BPE merges gives
 * the same ids by each of its three ways: the search through all pairs, the queue, the windows. */
#include "embed/tokenize/bpe_long.h"
#include "embed/tokenize/split.h"
#include "embed/tokenize/tokenizer.h"

#include <stdlib.h>

enum {
    IDS_MAX = 1 << 16
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char WORDPIECE[] =
    "{\"normalizer\":{\"type\":\"BertNormalizer\"},\"pre_tokenizer\":{\"type\":"
    "\"BertPreTokenizer\"},"
    "\"added_tokens\":[{\"id\":3,\"content\":\"[SEP]\",\"special\":true},"
    "{\"id\":9,\"content\":\"  \",\"normalized\":true,\"rstrip\":true}],"
    "\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",3],"
    "\"cls\":[\"[CLS]\",2]},"
    "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"a\":4,"
    "\"##b\":5,\"ab\":6,\"!\":7,\"e\":8}}}";
/* Byte-level BPE with a token for every byte, so that it has windows (bpe_long.c); the rest of its
 * vocabulary follows the 256. */
static const char BPE_HEAD[] =
    "{\"normalizer\":{\"type\":\"NFC\"},\"pre_tokenizer\":{\"type\":\"ByteLevel\","
    "\"add_prefix_space\":false},\"added_tokens\":[{\"id\":300,\"content\":\"[M]\","
    "\"lstrip\":true}],\"model\":{\"type\":\"BPE\",\"vocab\":{";
static const char BPE_TAIL[] =
    "\"ab\":256,\"abab\":257,\"\\u0120a\":258,\"aa\":259,\"aaa\":260,\"ba\":261,\"aba\":262,"
    "\"\\u00c3\\u00a9\":263,\"bb\":264},\"merges\":[\"a b\",[\"ab\",\"ab\"],\"\\u0120 a\","
    "\"a a\",\"aa a\",\"b a\",\"ab a\",\"\\u00c3 \\u00a9\",\"b b\"]}}";
static const char VOCAB[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nab\n";

/* The ids of one piece by the queue, window by window. */
static size_t merge_long(const td_bpe *bpe, td_str piece, size_t window, uint32_t *out)
{
    td_ids ids = {.items = out, .n_max = IDS_MAX};

    if (td_embed_tokenize_bpe_long_run(bpe, piece, window, &ids, NULL) != TANDEM_OK)
        abort();
    return ids.n;
}

static void check_merging(const td_bpe *bpe, td_str text)
{
    static uint32_t a[IDS_MAX], b[IDS_MAX];

    if (text.n == 0 || text.n > IDS_MAX)
        return;
    size_t n = merge_long(bpe, text, SIZE_MAX, a);
    if (n != merge_long(bpe, text, 8 + text.n % 57, b) || memcmp(a, b, n * sizeof(*a)) != 0)
        abort();
    for (size_t at = 0, n_piece; at < text.n && !bpe->ignore_merges; at += n_piece) {
        n_piece = td_embed_tokenize_split_next(text, at);
        td_str piece = td_str_slice(text, at, at + n_piece);
        td_ids ids = {.items = a, .n_max = IDS_MAX};
        if (td_embed_tokenize_split_next(piece, 0) != n_piece)
            continue; /* what stood behind it counted */
        if (td_embed_tokenize_bpe_run(bpe, piece, &ids, NULL) != TANDEM_OK)
            abort();
        n = merge_long(bpe, piece, SIZE_MAX, b);
        if (ids.n != n || memcmp(a, b, n * sizeof(*a)) != 0)
            abort();
    }
}

static void check_text(const td_tokenizer *tokenizer, td_str text)
{
    static uint32_t whole[IDS_MAX], part[IDS_MAX];
    size_t n_whole = 0, n_part = 0, n_vocab = td_embed_tokenize_n_vocab(tokenizer);
    bool truncated = false;
    td_str prompt = td_str_slice(text, 0, text.n / 3),
           rest = td_str_slice(text, text.n / 3, text.n);

    if (td_embed_tokenize_text(tokenizer, prompt, rest, whole, IDS_MAX, &n_whole, &truncated, NULL))
        return;
    for (size_t i = 0; i < n_whole; i++)
        if (whole[i] >= n_vocab || !td_embed_tokenize_token(tokenizer, whole[i]).ptr)
            abort();
    size_t n_max = n_whole / 2;
    if (td_embed_tokenize_text(tokenizer, (td_str){0}, text, part, n_max, &n_part, &truncated,
                               NULL))
        return;
    if (n_part > n_max || (n_whole > 0 && !truncated))
        abort();
    if (tokenizer->kind == &td_embed_tokenize_kind_bpe)
        check_merging(&tokenizer->bpe, text);
}

static void check(td_str json, td_str vocab, td_str config, td_str text)
{
    td_tokenizer *tokenizer = NULL;
    tandem_error err = {0};
    if (td_embed_tokenize_open(json, vocab, config, &tokenizer, &err) != TANDEM_OK) {
        if (err.message[0] == '\0' || strpbrk(err.message, "\n\x1b"))
            abort();
        return;
    }
    check_text(tokenizer, text);
    td_embed_tokenize_close(tokenizer);
}

/* One of the fixed tokenizers, opened once: most of an input's time would go there. */
static const td_tokenizer *fixed(td_str json, td_tokenizer **kept)
{
    if (!*kept && td_embed_tokenize_open(json, (td_str){0}, (td_str){0}, kept, NULL))
        abort();
    return *kept;
}

static const td_tokenizer *fixed_bpe(void)
{
    static td_tokenizer *kept;
    td_buf json = TD_BUF(1 << 16);
    tandem_code code = td_buf_add(&json, td_str_from(BPE_HEAD), NULL);

    /* The alphabet of byte-level BPE: U+0021 and on as they are, and 68 from U+0100 on. */
    for (unsigned c = 0x21, id = 0; id < 256 && !kept && code == TANDEM_OK; c++)
        if (c < 0x7F || (c > 0xA0 && c != 0xAD))
            code = td_buf_add_fmt(&json, NULL, "\"\\u%04x\":%u,", c, id++);
    if (code != TANDEM_OK || td_buf_add(&json, td_str_from(BPE_TAIL), NULL) != TANDEM_OK)
        abort();
    const td_tokenizer *tokenizer = fixed(td_buf_str(&json), &kept);
    td_buf_clear(&json);
    return tokenizer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static td_tokenizer *wordpiece;
    td_str input = {(const char *)data, size};
    size_t mark = td_str_find(input, TD_STR("\n----\n"), 0);
    td_str file = td_str_slice(input, 1, mark == TD_STR_NONE ? size : mark);
    td_str text = mark == TD_STR_NONE ? TD_STR("a ab [SEP]") : td_str_slice(input, mark + 6, size);

    if (size == 0)
        return 0;
    if (data[0] == 'J')
        check(file, (td_str){0}, (td_str){0}, text);
    else if (data[0] == 'V')
        check((td_str){0}, file, (td_str){0}, text);
    else if (data[0] == 'C')
        check((td_str){0}, td_str_from(VOCAB), file, text);
    if (data[0] == 'J' || data[0] == 'V' || data[0] == 'C')
        return 0;
    check_text(fixed(td_str_from(WORDPIECE), &wordpiece), input);
    check_text(fixed_bpe(), input);
    return 0;
}
