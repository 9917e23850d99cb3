#include "hub/revision.h"

void td_hub_revision_of(const td_model_file *files, size_t n, void (*forget)(td_str read),
                        char out[TD_HASH_HEX_N])
{
    td_hash sum = {{0}};

    /* Added up, so that the order in which a folder lists its files does not count. */
    for (size_t i = 0; i < n; i++) {
        td_str parts[2] = {files[i].name, files[i].bytes};
        td_hash hash = td_hash_of_parts_in_turn(parts, 2, forget);
        unsigned carry = 0;
        for (size_t b = sizeof(sum.bytes); b-- > 0;) {
            carry += (unsigned)sum.bytes[b] + hash.bytes[b];
            sum.bytes[b] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    td_hash_hex(sum, out);
}
