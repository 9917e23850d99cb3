#include "chunk/features.h"

#include "chunk/lines.h"

/* A token is a word, a number (all are one), or up to three marks. */

enum {
    WORD_HASH_BYTES = 12
};

/* What a byte is; the classes of a word's bytes, or-ed, are its shape. */
enum {
    MARK = 0,
    LOWER = 1,
    UPPER = 2,
    DIGIT = 4,
    BAR = 8,
    HIGH = 16,
    SPACE = 32,
    WORD = LOWER | UPPER | DIGIT | BAR | HIGH,
    CAPITAL = 64, /* of a word: begins with an upper-case letter */
    EDGE = 128,   /* the start or the end of the line */
};

/* One salt for each kind of feature. */
enum {
    TOKEN = 1,
    PAIR,
    SHAPES,
    FIRST,
    COUNTS,
    LENGTH,
};

typedef struct token {
    uint32_t hash;
    uint32_t shape; /* of a word; its hash for marks */
    bool glued;     /* no white space before it */
} token;

/* clang-format off */
#define FOUR(class) class, class, class, class
#define SIXTEEN(class) FOUR(class), FOUR(class), FOUR(class), FOUR(class)
static const uint8_t classes[256] = {
    FOUR(MARK), FOUR(MARK), MARK, SPACE, MARK, MARK, FOUR(MARK),     /* a tab */
    SIXTEEN(MARK),
    SPACE, MARK, MARK, MARK, FOUR(MARK), FOUR(MARK), FOUR(MARK),
    FOUR(DIGIT), FOUR(DIGIT), DIGIT, DIGIT, MARK, MARK, FOUR(MARK),  /* 0 to 9 */
    MARK, UPPER, UPPER, UPPER, FOUR(UPPER), FOUR(UPPER), FOUR(UPPER),
    FOUR(UPPER), FOUR(UPPER), UPPER, UPPER, UPPER, MARK, MARK, MARK, MARK, BAR,
    MARK, LOWER, LOWER, LOWER, FOUR(LOWER), FOUR(LOWER), FOUR(LOWER),
    FOUR(LOWER), FOUR(LOWER), LOWER, LOWER, LOWER, MARK, FOUR(MARK),
    SIXTEEN(HIGH), SIXTEEN(HIGH), SIXTEEN(HIGH), SIXTEEN(HIGH),
    SIXTEEN(HIGH), SIXTEEN(HIGH), SIXTEEN(HIGH), SIXTEEN(HIGH),
};
#undef FOUR
#undef SIXTEEN
/* clang-format on */

static uint8_t class_of(char c)
{
    return classes[(uint8_t)c];
}

static uint32_t mix(uint32_t kind, uint32_t a, uint32_t b)
{
    uint32_t hash = (a * 0x9E3779B1U) ^ ((b + kind) * 0x85EBCA77U);
    hash ^= hash >> 15;
    hash *= 0xC2B2AE3DU;
    return hash ^ (hash >> 13);
}

/* The token at `i`; returns where it ends. */
static size_t read_token(td_str line, size_t i, token *out)
{
    uint8_t first = class_of(line.ptr[i]), seen = first;
    uint32_t hash = 0x811C9DC5U;
    size_t end = i;
    if (first == MARK) {
        for (; end < line.n && end < i + 3 && class_of(line.ptr[end]) == MARK; end++)
            hash = (hash ^ (uint8_t)line.ptr[end]) * 0x01000193U;
        out->hash = out->shape = hash;
        return end;
    }
    for (; end < line.n; end++) {
        uint8_t class = class_of(line.ptr[end]);
        if (!(class & WORD))
            break;
        seen |= class;
        if (end - i < WORD_HASH_BYTES)
            hash = (hash ^ (uint8_t)line.ptr[end]) * 0x01000193U;
    }
    bool number = first == DIGIT;
    out->shape = number ? DIGIT : (uint32_t)seen | (first == UPPER ? CAPITAL : 0);
    out->hash = number ? DIGIT : hash;
    return end;
}

static size_t log2_of(size_t n)
{
    size_t log = 0;
    for (; n > 0; n >>= 1)
        log++;
    return log;
}

static void add(td_chunk_features *features, uint32_t feature)
{
    features->items[features->n++] = feature;
}

static void add_token(td_chunk_features *features, const token *before, const token *at)
{
    uint32_t glue = at->glued + 2U * before[1].glued;
    add(features, mix(PAIR + 16 * at->glued, before[1].hash, at->hash));
    add(features, mix(SHAPES + 16 * glue, mix(0, before[0].shape, before[1].shape), at->shape));
}

void td_chunk_features_read(td_str body, size_t indent, bool tab, td_chunk_features *features_out)
{
    static const token edge = {.hash = EDGE, .shape = EDGE};
    token tokens[2] = {edge, edge};
    size_t n_words = 0, n_marks = 0;
    uint32_t first = 0;
    td_str line = td_str_slice(body, 0, TD_CHUNK_FEATURES_LINE_BYTES);
    features_out->n = 0;
    if (line.n == 0)
        return;
    for (size_t i = 0; i < line.n;) {
        if (class_of(line.ptr[i]) == SPACE) {
            i++;
            continue;
        }
        token at = {.glued = i > 0 && class_of(line.ptr[i - 1]) != SPACE};
        bool mark = class_of(line.ptr[i]) == MARK;
        i = read_token(line, i, &at);
        first = n_words + n_marks == 0 ? at.hash : first;
        n_marks += mark;
        n_words += !mark;
        add(features_out, mix(TOKEN, at.hash, 0));
        add_token(features_out, tokens, &at);
        tokens[0] = tokens[1];
        tokens[1] = at;
    }
    add_token(features_out, tokens, &edge);
    uint32_t depth = indent > 12 ? 12 : (uint32_t)indent;
    depth = tab && indent > 0 ? depth + 16 : depth;
    add(features_out, mix(FIRST, first, depth));
    n_words = n_words > 15 ? 15 : n_words;
    n_marks = n_marks > 15 ? 15 : n_marks;
    add(features_out, mix(COUNTS, (uint32_t)n_words, (uint32_t)n_marks));
    add(features_out, mix(LENGTH, (uint32_t)log2_of(body.n), depth));
}

uint32_t td_chunk_features_fingerprint(void)
{
    td_str rest = TD_STR("\tif (aB->c_d != 0x1F) { return \"\xC3\xA9\"; } // The end.\n"
                         "    def f(self): pass\nABC := 1.5;");
    td_str line;
    td_chunk_features features;
    uint32_t sum = 0;
    while (td_str_next(&rest, '\n', &line)) {
        td_chunk_line at = td_chunk_lines_at(line, 0);
        td_chunk_features_read(td_chunk_lines_body(line, &at), at.indent, line.ptr[0] == '\t',
                               &features);
        for (size_t i = 0; i < features.n; i++)
            sum = mix(sum, features.items[i], (uint32_t)i);
    }
    return sum;
}
