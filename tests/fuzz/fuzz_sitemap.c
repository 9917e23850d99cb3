/* fuzz: source */
#include "source/sitemap.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *user, const td_source_sitemap_entry *entry)
{
    size_t *n = user;

    if (entry->loc.n == 0 || entry->loc.n > 8192 || entry->changed_ms < -1)
        abort();
    ++*n;
}

/* Any bytes give entries or a reason, as many as are counted, and never more than the limit. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    td_str bytes = {(const char *)data, size};
    tandem_error err = {0};
    size_t n = 0, n_told = 0;

    tandem_code code = td_source_sitemap_read(bytes, check, &n, &n_told, &err);
    if (n != n_told || n > TD_SOURCE_SITEMAP_ENTRIES_MAX || (code != TANDEM_OK && !err.message[0]))
        abort();
    (void)td_source_sitemap_is_one(bytes);
    (void)td_source_sitemap_time(bytes);
    return 0;
}
