/* Measures the store and the search: how fast chunks are written, how long a question takes in a
 * fresh process, and how many of the true nearest chunks the scan of bits finds.
 *
 *   bench_search fill DB N DIM [VECTORS.f32]   writes N chunks, half to each lane
 *   bench_search ask DB DIM QUERIES.f32 WORDS  asks once, as a fresh process would
 *   bench_search recall DB DIM QUERIES.f32     bits against exact, over oversampling factors
 *   bench_search kernels DIM                   rows scored per second, each kernel
 *
 * VECTORS.f32 holds rows of DIM floats; past its end rows are used again with noise, so that a few
 * real vectors become many of the same shape. See README.md for figures. */
#include "base/clock.h"
#include "base/os.h"
#include "search/bits.h"
#include "search/scan.h"
#include "search/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PAGE_CHUNKS = 10,
    BATCH = 32,
    CHUNK_BYTES = 800,
    N_WORDS = 20000,
    K = 10
};

static uint64_t random_state = 88172645463325252u;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void must(tandem_code code, const tandem_error *err)
{
    if (code == TANDEM_OK)
        return;
    fprintf(stderr, "%s: %s\n", tandem_code_name(code), err->message);
    exit(1);
}

/* -- made-up input -- */

/* Words by Zipf's law: the r-th most frequent one stands at about 1 / r. */
static size_t add_word(char *to)
{
    double u = (double)(random_next() >> 11) / 9007199254740992.0;
    unsigned rank = (unsigned)exp(u * log(N_WORDS));
    static const char *const SYLLABLES[] = {"ba", "re",  "tion", "lo", "mi",  "ser", "ver", "con",
                                            "pa", "the", "ing",  "da", "Get", "_x",  "ur",  "ne"};
    size_t n = 0;

    do {
        const char *part = SYLLABLES[rank % 16];
        memcpy(to + n, part, strlen(part));
        n += strlen(part);
        rank /= 16;
    } while (rank > 0);
    to[n++] = random_next() % 12 == 0 ? '\n' : ' ';
    return n;
}

static td_str make_text(char *buffer)
{
    size_t n = 0;

    while (n < PAGE_CHUNKS * CHUNK_BYTES)
        n += add_word(buffer + n);
    return (td_str){buffer, n};
}

static void normalize(float *vector, size_t dim)
{
    double sum = 0;

    for (size_t i = 0; i < dim; i++)
        sum += (double)vector[i] * vector[i];
    for (size_t i = 0; i < dim; i++)
        vector[i] = (float)(vector[i] / sqrt(sum));
}

/* Close to a Gaussian: the sum of four uniforms of variance 1/12 each. */
static float noise(void)
{
    uint64_t r = random_next();
    double sum = 0;

    for (int i = 0; i < 4; i++)
        sum += (double)((r >> (16 * i)) & 0xffff) / 65536.0 - 0.5;
    return (float)(sum * 1.7320508);
}

/* The i-th vector: one of the base as it is, later with noise (cosine to it 0.6 to 0.95). */
static void make_vector(const float *base, size_t n_base, size_t i, size_t dim, float *out)
{
    double spread = 0;

    if (n_base > 0)
        memcpy(out, base + (i % n_base) * dim, dim * sizeof(*out));
    if (n_base == 0 || i >= n_base)
        spread =
            n_base == 0 ? 1 : (0.33 + (double)(random_next() % 1000) / 1000) / sqrt((double)dim);
    for (size_t d = 0; spread > 0 && d < dim; d++)
        out[d] = (n_base > 0 ? out[d] : 0) + (float)spread * noise();
    normalize(out, dim);
}

static float *read_floats(const char *path, size_t dim, size_t *n_out)
{
    td_os_map map;
    tandem_error err;

    must(td_os_map_open(path, &map, &err), &err);
    *n_out = map.bytes.n / (dim * sizeof(float));
    float *copy = malloc(*n_out * dim * sizeof(float) + 1);
    memcpy(copy, map.bytes.ptr, *n_out * dim * sizeof(float));
    td_os_map_close(&map);
    return copy;
}

/* -- fill -- */

typedef struct fill {
    td_store *store;
    int64_t run;
    size_t dim, n_base;
    const float *base;
    int64_t store_us; /* inside the store alone */
} fill;

static void put_page(fill *f, size_t number, char *buffer, int64_t *ids)
{
    td_page page = {.fetched_wall_ms = 1};
    td_document document = {.title = TD_STR("A title of a page"), .text = make_text(buffer)};
    tandem_chunk items[PAGE_CHUNKS];
    td_chunks chunks = {items, PAGE_CHUNKS};
    char uri[64];
    tandem_error err;

    page.uri = (td_str){uri, (size_t)snprintf(uri, sizeof(uri), "docs/part%zu/page_%zu.md",
                                              number % 100, number)};
    for (size_t i = 0; i < PAGE_CHUNKS; i++) {
        uint64_t start = i * CHUNK_BYTES, end = (i + 1) * CHUNK_BYTES;
        items[i] = (tandem_chunk){.text = td_str_slice(document.text, start, end),
                                  .index = (uint32_t)i,
                                  .start_byte = start,
                                  .end_byte = end,
                                  .language = TD_STR("python"),
                                  .heading = TD_STR("Top > Part"),
                                  .symbol = TD_STR("Parser.read_line"),
                                  .is_code = i % 2,
                                  .lane = (tandem_lane)(i % 2)};
    }
    int64_t begin = td_clock_us();
    must(f->store->page_put(f->store, f->run, &page, &document, &chunks, ids, &err), &err);
    f->store_us += td_clock_us() - begin;
}

