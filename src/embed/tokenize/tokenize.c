#include "embed/tokenize/tokenize.h"

#include "embed/tokenize/normalize.h"
#include "embed/tokenize/tokenizer.h"

#include <stdlib.h>

enum {
    /* Prompt and text are joined here, so that a word may begin in one and end in the other. */
    JOINED_ON_STACK_MAX = 16 * 1024,
    /* Three times at most, by Hangul into jamo, NFD of U+1D160, or a bad byte into U+FFFD. */
    NORMALIZED_GROWTH_MAX = 4
};

static tandem_code wordpiece_normalize(const td_tokenizer *tokenizer, td_str text, td_buf *scratch,
                                       td_str *out, tandem_error *err)
{
    tandem_code code =
        td_embed_tokenize_normalize_bert(&tokenizer->wordpiece.chars, text, scratch, err);
    if (code == TANDEM_OK)
        *out = td_buf_str(scratch);
    return code;
}

static tandem_code wordpiece_run(const td_tokenizer *tokenizer, td_str text, td_ids *ids,
                                 tandem_error *err)
{
    (void)err; /* allocates nothing */
    td_embed_tokenize_wordpiece_run(&tokenizer->wordpiece, text, ids);
    return TANDEM_OK;
}

const td_tokenizer_kind td_embed_tokenize_kind_wordpiece = {
    .normalize = wordpiece_normalize,
    .run = wordpiece_run,
    .normalizes_itself = true,
};

static tandem_code bpe_normalize(const td_tokenizer *tokenizer, td_str text, td_buf *scratch,
                                 td_str *out, tandem_error *err)
{
    if (tokenizer->bpe.nfc)
        return td_embed_tokenize_normalize_nfc(text, scratch, out, err);
    *out = text;
    return TANDEM_OK;
}

static tandem_code bpe_run(const td_tokenizer *tokenizer, td_str text, td_ids *ids,
                           tandem_error *err)
{
    return td_embed_tokenize_bpe_run(&tokenizer->bpe, text, ids, err);
}

const td_tokenizer_kind td_embed_tokenize_kind_bpe = {
    .normalize = bpe_normalize,
    .run = bpe_run,
};

tandem_code td_embed_tokenize_add_token(td_tokenizer *tokenizer, const char *file,
                                        const char *where, const td_added_token *token,
                                        bool normalized, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str known = td_embed_tokenize_vocab_get(&tokenizer->vocab, token->id);
    td_buf content = TD_BUF(TD_ADDED_BYTES_MAX * NORMALIZED_GROWTH_MAX);
    td_added_token copy = *token;

    if (known.ptr && !td_str_eq(known, token->content))
        TD_FAIL(err, TANDEM_E_FORMAT, "%s: %s: id %u is \"%.*s\" in the vocabulary, not \"%.*s\"",
                file, where, token->id, TD_STR_FMT(known), TD_STR_FMT(token->content));
    if (!known.ptr && token->content.n)
        TD_TRY(
            td_embed_tokenize_vocab_set(&tokenizer->vocab, token->id, token->content, true, err));
    if (normalized && token->content.n <= TD_ADDED_BYTES_MAX) {
        TD_TRY(tokenizer->kind->normalize(tokenizer, token->content, &content, &copy.content, err));
    }
    TD_TRY(td_embed_tokenize_added_add(normalized ? &tokenizer->normalized : &tokenizer->raw, &copy,
                                       err));

out:
    if (code == TANDEM_E_TOO_LARGE)
        td_context(err, "%s: %s", file, where);
    td_buf_clear(&content);
    return code;
}

static tandem_code check_specials(const td_tokenizer *tokenizer, const td_specials *specials,
                                  tandem_error *err)
{
    for (size_t i = 0; i < specials->n; i++)
        if (!td_embed_tokenize_vocab_get(&tokenizer->vocab, specials->ids[i]).ptr)
            return td_fail(err, TANDEM_E_FORMAT,
                           "tokenizer.json: post_processor puts id %u, which no token has",
                           specials->ids[i]);
    return TANDEM_OK;
}

tandem_code td_embed_tokenize_open(td_str tokenizer_json, td_str vocab_txt, td_str config,
                                   td_tokenizer **tokenizer_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_tokenizer *tokenizer = calloc(1, sizeof(*tokenizer));

    if (!tokenizer)
        return td_fail_nomem(err, "a tokenizer");
    tokenizer->vocab = TD_VOCAB;
    if (tokenizer_json.ptr)
        TD_TRY(td_embed_tokenize_load_json(tokenizer, tokenizer_json, err));
    else if (vocab_txt.ptr)
        TD_TRY(td_embed_tokenize_load_vocab(tokenizer, vocab_txt, config, err));
    else
        TD_FAIL(err, TANDEM_E_NOT_FOUND, "the model has neither tokenizer.json nor vocab.txt");
    TD_TRY(check_specials(tokenizer, &tokenizer->before, err));
    TD_TRY(check_specials(tokenizer, &tokenizer->after, err));
    *tokenizer_out = tokenizer;
    tokenizer = NULL;

out:
    td_embed_tokenize_close(tokenizer);
    return code;
}

