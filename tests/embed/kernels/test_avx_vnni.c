/* The avx_vnni table against the plain one. */
#include "embed/kernels/against_plain.h"
#include "embed/kernels/narrow_against_plain.h"

int main(void)
{
    const struct CMUnitTest tests[] = {AGAINST_PLAIN, NARROW_AGAINST_PLAIN};
    return choose("avx_vnni") == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
