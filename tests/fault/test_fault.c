/* The harness itself: it must see what it is for. */
#include "base/error.h"
#include "fault/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What a work does wrong when it has no memory. */
typedef enum mistake {
    NONE,
    SILENT,
    LEAKY,
    OTHER_CODE,
    FORGETFUL
} mistake;

static tandem_code three_blocks(void *user, tandem_error *err)
{
    mistake kind = *(mistake *)user;
    char *first = malloc(10);
    char *second = first ? strdup("two") : NULL;
    char *third = second ? realloc(second, 1000) : NULL;
    bool whole = third != NULL;
    if (third)
        second = NULL;
    free(third);
    if (kind != FORGETFUL)
        free(second); /* realloc left it alone when it failed */
    if (kind != LEAKY || whole)
        free(first);
    if (whole || kind == SILENT)
        return TANDEM_OK;
    return td_fail(err, kind == OTHER_CODE ? TANDEM_E_IO : TANDEM_E_NOMEM, "no block");
}

static void try_it(void **state)
{
    fault_each(three_blocks, *state, FAULT_STRICT);
}

/* Whether the harness is content with a work; asked in a child that says nothing. */
static bool content_with(mistake kind)
{
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        close(STDOUT_FILENO);
        const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(try_it, &kind)};
        _exit(cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

static void is_content_with_work_that_fails_well(void **state)
{
    (void)state;
    assert_true(content_with(NONE));
}

static void sees_each_mistake(void **state)
{
    (void)state;
    assert_false(content_with(SILENT));
    assert_false(content_with(LEAKY));
    assert_false(content_with(OTHER_CODE));
    assert_false(content_with(FORGETFUL));
}

static void counts_allocations(void **state)
{
    (void)state;
    mistake kind = NONE;
    assert_int_equal(fault_count(three_blocks, &kind), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_content_with_work_that_fails_well),
        cmocka_unit_test(sees_each_mistake),
        cmocka_unit_test(counts_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
