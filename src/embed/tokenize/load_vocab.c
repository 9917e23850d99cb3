/* vocab.txt, one token a line, with what tokenizer_config.json says of it: the older form. */
#include "base/utf8.h"
#include "embed/tokenize/json.h"
#include "embed/tokenize/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct loader {
    td_tokenizer *tokenizer;
    td_json_file config; /* root NULL: none */
    td_lookup tokens;    /* of the whole vocabulary */
} loader;

/* Classes whose vocab.txt is read by the same rules. */
static const char *const CLASSES[] = {
    "BertTokenizer",           "BertTokenizerFast",  "DistilBertTokenizer",
    "DistilBertTokenizerFast", "ElectraTokenizer",   "ElectraTokenizerFast",
    "MPNetTokenizer",          "MPNetTokenizerFast", "PreTrainedTokenizerFast",
};

/* An id per line, also for an empty one; of two same tokens the later counts, as in the
 * reference. */
static tandem_code load_lines(loader *l, td_str vocab_txt, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint32_t id = 0;
    td_str line;

    if (td_utf8_valid_n(vocab_txt) != vocab_txt.n)
        return td_fail(err, TANDEM_E_FORMAT, "vocab.txt: not UTF-8 at byte %zu",
                       td_utf8_valid_n(vocab_txt));
    while (td_str_next(&vocab_txt, '\n', &line)) {
        if (line.n && line.ptr[line.n - 1] == '\r')
            line.n--;
        TD_TRY(td_embed_tokenize_vocab_set(&l->tokenizer->vocab, id++, line, false, err));
    }
    if (l->tokenizer->vocab.bytes.n == 0)
        TD_FAIL(err, TANDEM_E_FORMAT, "vocab.txt: has no tokens");

out:
    if (code == TANDEM_E_TOO_LARGE)
        td_context(err, "vocab.txt");
    return code;
}

static tandem_code index_lines(loader *l, tandem_error *err)
{
    const td_vocab *vocab = &l->tokenizer->vocab;
    tandem_code code = TANDEM_OK;
    TD_TRY(td_embed_tokenize_lookup_init(&l->tokens, vocab->bytes.ptr, vocab->n_ids, err));
    for (uint32_t id = 0; id < vocab->n_ids; id++)
        if (vocab->items[id].n)
            TD_TRY(td_embed_tokenize_lookup_add(&l->tokens, vocab->items[id].at, vocab->items[id].n,
                                                id, err));

out:
    if (code == TANDEM_E_FORMAT)
        td_context(err, "vocab.txt");
    return code;
}

static tandem_code check_class(const loader *l, tandem_error *err)
{
    td_str class = TD_STR("BertTokenizer");
    tandem_code code =
        td_embed_tokenize_json_text(&l->config, "", l->config.root, "tokenizer_class", &class, err);
    if (code != TANDEM_OK)
        return code;
    for (size_t i = 0; i < sizeof(CLASSES) / sizeof(CLASSES[0]); i++)
        if (td_str_eq(class, td_str_from(CLASSES[i])))
            return TANDEM_OK;
    return td_fail(err, TANDEM_E_UNSUPPORTED,
                   "%s: tokenizer_class is \"%.*s\": with vocab.txt, BertTokenizer and its kin are "
                   "supported",
                   l->config.name, TD_STR_FMT(class));
}

static tandem_code load_options(const loader *l, td_bert_options *options, tandem_error *err)
{
    const td_json *root = l->config.root;
    tandem_code code = TANDEM_OK;
    *options = (td_bert_options){true, true, true, true};
    TD_TRY(td_embed_tokenize_json_flag(&l->config, "", root, "do_lower_case", &options->lowercase,
                                       err));
    TD_TRY(td_embed_tokenize_json_flag(&l->config, "", root, "tokenize_chinese_chars",
                                       &options->chinese_chars, err));
    options->strip_accents = options->lowercase;
    TD_TRY(td_embed_tokenize_json_flag(&l->config, "", root, "strip_accents",
                                       &options->strip_accents, err));

out:
    return code;
}

/* `role` ("cls_token") is a text, or an object with "content". */
static tandem_code role_text(const loader *l, const char *role, td_str *text, tandem_error *err)
{
    const td_json *value = td_embed_tokenize_json_get(l->config.root, role);
    if (td_embed_tokenize_json_is_object(value))
        return td_embed_tokenize_json_text(&l->config, role, value, "content", text, err);
    return td_embed_tokenize_json_text(&l->config, "", l->config.root, role, text, err);
}

/* Registers the special token of this role, [CLS] for one, if the vocabulary has it. */
static tandem_code load_role(loader *l, const char *role, td_str text, uint32_t *id_out,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint32_t id;

    TD_TRY(role_text(l, role, &text, err));
    id = td_embed_tokenize_lookup_find(&l->tokens, text.ptr, text.n);
    if (id == TD_NO_ID && id_out)
        TD_FAIL(err, TANDEM_E_FORMAT, "vocab.txt: has no %s \"%.*s\"", role, TD_STR_FMT(text));
    if (id != TD_NO_ID)
        TD_TRY(td_embed_tokenize_add_token(l->tokenizer, "vocab.txt", role,
                                           &(td_added_token){.content = text, .id = id}, false,
                                           err));
    if (id_out)
        *id_out = id;

out:
    return code;
}

static tandem_code load_roles(loader *l, tandem_error *err)
{
    td_tokenizer *tokenizer = l->tokenizer;
    tandem_code code = TANDEM_OK;
    TD_TRY(load_role(l, "cls_token", TD_STR("[CLS]"), &tokenizer->before.ids[0], err));
    TD_TRY(load_role(l, "sep_token", TD_STR("[SEP]"), &tokenizer->after.ids[0], err));
    TD_TRY(load_role(l, "unk_token", TD_STR("[UNK]"), &tokenizer->wordpiece.unk, err));
    TD_TRY(load_role(l, "pad_token", TD_STR("[PAD]"), NULL, err));
    TD_TRY(load_role(l, "mask_token", TD_STR("[MASK]"), NULL, err));
    tokenizer->before.n = tokenizer->after.n = 1;

out:
    return code;
}

static tandem_code load_all(loader *l, td_str vocab_txt, tandem_error *err)
{
    td_tokenizer *tokenizer = l->tokenizer;
    tandem_code code = TANDEM_OK;
    td_bert_options options;

    tokenizer->kind = &td_embed_tokenize_kind_wordpiece;
    tokenizer->wordpiece.word_chars_max = 100;
    TD_TRY(check_class(l, err));
    TD_TRY(load_options(l, &options, err));
    TD_TRY(load_lines(l, vocab_txt, err));
    TD_TRY(index_lines(l, err));
    TD_TRY(load_roles(l, err));
    TD_TRY(td_embed_tokenize_chars_init(&tokenizer->wordpiece.chars, &options, err));
    TD_TRY(td_embed_tokenize_wordpiece_init(&tokenizer->wordpiece, &tokenizer->vocab, TD_STR("##"),
                                            err));

out:
    return code;
}

tandem_code td_embed_tokenize_load_vocab(td_tokenizer *tokenizer, td_str vocab_txt, td_str config,
                                         tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    loader l = {.tokenizer = tokenizer, .config.name = "tokenizer_config.json"};

    if (config.n)
        TD_TRY(td_embed_tokenize_json_open(l.config.name, config, &l.config, err));
    TD_TRY(load_all(&l, vocab_txt, err));

out:
    td_embed_tokenize_lookup_clear(&l.tokens);
    td_embed_tokenize_json_close(&l.config);
    return code;
}
