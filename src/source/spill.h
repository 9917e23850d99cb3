/* source/spill.h - what of a crawl's lists has no place in memory: bytes at places of a temporary
 * file, which is made when the first are put and has no name.
 *
 * Threads:  one owner
 */
#ifndef TD_SOURCE_SPILL_H
#define TD_SOURCE_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Begins as {0}. */
typedef struct td_source_spill {
    FILE *file;
    uint64_t n_bytes; /* up to the last byte that was put */
    bool is_useless;  /* no file could be made, or written: nothing is put any more */
} td_source_spill;

/* Writes n bytes at `at`. False where there is no file, or no room in it. */
bool td_source_spill_put(td_source_spill *spill, uint64_t at, const void *bytes, size_t n);

/* Reads n bytes; what was never put reads as zeros. False when the file cannot be read. */
bool td_source_spill_get(const td_source_spill *spill, uint64_t at, void *bytes, size_t n);

/* The file is gone; an empty one is fine. */
void td_source_spill_clear(td_source_spill *spill);

#endif
