#include "extract/extract.h"

#include "base/gzip.h"
#include "base/utf8.h"
#include "extract/charset.h"
#include "extract/html.h"
#include "extract/kind.h"
#include "extract/man.h"
#include "extract/mdx.h"
#include "extract/notebook.h"
#include "extract/pdf.h"
#include "extract/plain.h"
#include "extract/source_table.h"

enum {
    DOCUMENT_SPARE_BYTES = 48 << 20
}; /* links, title and the like beside the text */

typedef struct reader {
    const td_page *page;
    const td_extract_options *options;
    td_document *document;
    td_str name; /* of the file, without folders and ".gz" */
    td_buf unpacked, decoded, made;
} reader;

/* A page's texts that nobody set have no pointer. */
static td_str set(td_str text)
{
    return text.ptr ? text : TD_STR("");
}

static td_str page_uri(const td_page *page)
{
    return set(page->final_uri.n ? page->final_uri : page->uri);
}

static tandem_code read_text(reader *r, td_kind kind, td_str text, td_str language,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_document *document = r->document;

    switch (kind) {
    case TD_KIND_HTML:
        return td_extract_html_read(text, page_uri(r->page), r->options, document, err);
    case TD_KIND_MARKDOWN:
        TD_TRY(td_extract_source_table_replace(text, &r->made, err));
        return td_extract_plain_read(r->made.n ? td_buf_str(&r->made) : text, r->name,
                                     TD_FORMAT_MARKDOWN, document, err);
    case TD_KIND_MDX:
        TD_TRY(td_extract_mdx_write(text, &r->made, err));
        return td_extract_plain_read(td_buf_str(&r->made), r->name, TD_FORMAT_MARKDOWN, document,
                                     err);
    case TD_KIND_RST:
        return td_extract_plain_read(text, r->name, TD_FORMAT_RST, document, err);
    case TD_KIND_CODE:
        document->code_language = language;
        return td_extract_plain_read(text, r->name, TD_FORMAT_CODE, document, err);
    case TD_KIND_NOTEBOOK:
        TD_TRY(td_extract_notebook_write(text, &r->made, err));
        return td_extract_plain_read(td_buf_str(&r->made), r->name, TD_FORMAT_MARKDOWN, document,
                                     err);
    case TD_KIND_MAN:
        TD_TRY(td_extract_man_write(text, &r->made, err));
        return td_extract_plain_read(td_buf_str(&r->made), r->name, TD_FORMAT_MARKDOWN, document,
                                     err);
    default:
        return td_extract_plain_read(text, r->name, TD_FORMAT_TEXT, document, err);
    }
out:
    return code;
}

static tandem_code set_fact(const td_buf *fact, td_document *document, td_str *out,
                            tandem_error *err)
{
    td_str copy = td_arena_copy(document->arena, td_str_trim(td_buf_str(fact)));

    if (!copy.ptr)
        return td_arena_fail(document->arena, err);
    *out = copy;
    return TANDEM_OK;
}

static tandem_code read_pdf(reader *r, td_str body, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_document *document = r->document;
    td_extract_pdf_facts facts;

    td_extract_pdf_facts_init(&facts);
    TD_TRY(td_extract_pdf_write(body, &r->made, &facts, err));
    TD_TRY(set_fact(&facts.title, document, &document->title, err));
    TD_TRY(set_fact(&facts.author, document, &document->author, err));
    TD_TRY(set_fact(&facts.date, document, &document->date, err));
    TD_TRY(td_extract_plain_read(td_buf_str(&r->made), r->name, TD_FORMAT_TEXT, document, err));
out:
    td_extract_pdf_facts_clear(&facts);
    return code;
}

static tandem_code read_page(reader *r, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str body = set(r->page->body), type = set(r->page->media_type), text, language;
    td_kind kind = td_extract_kind_of(type, r->name, body, &language);

    if (kind == TD_KIND_GZIP) {
        TD_TRY(td_gzip_read(body, &r->unpacked, err));
        body = td_buf_str(&r->unpacked);
        if (td_str_ends_nocase(r->name, TD_STR(".gz")))
            r->name = td_str_slice(r->name, 0, r->name.n - 3);
        kind = td_extract_kind_of(TD_STR(""), r->name, body, &language);
    }
    if (kind == TD_KIND_PDF)
        return read_pdf(r, body, err);
    if (kind == TD_KIND_BINARY || kind == TD_KIND_GZIP)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED, "%.*s is binary%s%.*s", TD_STR_FMT(r->name),
                type.n ? ": " : "", TD_STR_FMT(type));
    TD_TRY(td_extract_charset_decode(body, set(r->page->charset), &r->decoded, &text, err));
    if (text.n > r->options->text_bytes_max)
        TD_FAIL(err, TANDEM_E_TOO_LARGE, "%.*s has %zu bytes of text; the limit is %zu",
                TD_STR_FMT(r->name), text.n, r->options->text_bytes_max);
    TD_TRY(read_text(r, kind, text, language, err));
out:
    return code;
}

tandem_code td_extract(const td_page *page, const td_extract_options *options,
                       td_document **document_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_extract_options defaults = TD_EXTRACT_OPTIONS;
    reader r = {.page = page, .options = options ? options : &defaults};
    size_t most = r.options->text_bytes_max;

    r.name = td_extract_kind_name(page_uri(page), page->is_web);
    r.unpacked = TD_BUF(most);
    r.decoded = TD_BUF(most > SIZE_MAX / 4 ? SIZE_MAX : most * 4);
    r.made = TD_BUF(most);
    r.document = td_document_new(most > SIZE_MAX / 2 ? SIZE_MAX : most + DOCUMENT_SPARE_BYTES);
    if (!r.document)
        TD_TRY(td_fail_nomem(err, "document"));
    r.document->uri = td_arena_copy(r.document->arena, set(page->uri));
    if (!r.document->uri.ptr)
        TD_TRY(td_arena_fail(r.document->arena, err));
    TD_TRY(read_page(&r, err));
    if (!r.options->links_only && td_utf8_is_blank(r.document->text))
        TD_FAIL(err, TANDEM_E_EMPTY, "%s has no text", page->is_web ? "page" : "file");
    *document_out = r.document;
    r.document = NULL;
out:
    td_document_free(r.document);
    td_buf_clear(&r.unpacked);
    td_buf_clear(&r.decoded);
    td_buf_clear(&r.made);
    return code;
}

const char *td_extract_refuses_pdf(void)
{
    return td_extract_pdf_can() ? NULL : TD_EXTRACT_PDF_NEEDS;
}

bool td_extract_is_html(const td_page *page)
{
    td_str language, name = td_extract_kind_name(page_uri(page), page->is_web);

    return td_extract_kind_of(set(page->media_type), name, set(page->body), &language) ==
           TD_KIND_HTML;
}
