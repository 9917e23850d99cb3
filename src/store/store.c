#include "store/store.h"

#include "store/sqlite.h"

/* Who takes which locations; the last one takes what is a path. A new backend is a line here. */
static const struct {
    const char *prefix;
    tandem_code (*open)(const char *location, const td_store_options *options, td_store **store_out,
                        tandem_error *err);
} BACKENDS[] = {
    {"", td_store_sqlite_open},
};

/* "name://" in front, as postgres:// has. A path may hold such bytes only behind a slash. */
static td_str scheme_of(td_str location)
{
    size_t end = td_str_find(location, TD_STR("://"), 0);

    if (end == TD_STR_NONE || end == 0)
        return (td_str){"", 0};
    for (size_t i = 0; i < end; i++) {
        char c = location.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-'))
            return (td_str){"", 0};
    }
    return td_str_slice(location, 0, end);
}

tandem_code td_store_open(const char *location, const td_store_options *options,
                          td_store **store_out, tandem_error *err)
{
    td_store_options defaults = TD_STORE_OPTIONS;
    td_str where = td_str_from(location);
    td_str scheme = scheme_of(where);

    if (where.n == 0)
        return td_fail(err, TANDEM_E_INVALID, "the database has no name: give a file path");
    for (size_t i = 0; i < sizeof(BACKENDS) / sizeof(BACKENDS[0]); i++) {
        td_str prefix = td_str_from(BACKENDS[i].prefix);
        if (prefix.n == 0 ? scheme.n == 0 : td_str_starts(where, prefix))
            return BACKENDS[i].open(location, options ? options : &defaults, store_out, err);
    }
    return td_fail(err, TANDEM_E_UNSUPPORTED,
                   "no store is built in for %.*s:// (a file path gives SQLite)",
                   TD_STR_FMT(scheme));
}
