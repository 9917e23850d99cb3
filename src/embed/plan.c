#include "embed/plan.h"

#include "base/os.h"
#include "embed/pool.h"

#include <stdlib.h>

enum {
    /* Program, tokenizers, the window of a run, the store's page cache: measured 45 to 90 MB. */
    REST_BYTES = 128 << 20,
};

static size_t value_bytes(td_precision precision)
{
    return precision == TD_PRECISION_F32 ? 4 : precision == TD_PRECISION_BF16 ? 2 : 1;
}

size_t td_embed_plan_weights(const td_weights *weights, td_precision precision)
{
    td_weights_sizes sizes;
    td_embed_weights_sizes(weights, &sizes);
    return (sizes.n_values - sizes.n_largest) * value_bytes(precision) + sizes.largest_bytes;
}

/* Bytes of one run of n_tokens, in texts as long as the model takes them. */
static tandem_code run_bytes(const td_model *model, size_t n_tokens, size_t n_members,
                             size_t *bytes_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t longest = td_embed_model_info(model)->tokens_max;
    const td_team team = {.n = n_members};
    uint32_t *ids = calloc(n_tokens, sizeof(*ids));
    uint32_t *starts = calloc(n_tokens + 1, sizeof(*starts));
    td_scratch *scratch = td_embed_model_scratch_new();
    td_ragged batch = {.ids = ids, .starts = starts};

    if (!ids || !starts || !scratch)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory to plan a run");
    for (size_t at = 0; at < n_tokens; at = starts[batch.n_texts]) {
        size_t n = n_tokens - at < longest ? n_tokens - at : longest;
        starts[++batch.n_texts] = (uint32_t)(at + n);
    }
    TD_TRY(td_embed_model_prepare(model, &batch, &team, scratch, err));
    *bytes_out = td_embed_model_scratch_bytes(scratch);
out:
    td_embed_model_scratch_free(scratch);
    free(starts);
    free(ids);
    return code;
}

tandem_code td_embed_plan_scratch(const td_model *model, size_t n_threads, size_t *bytes_out,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t longest = td_embed_model_info(model)->tokens_max;
    size_t alone = 0, query = 0, largest = 0;

    longest = longest < TD_GROUP_TOKENS ? TD_GROUP_TOKENS : longest;
    TD_TRY(run_bytes(model, TD_GROUP_TOKENS, 1, &alone, err));
    TD_TRY(run_bytes(model, TD_GROUP_TOKENS, n_threads, &query, err));
    TD_TRY(run_bytes(model, longest, n_threads, &largest, err));
    *bytes_out = n_threads * alone + query + largest;
out:
    return code;
}

tandem_code td_embed_plan_check(uint64_t bytes_max, size_t weights_bytes, size_t scratch_bytes,
                                tandem_error *err)
{
    const uint64_t mega = 1 << 20;
    uint64_t most = bytes_max > 0 ? bytes_max : td_os_memory_bytes();
    uint64_t need = (uint64_t)weights_bytes + scratch_bytes + REST_BYTES;

    if (most == 0 || need <= most)
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_NOMEM,
                   "%llu MB are needed (weights %llu, runs %llu, the rest %llu), the %s %llu MB: "
                   "raise it, or take a narrower --precision, fewer --threads or a smaller model",
                   (unsigned long long)(need / mega), (unsigned long long)(weights_bytes / mega),
                   (unsigned long long)(scratch_bytes / mega),
                   (unsigned long long)(REST_BYTES / mega),
                   bytes_max > 0 ? "memory limit is" : "machine gives",
                   (unsigned long long)(most / mega));
}
