/* fuzz: hub */
/* Any bytes as a hub's list of a model's files: what is kept must be safe as a path, a hash, a
 * length, and what is refused must give one line. */
#include "hub/listing.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static td_hub_listing listing;
    tandem_error err = {0};

    if (td_hub_listing_read((td_str){(const char *)data, size}, &listing, &err) != TANDEM_OK) {
        if (err.message[0] == '\0' || strpbrk(err.message, "\n\r\x1b"))
            abort();
        return 0;
    }
    if (!td_hub_names_is_commit(td_str_from(listing.commit)) || listing.n_files < 3)
        abort();
    for (size_t i = 0; i < listing.n_files; i++) {
        td_str path = td_str_from(listing.files[i].path);
        td_str hash = td_str_from(listing.files[i].hash);
        if (!td_hub_names_is_wanted(path) || td_str_find(path, TD_STR(".."), 0) != TD_STR_NONE ||
            path.ptr[0] == '/' || (hash.n > 0 && !td_hub_names_is_commit(hash)))
            abort();
    }
    return 0;
}
