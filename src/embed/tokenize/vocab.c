#include "embed/tokenize/vocab.h"

#include <stdlib.h>

static tandem_code grow(td_vocab *vocab, size_t n, tandem_error *err)
{
    if (n > TD_VOCAB_IDS_MAX)
        return td_fail(err, TANDEM_E_TOO_LARGE, "token id %zu: at most %d ids are read", n - 1,
                       TD_VOCAB_IDS_MAX);
    if (n > vocab->capacity) {
        size_t capacity = vocab->capacity ? vocab->capacity : 1024;
        while (capacity < n)
            capacity *= 2;
        td_vocab_item *items = realloc(vocab->items, capacity * sizeof(*items));
        if (!items)
            return td_fail_nomem(err, "a vocabulary");
        vocab->items = items;
        vocab->capacity = capacity;
    }
    if (n > vocab->n_ids) {
        memset(vocab->items + vocab->n_ids, 0, (n - vocab->n_ids) * sizeof(*vocab->items));
        vocab->n_ids = n;
    }
    return TANDEM_OK;
}

tandem_code td_embed_tokenize_vocab_set(td_vocab *vocab, uint32_t id, td_str token, bool is_added,
                                        tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t at = vocab->bytes.n;

    TD_TRY(grow(vocab, (size_t)id + 1, err));
    TD_TRY(td_buf_add(&vocab->bytes, token, err));
    vocab->items[id] = (td_vocab_item){(uint32_t)at, (uint32_t)token.n & INT32_MAX, is_added};

out:
    return code;
}

void td_embed_tokenize_vocab_clear(td_vocab *vocab)
{
    td_buf_clear(&vocab->bytes);
    free(vocab->items);
    vocab->items = NULL;
    vocab->n_ids = vocab->capacity = 0;
}

td_str td_embed_tokenize_vocab_get(const td_vocab *vocab, uint32_t id)
{
    if (id >= vocab->n_ids || vocab->items[id].n == 0)
        return (td_str){NULL, 0};
    return (td_str){vocab->bytes.ptr + vocab->items[id].at, vocab->items[id].n};
}
