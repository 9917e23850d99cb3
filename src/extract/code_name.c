#include "extract/code_name.h"

enum {
    LEVELS_MAX = 8
}; /* a table for the line numbers alone makes four */

typedef struct alias {
    const char *name, *canonical;
} alias;

/* Names that differ from the canonical one, and canonical ones (NULL). */
static const alias ALIASES[] = {
    {"abap", NULL},
    {"ada", NULL},
    {"adb", "ada"},
    {"apache", NULL},
    {"apacheconf", "apache"},
    {"applescript", NULL},
    {"asciidoc", NULL},
    {"asm", "assembly"},
    {"assembly", NULL},
    {"gas", "assembly"},
    {"nasm", "assembly"},
    {"awk", NULL},
    {"gawk", "awk"},
    {"bash", "shell"},
    {"sh", "shell"},
    {"shell", NULL},
    {"zsh", "shell"},
    {"ksh", "shell"},
    {"fish", "shell"},
    {"shellscript", "shell"},
    {"shell-script", "shell"},
    {"bat", "batch"},
    {"batch", NULL},
    {"cmd", "batch"},
    {"dosbatch", "batch"},
    {"console", "console"},
    {"shell-session", "console"},
    {"shellsession", "console"},
    {"sh-session", "console"},
    {"bash-session", "console"},
    {"terminal", "console"},
    {"basic", NULL},
    {"vb", "vbnet"},
    {"vbnet", NULL},
    {"vb.net", "vbnet"},
    {"visualbasic", "vbnet"},
    {"bibtex", NULL},
    {"c", NULL},
    {"h", "c"},
    {"cpp", NULL},
    {"c++", "cpp"},
    {"cxx", "cpp"},
    {"cc", "cpp"},
    {"hpp", "cpp"},
    {"csharp", NULL},
    {"c#", "csharp"},
    {"cs", "csharp"},
    {"clojure", NULL},
    {"clj", "clojure"},
    {"cmake", NULL},
    {"cobol", NULL},
    {"coffeescript", NULL},
    {"coffee", "coffeescript"},
    {"commonlisp", "lisp"},
    {"common-lisp", "lisp"},
    {"lisp", NULL},
    {"elisp", "lisp"},
    {"emacs-lisp", "lisp"},
    {"scheme", NULL},
    {"racket", NULL},
    {"crystal", NULL},
    {"css", NULL},
    {"scss", NULL},
    {"sass", NULL},
    {"less", NULL},
    {"cuda", NULL},
    {"cython", NULL},
    {"pyx", "cython"},
    {"d", NULL},
    {"dart", NULL},
    {"diff", NULL},
    {"patch", "diff"},
    {"udiff", "diff"},
    {"dockerfile", NULL},
    {"docker", "dockerfile"},
    {"dot", NULL},
    {"graphviz", "dot"},
    {"ebnf", NULL},
    {"bnf", "ebnf"},
    {"elixir", NULL},
    {"ex", "elixir"},
    {"elm", NULL},
    {"erlang", NULL},
    {"erl", "erlang"},
    {"fortran", NULL},
    {"f90", "fortran"},
    {"fsharp", NULL},
    {"f#", "fsharp"},
    {"fs", "fsharp"},
    {"gdscript", NULL},
    {"glsl", NULL},
    {"hlsl", NULL},
    {"wgsl", NULL},
    {"go", NULL},
    {"golang", "go"},
    {"graphql", NULL},
    {"gql", "graphql"},
    {"groovy", NULL},
    {"gradle", "groovy"},
    {"haskell", NULL},
    {"hs", "haskell"},
    {"haxe", NULL},
    {"hcl", NULL},
    {"terraform", "hcl"},
    {"tf", "hcl"},
    {"html", NULL},
    {"html5", "html"},
    {"xhtml", "html"},
    {"htm", "html"},
    {"vue", NULL},
    {"svelte", NULL},
    {"astro", NULL},
    {"jinja", NULL},
    {"jinja2", "jinja"},
    {"django", "jinja"},
    {"html+jinja", "jinja"},
    {"html+django", "jinja"},
    {"erb", NULL},
    {"handlebars", NULL},
    {"http", NULL},
    {"ini", NULL},
    {"cfg", "ini"},
    {"conf", "ini"},
    {"config", "ini"},
    {"properties", NULL},
    {"java", NULL},
    {"javascript", NULL},
    {"js", "javascript"},
    {"jsx", "javascript"},
    {"mjs", "javascript"},
    {"node", "javascript"},
    {"nodejs", "javascript"},
    {"ecmascript", "javascript"},
    {"json", NULL},
    {"json5", "json"},
    {"jsonc", "json"},
    {"jsonl", "json"},
    {"julia", NULL},
    {"jl", "julia"},
    {"kotlin", NULL},
    {"kt", "kotlin"},
    {"kts", "kotlin"},
    {"latex", "tex"},
    {"tex", NULL},
    {"lua", NULL},
    {"make", NULL},
    {"makefile", "make"},
    {"mk", "make"},
    {"markdown", NULL},
    {"md", "markdown"},
    {"mdx", "markdown"},
    {"matlab", NULL},
    {"octave", "matlab"},
    {"mermaid", NULL},
    {"meson", NULL},
    {"mysql", "sql"},
    {"nginx", NULL},
    {"nim", NULL},
    {"nix", NULL},
    {"objectivec", NULL},
    {"objective-c", "objectivec"},
    {"objc", "objectivec"},
    {"obj-c", "objectivec"},
    {"ocaml", NULL},
    {"ml", "ocaml"},
    {"pascal", NULL},
    {"delphi", "pascal"},
    {"perl", NULL},
    {"pl", "perl"},
    {"perl6", "raku"},
    {"raku", NULL},
    {"php", NULL},
    {"plpgsql", "sql"},
    {"postgres", "sql"},
    {"postgresql", "sql"},
    {"pgsql", "sql"},
    {"powershell", NULL},
    {"ps1", "powershell"},
    {"posh", "powershell"},
    {"pwsh", "powershell"},
    {"prolog", NULL},
    {"protobuf", NULL},
    {"proto", "protobuf"},
    {"puppet", NULL},
    {"purescript", NULL},
    {"python", NULL},
    {"py", "python"},
    {"py3", "python"},
    {"python3", "python"},
    {"python2", "python"},
    {"pycon", "python"},
    {"pycon3", "python"},
    {"python-repl", "python"},
    {"python-console", "python"},
    {"ipython", "python"},
    {"ipython3", "python"},
    {"ipythonconsole", "python"},
    {"doctest", "python"},
    {"pytb", "python"},
    {"py3tb", "python"},
    {"qml", NULL},
    {"r", NULL},
    {"rlang", "r"},
    {"rst", NULL},
    {"rest", "rst"},
    {"restructuredtext", "rst"},
    {"ruby", NULL},
    {"rb", "ruby"},
    {"irb", "ruby"},
    {"rust", NULL},
    {"rs", "rust"},
    {"scala", NULL},
    {"solidity", NULL},
    {"sol", "solidity"},
    {"sparql", NULL},
    {"sql", NULL},
    {"sqlite", "sql"},
    {"sqlite3", "sql"},
    {"tsql", "sql"},
    {"starlark", NULL},
    {"bazel", "starlark"},
    {"swift", NULL},
    {"systemd", "ini"},
    {"tcl", NULL},
    {"toml", NULL},
    {"typescript", NULL},
    {"ts", "typescript"},
    {"tsx", "typescript"},
    {"v", NULL},
    {"vala", NULL},
    {"verilog", NULL},
    {"systemverilog", "verilog"},
    {"vhdl", NULL},
    {"vim", NULL},
    {"viml", "vim"},
    {"wasm", "wat"},
    {"wat", NULL},
    {"xml", NULL},
    {"svg", "xml"},
    {"xslt", "xml"},
    {"xsd", "xml"},
    {"yaml", NULL},
    {"yml", "yaml"},
    {"zig", NULL},
    {"text", "text"},
    {"txt", "text"},
    {"plain", "text"},
    {"plaintext", "text"},
    {"plain-text", "text"},
    {"none", "text"},
    {"nohighlight", "text"},
    {"no-highlight", "text"},
    {"output", "text"},
    {"log", "text"},
    {"ascii", "text"},
};

