/* Makes a process believe in a smaller CPU, so that a peer that picks its code at run time can be
 * compared on an instruction set older than the machine's: CPUID traps and is answered without the
 * newer sets. Linux on Intel with CPUID faulting.
 *
 *   cc -O2 -shared -fPIC -o mask_cpu.so mask_cpu.c
 *   LD_PRELOAD=./mask_cpu.so BENCH_CPU=avx2|avx_vnni|avx512_vnni|avx512_bf16 python3 ... */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    ARCH_SET_CPUID = 0x1012
};
#define BIT(n) (1u << (n))

static int has_avx512, has_avx_vnni, has_bf16; /* what the pretended CPU still has */
static struct sigaction before;

static void mask(uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
    if (leaf == 7 && subleaf == 0) {
        r[3] &= ~(BIT(22) | BIT(23) | BIT(24) | BIT(25)); /* AMX, FP16 */
        if (!has_avx512) {
            r[1] &=
                ~(BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31));
            r[2] &= ~(BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14));
            r[3] &= ~(BIT(2) | BIT(3) | BIT(8));
        }
    } else if (leaf == 7 && subleaf == 1) {
        r[0] &= ~(BIT(21) | BIT(23) | (has_bf16 ? 0 : BIT(5)) | (has_avx_vnni ? 0 : BIT(4)));
        r[3] &= ~(BIT(4) | BIT(5) | BIT(8) | BIT(10) | BIT(19));
    } else if (leaf == 0x1d || leaf == 0x1e || leaf == 0x24) {
        memset(r, 0, 4 * sizeof(*r));
    }
}

static void answer(int signal, siginfo_t *info, void *context)
{
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *at = (const uint8_t *)regs[REG_RIP];
    uint32_t leaf = (uint32_t)regs[REG_RAX], subleaf = (uint32_t)regs[REG_RCX], r[4];

    (void)signal;
    (void)info;
    if (!at || at[0] != 0x0f || at[1] != 0xa2) { /* not CPUID: a real fault, again without us */
        sigaction(SIGSEGV, &before, NULL);
        return;
    }
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
    __cpuid_count(leaf, subleaf, r[0], r[1], r[2], r[3]);
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
    mask(leaf, subleaf, r);
    regs[REG_RAX] = r[0];
    regs[REG_RBX] = r[1];
    regs[REG_RCX] = r[2];
    regs[REG_RDX] = r[3];
    regs[REG_RIP] += 2;
}

__attribute__((constructor)) static void begin(void)
{
    const char *cpu = getenv("BENCH_CPU");
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};

    if (!cpu)
        return;
    has_avx512 = strncmp(cpu, "avx512", 6) == 0;
    has_avx_vnni = has_avx512 || strcmp(cpu, "avx_vnni") == 0;
    has_bf16 = strcmp(cpu, "avx512_bf16") == 0;
    sigaction(SIGSEGV, &action, &before);
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
}
