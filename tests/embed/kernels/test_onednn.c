/* The onednn table against the plain one. */
#include "embed/kernels/against_plain.h"

int main(void)
{
    const struct CMUnitTest tests[] = {AGAINST_PLAIN};
    return choose("onednn") == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
