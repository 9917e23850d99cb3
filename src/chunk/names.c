#include "chunk/names.h"

typedef struct name {
    const char *language, *aliases; /* aliases with a space before and behind each */
} name;

static const name names[] = {
    {"actionscript", " as3 "},
    {"apache", " apacheconf htaccess "},
    {"applescript", " osascript "},
    {"assembly", " asm nasm gas s armasm x86asm mips "},
    {"awk", " gawk "},
    {"batch", " bat cmd dosbatch winbatch "},
    {"c", " h c99 c11 "},
    {"clojure", " clj cljs cljc edn "},
    {"cmake", " cmakelists.txt "},
    {"coffeescript", " coffee "},
    {"cpp", " c++ cc cxx hpp hh hxx h++ cplusplus arduino ino cuda cu "},
    {"crystal", " cr "},
    {"csharp", " c# cs cake csx "},
    {"css", " postcss "},
    {"cython", " pyx pxd "},
    {"d", " dlang "},
    {"dart", " "},
    {"diff", " patch udiff "},
    {"dockerfile", " docker containerfile "},
    {"elixir", " ex exs iex "},
    {"elm", " "},
    {"erlang", " erl hrl "},
    {"fish", " "},
    {"fortran", " f90 f95 f03 "},
    {"fsharp", " f# fs fsx "},
    {"glsl", " vert frag hlsl wgsl "},
    {"go", " golang "},
    {"graphql", " gql "},
    {"groovy", " gradle "},
    {"haml", " "},
    {"haskell", " hs lhs ghci "},
    {"hcl", " terraform tf tfvars "},
    {"html",
     " htm xhtml vue svelte jinja jinja2 django erb ejs handlebars hbs html+jinja html+django "
     "html+erb twig liquid astro "},
    {"http", " "},
    {"ini", " cfg conf properties dosini editorconfig systemd desktop "},
    {"java", " "},
    {"javascript", " js jsx mjs cjs node es6 ecmascript "},
    {"json", " json5 jsonc jsonl ndjson geojson webmanifest "},
    {"julia", " jl "},
    {"just", " justfile "},
    {"kotlin", " kt kts "},
    {"latex", " tex sty "},
    {"less", " "},
    {"lisp", " cl commonlisp common-lisp elisp emacs-lisp el lsp "},
    {"llvm", " ll "},
    {"lua", " luau "},
    {"make", " makefile mk mak gnumakefile "},
    {"matlab", " octave "},
    {"mermaid", " "},
    {"meson", " meson.build "},
    {"nginx", " nginxconf "},
    {"nim", " "},
    {"nix", " "},
    {"objective-c", " objc objectivec obj-c mm objective-c++ "},
    {"ocaml", " ml mli "},
    {"pascal", " delphi pas "},
    {"perl", " pl pm perl5 "},
    {"php", " php3 php7 php8 phtml "},
    {"powershell", " ps1 pwsh posh psm1 "},
    {"prolog", " "},
    {"protobuf", " proto proto3 "},
    {"python", " py py3 python3 python2 py2 ipython ipython3 pycon doctest pytb pyi "},
    {"r", " rscript splus "},
    {"racket", " rkt "},
    {"raku", " perl6 "},
    {"ruby", " rb irb gemfile rake rakefile jruby "},
    {"rust", " rs "},
    {"sass", " "},
    {"scala", " sc sbt "},
    {"scheme", " scm "},
    {"scss", " "},
    {"shell", " sh bash zsh ksh shellscript shell-script bashrc dash bats "},
    {"solidity", " sol "},
    {"sql", " mysql postgresql postgres pgsql plpgsql sqlite sqlite3 tsql plsql psql ddl "},
    {"starlark", " bazel bzl build.bazel "},
    {"swift", " "},
    {"tcl", " tk "},
    {"toml", " "},
    {"typescript", " ts tsx mts cts "},
    {"vb", " vbnet vb.net vba visualbasic "},
    {"verilog", " v systemverilog sv "},
    {"vhdl", " vhd "},
    {"vim", " viml vimscript vimrc "},
    {"wasm", " wat wast "},
    {"xml", " xsd xsl xslt svg rss atom plist xaml csproj "},
    {"yaml", " yml "},
    {"zig", " "},
};

static const char prose_words[] =
    " markdown md mdx rst rest restructuredtext adoc asciidoc log logs csv "
    "tsv output out stdout stderr traceback tree ";
