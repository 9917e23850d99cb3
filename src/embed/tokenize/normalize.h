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

#endif
