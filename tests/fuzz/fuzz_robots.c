/* fuzz: source */
#include "source/robots.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever a robots.txt holds, it gives an answer, and a longer URL only a longer way to it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    td_source_robots *robots = NULL;
    td_str bytes = {(const char *)data, size};
    const td_str *sitemaps;

    if (td_source_robots_new(bytes, TD_STR("tandem"), &robots, NULL) != TANDEM_OK)
        return 0;
    (void)td_source_robots_allows(robots, TD_STR("https://example.org/a/b%C3%A9?c=d"));
    /* The file's own end as a URL, so that patterns meet their likes. */
    (void)td_source_robots_allows(robots, td_str_slice(bytes, size / 2, size));
    if (td_source_robots_delay_ms(robots) < -1)
        abort();
    size_t n = td_source_robots_sitemaps(robots, &sitemaps);
    for (size_t i = 0; i < n; i++)
        if (sitemaps[i].n == 0)
            abort();
    td_source_robots_free(robots);
    return 0;
}
