/* extract/charset_guess.h - the charset of a text that does not say it, from its bytes.
 *
 * Threads:  pure functions
 * Source:   the byte ranges of the encodings in the WHATWG Encoding Standard; how often letters
 *           stand in Russian, Greek, Japanese, Chinese and Korean text
 */
#ifndef TD_EXTRACT_CHARSET_GUESS_H
#define TD_EXTRACT_CHARSET_GUESS_H

#include "base/str.h"

/* The name for iconv: "UTF-16LE" or "UTF-16BE" where every other byte of much text is 0, "CP932",
 * "EUC-JP", "GB18030", "CP949", "BIG5-HKSCS", "CP1251", "KOI8-R", "CP1253"; else "CP1252". Static.
 * Cost: linear in the first 64 KiB. */
const char *td_extract_charset_guess(td_str text);

/* "UTF-16LE", "UTF-16BE" or NULL: that a text without a mark of its byte order is one of them. */
const char *td_extract_charset_guess_utf16(td_str text);

#endif
