#include "extract/mdx_tag.h"

#include "extract/mdx_data.h"
#include "extract/mdx_script.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_letter(char c)
{
    return (unsigned)((c | 0x20) - 'a') < 26u || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool is_name(char c)
{
    return is_letter(c) || (unsigned)(c - '0') < 10u || c == '-' || c == '.' || c == ':';
}

static size_t name_end(td_str text, size_t at)
{
    if (at < text.n && is_letter(text.ptr[at]))
        while (at < text.n && is_name(text.ptr[at]))
            at++;
    return at;
}

/* Behind white space from `at` on; TD_STR_NONE at the text's end, or at a blank line if that ends
 * the search. */
static size_t skip_space(td_str text, size_t at, bool in_paragraph, size_t *n_read)
{
    size_t from = at, n_lines = 0;

    while (at < text.n && is_space(text.ptr[at]) && !(in_paragraph && n_lines > 1))
        n_lines += text.ptr[at++] == '\n';
    if (at < text.n && !(in_paragraph && n_lines > 1))
        return at;
    *n_read += at - from;
    return TD_STR_NONE;
}

static bool has_blank_line(td_str text)
{
    size_t at = 0;

    while ((at = td_str_find_byte(text, '\n', at)) != TD_STR_NONE) {
        at++;
        while (at < text.n && text.ptr[at] != '\n' && is_space(text.ptr[at]))
            at++;
        if (at < text.n && text.ptr[at] == '\n')
            return true;
    }
    return false;
}

/* The value behind a '=' that ends at `at`; moves behind it, TD_STR_NONE if there is none. */
static size_t read_value(td_str text, size_t at, bool in_paragraph, td_mdx_attribute *attribute,
                         size_t *n_read)
{
    size_t end = TD_STR_NONE;
    char c = text.ptr[at];

    if (c == '"' || c == '\'')
        end = td_str_find_byte(text, c, at + 1);
    else if (c == '{')
        end = td_extract_mdx_script_braces(text, at, in_paragraph, n_read);
    else
        return TD_STR_NONE;
    if (end == TD_STR_NONE) {
        *n_read += c == '{' ? 0 : text.n - at;
        return TD_STR_NONE;
    }
    end += c != '{';
    attribute->in_braces = c == '{';
    attribute->value = td_str_slice(text, at + 1, end - 1);
    if (in_paragraph && has_blank_line(attribute->value)) {
        *n_read += end - at;
        return TD_STR_NONE;
    }
    return end;
}

/* An attribute, "{...more}" or a comment in braces; moves behind it. */
static size_t read_attribute(td_str text, size_t at, bool in_paragraph, td_mdx_tag *tag,
                             size_t *n_read)
{
    td_mdx_attribute attribute = {0};
    size_t end = name_end(text, at), next;

    if (text.ptr[at] == '{')
        return td_extract_mdx_script_braces(text, at, in_paragraph, n_read);
    if (end == at)
        return TD_STR_NONE;
    attribute.name = td_str_slice(text, at, end);
    next = skip_space(text, end, in_paragraph, n_read);
    if (next == TD_STR_NONE)
        return next;
    if (text.ptr[next] == '=') {
        next = skip_space(text, next + 1, in_paragraph, n_read);
        end = next == TD_STR_NONE ? next : read_value(text, next, in_paragraph, &attribute, n_read);
    }
    if (end != TD_STR_NONE && tag->n_attributes < TD_MDX_ATTRIBUTES_MAX)
        tag->attributes[tag->n_attributes++] = attribute;
    return end;
}

/* From behind the name on; true when the tag has its end. */
static bool read_rest(td_str text, size_t *at, bool in_paragraph, td_mdx_tag *tag, size_t *n_read)
{
    for (;;) {
        *at = skip_space(text, *at, in_paragraph, n_read);
        if (*at == TD_STR_NONE)
            return false;
        if (text.ptr[*at] == '/' && !tag->is_end && !tag->closes_itself) {
            tag->closes_itself = true;
            ++*at;
        } else if (text.ptr[*at] == '>') {
            tag->end = *at + 1;
            return true;
        } else if (tag->is_end || tag->closes_itself) {
            return false;
        } else {
            *at = read_attribute(text, *at, in_paragraph, tag, n_read);
            if (*at == TD_STR_NONE)
                return false;
        }
    }
}

bool td_extract_mdx_tag_read(td_str text, size_t at, bool in_paragraph, td_mdx_tag *tag_out,
                             size_t *n_read)
{
    size_t i = at + 1, end;
    bool is_tag;

    tag_out->closes_itself = false;
    tag_out->n_attributes = 0;
    tag_out->is_end = i < text.n && text.ptr[i] == '/';
    i += tag_out->is_end;
    end = name_end(text, i);
    tag_out->name = td_str_slice(text, i, end);
    if (end == i && (i >= text.n || text.ptr[i] != '>'))
        return false;
    i = end;
    is_tag = read_rest(text, &i, in_paragraph, tag_out, n_read);
    *n_read += (i == TD_STR_NONE ? end : i) - at;
    return is_tag;
}

static bool is_component(td_str name)
{
    return name.n > 0 &&
           ((unsigned)(name.ptr[0] - 'A') < 26u || td_str_find_byte(name, '.', 0) != TD_STR_NONE);
}

/* The last part of "Tabs.Item". */
static td_str short_name(td_str name)
{
    size_t dot = td_str_find_last_byte(name, '.');

    return dot == TD_STR_NONE ? name : td_str_slice(name, dot + 1, name.n);
}

static bool is_one_of(td_str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (td_str_eq(name, td_str_from(names[i])))
            return true;
    return false;
}
#define IS_ONE_OF(name, names) is_one_of((name), (names), sizeof(names) / sizeof(*(names)))

/* Whether a page can show what is written there: a string, several of them, JSX. */
static bool has_words(const td_mdx_attribute *attribute)
{
    td_str value = td_str_trim(attribute->value);

    return value.n > 0 && (!attribute->in_braces || strchr("'\"`<(", value.ptr[0]));
}

/* The first attribute with words that has one of the names; NULL if none has. */
static const td_mdx_attribute *first_of(const td_mdx_tag *tag, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < tag->n_attributes; k++)
            if (td_str_eq(tag->attributes[k].name, td_str_from(names[i])) &&
                has_words(&tag->attributes[k]))
                return &tag->attributes[k];
    return NULL;
}
#define FIRST_OF(tag, names) first_of((tag), (names), sizeof(names) / sizeof(*(names)))

