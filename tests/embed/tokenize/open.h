/* Opens small tokenizers from text, and says why one was refused. */
#ifndef TESTS_EMBED_TOKENIZE_OPEN_H
#define TESTS_EMBED_TOKENIZE_OPEN_H

#include "golden.h"

#define WORDPIECE_VOCAB                                                                      \
    "{\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"a\":4,\"##b\":5,\"ab\":6,\"##c\":7," \
    "\"\\u00e9\":8}"
#define WORDPIECE_MODEL "\"model\":{\"type\":\"WordPiece\",\"vocab\":" WORDPIECE_VOCAB "}"
#define BERT_STEPS                                  \
    "\"normalizer\":{\"type\":\"BertNormalizer\"}," \
    "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}"
#define BYTE_STEPS                       \
    "\"normalizer\":{\"type\":\"NFC\"}," \
    "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false}"

/* The error's message, or "" when it opens; static. */
static inline const char *refusal(td_str json, td_str vocab, td_str config)
{
    static char message[600];
    td_tokenizer *tokenizer = NULL;
    tandem_error err = {0};
    message[0] = '\0';
    if (td_embed_tokenize_open(json, vocab, config, &tokenizer, &err) != TANDEM_OK)
        snprintf(message, sizeof(message), "%s%s%s", err.context, *err.context ? ": " : "",
                 err.message);
    td_embed_tokenize_close(tokenizer);
    return message;
}

static inline const char *refusal_of_json(const char *json)
{
    return refusal(td_str_from(json), (td_str){0}, (td_str){0});
}

#define assert_refused(json, reason) assert_string_equal(refusal_of_json(json), reason)
#define assert_opens(json)           assert_string_equal(refusal_of_json(json), "")

/* Ids of `text`, without room for more than `n_max`, as "2 4 3", with "..." if some were left
 * out. */
static inline const char *ids_of(const td_tokenizer *tokenizer, const char *prompt, td_str text,
                                 size_t n_max)
{
    static char out[4096];
    uint32_t ids[256];
    size_t n = 0, at = 0;
    bool truncated = false;
    tandem_error err = {0};
    out[0] = '\0';
    if (td_embed_tokenize_text(tokenizer, td_str_from(prompt), text, ids, n_max, &n, &truncated,
                               &err))
        return "error";
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(out + at, sizeof(out) - at, i ? " %u" : "%u", ids[i]);
    snprintf(out + at, sizeof(out) - at, "%s", truncated ? "..." : "");
    return out;
}

#endif
