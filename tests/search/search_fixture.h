/* tests/search/search_fixture.h - a store with 1200 chunks to search in. */
#ifndef TD_TESTS_SEARCH_FIXTURE_H
#define TD_TESTS_SEARCH_FIXTURE_H

#include "store/store_fixture.h"

/* 300 pages of four chunks, each with its own vector (fixture_vector of its id). */
static inline void fixture_fill(fixture *f)
{
    char name[32], text[128];
    int64_t ids[16];

    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "%s/p%d", i % 2 ? "odd" : "even", i);
        snprintf(text, sizeof(text), "prose %d|code%d(x)|more prose word%d|x = call_%d()", i, i, i,
                 i);
        fixture_put_page(f, name, text, ids);
        fixture_put_vectors(f, ids, 4);
    }
    fixture_flush(f);
}

#endif
