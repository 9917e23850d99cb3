/* packed.h - the packed weights that the engine keeps on disk: how many, and away with them. */
#ifndef PACKED_H
#define PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct packed_facts {
    char folder[4200]; /* $XDG_CACHE_HOME/tandem/packed */
    size_t n_files;
    uint64_t n_bytes;
} packed_facts;

/* "$XDG_CACHE_HOME/tandem/checks" and the like, also where there is no such folder. */
void packed_default_path(const char *variable, const char *below_home, const char *rest, char *out,
                         size_t out_bytes);

void packed_look(packed_facts *facts_out);

/* Takes all files away, also what a killed process left half written. False, with errno set, if one
 * stays; facts are of what went. */
bool packed_drop(packed_facts *facts_out);

#endif
