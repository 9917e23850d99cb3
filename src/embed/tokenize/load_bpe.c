/* The BPE half of tokenizer.json. */
#include "embed/tokenize/load.h"

#include <stdio.h>

enum {
    MERGED_BYTES_MAX = 4096 /* of a token that a merge makes */
};

#define FAIL(l, err, code, format, ...) \
    td_fail(err, code, "%s: " format, (l)->file.name, __VA_ARGS__)

static tandem_code load_nfc(const td_loader *l, bool *nfc, tandem_error *err)
{
    const td_json *normalizer = NULL;
    td_str type = {0};
    tandem_code code = td_embed_tokenize_load_step(l, "normalizer", &normalizer, &type, err);
    if (code != TANDEM_OK)
        return code;
    *nfc = normalizer != NULL;
    if (normalizer && !td_str_eq(type, TD_STR("NFC")))
        return td_embed_tokenize_load_fail_type(l, "normalizer", type, "with BPE is NFC", err);
    return TANDEM_OK;
}

static tandem_code check_split(const td_loader *l, tandem_error *err)
{
    const td_json *splitter = NULL;
    bool add_prefix_space = true, use_regex = true; /* the library's defaults */
    tandem_code code = TANDEM_OK;
    td_str type = TD_STR("none");

    TD_TRY(td_embed_tokenize_load_step(l, "pre_tokenizer", &splitter, &type, err));
    if (!td_str_eq(type, TD_STR("ByteLevel")))
        return td_embed_tokenize_load_fail_type(l, "pre_tokenizer", type, "with BPE is ByteLevel",
                                                err);
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "pre_tokenizer", splitter, "add_prefix_space",
                                       &add_prefix_space, err));
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "pre_tokenizer", splitter, "use_regex", &use_regex,
                                       err));
    if (add_prefix_space)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                "%s: pre_tokenizer.add_prefix_space is true: supported is false", l->file.name);
    if (!use_regex)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                "%s: pre_tokenizer.use_regex is false: supported is true", l->file.name);

out:
    return code;
}

/* Options that change ids and that no known encoder sets. */
static tandem_code check_unsupported(const td_loader *l, tandem_error *err)
{
    static const char *const TEXTS[] = {"continuing_subword_prefix", "end_of_word_suffix"};
    bool byte_fallback = false;
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        td_str text = {0};
        TD_TRY(td_embed_tokenize_json_text(&l->file, "model", l->model, TEXTS[i], &text, err));
        if (text.n)
            return FAIL(l, err, TANDEM_E_UNSUPPORTED, "model.%s is \"%.*s\": supported is none",
                        TEXTS[i], TD_STR_FMT(text));
    }
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "model", l->model, "byte_fallback", &byte_fallback,
                                       err));
    if (byte_fallback)
        return FAIL(l, err, TANDEM_E_UNSUPPORTED, "%s",
                    "model.byte_fallback is true: supported is false");
    if (td_embed_tokenize_json_get(l->model, "dropout"))
        return FAIL(l, err, TANDEM_E_UNSUPPORTED, "%s",
                    "model.dropout makes ids random: supported is null");

out:
    return code;
}

tandem_code td_embed_tokenize_load_bpe_options(const td_loader *l, tandem_error *err)
{
    td_bpe *bpe = &l->tokenizer->bpe;
    tandem_code code = TANDEM_OK;
    td_str unk = {0};

    bpe->unk = TD_NO_ID;
    TD_TRY(load_nfc(l, &bpe->nfc, err));
    TD_TRY(check_split(l, err));
    TD_TRY(check_unsupported(l, err));
    TD_TRY(
        td_embed_tokenize_json_flag(&l->file, "model", l->model, "fuse_unk", &bpe->fuse_unk, err));
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "model", l->model, "ignore_merges",
                                       &bpe->ignore_merges, err));
    TD_TRY(td_embed_tokenize_json_text(&l->file, "model", l->model, "unk_token", &unk, err));
    if (unk.ptr)
        TD_TRY(td_embed_tokenize_load_id(l, "model.unk_token", unk, &bpe->unk, err));

out:
    return code;
}

