/* fuzz: source */
#include "source/llms_txt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct seen {
    td_str text;
    size_t n;
} seen;

/* Every address is a slice of the text, on one line. */
static void check(void *user, td_str href)
{
    seen *s = user;

    if (href.n == 0 || href.ptr < s->text.ptr || href.ptr + href.n > s->text.ptr + s->text.n ||
        memchr(href.ptr, '\n', href.n))
        abort();
    s->n++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    seen s = {{(const char *)data, size}, 0};

    if (td_source_llms_txt_links(s.text, check, &s) != s.n || s.n > TD_SOURCE_LLMS_LINKS_MAX)
        abort();
    return 0;
}
