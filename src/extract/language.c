#include "extract/code_name.h"
#include "extract/extract.h"
#include "extract/kind.h"

/* Endings of names, without the dot. */
static const struct {
    const char *ending, *language;
} ENDINGS[] = {
    {"ada", "ada"},
    {"adb", "ada"},
    {"ads", "ada"},
    {"asm", "assembly"},
    {"s", "assembly"},
    {"nasm", "assembly"},
    {"awk", "awk"},
    {"bash", "shell"},
    {"sh", "shell"},
    {"zsh", "shell"},
    {"ksh", "shell"},
    {"fish", "shell"},
    {"bats", "shell"},
    {"ebuild", "shell"},
    {"bat", "batch"},
    {"cmd", "batch"},
    {"bib", "bibtex"},
    {"bzl", "starlark"},
    {"bazel", "starlark"},
    {"c", "c"},
    {"h", "c"},
    {"cc", "cpp"},
    {"cpp", "cpp"},
    {"cxx", "cpp"},
    {"c++", "cpp"},
    {"hh", "cpp"},
    {"hpp", "cpp"},
    {"hxx", "cpp"},
    {"h++", "cpp"},
    {"ipp", "cpp"},
    {"inl", "cpp"},
    {"tcc", "cpp"},
    {"ixx", "cpp"},
    {"cppm", "cpp"},
    {"cs", "csharp"},
    {"csx", "csharp"},
    {"cu", "cuda"},
    {"cuh", "cuda"},
    {"clj", "clojure"},
    {"cljs", "clojure"},
    {"cljc", "clojure"},
    {"edn", "clojure"},
    {"cmake", "cmake"},
    {"cob", "cobol"},
    {"cbl", "cobol"},
    {"coffee", "coffeescript"},
    {"cr", "crystal"},
    {"css", "css"},
    {"scss", "scss"},
    {"sass", "sass"},
    {"less", "less"},
    {"d", "d"},
    {"dart", "dart"},
    {"diff", "diff"},
    {"patch", "diff"},
    {"dockerfile", "dockerfile"},
    {"dot", "dot"},
    {"gv", "dot"},
    {"ebnf", "ebnf"},
    {"el", "lisp"},
    {"lisp", "lisp"},
    {"lsp", "lisp"},
    {"cl", "lisp"},
    {"scm", "scheme"},
    {"ss", "scheme"},
    {"rkt", "racket"},
    {"elm", "elm"},
    {"erl", "erlang"},
    {"hrl", "erlang"},
    {"ex", "elixir"},
    {"exs", "elixir"},
    {"erb", "erb"},
    {"f", "fortran"},
    {"f77", "fortran"},
    {"f90", "fortran"},
    {"f95", "fortran"},
    {"f03", "fortran"},
    {"f08", "fortran"},
    {"for", "fortran"},
    {"fs", "fsharp"},
    {"fsi", "fsharp"},
    {"fsx", "fsharp"},
    {"gd", "gdscript"},
    {"glsl", "glsl"},
    {"vert", "glsl"},
    {"frag", "glsl"},
    {"comp", "glsl"},
    {"hlsl", "hlsl"},
    {"wgsl", "wgsl"},
    {"metal", "cpp"},
    {"go", "go"},
    {"graphql", "graphql"},
    {"gql", "graphql"},
    {"groovy", "groovy"},
    {"gradle", "groovy"},
    {"hs", "haskell"},
    {"lhs", "haskell"},
    {"hx", "haxe"},
    {"hcl", "hcl"},
    {"tf", "hcl"},
    {"tfvars", "hcl"},
    {"nomad", "hcl"},
    {"http", "http"},
    {"ini", "ini"},
    {"cfg", "ini"},
    {"conf", "ini"},
    {"service", "ini"},
    {"socket", "ini"},
    {"timer", "ini"},
    {"target", "ini"},
    {"desktop", "ini"},
    {"editorconfig", "ini"},
    {"properties", "properties"},
    {"java", "java"},
    {"jav", "java"},
    {"js", "javascript"},
    {"mjs", "javascript"},
    {"cjs", "javascript"},
    {"jsx", "javascript"},
    {"json", "json"},
    {"json5", "json"},
    {"jsonc", "json"},
    {"jsonl", "json"},
    {"ndjson", "json"},
    {"geojson", "json"},
    {"webmanifest", "json"},
    {"avsc", "json"},
    {"jinja", "jinja"},
    {"jinja2", "jinja"},
    {"j2", "jinja"},
    {"hbs", "handlebars"},
    {"mustache", "handlebars"},
    {"jl", "julia"},
    {"kt", "kotlin"},
    {"kts", "kotlin"},
    {"tex", "tex"},
    {"sty", "tex"},
    {"cls", "tex"},
    {"ltx", "tex"},
    {"lua", "lua"},
    {"mk", "make"},
    {"mak", "make"},
    {"make", "make"},
    {"am", "make"},
    {"m", "objectivec"},
    {"mm", "objectivec"},
    {"m4", "m4"},
    {"ac", "m4"},
    {"ml", "ocaml"},
    {"mli", "ocaml"},
    {"mll", "ocaml"},
    {"mly", "ocaml"},
    {"nim", "nim"},
    {"nims", "nim"},
    {"nix", "nix"},
    {"pas", "pascal"},
    {"pp", "puppet"},
    {"dpr", "pascal"},
    {"pl", "perl"},
    {"pm", "perl"},
    {"pod", "perl"},
    {"psgi", "perl"},
    {"t", "perl"},
    {"raku", "raku"},
    {"rakumod", "raku"},
    {"p6", "raku"},
    {"php", "php"},
    {"php3", "php"},
    {"phtml", "php"},
    {"inc", "php"},
    {"proto", "protobuf"},
    {"ps1", "powershell"},
    {"psm1", "powershell"},
    {"psd1", "powershell"},
    {"pro", "prolog"},
    {"prolog", "prolog"},
    {"purs", "purescript"},
    {"py", "python"},
    {"pyi", "python"},
    {"pyw", "python"},
    {"pyx", "cython"},
    {"pxd", "cython"},
    {"pxi", "cython"},
    {"qml", "qml"},
    {"r", "r"},
    {"rb", "ruby"},
    {"rake", "ruby"},
    {"gemspec", "ruby"},
    {"ru", "ruby"},
    {"podspec", "ruby"},
    {"rs", "rust"},
    {"scala", "scala"},
    {"sbt", "scala"},
    {"sc", "scala"},
    {"sol", "solidity"},
    {"sparql", "sparql"},
    {"rq", "sparql"},
    {"sql", "sql"},
    {"ddl", "sql"},
    {"dml", "sql"},
    {"psql", "sql"},
    {"star", "starlark"},
    {"svelte", "svelte"},
    {"svg", "xml"},
    {"swift", "swift"},
    {"tcl", "tcl"},
    {"tk", "tcl"},
    {"toml", "toml"},
    {"ts", "typescript"},
    {"tsx", "typescript"},
    {"mts", "typescript"},
    {"cts", "typescript"},
    {"v", "verilog"},
    {"sv", "verilog"},
    {"svh", "verilog"},
    {"vh", "verilog"},
    {"vala", "vala"},
    {"vapi", "vala"},
    {"vb", "vbnet"},
    {"bas", "basic"},
    {"vhd", "vhdl"},
    {"vhdl", "vhdl"},
    {"vim", "vim"},
    {"vue", "vue"},
    {"astro", "astro"},
    {"wat", "wat"},
    {"wast", "wat"},
    {"xml", "xml"},
    {"xsd", "xml"},
    {"xsl", "xml"},
    {"xslt", "xml"},
    {"xaml", "xml"},
    {"csproj", "xml"},
    {"vcxproj", "xml"},
    {"plist", "xml"},
    {"rss", "xml"},
    {"atom", "xml"},
    {"wsdl", "xml"},
    {"dtd", "xml"},
    {"rng", "xml"},
    {"ui", "xml"},
    {"qrc", "xml"},
    {"pom", "xml"},
    {"y", "c"},
    {"l", "c"},
    {"yaml", "yaml"},
    {"yml", "yaml"},
    {"cff", "yaml"},
    {"zig", "zig"},
    {"zon", "zig"},
    {"ld", "linker"},
    {"lds", "linker"},
    {"dts", "dts"},
    {"dtsi", "dts"},
    {"gitignore", "ini"},
    {"gitattributes", "ini"},
    {"gitmodules", "ini"},
    {"gitconfig", "ini"},
    {"bashrc", "shell"},
    {"zshrc", "shell"},
    {"profile", "shell"},
    {"env", "shell"},
    {"bash_profile", "shell"},
    {"vimrc", "vim"},
    {"nginx", "nginx"},
    {"htaccess", "apache"},
    {"mod", "go"},
    {"work", "go"},
    {"sum", "go"},
    {"cabal", "haskell"},
    {"rules", "make"},
    {"spec", "rpmspec"},
    {"meson", "meson"},
    {"mermaid", "mermaid"},
    {"mmd", "mermaid"},
    {"nut", "squirrel"},
    {"st", "smalltalk"},
    {"mat", "matlab"},
    {"sas", "sas"},
    {"abap", "abap"},
    {"applescript", "applescript"},
    {"scpt", "applescript"},
    {"feature", "gherkin"},
    {"robot", "robot"},
    {"thrift", "thrift"},
    {"capnp", "capnp"},
    {"fbs", "flatbuffers"},
};

