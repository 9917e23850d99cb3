/* embed/tokenize/normalize.h - a piece of text as the model wants it, before it is split.
 *
 * Threads:  pure functions
 * Source:   tokenizers 0.23.3: BertNormalizer, NFC
 */
#ifndef TD_EMBED_TOKENIZE_NORMALIZE_H
#define TD_EMBED_TOKENIZE_NORMALIZE_H

#include "base/buf.h"
#include "embed/tokenize/chars.h"

/* Appends `text` as BertNormalizer leaves it. Only texts in which normalised added tokens are to be
 * found need this: wordpiece.h does it on its way. Errors: E_TOO_LARGE, E_NOMEM. Cost: linear. */
tandem_code td_embed_tokenize_normalize_bert(const td_chars *chars, td_str text, td_buf *out,
                                             tandem_error *err);

/* `text` in normal form C: itself when it is so already, else put into `scratch`. A run of more
 * than a thousand combining marks is normalised in parts. Errors: E_TOO_LARGE, E_NOMEM. Cost:
 * linear. */
tandem_code td_embed_tokenize_normalize_nfc(td_str text, td_buf *scratch, td_str *out,
                                            tandem_error *err);

/* Whether NFC leaves the code point alone, whatever stands before and after it. Not all that are
 * so: the scripts that make up most text. */
bool td_embed_tokenize_normalize_is_plain(uint32_t codepoint);

/* What \w means in the reference's patterns: letters, marks, digits, connectors and joiners. */
bool td_embed_tokenize_normalize_is_word(uint32_t codepoint);

#endif
