/* tests/chunk/properties.h - what must be true of the chunks of any text; also for the fuzzer. */
#ifndef TESTS_CHUNK_PROPERTIES_H
#define TESTS_CHUNK_PROPERTIES_H

#include "base/utf8.h"
#include "chunk/chunk.h"

#include <stdio.h>
#include <stdlib.h>

static inline bool properties_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A line that may be in no chunk: of a fence, a rule, a directive of RST with its options. */
static inline bool properties_is_markup(td_str line)
{
    static const char *const starts[] = {"```", "~~~", ".. ", ":"};
    td_str body = td_str_trim(line);
    for (size_t i = 0; i < 4; i++) {
        if (td_str_starts(body, td_str_from(starts[i])))
            return true;
    }
    for (size_t i = 0; i < body.n; i++) {
        if (!strchr("-*_ \t", body.ptr[i]) || body.ptr[i] == '\0')
            return false;
    }
    return true;
}

/* The first visible byte in [start, end) that stands on no line of markup; `end` if there is
 * none. */
static inline size_t properties_find_lost(td_str text, size_t start, size_t end)
{
    for (size_t at = start; at < end; at++) {
        uint32_t codepoint = 0;
        size_t first = at, last = at;
        if (properties_is_space(text.ptr[at]) || (text.ptr[at] & 0xC0) == 0x80)
            continue;
        if (td_utf8_at(text, at, &codepoint) > 0 && td_utf8_is_space(codepoint))
            continue;
        while (first > 0 && text.ptr[first - 1] != '\n')
            first--;
        while (last < text.n && text.ptr[last] != '\n')
            last++;
        if (!properties_is_markup(td_str_slice(text, first, last)))
            return at;
        at = last;
    }
    return end;
}

/* Counts code points and newlines before `to`, from where the last call stopped. */
typedef struct properties_counter {
    size_t at, chars, newlines;
} properties_counter;

static inline void properties_count(properties_counter *c, td_str text, size_t to)
{
    if (to < c->at)
        *c = (properties_counter){0, 0, 0};
    for (; c->at < to; c->at++) {
        c->chars += (text.ptr[c->at] & 0xC0) != 0x80;
        c->newlines += text.ptr[c->at] == '\n';
    }
}

static inline const char *properties_of_chunk(td_str text, const tandem_chunk *chunk,
                                              const td_chunk_options *options)
{
    static char why[160];
    if (chunk->start_byte >= chunk->end_byte || chunk->end_byte > text.n)
        return "a chunk's bytes are not in the text";
    if (!td_str_eq(chunk->text, td_str_slice(text, chunk->start_byte, chunk->end_byte)))
        return "a chunk's text is not its slice";
    if (td_utf8_valid_n(chunk->text) != chunk->text.n)
        return "a chunk splits a UTF-8 sequence";
    if (properties_is_space(chunk->text.ptr[0]) ||
        properties_is_space(chunk->text.ptr[chunk->text.n - 1]))
        return "a chunk is not trimmed";
    if (chunk->is_code && td_str_eq(chunk->language, TD_STR("markdown")))
        return "a chunk of code is in a language of prose";
    const td_chunk_meter *meter = chunk->is_code ? &options->code_meter : &options->prose_meter;
    size_t n_tokens = 0;
    if (meter->count) {
        if (meter->count(meter->user, chunk->text, &n_tokens, NULL) != TANDEM_OK)
            return "a chunk's tokens cannot be counted";
        if (n_tokens > options->size) {
            snprintf(why, sizeof why, "a chunk has %zu tokens", n_tokens);
            return why;
        }
    } else if (chunk->end_char - chunk->start_char > options->size) {
        snprintf(why, sizeof why, "a chunk has %zu characters",
                 (size_t)(chunk->end_char - chunk->start_char));
        return why;
    }
    if (!(chunk->confidence >= 0 && chunk->confidence <= 1) || chunk->language.n == 0)
        return "a chunk's language or confidence is missing";
    if (td_utf8_valid_n(chunk->heading) != chunk->heading.n ||
        td_utf8_valid_n(chunk->symbol) != chunk->symbol.n)
        return "a chunk's heading or symbol is no text";
    return NULL;
}

/* NULL if all is well, else what is not. */
static inline const char *properties_check(const td_document *document, const td_chunks *chunks,
                                           const td_chunk_options *options)
{
    td_str text = document->text;
    properties_counter starts = {0, 0, 0}, ends = {0, 0, 0};
    size_t covered = 0;
    for (size_t i = 0; i < chunks->n; i++) {
        const tandem_chunk *chunk = &chunks->items[i];
        const char *why = properties_of_chunk(text, chunk, options);
        if (why)
            return why;
        if (chunk->index != i || (i > 0 && (chunk->start_byte < chunk[-1].start_byte ||
                                            chunk->end_byte <= chunk[-1].end_byte)))
            return "chunks are out of order";
        properties_count(&starts, text, chunk->start_byte);
        properties_count(&ends, text, chunk->end_byte);
        if (chunk->start_char != starts.chars || chunk->end_char != ends.chars)
            return "characters are miscounted";
        if (chunk->start_line != starts.newlines + 1 || chunk->end_line != ends.newlines + 1)
            return "lines are miscounted";
        if (chunk->start_byte > covered &&
            properties_find_lost(text, covered, chunk->start_byte) < chunk->start_byte)
            return "text before a chunk is lost";
        covered = chunk->end_byte;
    }
    if (properties_find_lost(text, covered, text.n) < text.n)
        return "text at the end is lost";
    return NULL;
}

#endif
