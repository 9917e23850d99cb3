#include "hub/known.h"

#include "base/os.h"

#include <stdio.h>

enum {
    CACHE_BYTES_MAX = 1024,
    LINE_BYTES_MAX = 3 * TD_HASH_HEX_N, /* identity, revision, their hash */
};

/* "<cache>/revisions", or nothing where the user has no such folder. */
static tandem_code add_folder(td_buf *path)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_os_cache_dir(path, NULL));
    TD_TRY(td_buf_add(path, TD_STR("/revisions"), NULL));
out:
    return code;
}

static tandem_code add_name(td_buf *path, const char *of)
{
    char hex[TD_HASH_HEX_N];
    td_hash_hex(td_hash_of(td_str_from(of)), hex);
    return td_buf_add_fmt(path, NULL, "/%s", hex);
}

static void write_line(const char *identity, const char *revision, char out[LINE_BYTES_MAX + 1])
{
    char hex[TD_HASH_HEX_N];
    const td_str parts[] = {td_str_from(identity), td_str_from(revision)};

    td_hash_hex(td_hash_of_parts(parts, 2), hex);
    snprintf(out, LINE_BYTES_MAX + 1, "%s %s %s\n", identity, revision, hex);
}

bool td_hub_known_get(const char *path, const char *identity, char revision_out[TD_HASH_HEX_N])
{
    td_buf file = TD_BUF(CACHE_BYTES_MAX), text = TD_BUF(LINE_BYTES_MAX);
    char line[LINE_BYTES_MAX + 1], revision[TD_HASH_HEX_N];
    bool known = false;

    if (identity[0] && add_folder(&file) == TANDEM_OK && add_name(&file, path) == TANDEM_OK &&
        td_os_read_file(file.ptr, LINE_BYTES_MAX, &text, NULL) == TANDEM_OK &&
        text.n == LINE_BYTES_MAX) {
        memcpy(revision, text.ptr + TD_HASH_HEX_N, sizeof(revision) - 1);
        revision[sizeof(revision) - 1] = '\0';
        write_line(identity, revision, line);
        known = td_str_eq(td_buf_str(&text), td_str_from(line));
    }
    if (known)
        memcpy(revision_out, revision, sizeof(revision));
    td_buf_clear(&text);
    td_buf_clear(&file);
    return known;
}

void td_hub_known_put(const char *path, const char *identity, const char *revision)
{
    td_buf file = TD_BUF(CACHE_BYTES_MAX);
    char line[LINE_BYTES_MAX + 1];

    if (!identity[0] || add_folder(&file) != TANDEM_OK)
        goto out;
    write_line(identity, revision, line);
    if (td_os_make_dirs(file.ptr, NULL) == TANDEM_OK && add_name(&file, path) == TANDEM_OK)
        td_os_write_file(file.ptr, td_str_from(line), NULL);
out:
    td_buf_clear(&file);
}