td_str td_extract_code_name_canonical(td_str name)
{
    for (size_t i = 0; i < sizeof(ALIASES) / sizeof(*ALIASES); i++)
        if (name.n && (name.ptr[0] | 0x20) == ALIASES[i].name[0] &&
            td_str_eq_nocase(name, td_str_from(ALIASES[i].name)))
            return td_str_from(ALIASES[i].canonical ? ALIASES[i].canonical : ALIASES[i].name);
    return TD_STR("");
}

/* A name of the page's own may be an info string if it looks like a name. */
static td_str usable(td_str name)
{
    td_str known = td_extract_code_name_canonical(name);

    if (known.n || name.n > 24)
        return known;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.ptr[i];

        if (!((unsigned)((c | 0x20) - 'a') < 26u || (c >= '0' && c <= '9') || c == '+' ||
              c == '#' || c == '-' || c == '_' || c == '.'))
            return TD_STR("");
    }
    return name;
}

static bool is_default(td_str name)
{
    return td_str_eq_nocase(name, TD_STR("default")) || td_str_eq_nocase(name, TD_STR("guess"));
}

/* The name behind a known prefix. Of the first ones nothing but a known language is believed:
 * themes use them for other things too ("highlight-wrapper"). */
static td_str after_prefix(td_str word)
{
    static const char *const PREFIXES[] = {
        "highlight-source-", "highlight-text-", "highlight-", "src-",  "mw-highlight-lang-",
        "language-",         "lang-",           "brush:",     "lang:", "sourcecode-"};
    enum {
        N_STRICT = 4
    };

    for (size_t i = 0; i < sizeof(PREFIXES) / sizeof(*PREFIXES); i++) {
        td_str prefix = td_str_from(PREFIXES[i]);
        td_str name = td_str_slice(word, prefix.n, word.n);

        if (!td_str_starts_nocase(word, prefix))
            continue;
        if (i < N_STRICT && !is_default(name) && td_extract_code_name_canonical(name).n == 0)
            return TD_STR("");
        return name;
    }
    return TD_STR("");
}