/* An attribute that is one string; empty where there is none, or what a program would make. */
static td_str string_of(const td_mdx_attribute *a)
{
    if (!a)
        return TD_STR("");
    return td_str_trim(a->in_braces ? td_extract_mdx_script_literal(a->value) : a->value);
}

/* What stands above the content of such an element. */
static const td_mdx_attribute *title_of(const td_mdx_tag *tag)
{
    static const char *const TITLES[] = {"title",  "label",    "heading",
                                         "header", "question", "summary"};
    static const char *const FIELDS[] = {"name", "path", "query", "body", "attribute"};
    static const char *const NAMED[] = {"Property", "File",  "Folder",    "Param",
                                        "Prop",     "Field", "ParamField"};
    static const char *const TABS[] = {"Tab", "TabItem", "TabsTrigger"};
    static const char *const VALUE[] = {"value"};
    td_str name = short_name(tag->name);
    const td_mdx_attribute *title;

    if (!is_component(tag->name))
        return NULL;
    title = FIRST_OF(tag, TITLES);
    if (!title && (IS_ONE_OF(name, NAMED) || td_str_ends(name, TD_STR("Field"))))
        title = FIRST_OF(tag, FIELDS);
    if (!title && IS_ONE_OF(name, TABS))
        title = FIRST_OF(tag, VALUE);
    return title;
}

/* What stands below the title. */
static const td_mdx_attribute *note_of(const td_mdx_tag *tag)
{
    static const char *const NOTES[] = {"description", "subtitle", "caption"};
    static const char *const ALT[] = {"alt"};
    const td_mdx_attribute *note = is_component(tag->name) ? FIRST_OF(tag, NOTES) : NULL;

    return note ? note : FIRST_OF(tag, ALT);
}