/* Whole names. */
static const struct {
    const char *name, *language;
} NAMES[] = {
    {"Makefile", "make"},         {"GNUmakefile", "make"},
    {"BSDmakefile", "make"},      {"Kbuild", "make"},
    {"CMakeLists.txt", "cmake"},  {"CMakeCache.txt", "cmake"},
    {"Dockerfile", "dockerfile"}, {"Containerfile", "dockerfile"},
    {"Rakefile", "ruby"},         {"Gemfile", "ruby"},
    {"Vagrantfile", "ruby"},      {"Brewfile", "ruby"},
    {"Podfile", "ruby"},          {"Guardfile", "ruby"},
    {"Jenkinsfile", "groovy"},    {"BUILD", "starlark"},
    {"WORKSPACE", "starlark"},    {"SConstruct", "python"},
    {"SConscript", "python"},     {"wscript", "python"},
    {"meson.build", "meson"},     {"meson_options.txt", "meson"},
    {"Cargo.lock", "toml"},       {"Pipfile", "toml"},
    {"poetry.lock", "toml"},      {"uv.lock", "toml"},
    {"Kconfig", "kconfig"},       {"configure", "shell"},
    {"PKGBUILD", "shell"},        {"APKBUILD", "shell"},
    {"Procfile", "yaml"},         {"nginx.conf", "nginx"},
    {"httpd.conf", "apache"},     {"justfile", "make"},
    {"Justfile", "make"},         {"yarn.lock", "yaml"},
    {".clang-format", "yaml"},    {".clang-tidy", "yaml"},
    {".babelrc", "json"},         {".eslintrc", "json"},
    {".prettierrc", "json"},      {"Tiltfile", "starlark"},
    {"Earthfile", "dockerfile"},  {"CODEOWNERS", "ini"},
};

