/* embed/tokenize/added.h - tokens that are cut out of the text before anything else sees it.
 *
 * A tokenizer has two sets: those looked for in the text as it came ([SEP] and the like), and those
 * looked for after normalising (runs of spaces in ModernBERT).
 * Threads:  read-only once made
 * Source:   tokenizers 0.23.3, AddedVocabulary::find_matches (leftmost, longest)
 */
#ifndef TD_EMBED_TOKENIZE_ADDED_H
#define TD_EMBED_TOKENIZE_ADDED_H

#include "base/error.h"
#include "base/str.h"

enum {
    TD_ADDED_BYTES_MAX = 256,   /* of one token: bounds the work at each place of a text */
    TD_ADDED_TOKENS_MAX = 65536 /* together with the above bounds memory */
};

typedef struct td_added_token {
    td_str content; /* borrowed by td_embed_tokenize_added_add during the call */
    uint32_t id;
    bool lstrip, rstrip; /* swallow white space on that side */
    bool single_word;    /* not next to a word character */
} td_added_token;

typedef struct td_added_node td_added_node;

typedef struct td_added {
    td_added_node *nodes; /* a trie; node 0 is the root */
    size_t n_nodes, capacity;
    td_added_token *tokens;
    size_t n_tokens, tokens_capacity;
    bool starts[256];
    int only_start; /* the one byte all tokens start with, or -1 */
} td_added;

/* The same content again replaces the token before. Empty content is left out.
 * Errors: E_TOO_LARGE, E_NOMEM. */
tandem_code td_embed_tokenize_added_add(td_added *added, const td_added_token *token,
                                        tandem_error *err);
void td_embed_tokenize_added_clear(td_added *added);

/* Where a search stands. */
typedef struct td_added_at {
    size_t next;    /* the search goes on here */
    size_t covered; /* all before this is part of a token or was handed on */
    size_t spaces;  /* all between `next` and here is white space */
} td_added_at;

typedef struct td_added_match {
    size_t start, end; /* with the white space it swallows */
    uint32_t id;
} td_added_match;

/* The next token at or after `at`, which moves on; the caller sets at->covered to match->end.
 * Cost: linear in text. */
bool td_embed_tokenize_added_find(const td_added *added, td_str text, td_added_at *at,
                                  td_added_match *match_out);

#endif
