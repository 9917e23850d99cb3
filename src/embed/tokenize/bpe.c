#include "embed/tokenize/bpe.h"

#include "base/size.h"
#include "base/utf8.h"
#include "embed/tokenize/bpe_long.h"
#include "embed/tokenize/split.h"

#include <stdlib.h>

enum {
    SHORT_MAX = 64 /* bytes; up to here a search through all pairs beats a queue */
};

tandem_code td_embed_tokenize_bpe_init(td_bpe *bpe, size_t n_merges, tandem_error *err)
{
    size_t n_slots = 16;
    if (n_merges > TD_VOCAB_IDS_MAX)
        return td_fail(err, TANDEM_E_TOO_LARGE, "%zu merges, at most %d are read", n_merges,
                       TD_VOCAB_IDS_MAX);
    while (n_slots < n_merges * 2)
        n_slots *= 2;
    td_bpe_merge *merges = malloc(n_slots * sizeof(*merges));
    if (!merges)
        return td_fail_nomem(err, "a table of merges");
    memset(merges, 0xFF, n_slots * sizeof(*merges)); /* all ranks TD_NO_ID */
    bpe->merges = merges;
    bpe->merges_mask = n_slots - 1;
    bpe->bytes = TD_BUF(TD_VOCAB_BYTES_MAX);
    return TANDEM_OK;
}

void td_embed_tokenize_bpe_add_merge(td_bpe *bpe, uint32_t left, uint32_t right, uint32_t id,
                                     uint32_t rank)
{
    td_bpe_merge *merge = (td_bpe_merge *)(uintptr_t)td_embed_tokenize_bpe_find(bpe, left, right);
    if (!merge) {
        uint64_t pair = (uint64_t)left << 32 | right;
        size_t i = td_embed_tokenize_lookup_mix(pair ^ UINT64_C(0x9E3779B97F4A7C15),
                                                UINT64_C(0xA0761D6478BD642F));
        while (bpe->merges[i & bpe->merges_mask].rank != TD_NO_ID)
            i++;
        merge = &bpe->merges[i & bpe->merges_mask];
        merge->pair = pair;
    }
    merge->rank = rank;
    merge->id = id;
}

/* GPT-2's alphabet: printable Latin-1 stands for itself, the other 68 bytes for U+0100 and on. */
static bool is_own_char(uint32_t byte)
{
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

static void make_alphabet(uint16_t byte_of[512])
{
    uint32_t next = 0x100;
    memset(byte_of, 0xFF, 512 * sizeof(*byte_of));
    for (uint32_t byte = 0; byte < 256; byte++)
        byte_of[is_own_char(byte) ? byte : next++] = (uint16_t)byte;
}

/* The bytes that a token's text stands for; false if a character stands for none. */
static bool decode(const uint16_t byte_of[512], td_str token, td_buf *out, tandem_error *err,
                   tandem_code *code)
{
    size_t n_before = out->n;
    *code = TANDEM_OK;
    for (size_t at = 0; at < token.n && *code == TANDEM_OK;) {
        uint32_t codepoint = 0;
        size_t n = td_utf8_at(token, at, &codepoint);
        if (n == 0 || codepoint >= 512 || byte_of[codepoint] > 0xFF) {
            td_buf_cut(out, n_before);
            return false;
        }
        *code = td_buf_add_byte(out, (char)byte_of[codepoint], err);
        at += n;
    }
    return *code == TANDEM_OK;
}

size_t td_embed_tokenize_bpe_symbols(const td_bpe *bpe, td_str piece, uint32_t *out)
{
    bool after_unknown = false;
    size_t n = 0;
    for (size_t i = 0; i < piece.n; i++) {
        uint32_t id = bpe->byte_ids[(unsigned char)piece.ptr[i]];
        bool unknown = id == TD_NO_ID;
        if (!unknown)
            out[n++] = id;
        else if (bpe->unk != TD_NO_ID && !(bpe->fuse_unk && after_unknown))
            out[n++] = bpe->unk;
        after_unknown = unknown;
    }
    return n;
}

static void rate(const td_bpe *bpe, const uint32_t *ids, size_t i, uint32_t *rank, uint32_t *id)
{
    const td_bpe_merge *merge = td_embed_tokenize_bpe_find(bpe, ids[i], ids[i + 1]);
    rank[i] = merge ? merge->rank : TD_NO_ID;
    id[i] = merge ? merge->id : TD_NO_ID;
}

/* Merges ids[0..n) in place; returns how many are left. */
static size_t merge_short(const td_bpe *bpe, uint32_t *ids, size_t n)
{
    uint32_t rank[SHORT_MAX], result[SHORT_MAX];
    for (size_t i = 0; i + 1 < n; i++)
        rate(bpe, ids, i, rank, result);
    while (n > 1) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < n; i++)
            best = rank[i] < rank[best] ? i : best;
        if (rank[best] == TD_NO_ID)
            break;
        ids[best] = result[best];
        n--;
        memmove(ids + best + 1, ids + best + 2, (n - best - 1) * sizeof(*ids));
        memmove(rank + best, rank + best + 1, (n - best) * sizeof(*rank));
        memmove(result + best, result + best + 1, (n - best) * sizeof(*result));
        if (best > 0)
            rate(bpe, ids, best - 1, rank, result);
        if (best + 1 < n)
            rate(bpe, ids, best, rank, result);
    }
    return n;
}

