/* chunk/syntax.h - what the scanner must know of a language: comments, strings, and what nests.
 *
 * Threads:  static tables
 */
#ifndef TD_CHUNK_SYNTAX_H
#define TD_CHUNK_SYNTAX_H

#include "base/str.h"

enum {
    TD_CHUNK_SYNTAX_BRACES = 1 << 0,       /* depth by brackets; else by indentation */
    TD_CHUNK_SYNTAX_TRIPLE = 1 << 1,       /* """ and ''' go over lines */
    TD_CHUNK_SYNTAX_BACKTICK = 1 << 2,     /* `...` goes over lines */
    TD_CHUNK_SYNTAX_REGEX = 1 << 3,        /* /.../ where an operand may stand */
    TD_CHUNK_SYNTAX_LIFETIME = 1 << 4,     /* 'a is no string unless a quote follows a character */
    TD_CHUNK_SYNTAX_PREPROCESSOR = 1 << 5, /* # at a line's start is a line of its own */
    TD_CHUNK_SYNTAX_NO_QUOTE = 1 << 6,     /* ' begins no string */
    TD_CHUNK_SYNTAX_HEREDOC = 1 << 7,      /* <<EOF */
    TD_CHUNK_SYNTAX_LONG_BRACKET = 1 << 8, /* [[ ... ]] of Lua */
    TD_CHUNK_SYNTAX_POD = 1 << 9,          /* =pod ... =cut; =begin ... =end */
    TD_CHUNK_SYNTAX_RAW = 1 << 10,         /* R"x(...)x", r#"..."# */
    TD_CHUNK_SYNTAX_NO_STRINGS = 1 << 11,  /* markup: quotes are text */
};

typedef struct td_chunk_syntax {
    const char *languages;    /* with a space before and behind each */
    const char *line, *line2; /* what starts a comment to the line's end; NULL: nothing */
    const char *open, *close; /* of a block comment */
    unsigned flags;
} td_chunk_syntax;

/* Never NULL: a language that nobody knows nests by indentation. */
const td_chunk_syntax *td_chunk_syntax_of(td_str language);

#endif
