#include "extract/charset_guess.h"

enum {
    LOOK_BYTES = 64 << 10,
    PAIRS_MIN = 8,       /* of bytes that are one sign: fewer tell nothing */
    UTF16_UNITS_MIN = 8, /* and as many of UTF-16 */
    RUN_MIN = 3, /* bytes of letters beyond ASCII in a row; in Latin text they stand alone */
};

/* What pairs of bytes beyond ASCII are, read as one encoding. */
typedef struct pairs {
    size_t n, bad;
    size_t joined;   /* that follow another at once, as in words of nothing else */
    size_t kana;     /* of Japanese, which no other text has many of */
    size_t common;   /* what text of that encoding is mostly made of */
    size_t uncommon; /* and hardly has */
} pairs;

static bool in(unsigned char c, unsigned from, unsigned to)
{
    return c >= from && c <= to;
}

static unsigned char byte_at(td_str s, size_t at)
{
    return at < s.n ? (unsigned char)s.ptr[at] : 0;
}

static pairs count_shift_jis(td_str s)
{
    pairs p = {0};
    size_t last_end = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = byte_at(s, i), d = byte_at(s, i + 1);

        if (c < 0x80 || in(c, 0xA1, 0xDF))
            continue;
        if ((in(c, 0x81, 0x9F) || in(c, 0xE0, 0xFC)) && d >= 0x40 && d != 0x7F && d <= 0xFC) {
            p.n++;
            p.joined += i == last_end;
            last_end = i + 2;
            p.kana += (c == 0x82 && d >= 0x9F && d <= 0xF1) || (c == 0x83 && d <= 0x96);
            i++;
        } else {
            p.bad++;
        }
    }
    return p;
}

/* EUC-JP, GB 18030 in two bytes, EUC-KR: `lead` tells which pairs are the common ones. */
static pairs count_high(td_str s, unsigned from, unsigned to, unsigned trail)
{
    pairs p = {0};
    size_t last_end = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = byte_at(s, i), d = byte_at(s, i + 1);

        if (c < 0x80)
            continue;
        if (in(c, 0x81, 0xFE) && d >= trail && d != 0x7F && d != 0xFF) {
            p.n++;
            p.joined += i == last_end;
            last_end = i + 2;
            p.kana += (c == 0xA4 || c == 0xA5) && in(d, 0xA1, 0xF6);
            p.common += in(c, from, to) || in(c, 0xA1, 0xA3);
            p.uncommon += in(c, to + 1, 0xFE) || c < 0xA1;
            i++;
        } else {
            p.bad++;
        }
    }
    return p;
}

/* Far Eastern text is all pairs, one after the other; a stray byte may be the cut end of what was
 * looked at. A capital of Latin text and the letter behind it look like a pair, too. */
static bool is_pairs(const pairs *p)
{
    return p->n >= PAIRS_MIN && p->bad * 50 <= p->n && p->joined * 2 >= p->n;
}

static const char *guess_pairs(td_str s)
{
    pairs sjis = count_shift_jis(s), euc = count_high(s, 0xB0, 0xF4, 0xA1),
          kr = count_high(s, 0xB0, 0xC8, 0xA1), gb = count_high(s, 0xB0, 0xD7, 0x40),
          big5 = count_high(s, 0xA4, 0xC6, 0x40);

    if (is_pairs(&sjis) && sjis.kana * 6 >= sjis.n)
        return "CP932";
    if (is_pairs(&euc) && euc.kana * 6 >= euc.n)
        return "EUC-JP";
    if (is_pairs(&kr) && kr.common * 20 >= kr.n * 19)
        return "CP949";
    if (is_pairs(&gb) && gb.common * 4 >= gb.n * 3 && gb.uncommon * 5 <= gb.n)
        return "GB18030";
    if (is_pairs(&big5) && big5.common * 4 >= big5.n * 3)
        return "BIG5-HKSCS";
    return NULL;
}

/* Text in a script of its own: most letters beyond ASCII stand in words of nothing else. */
static const char *guess_letters(td_str s)
{
    size_t n = 0, in_runs = 0, low = 0, russian = 0, greek = 0, run = 0;

    for (size_t i = 0; i <= s.n; i++) {
        unsigned char c = byte_at(s, i);

        if (c >= 0xB8) {
            n++;
            run++;
            low += in(c, 0xC0, 0xDF);
            russian += c == 0xE0 || c == 0xEE || c == 0xE8;                    /* a, o, i */
            greek += c == 0xE1 || c == 0xEF || c == 0xE9 || in(c, 0xDC, 0xDF); /* the same */
        } else {
            in_runs += run >= RUN_MIN ? run : 0;
            run = 0;
        }
    }
    if (n < PAIRS_MIN || in_runs * 10 < n * 7)
        return NULL;
    if (low * 10 >= n * 7)
        return "KOI8-R";
    return greek > russian ? "CP1253" : "CP1251";
}

/* Numbers of 16 bits have zeros like that too, but hardly ever no control characters. */
const char *td_extract_charset_guess_utf16(td_str text)
{
    size_t zeros[2] = {0}, n = text.n < LOOK_BYTES ? text.n : LOOK_BYTES;

    if (n == 0 || !memchr(text.ptr, 0, n)) /* as nearly every page, which should not pay for it */
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (text.ptr[i] > 0 && text.ptr[i] < ' ' && !strchr("\t\n\f\r", text.ptr[i]))
            return NULL;
        zeros[i & 1] += text.ptr[i] == 0;
    }
    n /= 2;
    if (n < UTF16_UNITS_MIN)
        return NULL;
    if (zeros[0] == 0 && zeros[1] * 2 >= n)
        return "UTF-16LE";
    return zeros[1] == 0 && zeros[0] * 2 >= n ? "UTF-16BE" : NULL;
}

const char *td_extract_charset_guess(td_str text)
{
    const char *guess = td_extract_charset_guess_utf16(text);

    text = td_str_slice(text, 0, LOOK_BYTES);
    guess = guess ? guess : guess_pairs(text);
    guess = guess ? guess : guess_letters(text);
    return guess ? guess : "CP1252";
}
