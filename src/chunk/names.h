/* chunk/names.h - what people call a language, and the one name that tandem uses for it.
 *
 * Threads:  pure functions
 */
#ifndef TD_CHUNK_NAMES_H
#define TD_CHUNK_NAMES_H

#include "base/str.h"

/* What the word after a fence promises. */
typedef enum td_chunk_info {
    TD_CHUNK_INFO_NONE,    /* nothing: look at the content */
    TD_CHUNK_INFO_PROSE,   /* text, markdown, output, log, csv: no code, whatever it looks like */
    TD_CHUNK_INFO_TEXT,    /* "text" and the like are put before code too: look at the content */
    TD_CHUNK_INFO_CONSOLE, /* a session of commands and answers */
    TD_CHUNK_INFO_CODE,
} td_chunk_info;

/* The language of a fence's info string: canonical if it is known ("c++" -> "cpp", "{.py #id}" ->
 * "python", "main.rs" -> "rust"), else the word as written (a slice of `info`), else empty. */
td_chunk_info td_chunk_names_info(td_str info, td_str *language_out);

/* The canonical name for an alias or a file's extension; ptr is NULL if the word is none.
 * Static. */
td_str td_chunk_names_canonical(td_str word);

/* Whether a file of that language is prose to us: markdown, rst, text, log, csv, tsv. */
bool td_chunk_names_is_prose(td_str language);

#endif
