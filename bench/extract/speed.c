/* bench/extract: pages a second of one core, from bytes to Markdown and on to chunks, timed.
 *
 *   bench_extract FILE...
 *
 * Each page is taken as if it came from the web, with a resolver that keeps links as they are. The
 * rounds go through all pages; the best of them counts, in CPU time. */
#include "base/os.h"
#include "chunk/chunk.h"
#include "extract/extract.h"

#include <stdio.h>
#include <time.h>

enum {
    ROUNDS = 7,
    PAGES_MAX = 4096,
};

static td_arena *scratch;
static td_page *pages[PAGES_MAX];
static size_t n_pages, n_bytes;

static bool keep(void *user, td_str base, td_str href, td_buf *out)
{
    (void)user, (void)base;
    return td_buf_add(out, href, NULL) == TANDEM_OK;
}

static bool read_page(const char *path)
{
    td_page *page = td_page_new(1 << 16);
    td_os_map map;
    tandem_error err = {0};

    if (!page || td_os_map_open(path, &map, &err) != TANDEM_OK) {
        fprintf(stderr, "%s: %s\n", path, err.message);
        return false;
    }
    page->uri = page->final_uri = TD_STR("https://a.example/x/y.html");
    page->media_type = TD_STR("text/html");
    page->is_web = true;
    page->body = map.bytes;
    pages[n_pages++] = page;
    n_bytes += map.bytes.n;
    return true;
}

static tandem_code chunk(const td_document *document, tandem_error *err)
{
    td_arena *arena = td_arena_new(1 << 28);
    td_chunks chunks;
    tandem_code code = TANDEM_E_NOMEM;

    if (arena)
        code = td_chunk_split(document, NULL, arena, &chunks, err);
    td_arena_free(arena);
    return code;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds for all pages once; the size of their Markdown. */
static double round_of(bool chunks, size_t *n_text_out)
{
    td_extract_options options = TD_EXTRACT_OPTIONS;
    double began = seconds();

    options.resolve = keep;
    options.scratch = scratch;
    *n_text_out = 0;
    for (size_t i = 0; i < n_pages; i++) {
        td_document *document = NULL;
        tandem_error err = {0};
        tandem_code code = td_extract(pages[i], &options, &document, &err);

        if (code == TANDEM_OK && chunks)
            code = chunk(document, &err);
        if (code != TANDEM_OK)
            fprintf(stderr, "page %zu: %s\n", i, err.message);
        *n_text_out += document ? document->text.n : 0;
        td_document_free(document);
    }
    return seconds() - began;
}

static void report(const char *name, bool chunks)
{
    double best = 0;
    size_t n_text = 0;

    for (int i = 0; i < ROUNDS; i++) {
        double took = round_of(chunks, &n_text);
        best = i == 0 || took < best ? took : best;
    }
    printf("%-24s %6.0f pages/s, %5.1f MB/s of HTML, %.2f ms a page, %.1f MB of Markdown\n", name,
           (double)n_pages / best, (double)n_bytes / best / 1e6, best * 1e3 / (double)n_pages,
           (double)n_text / 1e6);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc && n_pages < PAGES_MAX; i++)
        if (!read_page(argv[i]))
            return 1;
    if (n_pages == 0) {
        fprintf(stderr, "usage: bench_extract FILE...\n");
        return 2;
    }
    scratch = td_arena_new(TD_EXTRACT_SCRATCH_BYTES);
    printf("%zu pages of %.1f KB\n", n_pages, (double)n_bytes / 1e3 / (double)n_pages);
    report("to Markdown", false);
    report("to Markdown and chunks", true);
    return 0;
}
