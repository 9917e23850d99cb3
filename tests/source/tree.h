/* source/tree.h (tests) - folders and files below a temporary folder, and what a source gives. */
#ifndef TEST_SOURCE_TREE_H
#define TEST_SOURCE_TREE_H

#include "source/source.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct tree_dir {
    char path[4096]; /* absolute and real */
} tree_dir;

static inline tree_dir tree_make(void)
{
    char name[] = "/tmp/tandem-source-XXXXXX";
    tree_dir dir;

    assert_non_null(mkdtemp(name));
    assert_non_null(realpath(name, dir.path));
    return dir;
}

static inline int tree_remove_one(const char *path, const struct stat *info, int flag,
                                  struct FTW *where)
{
    (void)info;
    (void)where;
    if (flag == FTW_DNR)
        chmod(path, 0700);
    return remove(path);
}

static inline void tree_remove(tree_dir dir)
{
    nftw(dir.path, tree_remove_one, 64, FTW_DEPTH | FTW_PHYS);
}

static inline const char *tree_path(const tree_dir *dir, const char *name, char out[8192])
{
    snprintf(out, 8192, "%s/%s", dir->path, name);
    return out;
}

static inline void tree_make_parents(const char *path)
{
    char part[8192];

    snprintf(part, sizeof(part), "%s", path);
    for (char *c = part + 1; *c; c++)
        if (*c == '/') {
            *c = '\0';
            mkdir(part, 0755);
            *c = '/';
        }
}

static inline void tree_put_bytes(const tree_dir *dir, const char *name, td_str bytes)
{
    char path[8192];

    tree_make_parents(tree_path(dir, name, path));
    FILE *file = fopen(path, "wb");
    if (!file)
        fail_msg("cannot write %s", path);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.n, file), bytes.n);
    fclose(file);
}

static inline void tree_put(const tree_dir *dir, const char *name, const char *text)
{
    tree_put_bytes(dir, name, td_str_from(text));
}

/* Pages of a source as lines: "+ uri" fetched, "= uri" unchanged, "- uri: reason" skipped,
 * "! uri: reason" failed. */
static inline td_buf tree_pages(td_source *source)
{
    static const char marks[] = {'+', '=', '-', '!'};
    td_buf lines = TD_BUF(64 << 20);
    tandem_error err = {0};

    for (;;) {
        td_page *page = NULL;
        if (source->next(source, &page, &err) != TANDEM_OK)
            fail_msg("%s", err.message);
        if (!page)
            break;
        assert_int_equal(td_buf_add_fmt(&lines, NULL, "%c %.*s%s%.*s\n", marks[page->status],
                                        TD_STR_FMT(page->uri), page->reason.n ? ": " : "",
                                        TD_STR_FMT(page->reason)),
                         TANDEM_OK);
        source->done(source, page->uri, NULL, 0);
        td_page_free(page);
    }
    assert_int_equal(td_buf_add(&lines, (td_str){"", 0}, NULL), TANDEM_OK);
    return lines;
}

static inline td_source *tree_open(const char *name, const td_source_options *options)
{
    td_source *source = NULL;
    tandem_error err = {0};

    if (td_source_open(name, options, &source, &err) != TANDEM_OK)
        fail_msg("%s: %s", name, err.message);
    return source;
}

static inline td_buf tree_list(const char *name, const td_source_options *options)
{
    td_source *source = tree_open(name, options);
    td_buf lines = tree_pages(source);

    source->close(source);
    return lines;
}

static inline void tree_expect(const char *name, const td_source_options *options,
                               const char *expected)
{
    td_buf lines = tree_list(name, options);

    assert_string_equal(lines.ptr ? lines.ptr : "", expected);
    td_buf_clear(&lines);
}

#endif
