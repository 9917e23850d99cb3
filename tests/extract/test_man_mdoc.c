#include "man_check.h"

#define HEAD ".Dd x\n.Dt A 1\n"

static void joins_punctuation_to_the_word_before(void **state)
{
    (void)state;
    check(HEAD ".Sh X\nSee\n.Xr b 3 ,\n.Pa /etc/a .\n.Pq Em x .\n",
          "# A(1)\n\n## X\n\nSee b(3), /etc/a. (x.)\n");
}

static void calls_the_macros_inside_a_line(void **state)
{
    (void)state;
    check(HEAD ".Sh X\n.Nm a\n.Op Fl v\n.Op Fl o Ar file\n.Ar x Ns Ar y\n",
          "# A(1)\n\n## X\n\na [-v] [-o file] xy\n");
}

static void repeats_the_name_where_it_is_not_given(void **state)
{
    (void)state;
    check(HEAD ".Sh NAME\n.Nm a\n.Nd does a\n.Sh X\n.Nm\nruns.\n",
          "# A(1)\n\n## NAME\n\na - does a\n\n## X\n\na runs.\n");
}

static void lists_items_with_their_text(void **state)
{
    (void)state;
    check(HEAD ".Bl -tag\n.It Fl a Ar x\nText.\n.It Sy b , c\nMore.\n.El\n.Bl -bullet\n.It\nDot.\n"
               ".El\n",
          "# A(1)\n\n- `-a x`: Text.\n\n- `b, c`: More.\n\n- Dot.\n");
}

static void joins_a_term_that_goes_over_several_lines(void **state)
{
    (void)state;
    check(HEAD
          ".Bl -tag\n.It Fl D Xo\n.Sm off\n.Oo Ar host : Oc\n.Ar po rt\n.Sm on\n.Xc\nText.\n.El\n",
          "# A(1)\n\n- `-D [host:]port`: Text.\n");
}

static void fences_displays_and_single_lines(void **state)
{
    (void)state;
    check(HEAD ".Bd -literal\nint x;\n.Fn f a\n.Ed\nthen\n.Dl make all\n",
          "# A(1)\n\n```\nint x;\nf(a)\n```\n\nthen\n\n```\nmake all\n```\n");
}

static void cuts_a_long_name_between_characters(void **state)
{
    td_str name = test_repeat("\xE2\x82\xAC", 100, "");
    char page[1000], expected[1000];

    (void)state;
    snprintf(page, sizeof(page), HEAD ".Nm %s\n.Sh X\n.Nm\nruns.\n", name.ptr);
    snprintf(expected, sizeof(expected), "# A(1)\n\n%s\n\n## X\n\n%.198s runs.\n", name.ptr,
             name.ptr);
    check(page, expected);
    free((char *)(uintptr_t)name.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_punctuation_to_the_word_before),
        cmocka_unit_test(calls_the_macros_inside_a_line),
        cmocka_unit_test(repeats_the_name_where_it_is_not_given),
        cmocka_unit_test(lists_items_with_their_text),
        cmocka_unit_test(joins_a_term_that_goes_over_several_lines),
        cmocka_unit_test(fences_displays_and_single_lines),
        cmocka_unit_test(cuts_a_long_name_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
