#include "extract/charset_guess.h"
#include "support.h"

#include <iconv.h>

/* What is guessed of a text in the charset `name`. */
static void check(const char *utf8, const char *name, const char *expected)
{
    char bytes[1000], *in = (char *)(uintptr_t)utf8, *out = bytes;
    size_t in_n = strlen(utf8), out_n = sizeof(bytes);
    iconv_t cd = iconv_open(name, "UTF-8");

    assert_true(cd != (iconv_t)-1);
    assert_int_equal(iconv(cd, &in, &in_n, &out, &out_n), 0);
    iconv_close(cd);
    assert_string_equal(td_extract_charset_guess((td_str){bytes, sizeof(bytes) - out_n}), expected);
}

static const char JAPANESE[] =
    "<p>日本語のページです。文字コードは宣言されていません。東京の天気は晴れです。";
static const char CHINESE[] =
    "<p>这是一个没有声明编码的中文网页，内容足够长。北京今天的天气很好，我们去公园。";
static const char TAIWAN[] =
    "<p>這是一個沒有聲明編碼的中文網頁，內容足夠長。臺北今天的天氣很好，我們去公園。";
static const char KOREAN[] =
    "<p>이것은 문자 집합을 말하지 않는 한국어 페이지입니다. 오늘 서울의 날씨는 맑습니다.";
static const char RUSSIAN[] =
    "<p>Это страница на русском языке без указания кодировки, она достаточно длинная.";
static const char GREEK[] =
    "<p>Αυτή είναι μια ελληνική σελίδα χωρίς δήλωση κωδικοποίησης του κειμένου.";

static void tells_far_eastern_text(void **state)
{
    (void)state;
    check(JAPANESE, "CP932", "CP932");
    check(JAPANESE, "EUC-JP", "EUC-JP");
    check(CHINESE, "GB18030", "GB18030");
    check(TAIWAN, "BIG5", "BIG5-HKSCS");
    check(KOREAN, "CP949", "CP949");
}

static void tells_russian_and_greek(void **state)
{
    (void)state;
    check(RUSSIAN, "CP1251", "CP1251");
    check(RUSSIAN, "KOI8-R", "KOI8-R");
    check(GREEK, "CP1253", "CP1253");
}

static void takes_all_else_for_western(void **state)
{
    (void)state;
    check("<p>“Smart quotes” – façade, naïve café, Übergrößenträger, déjà-vu, œuvre, ¿qué?",
          "CP1252", "CP1252");
    check("<p>Größe: ÄÖÜ ÀÉÈ ÑÑ, É uma ação à toa, não é? São João, coração, Føroyar", "CP1252",
          "CP1252");
    check("<p>ÄRZTE UND ÄMTER IN KÖLN ÖFFNEN. MÄRZ, KÄSE, BÄR, VÖGEL, ÄRZTE UND ÄMTER", "CP1252",
          "CP1252");
    check("<p>ÅRHUS PÅ VÅRT BÅND, BLÅ ÅR, MÅNED, ÅBEN, FÅR, HÅND, TÅRN, ÆBLE", "CP1252", "CP1252");
    check("ok", "CP1252", "CP1252");
}

static void tells_utf16_without_a_mark(void **state)
{
    (void)state;
    check("<html><body><p>Grüße in UTF-16</p>", "UTF-16LE", "UTF-16LE");
    check("<html><body><p>Grüße in UTF-16</p>", "UTF-16BE", "UTF-16BE");
    assert_null(
        td_extract_charset_guess_utf16((td_str){"\0\0\0\0\1\2\3\4\0\0\0\0\0\0\0\0\0\0", 18}));
    assert_null(td_extract_charset_guess_utf16(TD_STR("a\0b\0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_far_eastern_text),
        cmocka_unit_test(tells_russian_and_greek),
        cmocka_unit_test(takes_all_else_for_western),
        cmocka_unit_test(tells_utf16_without_a_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
