/* tests/chunk/meter.h - a tokenizer that counts as a real one would: words in pieces of at most
 * four bytes, signs one by one, and two tokens that stand for the model's own. */
#ifndef TESTS_CHUNK_METER_H
#define TESTS_CHUNK_METER_H

#include "chunk/chunk.h"

enum {
    METER_FIXED = 2,
    METER_WORD_BYTES = 4
};

typedef struct meter_log {
    size_t n_calls, n_bytes;
    size_t fails_at; /* call that fails; 0: none */
    size_t factor;   /* what a text of over 64 bytes has of tokens more than its parts; 0: 1 */
} meter_log;

static inline bool meter_is_word(char c)
{
    return (c & 0x80) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static inline tandem_code meter_count(void *user, td_str text, size_t *n_out, tandem_error *err)
{
    meter_log *log = user;
    size_t n = 0, run = 0;

    log->n_calls++;
    log->n_bytes += text.n;
    if (log->fails_at && log->n_calls == log->fails_at)
        return td_fail(err, TANDEM_E_NOMEM, "the meter has no memory");
    for (size_t i = 0; i < text.n; i++) {
        bool word = meter_is_word(text.ptr[i]);
        n += word ? run % METER_WORD_BYTES == 0 : text.ptr[i] > ' ';
        run = word ? run + 1 : 0;
    }
    *n_out = METER_FIXED + (text.n > 64 && log->factor ? n * log->factor : n);
    return TANDEM_OK;
}

static inline td_chunk_meter meter_of(meter_log *log)
{
    return (td_chunk_meter){meter_count, log};
}

#endif