static void put_vectors(fill *f, const int64_t *ids, size_t n, size_t first, float *values)
{
    td_store_vector vectors[BATCH];
    tandem_error err;

    for (size_t i = 0; i < n; i++) {
        make_vector(f->base, f->n_base, first + i, f->dim, values + i * f->dim);
        vectors[i] = (td_store_vector){.chunk_id = ids[i],
                                       .lane = (tandem_lane)((first + i) % 2),
                                       .values = values + i * f->dim,
                                       .reason = TD_STR("")};
    }
    int64_t begin = td_clock_us();
    must(f->store->vectors_put(f->store, vectors, n, &err), &err);
    f->store_us += td_clock_us() - begin;
}

static void run_fill(const char *path, size_t n, size_t dim, const char *base_path)
{
    fill f = {.dim = dim};
    tandem_error err;
    td_store_lane model = {.model_id = TD_STR("bench"), .fingerprint = TD_STR("1"), .dim = dim};
    td_store_source source = {.kind = TD_STR("dir"), .uri = TD_STR("/bench")};
    int64_t id = 0, ids[BATCH + PAGE_CHUNKS], begin = 0;
    size_t n_ids = 0, done = 0;
    char *buffer = malloc((PAGE_CHUNKS + 1) * CHUNK_BYTES);
    float *values = malloc(BATCH * dim * sizeof(float));

    if (base_path)
        f.base = read_floats(base_path, dim, &f.n_base);
    must(td_store_open(path, NULL, &f.store, &err), &err);
    for (int lane = 0; lane < TANDEM_N_LANES; lane++)
        must(f.store->lane_put(f.store, (tandem_lane)lane, &model, &err), &err);
    must(f.store->source_put(f.store, &source, &id, &err), &err);
    must(f.store->run_begin(f.store, id, "index", 0, &f.run, &err), &err);
    for (size_t page = 0; done < n; page++) {
        put_page(&f, page, buffer, ids + n_ids);
        n_ids += PAGE_CHUNKS;
        if (n_ids < BATCH && done + n_ids < n)
            continue;
        size_t n_now = n_ids < BATCH ? n_ids : BATCH;
        put_vectors(&f, ids, n_now, done, values);
        done += n_now;
        n_ids -= n_now;
        memmove(ids, ids + n_now, n_ids * sizeof(*ids));
    }
    begin = td_clock_us();
    must(f.store->run_end(f.store, f.run, "done", TD_STR("{}"), true, NULL, &err), &err);
    f.store->close(f.store);
    f.store_us += td_clock_us() - begin;
    printf("fill: %zu chunks of %d bytes and %zu values: %.2f s, %.0f chunks/s, peak RSS %.0f MB\n",
           done, CHUNK_BYTES, dim, (double)f.store_us / 1e6,
           (double)done / ((double)f.store_us / 1e6), (double)td_os_rss_peak_bytes() / 1e6);
    free(buffer);
    free(values);
    free((void *)f.base);
}

/* -- ask -- */

static void ask_once(td_store *store, const float *vector, size_t dim, const char *words,
                     bool exact, const char *what)
{
    td_search_options options = TD_SEARCH_OPTIONS;
    td_search_query query = {.text = td_str_from(words),
                             .vectors = {vector, vector},
                             .dims = {dim, dim}};
    tandem_hit hits[K];
    size_t n = 0;
    tandem_error err;
    td_arena *arena = td_arena_new(64 << 20);
    int64_t begin = td_clock_us();

    if (!vector)
        query.vectors[0] = query.vectors[1] = NULL;
    options.exact = exact;
    must(td_search(store, &query, &options, arena, hits, &n, &err), &err);
    printf("ask: %-22s %7.1f ms, %zu hits, peak RSS %.0f MB\n", what,
           (double)(td_clock_us() - begin) / 1e3, n, (double)td_os_rss_peak_bytes() / 1e6);
    td_arena_free(arena);
}

static void run_ask(const char *path, size_t dim, const char *query_path, const char *words)
{
    td_store_options options = TD_STORE_OPTIONS;
    td_store *store = NULL;
    tandem_error err;
    size_t n = 0;
    float *queries = read_floats(query_path, dim, &n);
    int64_t begin = td_clock_us();

    options.read_only = true;
    must(td_store_open(path, &options, &store, &err), &err);
    printf("ask: open                   %7.1f ms\n", (double)(td_clock_us() - begin) / 1e3);
    ask_once(store, queries, dim, "", false, "vectors, first");
    ask_once(store, queries + dim, dim, "", false, "vectors, again");
    ask_once(store, NULL, dim, words, false, "words");
    ask_once(store, queries, dim, words, false, "both");
    ask_once(store, queries, dim, "", true, "vectors, exact");
    store->close(store);
    free(queries);
}

