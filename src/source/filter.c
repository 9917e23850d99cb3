#include "source/filter.h"

#include "base/arena.h"
#include "base/log.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    PATTERN_BYTES_MAX = 1 << 20, /* of all patterns together */
    REGEX_BYTES_MAX = 4096,
    /* Steps and memory for one address; a pattern that needs more fits nothing. */
    REGEX_STEPS_MAX = 200 * 1000,
    REGEX_KIB_MAX = 1024,
};

typedef struct pattern {
    td_str text;       /* a glob, or what stands behind "re:" */
    pcre2_code *regex; /* NULL: a glob */
} pattern;

typedef struct patterns {
    pattern *items;
    size_t n;
} patterns;

struct td_source_filter {
    td_arena *arena; /* owns the filter too */
    patterns include, exclude;
    pcre2_match_context *limits; /* NULL: no regular expressions */
};

static tandem_code compile(td_str text, pcre2_code **regex_out, tandem_error *err)
{
    int number = 0;
    PCRE2_SIZE at = 0;
    char reason[160];

    if (text.n > REGEX_BYTES_MAX)
        return td_fail(err, TANDEM_E_INVALID, "a pattern of %zu bytes: at most %d are allowed",
                       text.n, REGEX_BYTES_MAX);
    *regex_out = pcre2_compile((PCRE2_SPTR)text.ptr, text.n, 0, &number, &at, NULL);
    if (*regex_out)
        return TANDEM_OK;
    if (number == PCRE2_ERROR_NOMEMORY)
        return td_fail_nomem(err, "include and exclude patterns");
    pcre2_get_error_message(number, (PCRE2_UCHAR *)reason, sizeof(reason));
    return td_fail(err, TANDEM_E_INVALID, "the pattern re:%.*s does not compile: %s (at byte %zu)",
                   TD_STR_FMT(td_str_slice(text, 0, 60)), reason, (size_t)at);
}

/* A glob that would silently be read as the letters it is made of. */
static tandem_code check_glob(td_str text, tandem_error *err)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.ptr[i] == '\\' && i + 1 == text.n)
            return td_fail(err, TANDEM_E_INVALID, "the pattern %.*s ends in a backslash",
                           TD_STR_FMT(td_str_slice(text, 0, 100)));
        if (text.ptr[i] == '\\') {
            i++;
        } else if (text.ptr[i] == '[') {
            size_t end = td_str_find_byte(text, ']', i + 2);
            if (end == TD_STR_NONE)
                return td_fail(err, TANDEM_E_INVALID,
                               "the pattern %.*s does not compile: [ without ] (write \\[ for the "
                               "letter)",
                               TD_STR_FMT(td_str_slice(text, 0, 100)));
            i = end;
        }
    }
    return TANDEM_OK;
}

static tandem_code copy_pattern(td_arena *arena, td_str text, pattern *out, tandem_error *err)
{
    bool is_regex = td_str_starts(text, TD_STR("re:"));

    if (is_regex)
        text = td_str_slice(text, 3, text.n);
    else if (text.n > 1 && text.ptr[0] == '/')
        text = td_str_slice(text, 1, text.n);
    if (text.n == 0)
        return td_fail(err, TANDEM_E_INVALID,
                       "an include or exclude pattern is empty: give a glob such as *.md");
    bool is_folder = !is_regex && text.ptr[text.n - 1] == '/';
    out->text = td_arena_fmt(arena, is_folder ? "%.*s**" : "%.*s", TD_STR_FMT(text));
    if (!out->text.ptr)
        return td_arena_fail(arena, err);
    return is_regex ? compile(out->text, &out->regex, err) : check_glob(out->text, err);
}

/* *patterns_out is good even on failure: what was compiled is freed with the filter. */
static tandem_code copy_patterns(td_arena *arena, const char *const *texts, size_t n,
                                 patterns *patterns_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    *patterns_out = (patterns){td_arena_zalloc(arena, n + 1, sizeof(pattern)), 0};
    if (!patterns_out->items)
        return td_arena_fail(arena, err);
    for (size_t i = 0; i < n && code == TANDEM_OK; i++)
        code = copy_pattern(arena, td_str_from(texts[i]), &patterns_out->items[patterns_out->n++],
                            err);
    return code;
}

