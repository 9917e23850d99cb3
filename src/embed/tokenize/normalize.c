#include "embed/tokenize/normalize.h"

#include "base/utf8.h"

static tandem_code add_code(td_buf *out, uint32_t codepoint, tandem_error *err)
{
    char bytes[4];
    return td_buf_add(out, (td_str){bytes, td_utf8_put(codepoint, bytes)}, err);
}

static tandem_code add_bert(const td_chars *chars, uint32_t codepoint, td_buf *out,
                            tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_char c = td_embed_tokenize_chars_get(chars, codepoint);
    bool spaced = td_char_kind_of(c) == TD_CHAR_CJK;
    td_char parts[TD_FOLD_MAX];

    if (td_char_kind_of(c) == TD_CHAR_DROP)
        return TANDEM_OK;
    if (td_char_kind_of(c) == TD_CHAR_SPACE)
        return add_code(out, chars->options.clean_text ? ' ' : codepoint, err);
    size_t n = td_embed_tokenize_chars_expand(chars, codepoint, c, parts);
    if (spaced)
        TD_TRY(td_buf_add_byte(out, ' ', err));
    for (size_t i = 0; i < n; i++)
        TD_TRY(add_code(out, td_char_value(parts[i]), err));
    if (spaced)
        TD_TRY(td_buf_add_byte(out, ' ', err));

out:
    return code;
}

tandem_code td_embed_tokenize_normalize_bert(const td_chars *chars, td_str text, td_buf *out,
                                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    for (size_t at = 0; at < text.n;) {
        uint32_t codepoint = 0xFFFD;
        size_t n = td_utf8_at(text, at, &codepoint);
        TD_TRY(add_bert(chars, codepoint, out, err));
        at += n ? n : 1;
    }

out:
    return code;
}