static const char text_words[] =
    " text txt plain plaintext none nohighlight no-highlight raw literal ascii "
    "default code unknown no-lang ";
static const char console_words[] =
    " console terminal shell-session shellsession bash-session sh-session "
    "session doscon command commandline cmdline term ";

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Whether the spaced list has the word; ASCII case does not matter. */
static bool list_has(const char *list, td_str word)
{
    if (word.n == 0 || word.n > 32)
        return false;
    while (*list) {
        while (*list == ' ')
            list++;
        size_t n = strcspn(list, " ");
        if (n == word.n && td_str_eq_nocase((td_str){list, n}, word))
            return true;
        list += n;
    }
    return false;
}

td_str td_chunk_names_canonical(td_str word)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        td_str language = td_str_from(names[i].language);
        if (td_str_eq_nocase(language, word) || list_has(names[i].aliases, word))
            return language;
    }
    return (td_str){NULL, 0};
}

bool td_chunk_names_is_prose(td_str language)
{
    return list_has(" markdown md rst text txt plain asciidoc log csv tsv ", language);
}

static bool ends_word(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == '{' || c == '}' || c == ';' || c == '(' ||
           c == '[' || c == '"' || c == '\'' || c == '\r' || c == '\n';
}

static bool next_word(td_str *rest, td_str *word_out)
{
    size_t i = 0;
    while (i < rest->n && ends_word(rest->ptr[i]))
        i++;
    size_t end = i;
    while (end < rest->n && !ends_word(rest->ptr[end]))
        end++;
    *word_out = td_str_slice(*rest, i, end);
    *rest = td_str_slice(*rest, end, rest->n);
    return word_out->n > 0;
}

/* The bare word: without what templates and attributes put around it. */
static td_str strip(td_str word)
{
    static const char *const prefixes[] = {".",         "language-",  "lang-",      "lang=",
                                           "language=", "source-",    "highlight-", "brush:",
                                           "class=",    "sourceCode."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        td_str prefix = td_str_from(prefixes[i]);
        if (td_str_starts_nocase(word, prefix))
            word = td_str_slice(word, prefix.n, word.n);
    }
    while (word.n > 0 && word.ptr[word.n - 1] == ':')
        word.n--;
    return word;
}

/* "src/main.rs" and "12:40:src/main.rs" name a language by their end. */
static td_str of_path(td_str word)
{
    size_t dot = td_str_find_last_byte(word, '.');
    if (dot == TD_STR_NONE)
        return (td_str){NULL, 0};
    return td_chunk_names_canonical(td_str_slice(word, dot + 1, word.n));
}

static bool is_wordlike(td_str word)
{
    for (size_t i = 0; i < word.n; i++) {
        char c = lower(word.ptr[i]);
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '#' ||
                    c == '-' || c == '_' || c == '.';
        if (!good)
            return false;
    }
    return word.n > 0 && word.n <= 32 && lower(word.ptr[0]) >= 'a' && lower(word.ptr[0]) <= 'z';
}

static td_chunk_info judge(td_str word, td_str *language_out)
{
    *language_out = (td_str){"", 0};
    if (list_has(prose_words, word))
        return TD_CHUNK_INFO_PROSE;
    if (list_has(text_words, word))
        return TD_CHUNK_INFO_TEXT;
    if (list_has(console_words, word)) {
        *language_out = TD_STR("console");
        return TD_CHUNK_INFO_CONSOLE;
    }
    td_str known = td_chunk_names_canonical(word);
    if (!known.ptr)
        known = of_path(word);
    if (!known.ptr && is_wordlike(word))
        known = word;
    if (!known.ptr)
        return TD_CHUNK_INFO_NONE;
    *language_out = known;
    return TD_CHUNK_INFO_CODE;
}

td_chunk_info td_chunk_names_info(td_str info, td_str *language_out)
{
    td_str rest = td_str_slice(info, 0, 256), word;
    while (next_word(&rest, &word)) {
        /* Directives of MyST and Quarto, ids of Pandoc: the language comes behind them. */
        if (word.ptr[0] == '#' || list_has(" code-block code-cell sourcecode literalinclude code: "
                                           "highlight sourceCode pre ",
                                           word))
            continue;
        word = strip(word);
        if (word.n > 0 && td_str_find_byte(word, '=', 0) == TD_STR_NONE)
            return judge(word, language_out);
        if (word.n > 0)
            break;
    }
    *language_out = (td_str){"", 0};
    return TD_CHUNK_INFO_NONE;
}
