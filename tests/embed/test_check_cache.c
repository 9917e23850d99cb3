#include "base/scratch.h"
#include "embed/check_cache.h"
#include "embed/model_dir.h"

#include <dirent.h>

static const td_kernels *kernels_named(const char *isa)
{
    const td_kernels *kernels = NULL;
    assert_int_equal(td_embed_kernels_choose(isa, &kernels, NULL), TANDEM_OK);
    return kernels;
}

static td_model_files files = {.id = {"test/model", 10}, .revision = {"1", 1}};
static const td_check good = {64, 0.999, 0.99};

static int open_folder(void **state)
{
    if (scratch_make(state) != 0)
        return -1;
    return setenv("XDG_CACHE_HOME", scratch_folder, 1);
}

static td_check_cache cache_of_folder(void)
{
    td_check_cache cache;
    td_embed_check_cache_init(&cache);
    return cache;
}

/* The path of the only file that ends so. */
static void find_file(const td_check_cache *cache, const char *ending, char *path, size_t bytes)
{
    DIR *folder = opendir(cache->folder);
    size_t n = 0;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!td_str_ends(td_str_from(entry->d_name), td_str_from(ending)))
            continue;
        snprintf(path, bytes, "%s/%s", cache->folder, entry->d_name);
        n++;
    }
    closedir(folder);
    assert_int_equal(n, 1);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void keeps_what_a_check_found(void **state)
{
    (void)state;
    td_check_cache cache = cache_of_folder();
    td_check_key key = {&files, kernels_named("plain"), TD_PRECISION_BF16, 1};
    td_check found = {0};
    assert_false(td_embed_check_cache_get(&cache, &key, &found));
    assert_int_equal(found.n_samples, 0);
    td_embed_check_cache_put(&cache, &key, &good);
    assert_true(td_embed_check_cache_get(&cache, &key, &found));
    assert_int_equal(found.n_samples, 64);
    assert_true(fabs(found.mean - 0.999) < 1e-8 && fabs(found.least - 0.99) < 1e-8);
}

static void a_check_is_about_one_revision_one_precision_one_table_and_one_engine(void **state)
{
    (void)state;
    td_check_cache cache = cache_of_folder();
    td_check_key key = {&files, kernels_named("plain"), TD_PRECISION_BF16, 1};
    td_model_files newer = files;
    td_check found;
    newer.revision = TD_STR("2");
    td_embed_check_cache_put(&cache, &key, &good);
    td_kernels other = *key.kernels;
    other.name = "other";
    td_check_key others[] = {{&newer, key.kernels, key.precision, 1},
                             {&files, key.kernels, TD_PRECISION_INT8, 1},
                             {&files, &other, key.precision, 1},
                             {&files, key.kernels, key.precision, 2}};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(td_embed_check_cache_get(&cache, &others[i], &found));
}

static void a_name_as_long_as_a_path_hides_nothing_else(void **state)
{
    (void)state;
    static char path[4000];
    memset(path, 'x', sizeof(path));
    td_model_files far = {.id = {path, sizeof(path)}, .revision = files.revision};
    td_check_cache cache = cache_of_folder();
    td_check_key bf16 = {&far, kernels_named("plain"), TD_PRECISION_BF16, 1};
    td_check_key int8 = {&far, bf16.kernels, TD_PRECISION_INT8, 1};
    td_check found;
    td_embed_check_cache_put(&cache, &bf16, &good);
    assert_true(td_embed_check_cache_get(&cache, &bf16, &found));
    assert_false(td_embed_check_cache_get(&cache, &int8, &found));
}

static void a_torn_or_foreign_check_is_not_believed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n",
        "tandem",
        "another key\nsamples=64 mean=0.999 least=0.99 end\n",
    };
    static const char *const ends[] = {
        "",
        "samples=64 mean=0.99",
        "samples=64 mean=0.999 least=0.9",
        "samples=0 mean=0.999 least=0.99 end\n",
        "samples=64 mean=nan least=nan end\n",
        "samples=64 mean=3 least=0.99 end\n",
        "samples=64 mean=0.5 least=0.99 end\n",
        "samples=64 mean=0.999 least=0.99 end\nmore",
    };
    td_check_cache cache = cache_of_folder();
    td_check_key key = {&files, kernels_named("plain"), TD_PRECISION_BF16, 1};
    td_check found = {0};
    char path[2048], first[1024], text[2048];
    td_embed_check_cache_put(&cache, &key, &good);
    find_file(&cache, ".check", path, sizeof(path));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(first, sizeof(first), file));
    fclose(file);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_file(path, texts[i]);
        assert_false(td_embed_check_cache_get(&cache, &key, &found));
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(text, sizeof(text), "%s%s", first, ends[i]);
        write_file(path, text);
        assert_false(td_embed_check_cache_get(&cache, &key, &found));
    }
    assert_int_equal(found.n_samples, 0);
    td_embed_check_cache_put(&cache, &key, &good); /* written anew, it counts again */
    assert_true(td_embed_check_cache_get(&cache, &key, &found));
}

static void keeps_nothing_where_it_cannot(void **state)
{
    (void)state;
    td_check_key key = {&files, kernels_named("plain"), TD_PRECISION_BF16, 1};
    td_check found;
    assert_int_equal(scratch_write("tandem", "a file where the folder should be"), 0);
    td_check_cache blocked = cache_of_folder();
    td_embed_check_cache_put(&blocked, &key, &good);
    assert_false(td_embed_check_cache_get(&blocked, &key, &found));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_folder, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_what_a_check_found),
        TEST(a_check_is_about_one_revision_one_precision_one_table_and_one_engine),
        TEST(a_name_as_long_as_a_path_hides_nothing_else),
        TEST(a_torn_or_foreign_check_is_not_believed),
        TEST(keeps_nothing_where_it_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
