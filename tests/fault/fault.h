/* tests/fault/fault.h - runs the same work again and again, and lets one more allocation fail.
 *
 * tests/fault/test_<room>.c is linked with its room and with fault.c, and the linker leads each
 * malloc, calloc, realloc, free and their kin of our own code through fault.c (not those inside
 * shared libraries). Under ASan a use after free and a leak end the test as well.
 * TANDEM_FAULT_N=17 in the environment runs each work once, with the 17th allocation failing.
 *
 * Threads:  the work may start threads, and must have joined them when it returns
 */
#ifndef TESTS_FAULT_FAULT_H
#define TESTS_FAULT_FAULT_H

#include "tandem/error.h"

#include <stddef.h>

/* What is tried: makes its values, checks them when all went well, and frees them in any case.
 * Returns what the room returned; for a plain NULL, TANDEM_E_NOMEM. */
typedef tandem_code (*fault_work)(void *user, tandem_error *err);

enum {
    FAULT_STRICT = 0,
    FAULT_MAY_DO_WITHOUT = 1, /* OK is a fine answer although an allocation failed */
    FAULT_MAY_KEEP = 2,       /* leaves memory on purpose: what lives as long as the program */
};

/* Runs `work` whole; then with the n-th allocation failing, for n = 1 to all; then the same with
 * every allocation from the n-th on failing. The test fails when a run
 *   - returns another code than E_NOMEM, or OK although the allocation failed,
 *   - fills `err` with another code than it returns,
 *   - leaves memory behind. */
void fault_each(fault_work work, void *user, unsigned allowed);

/* Allocations of one whole run: 0 proves "allocates nothing". */
size_t fault_count(fault_work work, void *user);

#endif