static td_str cut_end(td_str word)
{
    while (word.n && (word.ptr[word.n - 1] == ';' || word.ptr[word.n - 1] == ','))
        word.n--;
    return word;
}

/* Words that mean "here is code", after which a bare language name is one. */
static bool announces(td_str word)
{
    static const char *const WORDS[] = {"hljs",        "sourcecode", "highlight", "prettyprint",
                                        "codehilite",  "code",       "src",       "shiki",
                                        "highlighted", "chroma"};

    for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
        if (td_str_eq_nocase(word, td_str_from(WORDS[i])))
            return true;
    return false;
}

/* What one element says. *is_default_out: it says "whatever this site's language is". */
static td_str name_at(const td_node *node, bool *is_default_out)
{
    static const td_attribute DATA[] = {TD_ATTRIBUTE_DATA_LANG, TD_ATTRIBUTE_DATA_LANGUAGE};
    td_str rest = td_extract_tree_get(node, TD_ATTRIBUTE_CLASS), word, bare = TD_STR("");
    bool code = node->tag == TD_TAG_CODE || node->tag == TD_TAG_PRE, brush = false;

    for (size_t i = 0; i < 2; i++)
        if (td_extract_tree_get(node, DATA[i]).n)
            return usable(td_extract_tree_get(node, DATA[i]));
    while (td_extract_tree_next_word(&rest, &word)) {
        td_str name = cut_end(brush ? word : after_prefix(word));

        if (is_default(name))
            *is_default_out = true;
        else if (name.n && usable(name).n)
            return usable(name);
        brush = td_str_eq_nocase(word, TD_STR("brush:"));
        code |= announces(word);
        if (code && bare.n == 0 && !announces(word))
            bare = td_extract_code_name_canonical(word);
    }
    if (bare.n == 0 && node->tag == TD_TAG_PRE)
        bare = td_extract_code_name_canonical(td_extract_tree_get(node, TD_ATTRIBUTE_LANG));
    return bare;
}

static bool is_session(td_str text)
{
    return td_str_starts(td_str_trim(text), TD_STR(">>> "));
}

/* Pygments marks words only in what it could parse, so its spans tell a guess that held. */
static bool has_spans(const td_tree *tree, uint32_t at)
{
    for (uint32_t i = at + 1; i < tree->nodes[at].end; i++)
        if (tree->nodes[i].tag == TD_TAG_SPAN && tree->nodes[i].n_attributes)
            return true;
    return false;
}

td_str td_extract_code_name_of(const td_tree *tree, uint32_t at, td_str text)
{
    const td_node *nodes = tree->nodes;
    bool by_default = false;
    td_str name = TD_STR("");

    for (uint32_t i = at + 1; i < nodes[at].end && i < at + 4 && name.n == 0; i++)
        if (nodes[i].tag == TD_TAG_CODE)
            name = name_at(&nodes[i], &by_default);
    for (int up = 0; up < LEVELS_MAX && name.n == 0 && at > 0; up++, at = nodes[at].parent) {
        if (up > 0 && nodes[at].tag != TD_TAG_DIV && nodes[at].tag != TD_TAG_FIGURE &&
            nodes[at].tag != TD_TAG_TD && nodes[at].tag != TD_TAG_TR &&
            nodes[at].tag != TD_TAG_TBODY && nodes[at].tag != TD_TAG_TABLE)
            break;
        name = name_at(&nodes[at], &by_default);
        if (by_default && name.n == 0)
            break;
    }
    if (is_session(text) && !td_str_eq(name, TD_STR("text")))
        return TD_STR("python");
    if (name.n == 0 && by_default && has_spans(tree, at))
        return TD_STR("python");
    return name;
}
