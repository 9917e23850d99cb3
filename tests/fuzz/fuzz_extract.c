/* fuzz: extract */
/* The first byte chooses the kind of page, the rest is its body. Whatever it is, the texts must
 * be valid UTF-8, that of the page without NUL and not blank. */
#include "base/utf8.h"
#include "extract/extract.h"

#include <stdlib.h>

static const struct {
    const char *uri, *media_type;
} KINDS[] = {
    {"https://a.example/x", "text/html"},
    {"https://a.example/x", ""},
    {"/a/x.1", ""},
    {"/a/x.ipynb", ""},
    {"/a/x.md", ""},
    {"/a/x.rst", ""},
    {"/a/x.1.gz", ""},
    {"/a/x.c", ""},
    {"/a/x.mdx", ""}, /* when the first byte is no ASCII */
};

static bool resolve(void *user, td_str base, td_str href, td_buf *out)
{
    (void)user;
    return td_buf_add(out, base, NULL) == TANDEM_OK && td_buf_add(out, href, NULL) == TANDEM_OK;
}

static void check(const td_document *document)
{
    if (td_utf8_valid_n(document->text) != document->text.n ||
        (document->text.n && memchr(document->text.ptr, 0, document->text.n)))
        abort();
    if (td_utf8_is_blank(document->text))
        abort();
    for (size_t i = 0; i < document->n_links; i++)
        if (document->links[i].href.n == 0 ||
            td_utf8_valid_n(document->links[i].text) != document->links[i].text.n)
            abort();
    const td_str facts[] = {document->title, document->description,      document->author,
                            document->date,  document->natural_language, document->canonical};
    for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
        if (td_utf8_valid_n(facts[i]) != facts[i].n)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    td_extract_options options = TD_EXTRACT_OPTIONS;
    td_document *document = NULL;
    td_page *page = td_page_new(4096);
    size_t kind = !size ? 0 : data[0] & 0x80 ? 8 : data[0] % 8;

    if (!page || size < 2) {
        td_page_free(page);
        return 0;
    }
    setenv("PATH", "", 1); /* a PDF is another program's work */
    page->uri = page->final_uri = td_str_from(KINDS[kind].uri);
    page->media_type = td_str_from(KINDS[kind].media_type);
    page->is_web = kind < 2;
    page->body = (td_str){(const char *)data + 1, size - 1};
    options.resolve = resolve;
    options.text_bytes_max = 1 << 20;
    options.whole_page = data[0] & 0x40;
    options.nesting_max = data[0] & 0x20 ? 8 : 500;
    if (td_extract(page, &options, &document, NULL) == TANDEM_OK)
        check(document);
    td_document_free(document);
    td_page_free(page);
    return 0;
}