void td_embed_tokenize_close(td_tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    td_embed_tokenize_wordpiece_clear(&tokenizer->wordpiece);
    td_embed_tokenize_bpe_clear(&tokenizer->bpe);
    td_embed_tokenize_added_clear(&tokenizer->raw);
    td_embed_tokenize_added_clear(&tokenizer->normalized);
    td_embed_tokenize_vocab_clear(&tokenizer->vocab);
    free(tokenizer);
}

/* Ids of a text that is normalised, and may hold normalised added tokens. */
static tandem_code run_normalized(const td_tokenizer *tokenizer, td_str text, td_ids *ids,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_added_at at = {0};
    td_added_match match;

    while (!ids->full && td_embed_tokenize_added_find(&tokenizer->normalized, text, &at, &match)) {
        if (at.covered < match.start)
            TD_TRY(tokenizer->kind->run(tokenizer, td_str_slice(text, at.covered, match.start), ids,
                                        err));
        td_embed_tokenize_ids_add(ids, match.id);
        at.covered = match.end;
    }
    if (!ids->full && at.covered < text.n)
        TD_TRY(tokenizer->kind->run(tokenizer, td_str_slice(text, at.covered, text.n), ids, err));

out:
    return code;
}

/* Ids of the text between two tokens that were cut out as they are. */
static tandem_code run_piece(const td_tokenizer *tokenizer, td_str text, td_ids *ids,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf scratch = TD_BUF(text.n * NORMALIZED_GROWTH_MAX);
    td_str normalized;

    if (tokenizer->kind->normalizes_itself && tokenizer->normalized.n_tokens == 0)
        return tokenizer->kind->run(tokenizer, text, ids, err);
    TD_TRY(tokenizer->kind->normalize(tokenizer, text, &scratch, &normalized, err));
    TD_TRY(run_normalized(tokenizer, normalized, ids, err));

out:
    td_buf_clear(&scratch);
    return code;
}

static tandem_code run_text(const td_tokenizer *tokenizer, td_str text, td_ids *ids,
                            tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_added_at at = {0};
    td_added_match match;

    while (!ids->full && td_embed_tokenize_added_find(&tokenizer->raw, text, &at, &match)) {
        if (at.covered < match.start)
            TD_TRY(run_piece(tokenizer, td_str_slice(text, at.covered, match.start), ids, err));
        td_embed_tokenize_ids_add(ids, match.id);
        at.covered = match.end;
    }
    if (!ids->full && at.covered < text.n)
        TD_TRY(run_piece(tokenizer, td_str_slice(text, at.covered, text.n), ids, err));

out:
    return code;
}

static tandem_code run_joined(const td_tokenizer *tokenizer, td_str prompt, td_str text,
                              td_ids *ids, tandem_error *err)
{
    char on_stack[JOINED_ON_STACK_MAX];
    char *joined = on_stack;
    size_t n = prompt.n + text.n;

    if (prompt.n == 0 || text.n == 0)
        return run_text(tokenizer, text.n ? text : prompt, ids, err);
    if (n > sizeof(on_stack) && !(joined = malloc(n)))
        return td_fail_nomem(err, "a text with its prompt");
    memcpy(joined, prompt.ptr, prompt.n);
    memcpy(joined + prompt.n, text.ptr, text.n);
    tandem_code code = run_text(tokenizer, (td_str){joined, n}, ids, err);
    if (joined != on_stack)
        free(joined);
    return code;
}

tandem_code td_embed_tokenize_text(const td_tokenizer *tokenizer, td_str prompt, td_str text,
                                   uint32_t *ids, size_t n_max, size_t *n_out, bool *truncated_out,
                                   tandem_error *err)
{
    const td_specials *before = &tokenizer->before, *after = &tokenizer->after;
    if (n_max < before->n + after->n)
        return td_fail(err, TANDEM_E_INVALID, "room for %zu ids, the model alone adds %zu", n_max,
                       before->n + after->n);

    td_ids content = {.items = ids + before->n, .n_max = n_max - before->n - after->n};
    tandem_code code = run_joined(tokenizer, prompt, text, &content, err);
    if (code != TANDEM_OK)
        return code;
    memcpy(ids, before->ids, before->n * sizeof(*ids));
    memcpy(content.items + content.n, after->ids, after->n * sizeof(*ids));
    *n_out = before->n + content.n + after->n;
    *truncated_out = content.full;
    return TANDEM_OK;
}

size_t td_embed_tokenize_n_vocab(const td_tokenizer *tokenizer)
{
    return tokenizer->vocab.n_ids;
}

td_str td_embed_tokenize_token(const td_tokenizer *tokenizer, uint32_t id)
{
    return td_embed_tokenize_vocab_get(&tokenizer->vocab, id);
}
