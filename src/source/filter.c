#include "source/filter.h"

#include "base/arena.h"

enum {
    PATTERN_BYTES_MAX = 1 << 20 /* of all patterns together */
};

typedef struct patterns {
    td_str *items;
    size_t n;
} patterns;

struct td_source_filter {
    td_arena *arena; /* owns the filter too */
    patterns include, exclude;
};

static tandem_code copy_patterns(td_arena *arena, const char *const *texts, size_t n,
                                 patterns *patterns_out, tandem_error *err)
{
    patterns copies = {td_arena_zalloc(arena, n + 1, sizeof(td_str)), n};

    if (!copies.items)
        return td_arena_fail(arena, err);
    for (size_t i = 0; i < n; i++) {
        td_str text = td_str_from(texts[i]);
        if (text.n > 1 && text.ptr[0] == '/')
            text = td_str_slice(text, 1, text.n);
        if (text.n == 0)
            return td_fail(err, TANDEM_E_INVALID,
                           "an include or exclude pattern is empty: give a glob such as *.md");
        bool is_folder = text.ptr[text.n - 1] == '/';
        copies.items[i] = td_arena_fmt(arena, is_folder ? "%.*s**" : "%.*s", TD_STR_FMT(text));
        if (!copies.items[i].ptr)
            return td_arena_fail(arena, err);
    }
    *patterns_out = copies;
    return TANDEM_OK;
}

tandem_code td_source_filter_new(const td_source_options *options, td_source_filter **filter_out,
                                 tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_arena *arena = td_arena_new(PATTERN_BYTES_MAX);
    td_source_filter *filter = arena ? td_arena_zalloc(arena, 1, sizeof(*filter)) : NULL;

    if (!filter)
        TD_TRY(td_fail_nomem(err, "include and exclude patterns"));
    filter->arena = arena;
    TD_TRY(copy_patterns(arena, options->include, options->n_include, &filter->include, err));
    TD_TRY(copy_patterns(arena, options->exclude, options->n_exclude, &filter->exclude, err));
    *filter_out = filter;
    arena = NULL;

out:
    td_arena_free(arena);
    return code;
}

void td_source_filter_free(td_source_filter *filter)
{
    if (filter)
        td_arena_free(filter->arena);
}

static bool fits(td_str pattern, td_str path, const td_str *url)
{
    td_str rest = path, part;

    if (td_str_find(pattern, TD_STR("://"), 0) != TD_STR_NONE)
        return url && td_str_glob(pattern, *url);
    if (td_str_find_byte(pattern, '/', 0) != TD_STR_NONE)
        return td_str_glob(pattern, path);
    while (td_str_next(&rest, '/', &part))
        if (td_str_glob(pattern, part))
            return true;
    return false;
}

static bool any_fits(const patterns *list, td_str path, const td_str *url)
{
    for (size_t i = 0; i < list->n; i++)
        if (fits(list->items[i], path, url))
            return true;
    return false;
}

bool td_source_filter_takes(const td_source_filter *filter, td_str path, const td_str *url)
{
    if (filter->include.n > 0 && !any_fits(&filter->include, path, url))
        return false;
    return !any_fits(&filter->exclude, path, url);
}

bool td_source_filter_drops_folder(const td_source_filter *filter, td_str path)
{
    return any_fits(&filter->exclude, path, NULL);
}
