#include "base/log.h"
#include "base/scratch.h"
#include "base/thread.h"
#include "embed/engine.h"
#include "embed/model_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

static int open_folder(void **state)
{
    if (scratch_make(state) != 0)
        return -1;
    return setenv("XDG_CACHE_HOME", scratch_folder, 1);
}

static td_packed_cache cache_of_folder(void)
{
    td_packed_cache cache;
    td_embed_packed_cache_init(&cache);
    cache.bytes_min = 0;
    return cache;
}

typedef struct fixture {
    model_dir dir;
    dir_files list;
    td_engine_options options;
    td_packed_cache cache;
    td_engine *engine;
} fixture;

static td_packed_key key_of(const fixture *f)
{
    return (td_packed_key){&f->list.files, f->options.kernels, f->options.precision};
}

static void take(fixture *f)
{
    tandem_error err;
    if (td_embed_engine_take(&f->list.files, &f->options, &f->engine, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
}

static void give_back(fixture *f)
{
    td_embed_engine_give_back(f->engine);
    f->engine = NULL;
}

/* A model that was opened, and packed if no earlier start has. Stays where it is. */
static void open_model(fixture *f, const char *name, const char *isa, td_precision precision)
{
    *f = (fixture){.options.precision = precision, .cache = cache_of_folder()};
    dir_open(&f->dir, name);
    dir_list(&f->dir, &f->list);
    f->list.files.identity = TD_STR("i1");
    assert_int_equal(td_embed_kernels_choose(isa, &f->options.kernels, NULL), TANDEM_OK);
    f->options.packed = &f->cache;
    take(f);
}

static void close_model(fixture *f)
{
    give_back(f);
    dir_close(&f->dir);
}

static void keep(fixture *f)
{
    td_embed_engine_keep(f->engine, &f->cache);
    give_back(f); /* waits until it is written */
    const td_packed_cache *cache = f->options.packed;
    f->options.packed = NULL;
    take(f);
    f->options.packed = cache;
}

static bool is_mapped(const fixture *f)
{
    return f->engine->packed.map.base != NULL;
}

static void embed(const fixture *f, float *vector)
{
    const td_ragged text = {.ids = (uint32_t[]){2, 5, 9, 700, 3},
                            .starts = (uint32_t[]){0, 5},
                            .n_texts = 1};
    td_scratch *scratch = td_embed_model_scratch_new();
    assert_int_equal(td_embed_model_run(f->engine->model, &text, scratch, vector, NULL), TANDEM_OK);
    td_embed_model_scratch_free(scratch);
}

/* The path of the only file that was kept; false if there is none. */
static bool find_file(const td_packed_cache *cache, char path[1400])
{
    DIR *folder = opendir(cache->folder);
    size_t n = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, 1400, "%s/%s", cache->folder, entry->d_name);
        n++;
    }
    if (folder)
        closedir(folder);
    assert_true(n <= 1);
    return n == 1;
}

static void a_mapped_model_gives_the_bits_of_a_packed_one(void **state)
{
    (void)state;
    static const char *const names[] = {"bert", "gte-new", "nomic", "modernbert"};
    for (size_t i = 0; i < 12; i++) {
        fixture f;
        float packed[256], mapped[256];
        open_model(&f, names[i / 3], NULL, (td_precision)(i % 3));
        size_t n = td_embed_model_info(f.engine->model)->dim * sizeof(float);
        size_t bytes = td_embed_model_info(f.engine->model)->bytes;
        assert_false(is_mapped(&f));
        embed(&f, packed);
        keep(&f);
        give_back(&f);
        take(&f);
        assert_true(is_mapped(&f));
        assert_int_equal(td_embed_model_info(f.engine->model)->bytes, bytes);
        embed(&f, mapped);
        assert_memory_equal(mapped, packed, n);
        close_model(&f);
        assert_int_equal(scratch_remove(NULL), 0);
    }
    assert_int_equal(mkdir(scratch_folder, 0700), 0);
}

static void a_file_is_of_one_model_one_precision_and_one_table(void **state)
{
    (void)state;
    fixture f;
    td_packed packed;
    open_model(&f, "bert", "plain", TD_PRECISION_INT8);
    keep(&f);
    td_packed_key key = key_of(&f);
    td_kernels other = *key.kernels;
    other.name = "other";
    const td_packed_key others[] = {{key.files, &other, key.precision},
                                    {key.files, key.kernels, TD_PRECISION_BF16}};
    for (size_t i = 0; i < 2; i++)
        assert_false(td_embed_packed_cache_open(&f.cache, &others[i], &packed));
    assert_true(td_embed_packed_cache_open(&f.cache, &key, &packed));
    td_embed_packed_cache_close(&packed);
    close_model(&f);
}

