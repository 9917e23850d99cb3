/* With programs that a test writes in place of poppler's; the real ones: tests/real/test_pdf.py. */
#include "base/os.h"
#include "extract/pdf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/tandem-test-pdf-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && setenv("PATH", folder, 1) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return td_os_remove_tree(folder, NULL) == TANDEM_OK ? 0 : -1;
}

/* NULL: there is none. */
static void put_program(const char *name, const char *script)
{
    char path[128], text[1000];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
    if (!script)
        return;
    snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
    assert_int_equal(td_os_write_file(path, td_str_from(text), NULL), TANDEM_OK);
    assert_int_equal(chmod(path, 0700), 0);
}

typedef struct made {
    td_buf text;
    td_extract_pdf_facts facts;
    tandem_error err;
    tandem_code code;
} made;

static made make(const char *text_script, const char *info_script)
{
    made m = {.text = TD_BUF(1000)};

    put_program("pdftotext", text_script);
    put_program("pdfinfo", info_script);
    td_extract_pdf_facts_init(&m.facts);
    m.code = td_extract_pdf_write(TD_STR("%PDF-1.4 the file"), &m.text, &m.facts, &m.err);
    return m;
}

static void clear(made *m)
{
    td_buf_clear(&m->text);
    td_extract_pdf_facts_clear(&m->facts);
}

static void assert_refused(const char *script, tandem_code code, const char *words)
{
    made m = make(script, NULL);

    assert_int_equal(m.code, code);
    if (!strstr(m.err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", m.err.message, words);
    assert_int_equal(m.text.n, 0);
    clear(&m);
}

static void the_program_reads_the_file_and_says_what_is_in_it(void **state)
{
    (void)state;
    made m = make("[ \"$*\" = '-enc UTF-8 -eol unix /dev/stdin -' ] && cat /dev/stdin; "
                  "printf '\\nmore\\n\\f'",
                  "cat >/dev/null; echo 'Title:   Of Lanes'; echo 'Author: A. B.'; "
                  "echo 'CreationDate: 2024-03-01T12:00:00Z'; echo 'Pages: 1'");
    assert_int_equal(m.code, TANDEM_OK);
    assert_string_equal(m.text.ptr, "%PDF-1.4 the file\nmore\n");
    assert_string_equal(m.facts.title.ptr, "Of Lanes");
    assert_string_equal(m.facts.author.ptr, "A. B.");
    assert_string_equal(m.facts.date.ptr, "2024-03-01T12:00:00Z");
    clear(&m);
}

static void a_title_that_no_person_gave_is_none(void **state)
{
    (void)state;
    static const char *const titles[] = {"Microsoft Word - x", "thesis.dvi", "Untitled", ""};
    for (size_t i = 0; i < 4; i++) {
        char script[100];
        snprintf(script, sizeof(script), "echo 'Title: %s'", titles[i]);
        made m = make("echo text", script);
        assert_int_equal(m.code, TANDEM_OK);
        assert_int_equal(m.facts.title.n, 0);
        clear(&m);
    }
}

static void a_long_fact_is_cut_between_characters(void **state)
{
    (void)state;
    made m =
        make("echo text", "printf 'Title: x'; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do "
                          "printf 'éééééééééé'; done; echo");
    assert_int_equal(m.code, TANDEM_OK);
    assert_int_equal(m.facts.title.n, 249); /* of 301; the 250th is the first half of one */
    assert_null(strstr(m.facts.title.ptr, "\xEF\xBF\xBD"));
    clear(&m);
}

static void facts_may_be_missing(void **state)
{
    (void)state;
    static const char *const scripts[] = {NULL, "exit 1", "echo Title: x; exit 99"};
    for (size_t i = 0; i < 3; i++) {
        made m = make("echo text", scripts[i]);
        assert_int_equal(m.code, TANDEM_OK);
        assert_string_equal(m.text.ptr, "text\n");
        assert_int_equal(m.facts.title.n, 0);
        clear(&m);
    }
}

static void each_refusal_has_its_reason(void **state)
{
    (void)state;
    assert_false(td_extract_pdf_can());
    assert_refused(NULL, TANDEM_E_UNSUPPORTED, "needs pdftotext (Debian: poppler-utils)");
    assert_refused("echo 'Command Line Error: Incorrect password' >&2; exit 1",
                   TANDEM_E_UNSUPPORTED, "needs a password");
    assert_refused("echo text; exit 1", TANDEM_E_UNSUPPORTED, "damaged");
    assert_refused("exit 3", TANDEM_E_UNSUPPORTED, "may not be copied");
    assert_refused("kill -9 $$", TANDEM_E_UNSUPPORTED, "signal 9");
    assert_refused("printf '\\f \\f'", TANDEM_E_EMPTY, "without text");
    assert_refused("while :; do echo more; done", TANDEM_E_TOO_LARGE, "more than 1000 bytes");
    assert_true(td_extract_pdf_can());
}

static void bytes_that_are_no_utf8_become_text(void **state)
{
    (void)state;
    made m = make("printf 'a\\377b\\000c\\n'", NULL);
    assert_int_equal(m.code, TANDEM_OK);
    assert_string_equal(m.text.ptr, "a\xEF\xBF\xBD"
                                    "b\xEF\xBF\xBD"
                                    "c\n");
    clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_has_its_reason),
        cmocka_unit_test(the_program_reads_the_file_and_says_what_is_in_it),
        cmocka_unit_test(a_title_that_no_person_gave_is_none),
        cmocka_unit_test(a_long_fact_is_cut_between_characters),
        cmocka_unit_test(facts_may_be_missing),
        cmocka_unit_test(bytes_that_are_no_utf8_become_text),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