/* White space folded, and without the backslashes that a string needs before its quote. */
static tandem_code add_text(const td_mdx_attribute *a, unsigned nested, td_buf *out,
                            tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str text = td_str_trim(a->value);

    if (a->in_braces)
        return td_extract_mdx_data_words(text, nested, out, err);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.ptr[i];

        if (is_space(c) && out->n && out->ptr[out->n - 1] == ' ')
            continue;
        TD_TRY(td_buf_add_byte(out, is_space(c) ? ' ' : c, err));
    }
out:
    return code;
}

td_str td_extract_mdx_tag_target(const td_mdx_tag *tag)
{
    static const char *const NAMES[] = {"href", "to"};
    td_str target = tag->is_end ? TD_STR("") : string_of(FIRST_OF(tag, NAMES));

    if (td_str_starts(target, TD_STR("#")) || td_str_starts_nocase(target, TD_STR("javascript:")))
        return TD_STR("");
    for (size_t i = 0; i < target.n; i++)
        if (is_space(target.ptr[i]) || strchr("()<>`{}", target.ptr[i]))
            return TD_STR("");
    return target;
}

bool td_extract_mdx_tag_has_title(const td_mdx_tag *tag)
{
    return title_of(tag) != NULL;
}

static tandem_code add_title(const td_mdx_tag *tag, td_str stars, unsigned nested, td_buf *out,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str target = td_extract_mdx_tag_target(tag);
    size_t start = out->n, begun;

    TD_TRY(td_buf_add(out, stars, err));
    if (target.n)
        TD_TRY(td_buf_add_byte(out, '[', err));
    begun = out->n;
    TD_TRY(add_text(title_of(tag), nested, out, err));
    if (out->n == begun) {
        td_buf_cut(out, start);
        goto out;
    }
    if (target.n)
        TD_TRY(td_buf_add_fmt(out, err, "](%.*s)", TD_STR_FMT(target)));
    TD_TRY(td_buf_add(out, stars, err));
out:
    return code;
}

tandem_code td_extract_mdx_tag_write(const td_mdx_tag *tag, bool in_bold, unsigned nested,
                                     td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const td_mdx_attribute *title = title_of(tag), *note = note_of(tag);
    td_str stars = in_bold ? TD_STR("**") : TD_STR("");
    size_t start = out->n, before;

    if (title)
        TD_TRY(add_title(tag, stars, nested, out, err));
    before = out->n;
    if (note) {
        if (out->n > start)
            TD_TRY(td_buf_add_byte(out, ' ', err));
        size_t begun = out->n;

        TD_TRY(add_text(note, nested, out, err));
        if (out->n == begun)
            td_buf_cut(out, before);
    }
out:
    return code;
}

tandem_code td_extract_mdx_tag_data(const td_mdx_tag *tag, unsigned nested, td_buf *out,
                                    tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < tag->n_attributes && is_component(tag->name); i++) {
        const td_mdx_attribute *a = &tag->attributes[i];
        size_t before = out->n, begun;

        if (!a->in_braces || a == title_of(tag) || a == note_of(tag) ||
            td_extract_mdx_data_is_for_programs(a->name))
            continue;
        if (out->n)
            TD_TRY(td_buf_add_byte(out, '\n', err));
        begun = out->n;
        TD_TRY(td_extract_mdx_data_list(a->value, nested, out, err));
        if (out->n == begun)
            td_buf_cut(out, before);
    }
out:
    return code;
}

td_str td_extract_mdx_tag_code(const td_mdx_tag *tag)
{
    static const char *const CODE[] = {"code"}, *const TEXT[] = {"text", "command"};
    td_str code = TD_STR("");

    if (is_component(tag->name))
        code = string_of(FIRST_OF(tag, CODE));
    if (code.n == 0 && is_component(tag->name) && td_str_ends(tag->name, TD_STR("Snippet")))
        code = string_of(FIRST_OF(tag, TEXT));
    return code;
}

td_str td_extract_mdx_tag_language(const td_mdx_tag *tag)
{
    static const char *const NAMES[] = {"language", "lang"};
    td_str language = string_of(FIRST_OF(tag, NAMES));

    for (size_t i = 0; i < language.n; i++)
        if (!is_name(language.ptr[i]))
            return TD_STR("");
    return language;
}
