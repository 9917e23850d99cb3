#include "embed/check_cache.h"

#include "base/hash.h"
#include "base/os.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CHECK_BYTES_MAX = 4096,
    KEY_BYTES_MAX = 2048,
    PATH_BYTES = 1200,
};

void td_embed_check_cache_init(td_check_cache *cache)
{
    td_buf folder = TD_BUF(sizeof(cache->folder) - sizeof("/checks"));

    *cache = (td_check_cache){0};
    if (td_os_cache_dir(&folder, NULL) == TANDEM_OK)
        snprintf(cache->folder, sizeof(cache->folder), "%s/checks", folder.ptr);
    td_buf_clear(&folder);
}

/* All that decides the figures, on one line. */
static void write_key(const td_check_key *key, char out[KEY_BYTES_MAX])
{
    /* The id last: it may be as long as a path. */
    snprintf(out, KEY_BYTES_MAX, "tandem=%s engine=%d isa=%s precision=%d revision=%.*s id=%.*s",
             TANDEM_VERSION, key->engine_version, key->kernels->name, (int)key->precision,
             TD_STR_FMT(key->files->revision), TD_STR_FMT(key->files->id));
    for (char *c = out; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
}

/* "<folder>/<hash of the key>.check": a line with the key, a line with the figures. */
static void write_path(const td_check_cache *cache, const char *key, char out[PATH_BYTES])
{
    char hex[TD_HASH_HEX_N];
    td_hash_hex(td_hash_of(td_str_from(key)), hex);
    snprintf(out, PATH_BYTES, "%s/%s.check", cache->folder, hex);
}

bool td_embed_check_cache_get(const td_check_cache *cache, const td_check_key *key,
                              td_check *check_out)
{
    char line[KEY_BYTES_MAX], path[PATH_BYTES];
    td_buf text = TD_BUF(CHECK_BYTES_MAX);
    td_check check = {0};
    int end = 0;
    bool read = false;

    if (!cache->folder[0])
        return false;
    write_key(key, line);
    write_path(cache, line, path);
    if (td_os_read_file(path, CHECK_BYTES_MAX, &text, NULL) == TANDEM_OK && text.ptr) {
        td_str rest = td_buf_str(&text), first = {0};
        read = td_str_next(&rest, '\n', &first) && td_str_eq(first, td_str_from(line)) &&
               sscanf(rest.ptr, "samples=%zu mean=%lf least=%lf end\n%n", &check.n_samples,
                      &check.mean, &check.least, &end) == 3 &&
               (size_t)end == rest.n && check.n_samples > 0 && check.mean <= 1.001 &&
               check.least <= check.mean && check.least >= -1.001;
    }
    td_buf_clear(&text);
    if (read)
        *check_out = check;
    return read;
}

void td_embed_check_cache_put(const td_check_cache *cache, const td_check_key *key,
                              const td_check *check)
{
    char line[KEY_BYTES_MAX], path[PATH_BYTES];
    td_buf text = TD_BUF(CHECK_BYTES_MAX);

    if (!cache->folder[0])
        return;
    write_key(key, line);
    write_path(cache, line, path);
    if (td_os_make_dirs(cache->folder, NULL) == TANDEM_OK &&
        td_buf_add_fmt(&text, NULL, "%s\nsamples=%zu mean=%.9f least=%.9f end\n", line,
                       check->n_samples, check->mean, check->least) == TANDEM_OK)
        td_os_write_file(path, td_buf_str(&text), NULL);
    td_buf_clear(&text);
}
