/* tests/chunk/split.h - a text cut into chunks, for the tests of this room. */
#ifndef TESTS_CHUNK_SPLIT_H
#define TESTS_CHUNK_SPLIT_H

#include "meter.h"
#include "properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct split {
    td_arena *arena;
    td_document document;
    td_chunk_options options;
    td_chunks chunks;
} split;

/* Cuts and checks what must hold for every text. `language` matters for TD_FORMAT_CODE. With `log`
 * sizes are in the tokens of meter.h. */
static inline split split_tokens(td_format format, const char *language, td_str text, uint32_t size,
                                 meter_log *log)
{
    split s = {.arena = td_arena_new(512u << 20), .options = TD_CHUNK_OPTIONS};
    tandem_error err = {0};
    assert_non_null(s.arena);
    s.options.size = size;
    s.options.overlap = size / 8;
    if (log)
        s.options.prose_meter = s.options.code_meter = meter_of(log);
    s.document = (td_document){.arena = s.arena,
                               .format = format,
                               .code_language = td_str_from(language),
                               .text = text};
    if (td_chunk_split(&s.document, &s.options, s.arena, &s.chunks, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    const char *why = properties_check(&s.document, &s.chunks, &s.options);
    if (why)
        fail_msg("%s", why);
    return s;
}

static inline split split_text(td_format format, const char *language, td_str text, uint32_t size)
{
    return split_tokens(format, language, text, size, NULL);
}

static inline split split_markdown(const char *text)
{
    return split_text(TD_FORMAT_MARKDOWN, "", td_str_from(text), 1600);
}

static inline void split_clear(split *s)
{
    td_arena_free(s->arena);
}

static inline void assert_str(td_str s, const char *expected)
{
    if (!td_str_eq(s, td_str_from(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", TD_STR_FMT(s), expected);
}

/* `n` copies of `part`, NUL at the end; the caller frees. */
static inline char *repeated(const char *part, size_t n)
{
    size_t n_part = strlen(part);
    char *text = malloc(n_part * n + 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * n_part, part, n_part);
    text[n_part * n] = '\0';
    return text;
}

#endif
