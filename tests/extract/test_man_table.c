#include "man_check.h"

static void makes_rows_of_cells_between_tabs(void **state)
{
    (void)state;
    check(".TH A 1\n.TS\nallbox;\nlb lb\nl l.\nName\tValue\n_\na\t1\n.TE\nx\n",
          "# A(1)\n\n| Name | Value |\n| --- | --- |\n| a | 1 |\n\nx\n");
}

static void obeys_another_separator_and_escapes_bars(void **state)
{
    (void)state;
    check(".TH A 1\n.TS\ntab(:);\nl l.\na|b:c\n.TE\n", "# A(1)\n\n| a\\|b | c |\n| --- | --- |\n");
}

static void reads_cells_of_several_lines(void **state)
{
    (void)state;
    check(".TH A 1\n.TS\ntab(;);\nl l.\nT{\n.BR a (1)\nand\nT};T{\nb\nT}\nc;d\n.TE\n",
          "# A(1)\n\n| a(1) and | b |\n| --- | --- |\n| c | d |\n");
}

static void keeps_to_tabs_where_the_separator_is_no_single_byte(void **state)
{
    (void)state;
    check(".TH A 1\n.TS\ntab(\xC2\xA7);\nl l.\na\xC2\xA9\tb\n.TE\n",
          "# A(1)\n\n| a\xC2\xA9 | b |\n| --- | --- |\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_rows_of_cells_between_tabs),
        cmocka_unit_test(obeys_another_separator_and_escapes_bars),
        cmocka_unit_test(reads_cells_of_several_lines),
        cmocka_unit_test(keeps_to_tabs_where_the_separator_is_no_single_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
