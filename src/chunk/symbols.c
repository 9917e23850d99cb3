#include "chunk/symbols.h"

#include "base/utf8.h"

enum {
    LINE_BYTES_MAX = 400,
    TOKENS_MAX = 48
};

typedef struct token {
    td_str text; /* a word with its ".", "::", or one byte */
    bool word;
} token;

typedef struct tokens {
    token at[TOKENS_MAX];
    size_t n;
    char last; /* byte of the line that is no white space or comment */
    td_str language;
} tokens;

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (c & 0x80);
}

static bool list_has(const char *list, td_str word)
{
    if (word.n == 0)
        return false;
    while (*list) {
        list += *list == ' ';
        size_t n = strcspn(list, " ");
        if (n == word.n && memcmp(list, word.ptr, n) == 0)
            return true;
        list += n;
    }
    return false;
}

/* "a.b::~c" is one word; so is "list-tail" where names have dashes. */
static size_t word_end(td_str line, size_t i, bool dashes)
{
    while (i < line.n) {
        char c = line.ptr[i];
        bool more = i + 1 < line.n && (is_word(line.ptr[i + 1]) || line.ptr[i + 1] == '~');
        if (c == ':' && i + 2 < line.n && line.ptr[i + 1] == ':' &&
            (is_word(line.ptr[i + 2]) || line.ptr[i + 2] == '~'))
            i += 2;
        else if (is_word(c) || (c == '.' && more) || c == '~' || (dashes && c == '-' && more))
            i++;
        else
            break;
    }
    return i;
}

static void read_tokens(td_str line, td_str language, tokens *out)
{
    bool dashes =
        list_has(" lisp clojure scheme racket css scss less shell powershell toml ini ", language);
    *out = (tokens){.language = language};
    for (size_t i = 0; i < line.n;) {
        char c = line.ptr[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            i++;
            continue;
        }
        if (c == '/' && i + 1 < line.n && (line.ptr[i + 1] == '/' || line.ptr[i + 1] == '*'))
            break;
        size_t end = is_word(c) || c == '~' ? word_end(line, i, dashes) : i + 1;
        end = end > i ? end : i + 1;
        if (out->n < TOKENS_MAX)
            out->at[out->n++] = (token){td_str_slice(line, i, end), is_word(c) || c == '~'};
        out->last = line.ptr[end - 1];
        i = end;
    }
}

static bool is_at(const tokens *line, size_t i, const char *text)
{
    return i < line->n && td_str_eq(line->at[i].text, td_str_from(text));
}

static td_str word_at(const tokens *line, size_t i)
{
    td_str none = {"", 0};
    return i < line->n && line->at[i].word ? line->at[i].text : none;
}

/* Behind "<...>" or "(...)" that opens at `i`; `i` itself if nothing opens there. */
static size_t skip_group(const tokens *line, size_t i, const char *open, const char *close)
{
    size_t depth = 0, start = i;
    for (; i < line->n; i++) {
        depth += is_at(line, i, open);
        if (is_at(line, i, close) && --depth == 0)
            return i + 1;
        if (depth == 0)
            return start;
    }
    return start;
}

static const char modifiers[] =
    " export default public private protected internal static final abstract async pub "
    "unsafe inline virtual override sealed partial open data inner suspend declare local "
    "readonly typedef extern case companion expect actual fileprivate indirect lazy "
    "implicit transient synchronized native new ";

static size_t skip_modifiers(const tokens *line)
{
    size_t i = 0;
    for (;;) {
        if (i < line->n && list_has(modifiers, line->at[i].text)) {
            bool pub = is_at(line, i, "pub");
            i++;
            i = pub ? skip_group(line, i, "(", ")") : i;
        } else if (is_at(line, i, "template")) {
            size_t behind = skip_group(line, i + 1, "<", ">");
            if (behind == i + 1)
                return i;
            i = behind;
        } else {
            return i;
        }
    }
}

