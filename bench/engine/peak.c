#include "peak.h"

#include "base/clock.h"

#include <string.h>

#if TANDEM_HAVE_X86

#    include <immintrin.h>

enum {
    ROUNDS = 40, /* half a second: clocks take a while to rise, and a core may be lent to others */
    SUMS = 12,   /* enough to hide the latency of any of the instructions */
};

/* Best of a few rounds of `n` passes over independent sums, each pass `operations`. */
#    define MEASURE(n, operations, pass)                                                        \
        double best = 0;                                                                        \
        for (int round = 0; round < ROUNDS; round++) {                                          \
            int64_t began = td_clock_us();                                                      \
            for (int i = 0; i < (n); i++) {                                                     \
                pass                                                                            \
            }                                                                                   \
            double rate = (double)(n) * (operations)*1e6 / (double)(td_clock_us() - began + 1); \
            best = rate > best ? rate : best;                                                   \
        }                                                                                       \
        return best;

#    define EACH_SUM(instruction)                               \
        _Pragma("GCC unroll 12") for (int s = 0; s < SUMS; s++) \
        {                                                       \
            sums[s] = instruction;                              \
            __asm__ volatile("" : "+v"(sums[s]));               \
        }

static double fma_f32(void)
{
    __m512 sums[SUMS] = {0}, x = _mm512_set1_ps(1e-9f);
    MEASURE(2000000, SUMS * 32, EACH_SUM(_mm512_fmadd_ps(x, x, sums[s])))
}

static double dot_bf16(void)
{
    __m512 sums[SUMS] = {0};
    __m512bh x = (__m512bh)_mm512_set1_epi32(0);
    MEASURE(1000000, SUMS * 64, EACH_SUM(_mm512_dpbf16_ps(sums[s], x, x)))
}

static double dot_int8(void)
{
    __m512i sums[SUMS] = {0}, x = _mm512_set1_epi32(0x01010101);
    MEASURE(2000000, SUMS * 128, EACH_SUM(_mm512_dpbusd_epi32(sums[s], x, x)))
}

static void set_tiles(void)
{
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        shape.row_bytes[i] = 64;
        shape.rows[i] = 16;
    }
    _tile_loadconfig(&shape);
}

static double tiles_bf16(void)
{
    set_tiles();
    MEASURE(300000, 4 * 16 * 16 * 32 * 2, _tile_dpbf16ps(0, 4, 6); _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6); _tile_dpbf16ps(3, 5, 7);)
}

static double tiles_int8(void)
{
    set_tiles();
    MEASURE(300000, 4 * 16 * 16 * 64 * 2, _tile_dpbusd(0, 4, 6); _tile_dpbusd(1, 4, 7);
            _tile_dpbusd(2, 5, 6); _tile_dpbusd(3, 5, 7);)
}

double bench_peak(const char *isa, td_precision precision)
{
    bool amx = strcmp(isa, "amx") == 0, bf16 = amx || strcmp(isa, "avx512_bf16") == 0;
    if (strncmp(isa, "avx512", 6) != 0 && !amx)
        return 0;
    if (precision == TD_PRECISION_F32 || strcmp(isa, "avx512") == 0)
        return fma_f32();
    if (precision == TD_PRECISION_INT8)
        return amx ? tiles_int8() : dot_int8();
    return amx ? tiles_bf16() : bf16 ? dot_bf16() : fma_f32();
}

#else

double bench_peak(const char *isa, td_precision precision)
{
    (void)isa;
    (void)precision;
    return 0;
}

#endif
