#include "cache/cache.h"
#include "fault/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    DIM = 32,
    N = 20
};

static tandem_code use_cache(void *user, tandem_error *err)
{
    const char *path = user;
    unlink(path);
    td_cache *cache = NULL;
    float vectors[N * DIM];
    td_hash keys[N];
    bool found = false;
    tandem_code code = td_cache_open_sqlite(path, N * DIM * 2, &cache, err);
    for (int i = 0; i < N * DIM; i++)
        vectors[i] = (float)i;
    for (int i = 0; i < N; i++)
        keys[i] = td_cache_key(TD_STR("model"), TANDEM_ROLE_DOCUMENT, (td_str){(char *)&i, 4});
    if (code == TANDEM_OK)
        code = cache->put(cache, keys, vectors, N, DIM, err);
    if (code == TANDEM_OK)
        code = cache->get(cache, keys[N - 1], vectors, DIM, &found, err);
    if (code == TANDEM_OK)
        assert_true(found);
    if (cache)
        cache->close(cache);
    return code;
}

static void a_cache_survives_every_failed_allocation(void **state)
{
    (void)state;
    char folder[] = "/tmp/tandem-cache-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a.db", folder);
    use_cache(path, NULL); /* makes the metrics, which stay */
    fault_each(use_cache, path, FAULT_STRICT);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cache_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