/* Programs in "#!/usr/bin/env python3 -u"; a version at the end does not count. */
static const struct {
    const char *program, *language;
} PROGRAMS[] = {
    {"sh", "shell"},          {"bash", "shell"},
    {"dash", "shell"},        {"zsh", "shell"},
    {"ksh", "shell"},         {"ash", "shell"},
    {"fish", "shell"},        {"python", "python"},
    {"pypy", "python"},       {"perl", "perl"},
    {"ruby", "ruby"},         {"node", "javascript"},
    {"nodejs", "javascript"}, {"deno", "typescript"},
    {"bun", "typescript"},    {"ts-node", "typescript"},
    {"php", "php"},           {"lua", "lua"},
    {"luajit", "lua"},        {"tclsh", "tcl"},
    {"wish", "tcl"},          {"expect", "tcl"},
    {"awk", "awk"},           {"gawk", "awk"},
    {"mawk", "awk"},          {"sed", "sed"},
    {"make", "make"},         {"Rscript", "r"},
    {"julia", "julia"},       {"runhaskell", "haskell"},
    {"stack", "haskell"},     {"groovy", "groovy"},
    {"scala", "scala"},       {"swift", "swift"},
    {"escript", "erlang"},    {"elixir", "elixir"},
    {"guile", "scheme"},      {"racket", "racket"},
    {"sbcl", "lisp"},         {"emacs", "lisp"},
    {"pwsh", "powershell"},   {"crystal", "crystal"},
    {"nft", "ini"},           {"nix-shell", "nix"},
    {"raku", "raku"},         {"ocaml", "ocaml"},
    {"dart", "dart"},
};

/* The next word; moves *rest behind it. */
static td_str next_word(td_str *rest)
{
    td_str s = td_str_trim(*rest), word;
    size_t n = 0;

    while (n < s.n && s.ptr[n] != ' ' && s.ptr[n] != '\t')
        n++;
    word = td_str_slice(s, 0, n);
    *rest = td_str_slice(s, n, s.n);
    return word;
}