/* -- recall -- */

static size_t n_common(const td_store_found *a, size_t n_a, const td_store_found *b, size_t n_b)
{
    size_t n = 0;

    for (size_t i = 0; i < n_a; i++)
        for (size_t j = 0; j < n_b; j++)
            n += a[i].chunk_id == b[j].chunk_id;
    return n;
}

static void run_recall(const char *path, size_t dim, const char *query_path)
{
    static const size_t FACTORS[] = {2, 5, 10, 20, 40, 80};
    enum {
        N_FACTORS = sizeof(FACTORS) / sizeof(FACTORS[0]),
        QUERIES_MAX = 60
    };
    td_store_options options = TD_STORE_OPTIONS;
    td_store *store = NULL;
    tandem_error err;
    size_t n = 0, hits[N_FACTORS] = {0}, n_true = 0;
    int64_t us[N_FACTORS] = {0};
    float *queries = read_floats(query_path, dim, &n);

    options.read_only = true;
    must(td_store_open(path, &options, &store, &err), &err);
    n = n < QUERIES_MAX ? n : QUERIES_MAX;
    for (size_t q = 0; q < n; q++) {
        td_search_scan_options scan = {.exact = true};
        td_store_found exact[K], found[K];
        size_t n_exact = 0, n_found = 0;
        const float *vector = queries + q * dim;
        must(td_search_scan(store, TANDEM_LANE_GTE, vector, dim, &scan, exact, K, &n_exact, &err),
             &err);
        n_true += n_exact;
        scan.exact = false;
        for (size_t i = 0; i < N_FACTORS; i++) {
            int64_t begin = td_clock_us();
            scan.n_candidates = FACTORS[i] * K;
            must(td_search_scan(store, TANDEM_LANE_GTE, vector, dim, &scan, found, K, &n_found,
                                &err),
                 &err);
            us[i] += td_clock_us() - begin;
            hits[i] += n_common(exact, n_exact, found, n_found);
        }
    }
    for (size_t i = 0; i < N_FACTORS; i++)
        printf("recall@%d: oversample %3zu: %.4f, %.1f ms a lane\n", K, FACTORS[i],
               (double)hits[i] / (double)n_true, (double)us[i] / 1e3 / (double)n);
    store->close(store);
    free(queries);
}

/* -- kernels -- */

static void run_kernels(size_t dim)
{
    enum {
        ROWS = 1 << 17
    };
    size_t row_bytes = (dim + 7) / 8;
    uint8_t *rows = malloc(ROWS * row_bytes);
    float *vectors = malloc(4096 * dim * sizeof(float));
    int32_t *scores = malloc(ROWS * sizeof(*scores));
    td_search_bits_query *query = malloc(sizeof(*query));
    volatile float sink = 0;

    for (size_t i = 0; i < ROWS * row_bytes; i++)
        rows[i] = (uint8_t)random_next();
    for (size_t i = 0; i < 4096 * dim; i++)
        vectors[i] = noise();
    td_search_bits_prepare(vectors, dim, query);
    for (size_t k = 0; td_search_bits_get(k); k++) {
        const td_search_bits_kernel *kernel = td_search_bits_get(k);
        double begin = td_os_cpu_seconds(); /* of this thread: others may want the cores too */
        for (int round = 0; round < 8; round++)
            kernel->score(query, rows, ROWS, row_bytes, scores);
        double bits_ns = (td_os_cpu_seconds() - begin) * 1e9 / (8.0 * ROWS);
        begin = td_os_cpu_seconds();
        for (int round = 0; round < 32; round++)
            for (size_t i = 0; i < 4096; i++)
                sink += kernel->dot(vectors, vectors + i * dim, dim);
        double dot_ns = (td_os_cpu_seconds() - begin) * 1e9 / (32.0 * 4096);
        printf("kernel %-9s %6.1f ns a row of bits, %6.1f ns a dot product\n", kernel->name,
               bits_ns, dot_ns);
    }
    free(rows);
    free(vectors);
    free(scores);
    free(query);
}

int main(int argc, char **argv)
{
    if (argc >= 5 && strcmp(argv[1], "fill") == 0)
        run_fill(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10),
                 argc > 5 ? argv[5] : NULL);
    else if (argc == 6 && strcmp(argv[1], "ask") == 0)
        run_ask(argv[2], strtoull(argv[3], NULL, 10), argv[4], argv[5]);
    else if (argc == 5 && strcmp(argv[1], "recall") == 0)
        run_recall(argv[2], strtoull(argv[3], NULL, 10), argv[4]);
    else if (argc == 3 && strcmp(argv[1], "kernels") == 0)
        run_kernels(strtoull(argv[2], NULL, 10));
    else
        return fprintf(stderr, "usage: bench_search fill|ask|recall|kernels ... (see measure.c)\n"),
               2;
    return 0;
}
