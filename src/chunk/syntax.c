#include "chunk/syntax.h"

#define BRACES     TD_CHUNK_SYNTAX_BRACES
#define TRIPLE     TD_CHUNK_SYNTAX_TRIPLE
#define BACKTICK   TD_CHUNK_SYNTAX_BACKTICK
#define REGEX      TD_CHUNK_SYNTAX_REGEX
#define LIFETIME   TD_CHUNK_SYNTAX_LIFETIME
#define PREPROC    TD_CHUNK_SYNTAX_PREPROCESSOR
#define NO_QUOTE   TD_CHUNK_SYNTAX_NO_QUOTE
#define HEREDOC    TD_CHUNK_SYNTAX_HEREDOC
#define LONG       TD_CHUNK_SYNTAX_LONG_BRACKET
#define POD        TD_CHUNK_SYNTAX_POD
#define RAW        TD_CHUNK_SYNTAX_RAW
#define NO_STRINGS TD_CHUNK_SYNTAX_NO_STRINGS

/* Perl and PHP have braces, but their quoting would need a parser; well laid out as they are,
 * indentation serves them better. */
static const td_chunk_syntax table[] = {
    {" c cpp objective-c glsl wgsl d ", "//", NULL, "/*", "*/", BRACES | PREPROC | RAW},
    {" csharp ", "//", NULL, "/*", "*/", BRACES | PREPROC | TRIPLE},
    {" java groovy dart solidity protobuf actionscript ", "//", NULL, "/*", "*/", BRACES | TRIPLE},
    {" kotlin scala swift ", "//", NULL, "/*", "*/", BRACES | TRIPLE | NO_QUOTE},
    {" javascript typescript ", "//", NULL, "/*", "*/", BRACES | BACKTICK | REGEX},
    {" go ", "//", NULL, "/*", "*/", BRACES | BACKTICK},
    {" rust zig ", "//", NULL, "/*", "*/", BRACES | LIFETIME | RAW},
    {" css scss less ", "//", NULL, "/*", "*/", BRACES},
    {" json ", "//", NULL, "/*", "*/", BRACES | NO_QUOTE},
    {" graphql hcl nginx ", "#", NULL, NULL, NULL, BRACES | NO_QUOTE},
    {" python cython starlark ", "#", NULL, NULL, NULL, TRIPLE},
    {" ruby crystal elixir julia ", "#", NULL, NULL, NULL, HEREDOC | POD | TRIPLE},
    {" perl ", "#", NULL, NULL, NULL, HEREDOC | POD | NO_STRINGS},
    {" shell dockerfile ", "#", NULL, NULL, NULL, HEREDOC | NO_STRINGS},
    {" php ", "//", "#", "/*", "*/", NO_STRINGS},
    {" lua ", "--", NULL, "--[[", "]]", LONG},
    {" sql ", "--", NULL, "/*", "*/", 0},
    {" haskell elm ", "--", NULL, "{-", "-}", NO_QUOTE},
    {" ocaml fsharp pascal ", "//", NULL, "(*", "*)", NO_QUOTE},
    {" html xml ", NULL, NULL, "<!--", "-->", NO_STRINGS},
    {" lisp clojure scheme racket ini ", ";", "#", NULL, NULL, NO_QUOTE},
    {" vim ", "\"", NULL, NULL, NULL, NO_STRINGS},
    {" latex erlang matlab ", "%", NULL, NULL, NULL, NO_STRINGS},
    {" assembly llvm ", ";", "#", "/*", "*/", NO_STRINGS},
    {" powershell ", "#", NULL, "<#", "#>", 0},
    {" fortran ", "!", NULL, NULL, NULL, NO_STRINGS},
    {" diff console ", NULL, NULL, NULL, NULL, NO_STRINGS},
    {"", "#", NULL, NULL, NULL, NO_STRINGS}, /* yaml, toml, make, cmake, r, tcl, all others */
};

const td_chunk_syntax *td_chunk_syntax_of(td_str language)
{
    size_t last = sizeof table / sizeof *table - 1;
    for (size_t i = 0; i < last; i++) {
        td_str list = td_str_from(table[i].languages);
        for (size_t at = td_str_find(list, language, 0); language.n > 0 && at != TD_STR_NONE;
             at = td_str_find(list, language, at + 1)) {
            if (at > 0 && list.ptr[at - 1] == ' ' && list.ptr[at + language.n] == ' ')
                return &table[i];
        }
    }
    return &table[last];
}
