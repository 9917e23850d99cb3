/* bench/tokenize: ids of many texts on one thread, timed. compare.py drives it.
 *
 *   bench_tokenize MODEL_FOLDER TEXTS     TEXTS: each text is 4 bytes little-endian length, bytes
 *
 * For each line "run" on standard input it takes all texts once and answers with a line of seconds
 * and the number of ids; for "ids" with the ids themselves, a line each text. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/os.h"
#include "embed/tokenize/tokenize.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    IDS_MAX = 1 << 22,
    TEXTS_MAX = 1 << 20,
};

static td_str texts[TEXTS_MAX];
static size_t n_texts;
static uint32_t ids[IDS_MAX];

static void fail(const char *what, const tandem_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->message);
    exit(1);
}

static td_str map_file(const char *folder, const char *name)
{
    char path[4096];
    td_os_map map;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return td_os_map_open(path, &map, NULL) == TANDEM_OK ? map.bytes : (td_str){0};
}

static void read_texts(const char *path)
{
    td_os_map map;
    tandem_error err;

    if (td_os_map_open(path, &map, &err) != TANDEM_OK)
        fail(path, &err);
    for (size_t at = 0; at + 4 <= map.bytes.n && n_texts < TEXTS_MAX;) {
        uint32_t n;
        memcpy(&n, map.bytes.ptr + at, sizeof(n));
        texts[n_texts++] = td_str_slice(map.bytes, at + 4, at + 4 + n);
        at += 4 + n;
    }
}

static size_t run(const td_tokenizer *tokenizer, bool print)
{
    tandem_error err;
    size_t sum = 0, n = 0;
    bool truncated;

    for (size_t i = 0; i < n_texts; i++) {
        if (td_embed_tokenize_text(tokenizer, (td_str){0}, texts[i], ids, IDS_MAX, &n, &truncated,
                                   &err) != TANDEM_OK)
            fail("a text", &err);
        sum += n;
        for (size_t k = 0; print && k < n; k++)
            printf("%u%c", ids[k], k + 1 < n ? ' ' : '\n');
    }
    return sum;
}

int main(int argc, char **argv)
{
    td_tokenizer *tokenizer = NULL;
    tandem_error err;
    char line[16];

    if (argc != 3) {
        fprintf(stderr, "usage: bench_tokenize MODEL_FOLDER TEXTS\n");
        return 2;
    }
    if (td_embed_tokenize_open(map_file(argv[1], "tokenizer.json"), map_file(argv[1], "vocab.txt"),
                               map_file(argv[1], "tokenizer_config.json"), &tokenizer,
                               &err) != TANDEM_OK)
        fail(argv[1], &err);
    read_texts(argv[2]);
    while (fgets(line, sizeof(line), stdin)) {
        int64_t began = td_clock_us();
        size_t n = run(tokenizer, line[0] == 'i');
        if (line[0] == 'r')
            printf("%.6f %zu\n", (double)(td_clock_us() - began) / 1e6, n);
        fflush(stdout);
    }
    td_embed_tokenize_close(tokenizer);
    return 0;
}