/* The two halves of a merge, "a b" or ["a", "b"]. */
static bool merge_parts(const td_json *merge, td_str *left, td_str *right)
{
    td_str both;
    if (td_embed_tokenize_json_is_text(merge, &both)) {
        size_t space = td_str_find_byte(both, ' ', 0);
        if (space == TD_STR_NONE || td_str_find_byte(both, ' ', space + 1) != TD_STR_NONE)
            return false;
        *left = td_str_slice(both, 0, space);
        *right = td_str_slice(both, space + 1, both.n);
        return true;
    }
    return td_embed_tokenize_json_n(merge) == 2 &&
           td_embed_tokenize_json_is_text(td_embed_tokenize_json_at(merge, 0), left) &&
           td_embed_tokenize_json_is_text(td_embed_tokenize_json_at(merge, 1), right);
}

static tandem_code part_id(const td_loader *l, const td_lookup *tokens, size_t index, td_str part,
                           uint32_t *id_out, tandem_error *err)
{
    *id_out = td_embed_tokenize_lookup_find(tokens, part.ptr, part.n);
    if (*id_out == TD_NO_ID)
        return FAIL(l, err, TANDEM_E_FORMAT, "model.merges[%zu]: \"%.*s\" is not in model.vocab",
                    index, TD_STR_FMT(part));
    return TANDEM_OK;
}

static tandem_code load_merge(const td_loader *l, const td_lookup *tokens, size_t index,
                              const td_json *merge, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str left = {0}, right = {0};
    uint32_t left_id, right_id, id;
    char joined[MERGED_BYTES_MAX];

    if (!merge_parts(merge, &left, &right))
        return FAIL(l, err, TANDEM_E_FORMAT, "model.merges[%zu] is not two tokens", index);
    if (left.n > sizeof(joined) || right.n > sizeof(joined) - left.n)
        return FAIL(l, err, TANDEM_E_TOO_LARGE, "model.merges[%zu] makes a token of over %d bytes",
                    index, MERGED_BYTES_MAX);
    memcpy(joined, left.ptr, left.n);
    memcpy(joined + left.n, right.ptr, right.n);
    TD_TRY(part_id(l, tokens, index, left, &left_id, err));
    TD_TRY(part_id(l, tokens, index, right, &right_id, err));
    TD_TRY(part_id(l, tokens, index, (td_str){joined, left.n + right.n}, &id, err));
    td_embed_tokenize_bpe_add_merge(&l->tokenizer->bpe, left_id, right_id, id, (uint32_t)index);

out:
    return code;
}

static tandem_code load_merges(const td_loader *l, const td_lookup *tokens, tandem_error *err)
{
    const td_json *merges = td_embed_tokenize_json_get(l->model, "merges");
    tandem_code code = TANDEM_OK;

    if (!td_embed_tokenize_json_is_array(merges))
        return FAIL(l, err, TANDEM_E_FORMAT, "%s", "model.merges is not an array");
    TD_TRY(td_embed_tokenize_bpe_init(&l->tokenizer->bpe, td_embed_tokenize_json_n(merges), err));
    for (size_t i = 0; i < td_embed_tokenize_json_n(merges); i++)
        TD_TRY(load_merge(l, tokens, i, td_embed_tokenize_json_at(merges, i), err));

out:
    return code;
}

/* All tokens by their text, which merges are written in. */
static tandem_code index_tokens(const td_vocab *vocab, td_lookup *tokens, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    TD_TRY(td_embed_tokenize_lookup_init(tokens, vocab->bytes.ptr, vocab->n_ids, err));
    for (uint32_t id = 0; id < vocab->n_ids; id++)
        if (vocab->items[id].n && !vocab->items[id].is_added)
            TD_TRY(td_embed_tokenize_lookup_add(tokens, vocab->items[id].at, vocab->items[id].n, id,
                                                err));

out:
    return code;
}

tandem_code td_embed_tokenize_load_bpe_tables(const td_loader *l, tandem_error *err)
{
    const td_vocab *vocab = &l->tokenizer->vocab;
    td_lookup tokens = {0};
    tandem_code code = index_tokens(vocab, &tokens, err);
    bool indexed = code == TANDEM_OK, merged = false;

    if (indexed) {
        code = load_merges(l, &tokens, err);
        merged = code == TANDEM_OK;
    }
    if (merged)
        code = td_embed_tokenize_bpe_finish(&l->tokenizer->bpe, vocab, err);
    if (code != TANDEM_OK && (!indexed || merged))
        td_context(err, "%s: model.vocab", l->file.name); /* merges name themselves */
    td_embed_tokenize_lookup_clear(&tokens);
    return code;
}
