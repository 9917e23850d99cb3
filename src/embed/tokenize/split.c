#include "embed/tokenize/split.h"

#include "base/utf8.h"
#include "embed/tokenize/tables.h"

typedef enum class {
    OTHER,
    LETTER,
    NUMBER,
    SPACE,
} class;

static class ascii_class(unsigned char byte)
{
    if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z')
        return LETTER;
    if (byte >= '0' && byte <= '9')
        return NUMBER;
    return byte == ' ' || (byte >= '\t' && byte <= '\r') ? SPACE : OTHER;
}

static class class_of(uint32_t codepoint)
{
    if (td_embed_tokenize_tables_has(TD_CLASS_GPT2_LETTER, codepoint))
        return LETTER;
    if (td_embed_tokenize_tables_has(TD_CLASS_GPT2_NUMBER, codepoint))
        return NUMBER;
    return td_embed_tokenize_tables_has(TD_CLASS_GPT2_SPACE, codepoint) ? SPACE : OTHER;
}

/* The class of the character at `at`, and its bytes. */
static class class_at(td_str text, size_t at, size_t *n_out)
{
    unsigned char byte = (unsigned char)text.ptr[at];
    uint32_t codepoint;
    *n_out = 1;
    if (byte < 0x80)
        return ascii_class(byte);
    size_t n = td_utf8_at(text, at, &codepoint);
    if (n == 0)
        return OTHER;
    *n_out = n;
    return class_of(codepoint);
}

/* Bytes of 's, 't, 're, 've, 'm, 'll or 'd at an apostrophe; 0 if it is none of them. */
static size_t contraction(td_str text, size_t at)
{
    static const char *const ENDS[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    td_str rest = td_str_slice(text, at + 1, text.n);
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++)
        if (td_str_starts(rest, td_str_from(ENDS[i])))
            return 1 + strlen(ENDS[i]);
    return 0;
}

/* A run of white space; its last character is left to what follows, if there is more than one. */
static size_t space_piece(td_str text, size_t at)
{
    size_t n, last = at, end = at;
    while (end < text.n && class_at(text, end, &n) == SPACE) {
        last = end;
        end += n;
    }
    return (end == text.n || last == at ? end : last) - at;
}

size_t td_embed_tokenize_split_next(td_str text, size_t at)
{
    size_t n, end = at;
    if (text.ptr[at] == '\'' && (n = contraction(text, at)))
        return n;

    class kind = class_at(text, at, &n);
    if (text.ptr[at] == ' ' && at + 1 < text.n) {
        kind = class_at(text, at + 1, &n);
        end = at + 1; /* " ?" takes one space in front of a run of anything but spaces */
    }
    if (kind == SPACE)
        return space_piece(text, at);
    do {
        end += n;
    } while (end < text.n && class_at(text, end, &n) == kind);
    return end - at;
}