static tandem_code run_merges(const td_bpe *bpe, td_str piece, td_ids *ids, tandem_error *err)
{
    uint32_t symbols[SHORT_MAX];
    if (piece.n > SHORT_MAX)
        return td_embed_tokenize_bpe_long_run(bpe, piece, TD_BPE_WINDOW, ids, err);
    size_t n = td_embed_tokenize_bpe_symbols(bpe, piece, symbols);
    n = merge_short(bpe, symbols, n);
    for (size_t i = 0; i < n; i++)
        td_embed_tokenize_ids_add(ids, symbols[i]);
    return TANDEM_OK;
}

/* Whether merging the token's own bytes gives the token. */
static tandem_code is_whole(const td_bpe *bpe, td_str bytes, uint32_t id, bool *out,
                            tandem_error *err)
{
    uint32_t got[2];
    td_ids ids = {.items = got, .n_max = 2};
    tandem_code code = TANDEM_OK;
    if (!bpe->ignore_merges)
        code = run_merges(bpe, bytes, &ids, err);
    *out = bpe->ignore_merges || (ids.n == 1 && got[0] == id);
    return code;
}

/* Invariant 3: for each merge, both parts come from earlier merges or are bytes. */
static tandem_code check_order(td_bpe *bpe, size_t n_ids, tandem_error *err)
{
    uint32_t *last_made = calloc(n_ids ? n_ids : 1, sizeof(*last_made)); /* rank + 1 */
    if (!last_made)
        return td_fail_nomem(err, "a table of merges");
    for (size_t i = 0; i <= bpe->merges_mask; i++) {
        const td_bpe_merge *merge = &bpe->merges[i];
        if (merge->rank != TD_NO_ID && last_made[merge->id] < merge->rank + 1)
            last_made[merge->id] = merge->rank + 1;
    }
    bpe->in_order = true;
    for (size_t i = 0; i <= bpe->merges_mask; i++) {
        const td_bpe_merge *merge = &bpe->merges[i];
        if (merge->rank != TD_NO_ID && (last_made[merge->pair >> 32] > merge->rank ||
                                        last_made[(uint32_t)merge->pair] > merge->rank))
            bpe->in_order = false;
    }
    free(last_made);
    return TANDEM_OK;
}

/* Fills bpe->bytes; items[id] says where. Tokens of other alphabets have n 0. */
static tandem_code decode_all(td_bpe *bpe, const td_vocab *vocab, td_vocab_item *items,
                              tandem_error *err)
{
    uint16_t byte_of[512];
    make_alphabet(byte_of);
    memset(bpe->byte_ids, 0xFF, sizeof(bpe->byte_ids));
    for (uint32_t id = 0; id < vocab->n_ids; id++) {
        td_str token = td_embed_tokenize_vocab_get(vocab, id);
        size_t at = bpe->bytes.n;
        tandem_code code;
        if (!token.ptr || vocab->items[id].is_added)
            continue;
        bool ok = decode(byte_of, token, &bpe->bytes, err, &code);
        if (code != TANDEM_OK)
            return code;
        if (!ok)
            continue;
        items[id] = (td_vocab_item){(uint32_t)at, (uint32_t)(bpe->bytes.n - at) & INT32_MAX, 0};
        if (items[id].n == 1)
            bpe->byte_ids[(unsigned char)bpe->bytes.ptr[at]] = id;
    }
    return TANDEM_OK;
}

tandem_code td_embed_tokenize_bpe_finish(td_bpe *bpe, const td_vocab *vocab, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_vocab_item *items = calloc(vocab->n_ids ? vocab->n_ids : 1, sizeof(*items));
    bool whole = false;

    if (!items)
        return td_fail_nomem(err, "a vocabulary");
    TD_TRY(check_order(bpe, vocab->n_ids, err));
    TD_TRY(decode_all(bpe, vocab, items, err));
    TD_TRY(td_embed_tokenize_lookup_init(&bpe->whole, bpe->bytes.ptr, vocab->n_ids, err));
    for (uint32_t id = 0; id < vocab->n_ids; id++) {
        if (items[id].n == 0)
            continue;
        td_str bytes = {bpe->bytes.ptr + items[id].at, items[id].n};
        TD_TRY(is_whole(bpe, bytes, id, &whole, err));
        if (whole)
            TD_TRY(td_embed_tokenize_lookup_add(&bpe->whole, items[id].at, items[id].n, id, err));
    }

out:
    free(items);
    return code;
}

void td_embed_tokenize_bpe_clear(td_bpe *bpe)
{
    td_embed_tokenize_lookup_clear(&bpe->whole);
    td_buf_clear(&bpe->bytes);
    free(bpe->merges);
    bpe->merges = NULL;
}

tandem_code td_embed_tokenize_bpe_run(const td_bpe *bpe, td_str text, td_ids *ids,
                                      tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    for (size_t at = 0, n; at < text.n && !ids->full; at += n) {
        n = td_embed_tokenize_split_next(text, at);
        td_str piece = td_str_slice(text, at, at + n);
        uint32_t id = td_embed_tokenize_lookup_find(&bpe->whole, piece.ptr, n);
        if (id != TD_NO_ID)
            td_embed_tokenize_ids_add(ids, id);
        else
            TD_TRY(run_merges(bpe, piece, ids, err));
    }

out:
    return code;
}
