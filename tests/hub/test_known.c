#include "hub/known.h"
#include "hub/support.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char A[] = "0123456789abcdef0123456789abcdef",
                  B[] = "ffffffffffffffffffffffffffffffff";

static int make_cache(void **state)
{
    return make_folder(state) == 0 ? setenv("XDG_CACHE_HOME", folder, 1) : -1;
}

static void is_known_for_one_folder_and_identity(void **state)
{
    char found[TD_HASH_HEX_N] = "";

    (void)state;
    assert_false(td_hub_known_get("/m", A, found));
    td_hub_known_put("/m", A, B);
    assert_true(td_hub_known_get("/m", A, found));
    assert_string_equal(found, B);
    assert_false(td_hub_known_get("/m", B, found));
    assert_false(td_hub_known_get("/other", A, found));
    td_hub_known_put("/m", B, A); /* takes the place of the one before */
    assert_true(td_hub_known_get("/m", B, found));
    assert_false(td_hub_known_get("/m", A, found));
}

static void what_can_not_be_told_is_never_known(void **state)
{
    char found[TD_HASH_HEX_N];

    (void)state;
    td_hub_known_put("/m", "", B);
    assert_false(td_hub_known_get("/m", "", found));
    setenv("XDG_CACHE_HOME", "/proc/none", 1);
    td_hub_known_put("/m", A, B);
    assert_false(td_hub_known_get("/m", A, found));
}

/* The path of the one file that was kept. */
static void find_file(char path[512])
{
    char within[128];

    snprintf(within, sizeof(within), "%s/tandem/revisions", folder);
    DIR *names = opendir(within);
    assert_non_null(names);
    for (struct dirent *entry; (entry = readdir(names));) {
        if (entry->d_name[0] != '.')
            snprintf(path, 512, "%s/%s", within, entry->d_name);
    }
    closedir(names);
}

static void no_flipped_bit_and_no_cut_is_believed(void **state)
{
    char path[512] = "", whole[200], found[TD_HASH_HEX_N];

    (void)state;
    td_hub_known_put("/m", A, B);
    find_file(path);
    FILE *file = fopen(path, "r");
    size_t n = fread(whole, 1, sizeof(whole), file);
    fclose(file);
    for (size_t i = 0; i < 9 * n; i++) { /* each bit flipped, then each length */
        char torn[200];
        memcpy(torn, whole, n);
        if (i < 8 * n)
            torn[i / 8] ^= (char)(1 << i % 8);
        file = fopen(path, "w");
        fwrite(torn, 1, i < 8 * n ? n : i - 8 * n, file);
        fclose(file);
        assert_false(td_hub_known_get("/m", A, found));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_cache, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_known_for_one_folder_and_identity),
        TEST(what_can_not_be_told_is_never_known),
        TEST(no_flipped_bit_and_no_cut_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
