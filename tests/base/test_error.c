#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void sets_code_and_message_and_forgets_the_old_way(void **state)
{
    (void)state;
    tandem_error err = {.code = TANDEM_E_IO, .message = "old", .context = "old way"};
    assert_int_equal(td_fail(&err, TANDEM_E_FORMAT, "line %d is %s", 7, "bad"), TANDEM_E_FORMAT);
    assert_int_equal(err.code, TANDEM_E_FORMAT);
    assert_string_equal(err.message, "line 7 is bad");
    assert_string_equal(err.context, "");
}

static void gives_the_code_also_without_an_error_to_fill(void **state)
{
    (void)state;
    assert_int_equal(td_fail(NULL, TANDEM_E_BUSY, "x"), TANDEM_E_BUSY);
    assert_int_equal(td_fail_errno(NULL, ENOENT, "x"), TANDEM_E_NOT_FOUND);
    assert_int_equal(td_fail_nomem(NULL, "x"), TANDEM_E_NOMEM);
    td_context(NULL, "page %d", 1);
}

static void may_quote_the_error_that_it_writes(void **state)
{
    (void)state;
    tandem_error err = {.message = "no route", .context = "page 3"};
    td_fail(&err, TANDEM_E_NETWORK, "at %s: %s", err.context, err.message);
    assert_string_equal(err.message, "at page 3: no route");
}

static void cuts_a_long_message_at_a_character(void **state)
{
    (void)state;
    tandem_error err;
    char text[400] = "";
    memset(text, 'a', 254); /* one byte is left, and the next character needs two */
    strcat(text, "\xC3\xA9 and more");
    td_fail(&err, TANDEM_E_IO, "%s", text);
    assert_int_equal(strlen(err.message), 254);
    assert_int_equal(err.message[253], 'a');

    memset(text, 0, sizeof(text));
    memset(text, 'a', 253);
    strcat(text, "\xC3\xA9 and more");
    td_fail(&err, TANDEM_E_IO, "%s", text);
    assert_int_equal(strlen(err.message), 255);
}

static void keeps_to_one_line_whatever_it_quotes(void **state)
{
    tandem_error err = {0};

    (void)state;
    td_fail(&err, TANDEM_E_FORMAT, "the model is \"%s\"", "a\x1b[2J\nb\xc2\x9b\x7f\xff \u00e9");
    assert_string_equal(err.message, "the model is \"a?[2J?b???? \u00e9\"");
    td_context(&err, "page %s", "a\rb");
    assert_string_equal(err.context, "page a?b");
}

static void puts_errnos_text_at_the_end_even_of_a_long_message(void **state)
{
    (void)state;
    tandem_error err;
    td_fail_errno(&err, ENOENT, "cannot open %s", "a/b");
    assert_string_equal(err.message, "cannot open a/b: No such file or directory");

    char path[400] = "";
    memset(path, 'p', sizeof(path) - 1);
    td_fail_errno(&err, ENOENT, "cannot open %s", path);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_non_null(strstr(err.message, "ppp: No such file or directory"));
}

static void chooses_the_code_by_errno(void **state)
{
    (void)state;
    assert_int_equal(td_fail_errno(NULL, ENOMEM, "x"), TANDEM_E_NOMEM);
    assert_int_equal(td_fail_errno(NULL, ENOSPC, "x"), TANDEM_E_NO_SPACE);
    assert_int_equal(td_fail_errno(NULL, EDQUOT, "x"), TANDEM_E_NO_SPACE);
    assert_int_equal(td_fail_errno(NULL, EACCES, "x"), TANDEM_E_DENIED);
    assert_int_equal(td_fail_errno(NULL, EPERM, "x"), TANDEM_E_DENIED);
    assert_int_equal(td_fail_errno(NULL, EIO, "x"), TANDEM_E_IO);
    assert_int_equal(td_fail_errno(NULL, 123456, "x"), TANDEM_E_IO);
}

