/* Pages that are only the shell of an application: what they say comes by scripts. */
#include "extract/extract.h"

enum {
    NEXT_TO_NOTHING_BYTES = 60, /* "Loading..." and the like */
    LITTLE_BYTES = 600,         /* a name, a slogan, "please enable JavaScript" */
    INSIDE_BYTES_MAX = 4096,    /* of an element that is looked into */
    LOOKS_MAX = 200,            /* into elements of one page */
    ROOT_TEXT_BYTES = 200,      /* what may stand in an application's root until it is filled */
};

/* What the usual tools call the element that an application fills. */
static const char *const root_ids[] = {"root",
                                       "app",
                                       "__next",
                                       "__nuxt",
                                       "___gatsby",
                                       "svelte",
                                       "main-app",
                                       "app-root",
                                       "q-app",
                                       "react-root",
                                       "swagger-ui",
                                       "redoc-container",
                                       "gatsby-focus-wrapper",
                                       "application",
                                       "docsify",
                                       "elm-app",
                                       "wasm-app",
                                       "mount"};

static const char *const root_elements[] = {"app-root", "my-app",       "redoc",
                                            "rapi-doc", "elements-api", "ion-app"};

typedef struct signs {
    bool has_scripts;
    bool has_root;    /* empty, or nearly */
    bool asks_for_it; /* for JavaScript, in a noscript element */
    size_t n_looks;   /* into elements */
} signs;

static bool is_one_of(td_str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (td_str_eq_nocase(name, td_str_from(names[i])))
            return true;
    return false;
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* The value of an attribute in the tag's text; empty if it has none. */
static td_str attribute(td_str tag, const char *name)
{
    td_str wanted = td_str_from(name);

    for (size_t at = 0; (at = td_str_find_byte(tag, '=', at)) != TD_STR_NONE; at++) {
        size_t end = at, start;
        while (end > 0 && tag.ptr[end - 1] == ' ')
            end--;
        for (start = end; start > 0 && is_name_byte(tag.ptr[start - 1]); start--)
            ;
        if (!td_str_eq_nocase(td_str_slice(tag, start, end), wanted))
            continue;
        td_str value = td_str_trim(td_str_slice(tag, at + 1, tag.n));
        char quote =
            value.n > 0 && (value.ptr[0] == '"' || value.ptr[0] == '\'') ? value.ptr[0] : ' ';
        value = quote == ' ' ? value : td_str_slice(value, 1, value.n);
        return td_str_slice(value, 0, td_str_find_byte(value, quote, 0));
    }
    return TD_STR("");
}

static size_t n_letters(td_str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += (unsigned char)text.ptr[i] > ' ';
    return n;
}

/* Up to the end tag; without a tree, so the first one there is. */
static td_str inside(td_str html, size_t from, td_str end_tag)
{
    html = td_str_slice(html, 0, from + INSIDE_BYTES_MAX);
    for (size_t at = from; (at = td_str_find(html, TD_STR("</"), at)) != TD_STR_NONE; at += 2)
        if (td_str_starts_nocase(td_str_slice(html, at + 2, html.n), end_tag))
            return td_str_slice(html, from, at);
    return td_str_slice(html, from, html.n);
}

static bool names_javascript(td_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (td_str_starts_nocase(td_str_slice(text, i, text.n), TD_STR("javascript")))
            return true;
    return false;
}

static void look_at(td_str html, size_t after, td_str name, td_str tag, signs *found)
{
    bool is_root =
        is_one_of(name, root_elements, sizeof(root_elements) / sizeof(root_elements[0])) ||
        is_one_of(attribute(tag, "id"), root_ids, sizeof(root_ids) / sizeof(root_ids[0]));

    if (td_str_eq_nocase(name, TD_STR("script")))
        found->has_scripts = true;
    else if (td_str_eq_nocase(name, TD_STR("noscript")))
        found->asks_for_it = found->asks_for_it || (found->n_looks++ < LOOKS_MAX &&
                                                    names_javascript(inside(html, after, name)));
    else if (is_root && found->n_looks++ < LOOKS_MAX &&
             n_letters(inside(html, after, name)) < ROOT_TEXT_BYTES)
        found->has_root = true;
}

static signs look(td_str html)
{
    signs found = {.has_scripts = false};

    for (size_t at = 0; (at = td_str_find_byte(html, '<', at)) != TD_STR_NONE;) {
        size_t end = at + 1;
        while (end < html.n && is_name_byte(html.ptr[end]))
            end++;
        td_str name = td_str_slice(html, at + 1, end);
        size_t close = name.n > 0 ? td_str_find_byte(html, '>', end) : end;
        close = close == TD_STR_NONE ? html.n : close;
        if (name.n > 0)
            look_at(html, close + 1, name, td_str_slice(html, end, close), &found);
        at = close > at ? close : at + 1;
    }
    return found;
}

bool td_extract_needs_scripts(td_str html, td_str text)
{
    size_t n = n_letters(text);

    if (n >= LITTLE_BYTES)
        return false;
    signs found = look(html);
    return found.has_scripts && (n < NEXT_TO_NOTHING_BYTES || found.has_root || found.asks_for_it);
}
