/* fuzz: chunk */
#include "../chunk/meter.h"
#include "../chunk/properties.h"

/* The first bytes choose format, language, size, overlap and unit; the rest is the document. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const languages[] = {"c",       "python",    "javascript", "rust",   "lua",
                                            "shell",   "html",      "sql",        "json",   "perl",
                                            "haskell", "unknown",   "csv",        "go",     "cpp",
                                            "java",    "ruby",      "php",        "csharp", "css",
                                            "yaml",    "typescript"};
    if (size < 4)
        return 0;
    td_buf text = TD_BUF(1 << 20);
    td_arena *arena = td_arena_new(64 << 20);
    if (!arena ||
        td_utf8_add_clean(&text, (td_str){(const char *)data + 4, size - 4}, NULL) != TANDEM_OK)
        abort();
    td_chunk_options options = TD_CHUNK_OPTIONS;
    options.size = 64 + data[2] * 8u;
    options.overlap = data[3] % options.size;
    meter_log log = {.factor = data[0] >> 4 & 3};
    if (data[0] & 0x80)
        options.prose_meter = options.code_meter = meter_of(&log);
    td_document document = {
        .arena = arena,
        .format = (td_format)(data[0] % 4),
        .code_language = td_str_from(languages[data[1] % (sizeof languages / sizeof *languages)]),
        .text = td_buf_str(&text),
    };
    td_chunks chunks = {NULL, 0};
    tandem_error err = {0};
    if (td_chunk_split(&document, &options, arena, &chunks, &err) != TANDEM_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    const char *why = properties_check(&document, &chunks, &options);
    if (why) {
        fprintf(stderr, "%s\n", why);
        abort();
    }
    td_arena_free(arena);
    td_buf_clear(&text);
    return 0;
}
