#include "extract/tag.h"

typedef struct named {
    td_str name;
    unsigned flags;
} named;

static const named TAGS[TD_N_TAGS] = {[TD_TAG_UNKNOWN] = {{"", 0}, 0},
                                      [TD_TAG_TEXT] = {{"", 0}, 0},
#define TAG_ROW(id, text, bits) [TD_TAG_##id] = {{text, sizeof(text) - 1}, (bits)},
                                      TD_EXTRACT_TAGS(TAG_ROW)
#undef TAG_ROW
};

static const named ATTRIBUTES[TD_N_ATTRIBUTES] = {
#define ATTRIBUTE_ROW(id, text) [TD_ATTRIBUTE_##id] = {{text, sizeof(text) - 1}, 0},
    TD_EXTRACT_ATTRIBUTES(ATTRIBUTE_ROW)
#undef ATTRIBUTE_ROW
};

enum {
    NAME_BYTES_MAX = 24
}; /* longer than every name in both tables */

static int compare_names(const char *a, size_t a_n, td_str b)
{
    size_t n = a_n < b.n ? a_n : b.n;

    for (size_t i = 0; i < n; i++) /* the first tells most apart: a call would cost more */
        if (a[i] != b.ptr[i])
            return a[i] < b.ptr[i] ? -1 : 1;
    return a_n < b.n ? -1 : a_n > b.n;
}

/* Index in rows[from, n), or n. */
static size_t find(const named *rows, size_t from, size_t n, td_str name)
{
    char lower[NAME_BYTES_MAX];
    size_t low = from, high = n;

    if (name.n == 0 || name.n > sizeof(lower))
        return n;
    for (size_t i = 0; i < name.n; i++)
        lower[i] =
            name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] | 0x20) : name.ptr[i];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_names(lower, name.n, rows[middle].name);

        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return n;
}

td_tag td_extract_tag_find(td_str name)
{
    size_t index = find(TAGS, TD_TAG_TEXT + 1, TD_N_TAGS, name);

    return index == TD_N_TAGS ? TD_TAG_UNKNOWN : (td_tag)index;
}

td_str td_extract_tag_name(td_tag tag)
{
    return TAGS[tag].name;
}

unsigned td_extract_tag_flags(td_tag tag)
{
    return TAGS[tag].flags;
}

td_attribute td_extract_tag_attribute_find(td_str name)
{
    return (td_attribute)find(ATTRIBUTES, 0, TD_N_ATTRIBUTES, name);
}

td_str td_extract_tag_attribute_name(td_attribute attribute)
{
    return ATTRIBUTES[attribute].name;
}