static void tells_the_way_outermost_first(void **state)
{
    (void)state;
    tandem_error err;
    td_fail(&err, TANDEM_E_IO, "broken");
    td_context(&err, "chunk %d", 1);
    assert_string_equal(err.context, "chunk 1");
    td_context(&err, "page %d", 3);
    td_context(&err, "index");
    assert_string_equal(err.context, "index > page 3 > chunk 1");
    assert_string_equal(err.message, "broken");
}

static void keeps_the_outer_steps_of_a_way_too_long(void **state)
{
    (void)state;
    tandem_error err;
    td_fail(&err, TANDEM_E_IO, "broken");
    for (int i = 100; i > 0; i--)
        td_context(&err, "step %d", i);
    assert_int_equal(strncmp(err.context, "step 1 > step 2 > step 3", 24), 0);
    assert_in_range(strlen(err.context), 250, sizeof(err.context) - 1);
}

static tandem_code pass(tandem_code code)
{
    return code;
}

static tandem_code try_two(tandem_code first, int *n_run, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    TD_TRY(pass(first));
    *n_run += 1;
    TD_FAIL(err, TANDEM_E_EMPTY, "second");

out:
    *n_run += 10;
    return code;
}

static void try_leaves_through_out_with_the_code_of_the_call(void **state)
{
    (void)state;
    tandem_error err;
    int n_run = 0;
    assert_int_equal(try_two(TANDEM_E_BUSY, &n_run, &err), TANDEM_E_BUSY);
    assert_int_equal(n_run, 10);
    assert_int_equal(try_two(TANDEM_OK, &n_run, &err), TANDEM_E_EMPTY);
    assert_int_equal(n_run, 21);
    assert_string_equal(err.message, "second");
}

static void knows_every_code_by_one_table(void **state)
{
    (void)state;
    assert_string_equal(tandem_code_name(TANDEM_OK), "OK");
    assert_string_equal(tandem_code_name(TANDEM_E_TIMEOUT), "E_TIMEOUT");
    assert_string_equal(tandem_code_text(TANDEM_E_TIMEOUT), "timed out");
    assert_true(tandem_code_retry(TANDEM_E_BUSY));
    assert_false(tandem_code_retry(TANDEM_E_NOMEM));
    assert_int_equal(tandem_code_http(TANDEM_E_NOT_FOUND), 404);
    assert_int_equal(tandem_code_exit(TANDEM_E_CANCELLED), 130);
    for (int code = 0; code < TANDEM_N_CODES; code++) {
        assert_true(tandem_code_name((tandem_code)code)[0] != '\0');
        assert_in_range(tandem_code_http((tandem_code)code), 200, 599);
        assert_int_equal(tandem_code_exit((tandem_code)code) == 0, code == TANDEM_OK);
    }
}

static void takes_a_value_that_is_no_code_for_an_internal_error(void **state)
{
    (void)state;
    assert_string_equal(tandem_code_name((tandem_code)9999), "E_INTERNAL");
    assert_int_equal(tandem_code_http((tandem_code)-1), 500);
}

static void aborts_on_an_assert_that_does_not_hold(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        td_assert(child != 0);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_code_and_message_and_forgets_the_old_way),
        cmocka_unit_test(gives_the_code_also_without_an_error_to_fill),
        cmocka_unit_test(may_quote_the_error_that_it_writes),
        cmocka_unit_test(cuts_a_long_message_at_a_character),
        cmocka_unit_test(keeps_to_one_line_whatever_it_quotes),
        cmocka_unit_test(puts_errnos_text_at_the_end_even_of_a_long_message),
        cmocka_unit_test(chooses_the_code_by_errno),
        cmocka_unit_test(tells_the_way_outermost_first),
        cmocka_unit_test(keeps_the_outer_steps_of_a_way_too_long),
        cmocka_unit_test(try_leaves_through_out_with_the_code_of_the_call),
        cmocka_unit_test(knows_every_code_by_one_table),
        cmocka_unit_test(takes_a_value_that_is_no_code_for_an_internal_error),
        cmocka_unit_test(aborts_on_an_assert_that_does_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
