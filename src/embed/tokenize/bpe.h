/* embed/tokenize/bpe.h - byte-level BPE: pieces of bytes into ids by merging neighbours.
 *
 * Invariants that the code leans on:
 *  1. A pair of ids has one rank and one result; among the pairs of a piece the lowest rank merges
 *     first, on a tie the leftmost (td_bpe_merge).
 *  2. `whole` holds only tokens that their own bytes are merged into, so that a piece found in it
 *     needs no merging.
 *  3. `in_order` says that each merge's parts were made by earlier merges. Then the merging of a
 *     piece is right if each two neighbouring tokens are right by themselves, and a long piece can
 *     be merged window by window (bpe_long.h).
 *
 * Threads:  read-only once made
 * Source:   tokenizers 0.23.3, BPE and ByteLevel; tests/golden/tokenizer/tokenizer-bpe.json.
 *           For 3: Berglund and van der Merwe, "Formalizing BPE Tokenization", 2023
 */
#ifndef TD_EMBED_TOKENIZE_BPE_H
#define TD_EMBED_TOKENIZE_BPE_H

#include "embed/tokenize/ids.h"
#include "embed/tokenize/lookup.h"

typedef struct td_bpe_merge {
    uint64_t pair; /* left id in the upper half */
    uint32_t rank; /* TD_NO_ID: a free slot */
    uint32_t id;   /* what the two become */
} td_bpe_merge;

typedef struct td_bpe {
    td_buf bytes;    /* the tokens as bytes, where `whole` points into */
    td_lookup whole; /* pieces that are one token */
    uint32_t byte_ids[256];
    td_bpe_merge *merges; /* open addressing, at most half full */
    size_t merges_mask;
    uint32_t unk; /* for a byte without a token; TD_NO_ID: such a byte is left out */
    bool fuse_unk, ignore_merges, nfc, in_order;
} td_bpe;

/* Room for n_merges pairs. Errors: E_TOO_LARGE, E_NOMEM. */
tandem_code td_embed_tokenize_bpe_init(td_bpe *bpe, size_t n_merges, tandem_error *err);

/* Adds a merge; a pair again gets the later rank. Ids are those of a vocabulary. */
void td_embed_tokenize_bpe_add_merge(td_bpe *bpe, uint32_t left, uint32_t right, uint32_t id,
                                     uint32_t rank);

/* Makes byte_ids, whole and in_order, once all merges and options are there.
 * Errors: E_FORMAT for tokens made to collide, E_NOMEM. */
tandem_code td_embed_tokenize_bpe_finish(td_bpe *bpe, const td_vocab *vocab, tandem_error *err);
void td_embed_tokenize_bpe_clear(td_bpe *bpe);

/* Ids of a normalised text without added tokens; stops early once `ids` is full.
 * Errors: E_NOMEM. Cost: linear, times the logarithm of a piece's length up to that of a window;
 * allocates only for pieces of more than 64 bytes. */
tandem_code td_embed_tokenize_bpe_run(const td_bpe *bpe, td_str text, td_ids *ids,
                                      tandem_error *err);

/* The merge of two ids; NULL if there is none. */
static inline const td_bpe_merge *td_embed_tokenize_bpe_find(const td_bpe *bpe, uint32_t left,
                                                             uint32_t right)
{
    uint64_t pair = (uint64_t)left << 32 | right;
    size_t i = td_embed_tokenize_lookup_mix(pair ^ UINT64_C(0x9E3779B97F4A7C15),
                                            UINT64_C(0xA0761D6478BD642F));
    for (i &= bpe->merges_mask;; i = (i + 1) & bpe->merges_mask) {
        const td_bpe_merge *merge = &bpe->merges[i];
        if (merge->rank == TD_NO_ID)
            return NULL;
        if (merge->pair == pair)
            return merge;
    }
}

/* The ids that the bytes of a piece start from; returns how many (at most piece.n). */
size_t td_embed_tokenize_bpe_symbols(const td_bpe *bpe, td_str piece, uint32_t *out);

#endif
