#include "base/os.h"
#include "embed/embed.h"
#include "net/net.h"
#include "pipeline/pipeline.h"

#include <stdio.h>

/* Features that a table of kernels asks for, of those that the system shows. */
static void pick_features(char *out, size_t n_max)
{
    static const char *const names[] = {"avx2",        "fma",         "avx_vnni", "avx512f",
                                        "avx512bw",    "avx512dq",    "avx512vl", "avx512_vnni",
                                        "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8",
                                        "amx_bf16",    "asimd",       "asimddp",  "bf16",
                                        "i8mm",        "sve"};
    td_buf all = TD_BUF(1u << 16);
    size_t n = 0;

    td_os_cpu_features(&all);
    out[0] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        td_str rest = td_buf_str(&all), word;
        bool found = false;
        while (!found && td_str_next(&rest, ' ', &word))
            found = td_str_eq(word, td_str_from(names[i]));
        if (found && n + strlen(names[i]) + 2 < n_max)
            n += (size_t)snprintf(out + n, n_max - n, n ? " %s" : "%s", names[i]);
    }
    td_buf_clear(&all);
}

void td_pipeline_machine_get(tandem_machine *machine_out)
{
    tandem_machine machine = {
        .n_cpus = (uint32_t)td_os_n_cpus(),
        .n_cpus_online = (uint32_t)td_os_n_cpus_online(),
        .memory_bytes = td_os_memory_bytes(),
        .rss_bytes = td_os_rss_bytes(),
        .rss_peak_bytes = td_os_rss_peak_bytes(),
    };
    td_embed_machine engine;
    size_t n = 0;

    td_os_cpu_name(machine.cpu, sizeof(machine.cpu));
    pick_features(machine.features, sizeof(machine.features));
    td_embed_machine_get(&engine);
    snprintf(machine.isa, sizeof(machine.isa), "%s", engine.isa);
    for (size_t i = 0; i < engine.n_fast; i++)
        n += (size_t)snprintf(machine.fast + n, sizeof(machine.fast) - n, n ? " %s" : "%s",
                              engine.fast[i]);
    snprintf(machine.libcurl, sizeof(machine.libcurl), "%s", td_net_version());
    *machine_out = machine;
}

tandem_code td_pipeline_machine_measure(const char *precision, const char *isa, uint32_t threads,
                                        double *gflops_out, tandem_error *err)
{
    return td_embed_machine_measure(precision, isa, threads, gflops_out, err);
}

const char *td_pipeline_machine_sample(size_t i)
{
    size_t n = 0;
    const char *const *samples = td_embed_samples_get(&n);
    return i < n ? samples[i] : NULL;
}