static void a_file_of_weights_that_were_written_since_is_thrown_away(void **state)
{
    (void)state;
    fixture f;
    td_packed packed;
    char path[1400];
    for (int i = 0; i < 2; i++) {
        open_model(&f, "bert", "plain", TD_PRECISION_INT8);
        keep(&f);
        assert_true(find_file(&f.cache, path));
        *(i ? &f.list.files.identity : &f.list.files.revision) = TD_STR("other");
        const td_packed_key key = key_of(&f);
        assert_false(td_embed_packed_cache_open(&f.cache, &key, &packed));
        assert_false(find_file(&f.cache, path));
        close_model(&f);
    }
}

static void of_files_without_identity_nothing_is_kept(void **state)
{
    (void)state;
    fixture f;
    char path[1400];
    open_model(&f, "bert", "plain", TD_PRECISION_INT8);
    f.list.files.identity = TD_STR("");
    keep(&f);
    assert_false(find_file(&f.cache, path));
    close_model(&f);
}

static void a_small_model_is_not_kept_nor_one_past_the_limit(void **state)
{
    (void)state;
    fixture f;
    char path[1400];
    open_model(&f, "bert", "plain", TD_PRECISION_INT8);
    const td_packed_key key = key_of(&f);
    f.cache.bytes_min = 1 << 30;
    td_embed_packed_cache_put(&f.cache, &key, td_embed_model_blocks(f.engine->model));
    f.cache.bytes_min = 0;
    f.cache.bytes_max = 1000;
    td_embed_packed_cache_put(&f.cache, &key, td_embed_model_blocks(f.engine->model));
    assert_false(find_file(&f.cache, path));
    close_model(&f);
}

/* ---- damage ---- */

static void write_bytes(const char *path, const char *bytes, size_t n)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

static bool are_same(const td_blocks *a, const td_blocks *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = td_str_eq(a->items[i], b->items[i]);
    return same;
}

/* Reliability D2: found out, or harmless where the bit lay between two blocks. */
static void a_thousand_flips_and_cuts_are_found_out(void **state)
{
    (void)state;
    enum {
        N = 1000
    };
    fixture f;
    char path[1400];
    td_buf whole = TD_BUF(1 << 24);
    size_t n_refused = 0;
    open_model(&f, "bert", "plain", TD_PRECISION_INT8);
    keep(&f);
    assert_true(find_file(&f.cache, path));
    assert_int_equal(td_os_read_file(path, 1 << 24, &whole, NULL), TANDEM_OK);
    const td_packed_key key = key_of(&f);
    srand(1);
    for (size_t i = 0; i < N; i++) {
        td_packed packed;
        size_t n = whole.n, head = 3000 < n ? 3000 : n;
        size_t at = (size_t)rand() % (i % 3 == 0 ? head : n);
        char bit = (char)(1 << rand() % 8);
        if (i % 4 == 0)
            n = at;
        whole.ptr[at] ^= bit;
        write_bytes(path, whole.ptr, n);
        whole.ptr[at] ^= bit;
        if (!td_embed_packed_cache_open(&f.cache, &key, &packed)) {
            n_refused++;
            continue;
        }
        assert_true(are_same(&packed.blocks, td_embed_model_blocks(f.engine->model)));
        td_embed_packed_cache_close(&packed);
    }
    assert_in_range(n_refused, N * 99 / 100, N);
    td_buf_clear(&whole);
    close_model(&f);
}

static void blocks_of_another_shape_are_dropped_and_the_model_is_packed(void **state)
{
    (void)state;
    fixture f, other;
    float vector[256];
    char path[1400];
    open_model(&other, "nomic", "plain", TD_PRECISION_INT8);
    open_model(&f, "bert", "plain", TD_PRECISION_INT8);
    const td_packed_key key = key_of(&f);
    td_embed_packed_cache_put(&f.cache, &key, td_embed_model_blocks(other.engine->model));
    assert_true(find_file(&f.cache, path));
    give_back(&f);
    take(&f);
    assert_false(is_mapped(&f));
    assert_false(find_file(&f.cache, path));
    embed(&f, vector);
    close_model(&f);
    close_model(&other);
}

/* ---- no room ---- */

