/* embed/weights/numbers.h - stored numbers as f32.
 *
 * Threads:  pure functions
 * Source:   IEEE 754 binary16; bfloat16 is the upper half of a binary32
 */
#ifndef TD_EMBED_WEIGHTS_NUMBERS_H
#define TD_EMBED_WEIGHTS_NUMBERS_H

#include "embed/weights/weights.h"

float td_embed_weights_numbers_from_f16(uint16_t bits);

/* `n` values of a readable dtype at any address; I8 values are multiplied by `scale`. */
void td_embed_weights_numbers_read(const uint8_t *data, td_dtype dtype, float scale, size_t n,
                                   float *out);

/* Bytes of one value of a readable dtype. */
size_t td_embed_weights_numbers_bytes(td_dtype dtype);

#endif
