#include "serve/decode.h"

#include "serve/json.h"

#include <stdlib.h>
#include <string.h>

bool decode_is_special(tandem_str token)
{
    return token.n > 2 && ((token.ptr[0] == '[' && token.ptr[token.n - 1] == ']') ||
                           (token.ptr[0] == '<' && token.ptr[token.n - 1] == '>'));
}

/* Byte-level BPE writes each byte as a character: those that print as themselves, the others as
 * U+0100 and on, in order. -1 for a character that stands for no byte. */
static int byte_of(unsigned character)
{
    int next = 256;

    if ((character >= '!' && character <= '~') || (character >= 0xA1 && character <= 0xAC) ||
        (character >= 0xAE && character <= 0xFF))
        return (int)character;
    for (int b = 0; b < 256; b++) {
        bool prints = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
        if (!prints && (unsigned)next++ == character)
            return b;
    }
    return -1;
}

static void add_bytes(wire *w, tandem_str token)
{
    for (size_t i = 0; i < token.n;) {
        unsigned char c = (unsigned char)token.ptr[i];
        bool two = c >= 0xC2 && c < 0xE0 && i + 1 < token.n;
        unsigned character =
            two ? (c & 31u) << 6 | ((unsigned char)token.ptr[i + 1] & 63u) : (unsigned)c;
        int byte = c < 0x80 || two ? byte_of(character) : -1;
        if (byte >= 0)
            wire_add(w, (char[]){(char)byte}, 1);
        else
            wire_add(w, token.ptr + i, 1);
        i += byte >= 0 && two ? 2 : 1;
    }
}

/* Whether the vocabulary is byte-level: then it has a token for a blank and a letter. */
static bool is_byte_level(tandem_embedder *embedder)
{
    static const uint32_t somewhere[] = {250, 500, 1000, 2000};

    for (size_t k = 0; k < sizeof(somewhere) / sizeof(somewhere[0]); k++) {
        for (uint32_t id = somewhere[k]; id < somewhere[k] + 40; id++) {
            tandem_str token = tandem_embedder_token(embedder, id);
            if (token.ptr && token.n > 2 && memcmp(token.ptr, "\xC4\xA0", 2) == 0)
                return true;
        }
    }
    return false;
}

static void add_piece(wire *w, tandem_str token)
{
    bool goes_on = token.n > 2 && memcmp(token.ptr, "##", 2) == 0;

    if (goes_on) {
        wire_add(w, token.ptr + 2, token.n - 2);
        return;
    }
    if (w->n > 0)
        wire_add(w, " ", 1);
    wire_add(w, token.ptr, token.n);
}

char *decode_ids(tandem_embedder *embedder, const uint32_t *ids, size_t n, bool skip_special)
{
    wire w = {.ptr = NULL};
    bool bytes = is_byte_level(embedder);

    wire_add(&w, "", 0);
    for (size_t i = 0; i < n; i++) {
        tandem_str token = tandem_embedder_token(embedder, ids[i]);
        if (!token.ptr) {
            wire_clear(&w);
            return NULL;
        }
        if (skip_special && decode_is_special(token))
            continue;
        if (bytes && !decode_is_special(token))
            add_bytes(&w, token);
        else
            add_piece(&w, token);
    }
    if (w.failed)
        wire_clear(&w);
    return w.ptr;
}