/* "impl<T> Show for Set<T>" is of Set, "impl Set" too. */
static td_str name_of_impl(const tokens *line, size_t i)
{
    i = skip_group(line, i, "<", ">");
    td_str name = word_at(line, i);
    for (; i < line->n; i++) {
        if (is_at(line, i, "for"))
            return word_at(line, i + 1);
    }
    return name;
}

/* "CREATE OR REPLACE TABLE IF NOT EXISTS a.b (": a.b. */
static td_str name_of_create(const tokens *line, size_t i)
{
    static const char *const kinds[] = {"table",    "view",     "function", "procedure",
                                        "trigger",  "index",    "type",     "schema",
                                        "database", "sequence", "role",     "domain"};
    for (bool seen = false; i < line->n; i++) {
        td_str word = word_at(line, i);
        if (word.n > 0 && seen && !td_str_eq_nocase(word, TD_STR("if")) &&
            !td_str_eq_nocase(word, TD_STR("not")) && !td_str_eq_nocase(word, TD_STR("exists")))
            return word;
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            seen |= td_str_eq_nocase(word, td_str_from(kinds[k]));
    }
    return (td_str){"", 0};
}

/* "struct point {", "enum class e : int", "struct point" alone; but not "struct point *f(void)". */
static td_str name_of_struct(const tokens *line, size_t i)
{
    i += is_at(line, i, "class") || is_at(line, i, "struct");
    td_str name = word_at(line, i);
    size_t next = skip_group(line, i + 1, "<", ">");
    next += is_at(line, next, "final");
    bool defines = next >= line->n || is_at(line, next, "{") || is_at(line, next, ":");
    return defines && line->last != ';' ? name : (td_str){"", 0};
}

static bool is_declarer(const tokens *line, td_str word)
{
    td_str language = line->language;
    if (list_has(
            " def class function func fn fun sub proc trait interface protocol namespace module "
            "object record defmodule defp defmacro extension actor contract service message mod "
            "macro_rules struct enum union type newtype data rpc macro instance ",
            word))
        return !(
            list_has(" type data object record message service module macro instance ", word) &&
            list_has(" python c cpp shell ", language));
    return list_has(" package ", word) && list_has(" perl ", language);
}

/* class, def, fn, struct ... and the word behind it. */
static td_str name_of_keyword(const tokens *line, size_t i)
{
    td_str word = word_at(line, i), none = {"", 0};
    if (list_has(" c cpp objective-c ", line->language) &&
        list_has(" struct enum union class ", word))
        return name_of_struct(line, i + 1);
    if (!is_declarer(line, word))
        return none;
    bool func = list_has(" func fun function def ", word);
    i++;
    while (is_at(line, i, "*") || is_at(line, i, "!") || is_at(line, i, "class"))
        i++;
    if (func && is_at(line, i, "(") && !is_at(line, i, "function"))
        i = skip_group(line, i, "(", ")"); /* Go's receiver */
    i = skip_group(line, i, "<", ">");
    bool bodiless =
        line->last == ';' && !list_has(" perl php pascal typescript rust ", line->language);
    return bodiless ? none : word_at(line, i);
}

static bool is_script(td_str language)
{
    return list_has(" javascript typescript actionscript ", language);
}

/* "const f = (a) =>", "exports.f = function", "f: async function": what is set to a function. */
static td_str name_of_assigned(const tokens *line, size_t i)
{
    td_str none = {"", 0};
    i += list_has(" const let var val ", word_at(line, i));
    td_str name = word_at(line, i);
    bool r = is_at(line, i + 1, "<") && is_at(line, i + 2, "-");
    if (name.n == 0 || !(is_at(line, i + 1, "=") || is_at(line, i + 1, ":") || r))
        return none;
    size_t value = i + 2 + r;
    value += is_at(line, value, "async");
    if (is_at(line, value, "function"))
        return name;
    for (size_t k = value; is_script(line->language) && k + 1 < line->n; k++) {
        if (is_at(line, k, "=") && is_at(line, k + 1, ">"))
            return k == value + 1 || is_at(line, value, "(") ? name : none;
    }
    return none;
}

static bool is_control(td_str word)
{
    return list_has(
        " if for while switch return else case goto throw new delete await yield typeof "
        "catch do sizeof assert using import with elif unless when match lock foreach and or "
        "not defined super this require synchronized ",
        word);
}

