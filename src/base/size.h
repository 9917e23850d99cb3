/* base/size.h - arithmetic on sizes that came from outside. */
#ifndef TD_BASE_SIZE_H
#define TD_BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>

/* False when the result would not fit; *out is then untouched. */
static inline bool td_size_mul(size_t a, size_t b, size_t *out)
{
    size_t r;
    return !__builtin_mul_overflow(a, b, &r) && (*out = r, true);
}

static inline bool td_size_add(size_t a, size_t b, size_t *out)
{
    size_t r;
    return !__builtin_add_overflow(a, b, &r) && (*out = r, true);
}

#endif