static void count_warnings(void *user, td_log_level level, const char *room, const char *line)
{
    (void)room;
    if (level == TD_WARN && strstr(line, "not kept"))
        ++*(int *)user;
}

static void without_room_it_goes_on_with_one_warning(void **state)
{
    (void)state;
    fixture f;
    int n_warnings = 0;
    char path[1400];
    float vector[256];
    struct rlimit before, small;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 4096; /* writing stops there, as on a full disk */
    open_model(&f, "bert", "plain", TD_PRECISION_INT8);
    td_log_set(count_warnings, &n_warnings, TD_WARN);
    setrlimit(RLIMIT_FSIZE, &small);
    keep(&f);
    keep(&f);
    setrlimit(RLIMIT_FSIZE, &before);
    td_log_set(NULL, NULL, TD_WARN);
    assert_int_equal(n_warnings, 1);
    assert_false(find_file(&f.cache, path)); /* nor half a one */
    embed(&f, vector);
    close_model(&f);
}

static void those_used_longest_ago_make_room(void **state)
{
    (void)state;
    fixture f;
    td_packed packed;
    open_model(&f, "bert", "plain", TD_PRECISION_INT8);
    td_packed_key key = key_of(&f);
    td_model_files files[3] = {*key.files, *key.files, *key.files};
    for (size_t i = 0; i < 3; i++) {
        char path[1400];
        f.cache.bytes_max = (uint64_t)1 << 30;
        files[i].origin = td_str_from(i == 0 ? "a" : i == 1 ? "b" : "c");
        key.files = &files[i];
        if (i == 2) { /* b was used last: it shall stay */
            const struct timespec old[2] = {{1000, 0}, {1000, 0}};
            DIR *folder = opendir(f.cache.folder);
            for (struct dirent *e; (e = readdir(folder));) {
                snprintf(path, sizeof(path), "%s/%s", f.cache.folder, e->d_name);
                if (e->d_name[0] != '.')
                    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
            }
            closedir(folder);
            const td_packed_key b = {&files[1], key.kernels, key.precision};
            assert_true(td_embed_packed_cache_open(&f.cache, &b, &packed));
            f.cache.bytes_max = 5 * packed.map.bytes.n / 2; /* two of them */
            td_embed_packed_cache_close(&packed);
        }
        td_embed_packed_cache_put(&f.cache, &key, td_embed_model_blocks(f.engine->model));
    }
    for (size_t i = 0; i < 3; i++) {
        key.files = &files[i];
        bool there = td_embed_packed_cache_open(&f.cache, &key, &packed);
        assert_int_equal(there, i > 0);
        if (there)
            td_embed_packed_cache_close(&packed);
    }
    close_model(&f);
}

/* ---- several at once ---- */

static void *put_and_open(void *arg)
{
    const fixture *f = arg;
    const td_packed_key key = key_of(f);
    const td_blocks *blocks = td_embed_model_blocks(f->engine->model);
    for (int i = 0; i < 20; i++) {
        td_packed packed;
        td_embed_packed_cache_put(&f->cache, &key, blocks);
        assert_true(td_embed_packed_cache_open(&f->cache, &key, &packed));
        assert_true(are_same(&packed.blocks, blocks));
        td_embed_packed_cache_close(&packed);
    }
    return NULL;
}

static void starts_at_once_find_a_whole_file(void **state)
{
    (void)state;
    enum {
        N = 4
    };
    fixture f;
    pthread_t threads[N];
    char path[1400];
    open_model(&f, "bert", "plain", TD_PRECISION_INT8);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(td_thread_start(&threads[i], "start", put_and_open, &f, NULL), TANDEM_OK);
    for (size_t i = 0; i < N; i++)
        pthread_join(threads[i], NULL);
    assert_true(find_file(&f.cache, path));
    close_model(&f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_folder, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mapped_model_gives_the_bits_of_a_packed_one),
        TEST(a_file_is_of_one_model_one_precision_and_one_table),
        TEST(a_file_of_weights_that_were_written_since_is_thrown_away),
        TEST(of_files_without_identity_nothing_is_kept),
        TEST(a_small_model_is_not_kept_nor_one_past_the_limit),
        TEST(a_thousand_flips_and_cuts_are_found_out),
        TEST(blocks_of_another_shape_are_dropped_and_the_model_is_packed),
        TEST(without_room_it_goes_on_with_one_warning),
        TEST(those_used_longest_ago_make_room),
        TEST(starts_at_once_find_a_whole_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