/* "static int f(void)", "void A::b() const {", "read(a) {": the word before the first bracket. */
static td_str name_of_function(const tokens *line, size_t first, bool outermost)
{
    td_str none = {"", 0};
    size_t i = first;
    while (i < line->n && !is_at(line, i, "(")) {
        const char *good = "*&<>,[]?~@:";
        if (!line->at[i].word && !strchr(good, line->at[i].text.ptr[0]))
            return none;
        if (is_control(line->at[i].text))
            return none;
        i++;
    }
    if (i == first || i >= line->n || line->last == ';')
        return none;
    size_t at = i - 1;
    if (is_at(line, at, ">")) { /* generic: name<T>( */
        while (at > first && !is_at(line, at, "<"))
            at--;
        at -= at > first;
    }
    td_str name = word_at(line, at);
    bool typed = at > first, c = list_has(" c cpp objective-c ", line->language);
    bool script = is_script(line->language);
    if (name.n == 0 || (name.ptr[0] >= '0' && name.ptr[0] <= '9'))
        return none;
    if (line->last == '{' && (typed || script || c || outermost))
        return name;
    if (script || !(typed || (c && outermost)))
        return none;
    return line->last == ')' || line->last == ',' || line->last == '(' || line->last == '{' ||
                   (line->last == 't' && c)
               ? name
               : none;
}

/* Languages with their own way of saying it; `found` tells if the language is one of them. */
static td_str name_of_others(const tokens *line, bool outermost, bool *found)
{
    td_str language = line->language, none = {"", 0};
    *found = true;
    if (list_has(" sql ", language))
        return td_str_eq_nocase(word_at(line, 0), TD_STR("create")) ? name_of_create(line, 1)
                                                                    : none;
    if (list_has(" toml ini ", language)) {
        size_t i = is_at(line, 0, "[") + (size_t)is_at(line, 1, "[");
        return i > 0 ? word_at(line, i) : none;
    }
    if (list_has(" lisp clojure scheme racket ", language)) {
        bool defines = is_at(line, 0, "(") && td_str_starts(word_at(line, 1), TD_STR("def"));
        return defines ? word_at(line, is_at(line, 2, "(") ? 3 : 2) : none;
    }
    if (list_has(" shell ", language)) {
        if (is_at(line, 0, "function"))
            return word_at(line, 1);
        return is_at(line, 1, "(") && is_at(line, 2, ")") ? word_at(line, 0) : none;
    }
    if (list_has(" cmake ", language))
        return is_at(line, 0, "function") || is_at(line, 0, "macro") ? word_at(line, 2) : none;
    if (list_has(" haskell elm ", language) && outermost && is_at(line, 1, ":") &&
        is_at(line, 2, ":"))
        return word_at(line, 0);
    if (list_has(" ocaml fsharp ", language) && outermost && is_at(line, 0, "let"))
        return word_at(line, is_at(line, 1, "rec") ? 2 : 1);
    *found = list_has(
        " json yaml xml html css scss less markdown diff console dockerfile make csv log text "
        "http nginx latex ",
        language);
    return none;
}

td_str td_chunk_symbols_of(td_str line, td_str language, bool outermost)
{
    tokens read;
    bool found = false;
    if (line.n > LINE_BYTES_MAX)
        line.n = td_utf8_floor(line, LINE_BYTES_MAX);
    read_tokens(line, language, &read);
    td_str name = name_of_others(&read, outermost, &found);
    if (found || name.n > 0 || read.n < 2)
        return name;
    size_t i = skip_modifiers(&read);
    if (is_at(&read, i, "impl"))
        return name_of_impl(&read, i + 1);
    name = name_of_keyword(&read, i);
    if (name.n == 0)
        name = name_of_assigned(&read, i);
    if (name.n == 0 &&
        list_has(" c cpp objective-c java csharp d dart groovy javascript typescript "
                 "actionscript glsl unknown ",
                 language))
        name = name_of_function(&read, i, outermost);
    return name;
}
