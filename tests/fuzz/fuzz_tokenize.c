/* fuzz: embed/tokenize */
/* A file and a text in one input, apart by a line "----". The first byte says which file it is:
 *
 *   J  tokenizer.json        V  vocab.txt        C  tokenizer_config.json beside a fixed vocab.txt
 *
 * Any other input is a text for two fixed tokenizers. Whatever opens must give ids below its
 * vocabulary, the same front under every limit, and no token for an id that it does not have. */
#include "embed/tokenize/tokenize.h"

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
static const char BPE[] =
    "{\"normalizer\":{\"type\":\"NFC\"},\"pre_tokenizer\":{\"type\":\"ByteLevel\","
    "\"add_prefix_space\":false},\"added_tokens\":[{\"id\":9,\"content\":\"[M]\","
    "\"lstrip\":true}],"
    "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"\\u0120\":3,\"abab\":4,"
    "\"\\u00c3\":5,\"\\u0120a\":6},\"merges\":[\"a b\",[\"ab\",\"ab\"],\"\\u0120 a\"]}}";
static const char VOCAB[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nab\n";

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
static const td_tokenizer *fixed(const char *json, td_tokenizer **kept)
{
    if (!*kept && td_embed_tokenize_open(td_str_from(json), (td_str){0}, (td_str){0}, kept, NULL))
        abort();
    return *kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static td_tokenizer *wordpiece, *bpe;
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
    check_text(fixed(WORDPIECE, &wordpiece), input);
    check_text(fixed(BPE, &bpe), input);
    return 0;
}
