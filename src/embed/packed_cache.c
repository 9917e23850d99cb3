/* embed/packed_cache.c - a file of packed weights:
 *
 *   head      magic, hash of all up to the first block, number of blocks, length of the key
 *   key       text
 *   entries   length and hash of each block
 *   blocks    each at a multiple of 64 bytes, zeros between
 */
#include "embed/packed_cache.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/size.h"
#include "base/thread.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    ALIGNMENT = 64,
    BLOCKS_MAX = 4096,
    KEY_BYTES_MAX = 2048,
    PATH_BYTES = 1200,
    FILES_MAX = 4096, /* of the folder that a sweep looks at */
    LITTER_SECONDS = 3600,
    HELPERS_MAX = 3, /* beside the thread that opens */
};

static const uint64_t BYTES_MAX = (uint64_t)8 << 30;
/* The embedded model's 11 MB take 30 ms to pack. */
static const uint64_t BYTES_MIN = 16 << 20;

static const char MAGIC[16] = "tandem packed 1";

typedef struct head {
    char magic[sizeof(MAGIC)];
    td_hash hash;
    uint64_t n_blocks, key_bytes;
} head;

typedef struct entry {
    uint64_t n_bytes;
    td_hash hash;
} entry;

void td_embed_packed_cache_init(td_packed_cache *cache)
{
    td_buf folder = TD_BUF(sizeof(cache->folder) - sizeof("/packed"));

    *cache = (td_packed_cache){.bytes_max = BYTES_MAX, .bytes_min = BYTES_MIN};
    if (td_os_cache_dir(&folder, NULL) == TANDEM_OK)
        snprintf(cache->folder, sizeof(cache->folder), "%s/packed", folder.ptr);
    td_buf_clear(&folder);
}

/* ---- names ---- */

/* How a small matrix packs: another form, or another rounding, gives another hash. */
static void describe_form(const td_packed_key *key, char hex[TD_HASH_HEX_N])
{
    enum {
        OUT = 40,
        IN = 70
    };
    float weight[OUT * IN];
    td_matrix matrix = {0};
    const td_packing source = {.kernels = key->kernels,
                               .precision = key->precision,
                               .n_out = OUT / 2,
                               .n_in = IN,
                               .weight = weight,
                               .gate = weight + OUT / 2 * IN,
                               .bias = weight};

    for (size_t i = 0; i < OUT * IN; i++)
        weight[i] = (float)(i * 7919 % 1009) / 1009 - 0.5f;
    td_str block = {0};
    if (td_embed_kernels_pack(&source, &matrix, NULL) == TANDEM_OK)
        block = td_embed_kernels_block(&matrix);
    td_hash_hex(td_hash_of(block), hex);
    td_embed_kernels_clear(&matrix);
}

/* All that decides the content. */
static void write_key(const td_packed_key *key, char out[KEY_BYTES_MAX])
{
    char form[TD_HASH_HEX_N];

    describe_form(key, form);
    snprintf(out, KEY_BYTES_MAX,
             "tandem=%s isa=%s precision=%d form=%s identity=%.*s revision=%.*s", TANDEM_VERSION,
             key->kernels->name, (int)key->precision, form, TD_STR_FMT(key->files->identity),
             TD_STR_FMT(key->files->revision));
}

/* One file for a model of one origin: a newer one takes its place. */
static void write_path(const td_packed_cache *cache, const td_packed_key *key, char out[PATH_BYTES])
{
    char hex[TD_HASH_HEX_N];
    const td_str parts[] = {key->files->origin,
                            td_str_from(key->kernels->name),
                            {(const char *)&key->precision, sizeof(key->precision)}};

    td_hash_hex(td_hash_of_parts(parts, sizeof(parts) / sizeof(parts[0])), hex);
    snprintf(out, PATH_BYTES, "%s/%s.packed", cache->folder, hex);
}

static bool is_kept(const td_packed_cache *cache, const td_packed_key *key)
{
    return cache->folder[0] && key->files->identity.n > 0;
}

/* ---- reading ---- */

