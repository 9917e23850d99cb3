/* The WordPiece half of tokenizer.json. */
#include "embed/tokenize/load.h"

static tandem_code load_bert_options(const td_loader *l, td_bert_options *options,
                                     tandem_error *err)
{
    const td_json *normalizer = NULL;
    tandem_code code = TANDEM_OK;
    td_str type = {0};

    *options = (td_bert_options){0};
    TD_TRY(td_embed_tokenize_load_step(l, "normalizer", &normalizer, &type, err));
    if (!normalizer)
        return TANDEM_OK;
    if (!td_str_eq(type, TD_STR("BertNormalizer")))
        return td_embed_tokenize_load_fail_type(l, "normalizer", type,
                                                "with WordPiece is BertNormalizer", err);
    *options = (td_bert_options){true, true, true, true};
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "normalizer", normalizer, "clean_text",
                                       &options->clean_text, err));
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "normalizer", normalizer, "handle_chinese_chars",
                                       &options->chinese_chars, err));
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "normalizer", normalizer, "lowercase",
                                       &options->lowercase, err));
    options->strip_accents = options->lowercase;
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "normalizer", normalizer, "strip_accents",
                                       &options->strip_accents, err));

out:
    return code;
}

static tandem_code check_bert_split(const td_loader *l, tandem_error *err)
{
    const td_json *splitter = NULL;
    tandem_code code = TANDEM_OK;
    td_str type = TD_STR("none");

    TD_TRY(td_embed_tokenize_load_step(l, "pre_tokenizer", &splitter, &type, err));
    if (!td_str_eq(type, TD_STR("BertPreTokenizer")))
        code = td_embed_tokenize_load_fail_type(l, "pre_tokenizer", type,
                                                "with WordPiece is BertPreTokenizer", err);

out:
    return code;
}

tandem_code td_embed_tokenize_load_wordpiece_options(const td_loader *l, tandem_error *err)
{
    td_wordpiece *wordpiece = &l->tokenizer->wordpiece;
    tandem_code code = TANDEM_OK;
    td_bert_options options;
    td_str unk = TD_STR("[UNK]");
    uint32_t n_chars = 100;

    TD_TRY(load_bert_options(l, &options, err));
    TD_TRY(check_bert_split(l, err));
    TD_TRY(td_embed_tokenize_chars_init(&wordpiece->chars, &options, err));
    TD_TRY(td_embed_tokenize_json_text(&l->file, "model", l->model, "unk_token", &unk, err));
    TD_TRY(td_embed_tokenize_load_id(l, "model.unk_token", unk, &wordpiece->unk, err));
    TD_TRY(td_embed_tokenize_json_count(&l->file, "model", l->model, "max_input_chars_per_word",
                                        &n_chars, err));
    if (n_chars < 1 || n_chars > TD_WORD_CHARS_MAX)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                "%s: model.max_input_chars_per_word is %u: supported are 1 to %d", l->file.name,
                n_chars, TD_WORD_CHARS_MAX);
    wordpiece->word_chars_max = n_chars;

out:
    return code;
}

tandem_code td_embed_tokenize_load_wordpiece_tables(const td_loader *l, tandem_error *err)
{
    td_str prefix = TD_STR("##");
    tandem_code code = td_embed_tokenize_json_text(&l->file, "model", l->model,
                                                   "continuing_subword_prefix", &prefix, err);
    if (code != TANDEM_OK)
        return code;
    code = td_embed_tokenize_wordpiece_init(&l->tokenizer->wordpiece, &l->tokenizer->vocab, prefix,
                                            err);
    if (code != TANDEM_OK)
        td_context(err, "%s: model.vocab", l->file.name);
    return code;
}
