#include "base/os.h"
#include "embed/kernels/tables.h"

#include <string.h>

#if TANDEM_HAVE_X86
#    include <cpuid.h>
#endif

static bool always(void)
{
    return true;
}

#if TANDEM_HAVE_X86
static bool cpu_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* Leaf 7's second part, which compilers do not all know by name: does it say `bit`? */
static bool cpu_says(unsigned bit)
{
    unsigned eax = 0, ebx, ecx, edx;
    return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && eax >> bit & 1;
}

static bool cpu_has_avx_vnni(void)
{
    return cpu_has_avx2() && cpu_says(4);
}

static bool cpu_has_avx512(void)
{
    return cpu_has_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

static bool cpu_has_vnni(void)
{
    return cpu_has_avx512() && __builtin_cpu_supports("avx512vnni");
}

static bool cpu_has_bf16(void)
{
    return cpu_has_vnni() && cpu_says(5);
}

/* On Intel's a bf16 dot product takes as long as its two f32 ones or longer (Granite Rapids: twice
 * as long), so that widened bf16 is faster; AMD's have twice the rate. */
static bool bf16_dots_pay(void)
{
    return !__builtin_cpu_is("intel");
}

#    if TANDEM_HAVE_AMX
static bool cpu_has_amx(void)
{
    const unsigned needed = 1u << 22 | 1u << 24 | 1u << 25; /* bf16, tile, int8 */
    unsigned eax, ebx, ecx, edx = 0;
    return cpu_has_bf16() && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) &&
           (edx & needed) == needed && td_os_allow_amx();
}
#    endif
#endif

bool td_embed_kernels_is_fast(const td_kernels *kernels, td_precision precision)
{
    switch (precision) {
    case TD_PRECISION_BF16:
        return kernels->narrow->bf16_is_fast;
    case TD_PRECISION_INT8:
        return kernels->narrow->int8_is_fast;
    default:
        return true;
    }
}

/* Fastest first. Without kernels of ours for this CPU, oneDNN has some. */
static const struct {
    const char *name;
    const td_kernels *kernels; /* NULL: not in this build */
    bool (*is_here)(void);
    bool (*pays)(void); /* NULL: whenever it is here. Else taken only by its name */
} CHOICES[] = {
#if TANDEM_HAVE_AMX
    {"amx", &td_embed_kernels_amx, cpu_has_amx, NULL},
#else
    {"amx", NULL, always, NULL},
#endif
#if TANDEM_HAVE_X86
    {"avx512_bf16", &td_embed_kernels_avx512_bf16, cpu_has_bf16, bf16_dots_pay},
    {"avx512_vnni", &td_embed_kernels_avx512_vnni, cpu_has_vnni, NULL},
    {"avx512", &td_embed_kernels_avx512, cpu_has_avx512, NULL},
    {"avx_vnni", &td_embed_kernels_avx_vnni, cpu_has_avx_vnni, NULL},
    {"avx2", &td_embed_kernels_avx2, cpu_has_avx2, NULL},
#else
    {"avx512_bf16", NULL, always, NULL},
    {"avx512_vnni", NULL, always, NULL},
    {"avx512", NULL, always, NULL},
    {"avx_vnni", NULL, always, NULL},
    {"avx2", NULL, always, NULL},
#endif
#if TANDEM_HAVE_ONEDNN
    {"onednn", &td_embed_kernels_onednn, always, NULL},
#else
    {"onednn", NULL, always, NULL},
#endif
    {"plain", &td_embed_kernels_plain, always, NULL},
};
enum {
    N_CHOICES = sizeof(CHOICES) / sizeof(CHOICES[0])
};

tandem_code td_embed_kernels_choose(const char *isa, const td_kernels **kernels_out,
                                    tandem_error *err)
{
    bool any = !isa || strcmp(isa, "auto") == 0;

    for (size_t i = 0; i < N_CHOICES; i++) {
        bool here = CHOICES[i].kernels && CHOICES[i].is_here();
        if (any ? CHOICES[i].pays && !CHOICES[i].pays() : strcmp(isa, CHOICES[i].name) != 0)
            continue;
        if (here) {
            *kernels_out = CHOICES[i].kernels;
            return TANDEM_OK;
        }
        if (!any)
            return td_fail(err, TANDEM_E_UNSUPPORTED, "isa \"%s\" is not in this %s", isa,
                           CHOICES[i].kernels ? "CPU" : "build");
    }
    return td_fail(err, TANDEM_E_INVALID,
                   "isa \"%s\" is not known: use auto, amx, avx512_bf16, avx512_vnni, avx512, "
                   "avx_vnni, avx2, onednn or plain",
                   isa);
}