static uint64_t aligned(uint64_t n)
{
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static td_hash hash_of_head(const head *h, td_str key, td_str entries)
{
    const td_str parts[] = {{(const char *)&h->n_blocks, sizeof(h->n_blocks)}, key, entries};
    return td_hash_of_parts(parts, sizeof(parts) / sizeof(parts[0]));
}

/* Blocks that several threads check. */
typedef struct checking {
    const td_blocks *blocks;
    const char *entries; /* not aligned */
    atomic_size_t next;
    atomic_bool is_bad;
} checking;

static void *check_blocks(void *arg)
{
    checking *c = arg;
    entry expected;

    for (size_t i;
         (i = atomic_fetch_add(&c->next, 1)) < c->blocks->n && !atomic_load(&c->is_bad);) {
        memcpy(&expected, c->entries + i * sizeof(expected), sizeof(expected));
        if (!td_hash_eq(td_hash_of(c->blocks->items[i]), expected.hash))
            atomic_store(&c->is_bad, true);
    }
    return NULL;
}

static bool are_whole(const td_blocks *blocks, const char *entries)
{
    checking c = {.blocks = blocks, .entries = entries};
    pthread_t helpers[HELPERS_MAX];
    size_t n = 0, n_cpus = td_os_n_cpus();

    while (n + 1 < n_cpus && n < HELPERS_MAX &&
           td_thread_start(&helpers[n], "packed", check_blocks, &c, NULL) == TANDEM_OK)
        n++;
    check_blocks(&c);
    while (n > 0)
        pthread_join(helpers[--n], NULL);
    return !atomic_load(&c.is_bad);
}

/* Where the blocks lie; false unless they fill the file to its end. */
static bool place_blocks(td_str file, size_t at, const char *entries, td_blocks *blocks)
{
    entry e;

    for (size_t i = 0; i < blocks->n; i++) {
        memcpy(&e, entries + i * sizeof(e), sizeof(e));
        at = aligned(at);
        if (at > file.n || e.n_bytes > file.n - at)
            return false;
        blocks->items[i] = (td_str){file.ptr + at, (size_t)e.n_bytes};
        at += (size_t)e.n_bytes;
    }
    return at == file.n;
}

static bool read_blocks(td_str file, const char *key, td_blocks *blocks)
{
    head h;
    size_t key_bytes = strlen(key);

    if (file.n < sizeof(h))
        return false;
    memcpy(&h, file.ptr, sizeof(h));
    if (memcmp(h.magic, MAGIC, sizeof(MAGIC)) != 0 || h.n_blocks == 0 || h.n_blocks > BLOCKS_MAX ||
        h.key_bytes != key_bytes ||
        file.n - sizeof(h) < key_bytes + (size_t)h.n_blocks * sizeof(entry))
        return false;
    td_str rest = td_str_slice(file, sizeof(h), file.n);
    td_str found = td_str_slice(rest, 0, key_bytes);
    td_str entries = td_str_slice(rest, key_bytes, key_bytes + (size_t)h.n_blocks * sizeof(entry));
    if (!td_str_eq(found, td_str_from(key)) ||
        !td_hash_eq(h.hash, hash_of_head(&h, found, entries)))
        return false;
    blocks->n = (size_t)h.n_blocks;
    blocks->items = calloc(blocks->n, sizeof(*blocks->items));
    return blocks->items &&
           place_blocks(file, (size_t)(entries.ptr + entries.n - file.ptr), entries.ptr, blocks) &&
           are_whole(blocks, entries.ptr);
}

bool td_embed_packed_cache_open(const td_packed_cache *cache, const td_packed_key *key,
                                td_packed *packed_out)
{
    char line[KEY_BYTES_MAX], path[PATH_BYTES];
    td_packed packed = {0};

    if (!is_kept(cache, key))
        return false;
    write_path(cache, key, path);
    if (td_os_map_open(path, &packed.map, NULL) != TANDEM_OK)
        return false;
    write_key(key, line);
    if (!read_blocks(packed.map.bytes, line, &packed.blocks)) {
        td_embed_packed_cache_close(&packed);
        unlink(path);
        return false;
    }
    utimensat(AT_FDCWD, path, NULL, 0); /* used now: see sweep */
    *packed_out = packed;
    return true;
}

void td_embed_packed_cache_close(td_packed *packed)
{
    free(packed->blocks.items);
    td_os_map_close(&packed->map);
    *packed = (td_packed){0};
}

void td_embed_packed_cache_drop(const td_packed_cache *cache, const td_packed_key *key)
{
    char path[PATH_BYTES];

    if (!is_kept(cache, key))
        return;
    write_path(cache, key, path);
    unlink(path);
}

/* ---- writing ---- */

typedef struct kept {
    char path[PATH_BYTES + 256];
    uint64_t n_bytes;
    time_t used;
} kept;

/* The file used longest ago, and the sum of all; what a killed process left goes. */
static bool look_at_folder(const td_packed_cache *cache, kept *oldest, uint64_t *n_bytes_out)
{
    DIR *folder = opendir(cache->folder);
    struct stat facts;
    kept file;
    bool any = false;

    *n_bytes_out = 0;
    for (struct dirent *e; folder && (e = readdir(folder));) {
        td_str name = td_str_from(e->d_name);
        snprintf(file.path, sizeof(file.path), "%s/%s", cache->folder, e->d_name);
        if (lstat(file.path, &facts) != 0 || !S_ISREG(facts.st_mode))
            continue;
        if (td_str_ends(name, TD_STR(".tmp")) && facts.st_mtime + LITTER_SECONDS < time(NULL))
            unlink(file.path);
        if (!td_str_ends(name, TD_STR(".packed")))
            continue;
        file.n_bytes = (uint64_t)facts.st_size;
        file.used = facts.st_mtime;
        *n_bytes_out += file.n_bytes;
        if (!any || file.used < oldest->used)
            *oldest = file;
        any = true;
    }
    if (folder)
        closedir(folder);
    return any;
}

/* Makes room for n bytes more. Others may do the same at once: then a file too many goes. */
static void sweep(const td_packed_cache *cache, uint64_t n)
{
    kept oldest;
    uint64_t n_bytes = 0;

    for (int i = 0; i < FILES_MAX; i++) {
        if (!look_at_folder(cache, &oldest, &n_bytes) || n_bytes + n <= cache->bytes_max)
            return;
        unlink(oldest.path);
    }
}

static tandem_code write_file(const char *path, const char *key, const td_blocks *blocks,
                              tandem_error *err)
{
    static const char zeros[ALIGNMENT];
    tandem_code code = TANDEM_OK;
    head h = {.n_blocks = blocks->n, .key_bytes = strlen(key)};
    entry *entries = calloc(blocks->n, sizeof(*entries));
    td_str *pieces = calloc(2 * blocks->n + 3, sizeof(*pieces));
    size_t n = 0, at = sizeof(h) + strlen(key) + blocks->n * sizeof(*entries);

    if (!entries || !pieces)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory to keep packed weights");
    memcpy(h.magic, MAGIC, sizeof(MAGIC));
    pieces[n++] = (td_str){(const char *)&h, sizeof(h)};
    pieces[n++] = td_str_from(key);
    pieces[n++] = (td_str){(const char *)entries, blocks->n * sizeof(*entries)};
    for (size_t i = 0; i < blocks->n; i++) {
        entries[i] = (entry){blocks->items[i].n, td_hash_of(blocks->items[i])};
        pieces[n++] = (td_str){zeros, (size_t)aligned(at) - at};
        pieces[n++] = blocks->items[i];
        at = (size_t)aligned(at) + blocks->items[i].n;
    }
    h.hash = hash_of_head(&h, pieces[1], pieces[2]);
    TD_TRY(td_os_write_pieces(path, pieces, n, err));
out:
    free(pieces);
    free(entries);
    return code;
}

/* Once a process: a disk that is full stays so for the next model too. */
static void warn(const tandem_error *err)
{
    static atomic_bool told;
    if (!atomic_exchange(&told, true))
        td_log(TD_WARN, "embed", "packed weights are not kept, each start packs anew: %s",
               err->message);
}

void td_embed_packed_cache_put(const td_packed_cache *cache, const td_packed_key *key,
                               const td_blocks *blocks)
{
    char line[KEY_BYTES_MAX], path[PATH_BYTES];
    tandem_error err = {0};
    uint64_t n_bytes = 0;

    for (size_t i = 0; i < blocks->n; i++)
        n_bytes += aligned(blocks->items[i].n);
    if (!is_kept(cache, key) || blocks->n == 0 || blocks->n > BLOCKS_MAX ||
        n_bytes < cache->bytes_min || n_bytes > cache->bytes_max)
        return;
    write_key(key, line);
    write_path(cache, key, path);
    sweep(cache, n_bytes);
    if (td_os_make_dirs(cache->folder, &err) != TANDEM_OK ||
        write_file(path, line, blocks, &err) != TANDEM_OK)
        warn(&err);
}
