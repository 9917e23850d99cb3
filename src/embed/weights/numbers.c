#include "embed/weights/numbers.h"

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

float td_embed_weights_numbers_from_f16(uint16_t bits)
{
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16;
    uint32_t exponent = bits >> 10 & 0x1f;
    uint32_t fraction = bits & 0x3ff;

    if (exponent == 0x1f)
        return from_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent > 0)
        return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
    /* Subnormal: a multiple of 2^-24, which f32 holds exactly. */
    float value = (float)fraction * 0x1p-24f;
    return sign ? -value : value;
}

static uint16_t load_u16(const uint8_t *data)
{
    return (uint16_t)(data[0] | data[1] << 8);
}

static uint32_t load_u32(const uint8_t *data)
{
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
           (uint32_t)data[3] << 24;
}

void td_embed_weights_numbers_read(const uint8_t *data, td_dtype dtype, float scale, size_t n,
                                   float *out)
{
    switch (dtype) {
    case TD_DTYPE_F32:
        for (size_t i = 0; i < n; i++)
            out[i] = from_bits(load_u32(data + 4 * i));
        break;
    case TD_DTYPE_F16:
        for (size_t i = 0; i < n; i++)
            out[i] = td_embed_weights_numbers_from_f16(load_u16(data + 2 * i));
        break;
    case TD_DTYPE_BF16:
        for (size_t i = 0; i < n; i++)
            out[i] = from_bits((uint32_t)load_u16(data + 2 * i) << 16);
        break;
    case TD_DTYPE_I8:
        for (size_t i = 0; i < n; i++)
            out[i] = (float)(int8_t)data[i] * scale;
        break;
    case TD_DTYPE_OTHER:
        break;
    }
}

size_t td_embed_weights_numbers_bytes(td_dtype dtype)
{
    switch (dtype) {
    case TD_DTYPE_F32:
        return 4;
    case TD_DTYPE_F16:
    case TD_DTYPE_BF16:
        return 2;
    default:
        return 1;
    }
}
