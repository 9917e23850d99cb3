#include "embed/tokenize/wordpiece.h"

#include "base/utf8.h"

enum {
    RUN_BYTES_MAX = 64, /* of ASCII at a time */
    /* What has more than the first of these has too many characters for sure. */
    WORD_BYTES_MAX = 4 * TD_WORD_CHARS_MAX + RUN_BYTES_MAX,
    REPLACEMENT = 0xFFFD
};

/* The word that is being read, already normalised. */
typedef struct word {
    const td_wordpiece *model;
    td_ids *ids;
    size_t n_bytes, n_chars;
    char bytes[WORD_BYTES_MAX + 1];
} word;

static size_t count_keys(const td_vocab *vocab)
{
    size_t n = 0;
    for (size_t id = 0; id < vocab->n_ids; id++)
        n += vocab->items[id].n > 0 && !vocab->items[id].is_added;
    return n;
}

tandem_code td_embed_tokenize_wordpiece_init(td_wordpiece *model, const td_vocab *vocab,
                                             td_str prefix, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n_keys = count_keys(vocab);
    const char *bytes = vocab->bytes.ptr;

    TD_TRY(td_embed_tokenize_lookup_init(&model->starts, bytes, n_keys, err));
    TD_TRY(td_embed_tokenize_lookup_init(&model->inner, bytes, n_keys, err));
    for (uint32_t id = 0; id < vocab->n_ids; id++) {
        td_vocab_item item = vocab->items[id];
        td_str token = td_embed_tokenize_vocab_get(vocab, id);
        if (item.n == 0 || item.is_added)
            continue;
        TD_TRY(td_embed_tokenize_lookup_add(&model->starts, item.at, item.n, id, err));
        if (item.n > prefix.n && td_str_starts(token, prefix))
            TD_TRY(td_embed_tokenize_lookup_add(&model->inner, item.at + (uint32_t)prefix.n,
                                                item.n - (uint32_t)prefix.n, id, err));
    }

out:
    return code;
}

void td_embed_tokenize_wordpiece_clear(td_wordpiece *model)
{
    td_embed_tokenize_lookup_clear(&model->starts);
    td_embed_tokenize_lookup_clear(&model->inner);
    td_embed_tokenize_chars_clear(&model->chars);
}

/* Bytes of the longest token at the start of bytes[0..n), and its id; 0 if there is none. */
static size_t longest(const td_lookup *lookup, const char *bytes, size_t n, uint32_t *id_out)
{
    size_t n_max = lookup->n_bytes_max[(unsigned char)bytes[0]];
    for (size_t k = n < n_max ? n : n_max; k > 0; k--) {
        bool inside_a_character = k < n && ((unsigned char)bytes[k] & 0xC0) == 0x80;
        if (inside_a_character)
            continue;
        *id_out = td_embed_tokenize_lookup_find(lookup, bytes, k);
        if (*id_out != TD_NO_ID)
            return k;
    }
    return 0;
}

/* False if some part of the word is in no token: then nothing was added. */
static bool add_pieces(word *w)
{
    const td_lookup *lookup = &w->model->starts;
    size_t n_before = w->ids->n;
    uint32_t id;

    for (size_t at = 0; at < w->n_bytes; lookup = &w->model->inner) {
        size_t n = longest(lookup, w->bytes + at, w->n_bytes - at, &id);
        if (n == 0) {
            w->ids->n = n_before;
            w->ids->full = false;
            return false;
        }
        td_embed_tokenize_ids_add(w->ids, id);
        at += n;
    }
    return true;
}

static void end_word(word *w)
{
    if (w->n_chars == 0)
        return;
    if (w->n_chars > w->model->word_chars_max || !add_pieces(w))
        td_embed_tokenize_ids_add(w->ids, w->model->unk);
    w->n_bytes = w->n_chars = 0;
}

/* Bytes of a word that is too long are thrown away: its characters alone still count. */
static void make_room(word *w, size_t n)
{
    if (w->n_bytes + n > WORD_BYTES_MAX)
        w->n_bytes = 0;
}

static void put_alone(word *w, uint32_t codepoint)
{
    end_word(w);
    w->n_bytes = td_utf8_put(codepoint, w->bytes);
    w->n_chars = 1;
    end_word(w);
}

/* The word's bytes from `at` on, as long as they are ASCII; returns where they end. */
static size_t put_ascii(word *w, td_str text, size_t at)
{
    const uint8_t *ascii = w->model->chars.ascii;
    make_room(w, RUN_BYTES_MAX);
    size_t room = WORD_BYTES_MAX - w->n_bytes;
    size_t end = text.n - at < room ? text.n : at + room;
    size_t start = at;
    char *to = w->bytes + w->n_bytes;

    for (uint8_t c; at < end && (c = ascii[(unsigned char)text.ptr[at]]) < 0x80; at++)
        *to++ = (char)c;
    w->n_bytes += at - start;
    w->n_chars += at - start;
    return at;
}

static void put_expanded(word *w, uint32_t codepoint, td_char c)
{
    td_char parts[TD_FOLD_MAX];
    size_t n = td_embed_tokenize_chars_expand(&w->model->chars, codepoint, c, parts);
    for (size_t i = 0; i < n; i++) {
        if (td_embed_tokenize_chars_kind(parts[i]) != TD_CHAR_WORD) {
            put_alone(w, td_embed_tokenize_chars_value(parts[i]));
            continue;
        }
        make_room(w, 4);
        w->n_bytes += td_utf8_put(td_embed_tokenize_chars_value(parts[i]), w->bytes + w->n_bytes);
        w->n_chars++;
    }
}

/* One code point that the ASCII table does not answer for; returns its bytes. */
static size_t put_other(word *w, td_str text, size_t at)
{
    uint32_t codepoint = REPLACEMENT;
    size_t n = td_utf8_at(text, at, &codepoint);
    td_char c = td_embed_tokenize_chars_get(&w->model->chars, codepoint);

    if (td_embed_tokenize_chars_kind(c) == TD_CHAR_SPACE)
        end_word(w);
    else if (td_embed_tokenize_chars_kind(c) != TD_CHAR_DROP)
        put_expanded(w, codepoint, c);
    return n ? n : 1;
}

void td_embed_tokenize_wordpiece_run(const td_wordpiece *model, td_str text, td_ids *ids)
{
    const uint8_t *ascii = model->chars.ascii;
    word w;
    w.model = model;
    w.ids = ids;
    w.n_bytes = w.n_chars = 0;

    for (size_t at = 0; at < text.n && !ids->full;) {
        uint8_t c = ascii[(unsigned char)text.ptr[at]];
        if (c < 0x80) {
            at = put_ascii(&w, text, at);
        } else if (c == TD_ASCII_SPACE) {
            end_word(&w);
            at++;
        } else if (c == TD_ASCII_ALONE) {
            put_alone(&w, (unsigned char)text.ptr[at]);
            at++;
        } else {
            at += put_other(&w, text, at);
        }
    }
    if (!ids->full)
        end_word(&w);
}
