#include "extract/pdf_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_text(const char *raw, const char *expected)
{
    td_buf out = TD_BUF(1 << 16);

    assert_int_equal(td_extract_pdf_text_write(td_str_from(raw), &out, NULL), TANDEM_OK);
    assert_string_equal(out.ptr ? out.ptr : "", expected);
    td_buf_clear(&out);
}

static void the_end_of_a_page_is_that_of_a_paragraph(void **state)
{
    (void)state;
    assert_text("one\ntwo\n\n\n\nthree\n\fFour\n\f", "one\ntwo\n\nthree\n\nFour\n");
    assert_text("only", "only\n");
    assert_text("", "");
    assert_text(" \n\f\f \n\f", "");
}

static void words_that_a_line_cut_are_whole(void **state)
{
    (void)state;
    assert_text("an exam-\nple of it\n\f", "an example of it\n");
    assert_text("gr\xC3\xB6\xC3\x9F-\nere\n\f", "gr\xC3\xB6\xC3\x9F"
                                                "ere\n");
    assert_text("so\xC2\xAD\nft\n\f", "soft\n");
    assert_text("\xD1\x81\xD0\xBB\xD0\xBE-\n\xD0\xB2\xD0\xBE\n\f",
                "\xD1\x81\xD0\xBB\xD0\xBE\xD0\xB2\xD0\xBE\n");
    assert_text("de-\n\x1Cned, arti-\n\xEF\xAC\x81"
                "cial\n\f",
                "defined, artificial\n");
    /* No letter before, no small one behind, or nothing at all. */
    assert_text("\xD0\xA1\xD0\xBA\xD1\x82-\n\xD0\x9F\xD0\xB1\n\f",
                "\xD0\xA1\xD0\xBA\xD1\x82-\n\xD0\x9F\xD0\xB1\n");
    assert_text("Nowy-\n\xC5\x81\xC3\xB3\n\f", "Nowy-\n\xC5\x81\xC3\xB3\n");
    assert_text("pages 1-\n3\n\f", "pages 1-\n3\n");
    assert_text("Anglo-\nSaxon\n\f", "Anglo-\nSaxon\n");
    assert_text("a list -\nof things\n\f", "a list -\nof things\n");
    assert_text("well-\n\nknown\n\f", "well-\n\nknown\n");
    assert_text("end-\n\fpage\n\f", "end-\n\npage\n");
}

static void heads_and_feet_go_and_text_stays(void **state)
{
    (void)state;
    assert_text("The Lanes 1\n\nText of one.\n\n1\n\f"
                "2 The Lanes\n\nText of two.\n\n2\n\f"
                "The Lanes 3\n\nText of three.\n\n- 3 -\n\f"
                "The Lanes 4\n\nText of four.\n\n4\n\f",
                "Text of one.\n\nText of two.\n\nText of three.\n\n- 3 -\n\nText of four.\n");
    /* Twice is no custom; neither is what one page repeats; nor what stands in the middle. */
    assert_text("Head\none\n\fHead\ntwo\n\f", "Head\none\n\nHead\ntwo\n");
    assert_text("x\nx\nx\nx\n\fa\n\fb\n\fc\n\f", "x\nx\nx\nx\n\na\n\nb\n\nc\n");
    assert_text("a\nb\nsame\nc\nd\n\fe\nf\nsame\ng\nh\n\fi\nj\nsame\nk\nl\n\f",
                "a\nb\nsame\nc\nd\n\ne\nf\nsame\ng\nh\n\ni\nj\nsame\nk\nl\n");
}

/* n pages, each with a text of its own; the first three with that head. */
static td_buf pages_of(size_t n, const char *head)
{
    td_buf raw = TD_BUF(1 << 16);

    for (size_t i = 0; i < n; i++)
        td_buf_add_fmt(&raw, NULL, "%s\n\npage %c\n\f", i < 3 ? head : "", (char)('a' + i));
    return raw;
}

static void assert_head(size_t n_pages, const char *head, bool stays)
{
    td_buf raw = pages_of(n_pages, head), out = TD_BUF(1 << 16);

    assert_int_equal(td_extract_pdf_text_write(td_buf_str(&raw), &out, NULL), TANDEM_OK);
    assert_int_equal(strstr(out.ptr, head) != NULL, stays);
    td_buf_clear(&raw);
    td_buf_clear(&out);
}

static void a_head_stands_on_a_third_of_the_pages_and_is_short(void **state)
{
    char line[202];

    (void)state;
    assert_head(9, "The Lanes", false);
    assert_head(10, "The Lanes", true);
    memset(line, 'x', sizeof(line));
    line[201] = '\0';
    assert_head(3, line, true);
    line[200] = '\0';
    assert_head(3, line, false);
}

static void a_head_of_every_second_page_goes_too(void **state)
{
    (void)state;
    assert_text("Left\na\n\fRight\nb\n\fLeft\nc\n\fRight\nd\n\fLeft\ne\n\fRight\nf\n\f",
                "a\n\nb\n\nc\n\nd\n\ne\n\nf\n");
}

static void control_characters_are_no_text(void **state)
{
    (void)state;
    assert_text("a\n\n\x01\x02\n\nb\n\f", "a\n\nb\n");
    assert_text("a\x01"
                "b\x7F"
                "c\td\n\f",
                "abc\td\n");
}

static void ligatures_are_letters(void **state)
{
    (void)state;
    assert_text("e\xEF\xAC\x83"
                "cient \xEF\xAC\x81nd\n\f",
                "efficient find\n");
    assert_text("speci\x1C"
                "ed e\x1E"
                "cient o\x1B \x1Dow\n\f",
                "specified efficient off flow\n");
    assert_text("sti\x0B\n\x0E"
                "cient\n\f",
                "stiff\nfficient\n");
}

static void a_bullet_goes_with_its_item(void **state)
{
    (void)state;
    assert_text("items:\n\n\xE2\x80\xA2\n\none\ntoo\n\n\xE2\x80\xA2 two\n\f\xE2\x80\xA2\n\fx\n\f",
                "items:\n\n\xE2\x80\xA2 one\ntoo\n\n\xE2\x80\xA2 two\n\n\xE2\x80\xA2\n\nx\n");
}

static void a_full_buffer_is_told(void **state)
{
    td_buf out = TD_BUF(4);

    (void)state;
    assert_int_equal(td_extract_pdf_text_write(TD_STR("too long for it\n\f"), &out, NULL),
                     TANDEM_E_TOO_LARGE);
    td_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_a_page_is_that_of_a_paragraph),
        cmocka_unit_test(words_that_a_line_cut_are_whole),
        cmocka_unit_test(heads_and_feet_go_and_text_stays),
        cmocka_unit_test(a_head_stands_on_a_third_of_the_pages_and_is_short),
        cmocka_unit_test(a_head_of_every_second_page_goes_too),
        cmocka_unit_test(control_characters_are_no_text),
        cmocka_unit_test(ligatures_are_letters),
        cmocka_unit_test(a_bullet_goes_with_its_item),
        cmocka_unit_test(a_full_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