static td_str base_name(td_str path)
{
    size_t slash = td_str_find_last_byte(path, '/');

    return slash == TD_STR_NONE ? path : td_str_slice(path, slash + 1, path.n);
}

static td_str by_program(td_str first_line)
{
    td_str rest, program;

    if (!td_str_starts(first_line, TD_STR("#!")))
        return TD_STR("");
    rest = td_str_slice(first_line, 2, first_line.n);
    program = base_name(next_word(&rest));
    while (td_str_eq(program, TD_STR("env")) || (program.n && program.ptr[0] == '-') ||
           td_str_find_byte(program, '=', 0) != TD_STR_NONE)
        program = base_name(next_word(&rest));
    while (program.n && ((program.ptr[program.n - 1] >= '0' && program.ptr[program.n - 1] <= '9') ||
                         program.ptr[program.n - 1] == '.'))
        program.n--;
    for (size_t i = 0; i < sizeof(PROGRAMS) / sizeof(*PROGRAMS); i++)
        if (td_str_eq(program, td_str_from(PROGRAMS[i].program)))
            return td_str_from(PROGRAMS[i].language);
    return TD_STR("");
}

/* Emacs' "-*- C++ -*-" and "-*- mode: python; coding: utf-8 -*-". */
static td_str by_mode_line(td_str line)
{
    size_t start = td_str_find(line, TD_STR("-*-"), 0), end, mode;
    td_str text;

    if (start == TD_STR_NONE)
        return TD_STR("");
    end = td_str_find(line, TD_STR("-*-"), start + 3);
    if (end == TD_STR_NONE)
        return TD_STR("");
    text = td_str_slice(line, start + 3, end);
    mode = td_str_find(text, TD_STR("ode:"), 0);
    if (mode != TD_STR_NONE)
        text = td_str_slice(text, mode + 4, text.n);
    else if (td_str_find_byte(text, ':', 0) != TD_STR_NONE)
        return TD_STR("");
    text = td_str_slice(text, 0, td_str_find_byte(text, ';', 0));
    return td_extract_code_name_canonical(td_str_trim(text));
}

static td_str by_ending(td_str name)
{
    size_t dot = td_str_find_last_byte(name, '.');
    td_str ending;

    if (dot == TD_STR_NONE)
        return TD_STR("");
    ending = td_str_slice(name, dot + 1, name.n);
    if (td_str_eq(ending, TD_STR("C")) || td_str_eq(ending, TD_STR("H")))
        return TD_STR("cpp");
    for (size_t i = 0; i < sizeof(ENDINGS) / sizeof(*ENDINGS); i++)
        if (td_str_eq_nocase(ending, td_str_from(ENDINGS[i].ending)))
            return td_str_from(ENDINGS[i].language);
    return TD_STR("");
}

static td_str by_name(td_str name)
{
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++)
        if (td_str_eq(name, td_str_from(NAMES[i].name)))
            return td_str_from(NAMES[i].language);
    if (td_str_starts(name, TD_STR("Dockerfile.")))
        return TD_STR("dockerfile");
    if (td_str_starts(name, TD_STR("Makefile.")))
        return TD_STR("make");
    return TD_STR("");
}

td_str td_extract_code_language(td_str path, td_str first_line)
{
    static const char *const TEMPLATES[] = {".in",     ".tmpl", ".tpl",  ".template", ".example",
                                            ".sample", ".dist", ".orig", ".bak"};
    td_str name = base_name(path), language;

    language = by_name(name);
    if (language.n == 0)
        language = by_ending(name);
    if (td_str_eq(language, TD_STR("typescript")) && td_str_starts(first_line, TD_STR("<?xml")))
        return TD_STR("xml"); /* Qt's translations */
    for (size_t i = 0; i < sizeof(TEMPLATES) / sizeof(*TEMPLATES) && language.n == 0; i++) {
        td_str ending = td_str_from(TEMPLATES[i]);

        if (td_str_ends(name, ending) && name.n > ending.n) {
            name = td_str_slice(name, 0, name.n - ending.n);
            language = by_name(name);
            if (language.n == 0)
                language = by_ending(name);
        }
    }
    if (language.n == 0)
        language = by_program(first_line);
    if (language.n == 0)
        language = by_mode_line(first_line);
    if (language.n == 0 && td_str_starts(first_line, TD_STR("<?xml")))
        language = TD_STR("xml");
    if (language.n == 0 && td_str_starts(first_line, TD_STR("<?php")))
        language = TD_STR("php");
    return language;
}