static tandem_code open_limits(td_source_filter *filter, tandem_error *err)
{
    filter->limits = pcre2_match_context_create(NULL);
    if (!filter->limits)
        return td_fail_nomem(err, "include and exclude patterns");
    pcre2_set_match_limit(filter->limits, REGEX_STEPS_MAX);
    pcre2_set_heap_limit(filter->limits, REGEX_KIB_MAX);
    return TANDEM_OK;
}

tandem_code td_source_filter_new(const td_source_options *options, td_source_filter **filter_out,
                                 tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_arena *arena = td_arena_new(PATTERN_BYTES_MAX);
    td_source_filter *filter = arena ? td_arena_zalloc(arena, 1, sizeof(*filter)) : NULL;

    if (!filter) {
        td_arena_free(arena);
        return td_fail_nomem(err, "include and exclude patterns");
    }
    filter->arena = arena;
    TD_TRY(copy_patterns(arena, options->include, options->n_include, &filter->include, err));
    TD_TRY(copy_patterns(arena, options->exclude, options->n_exclude, &filter->exclude, err));
    TD_TRY(open_limits(filter, err));
    *filter_out = filter;
    filter = NULL;

out:
    td_source_filter_free(filter);
    return code;
}

static void free_patterns(const patterns *list)
{
    for (size_t i = 0; i < list->n; i++)
        pcre2_code_free(list->items[i].regex);
}

void td_source_filter_free(td_source_filter *filter)
{
    if (!filter)
        return;
    free_patterns(&filter->include);
    free_patterns(&filter->exclude);
    pcre2_match_context_free(filter->limits);
    td_arena_free(filter->arena);
}

static bool matches(const td_source_filter *filter, const pattern *p, td_str text)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);

    if (!data)
        return false;
    int result = pcre2_match(p->regex, (PCRE2_SPTR)text.ptr, text.n, 0, 0, data, filter->limits);
    pcre2_match_data_free(data);
    if (result < 0 && result != PCRE2_ERROR_NOMATCH)
        td_log(TD_WARN, "source", "pattern=re:%.*s takes too long on %.*s: taken for no match",
               TD_STR_FMT(td_str_slice(p->text, 0, 60)), TD_STR_FMT(td_str_slice(text, 0, 100)));
    return result >= 0;
}

static bool fits(const td_source_filter *filter, const pattern *p, td_str path, const td_str *url)
{
    td_str rest = path, part;

    if (p->regex)
        return matches(filter, p, url ? *url : path);
    if (td_str_find(p->text, TD_STR("://"), 0) != TD_STR_NONE)
        return url && td_str_glob(p->text, *url);
    if (td_str_find_byte(p->text, '/', 0) != TD_STR_NONE)
        return td_str_glob(p->text, path);
    while (td_str_next(&rest, '/', &part))
        if (td_str_glob(p->text, part))
            return true;
    return false;
}

static bool any_fits(const td_source_filter *filter, const patterns *list, td_str path,
                     const td_str *url)
{
    for (size_t i = 0; i < list->n; i++)
        if (fits(filter, &list->items[i], path, url))
            return true;
    return false;
}

bool td_source_filter_takes(const td_source_filter *filter, td_str path, const td_str *url)
{
    if (filter->include.n > 0 && !any_fits(filter, &filter->include, path, url))
        return false;
    return !any_fits(filter, &filter->exclude, path, url);
}

bool td_source_filter_drops_folder(const td_source_filter *filter, td_str path)
{
    /* A regular expression that fits a folder's path may still not fit what is in it. */
    for (size_t i = 0; i < filter->exclude.n; i++)
        if (!filter->exclude.items[i].regex && fits(filter, &filter->exclude.items[i], path, NULL))
            return true;
    return false;
}
