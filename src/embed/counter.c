/* embed/counter.c - a model's tokenizer by itself: what a text costs, without the weights. */
#include "embed/embed.h"
#include "embed/model/model.h"
#include "embed/tokenize/tokenize.h"

#include <stdlib.h>

enum {
    TOKENS_MAX = 8192, /* of a model that does not say */
    IDS_ON_STACK_MAX = 2048,
    TEXT_BYTES_MAX = 1 << 16
};

struct td_embed_counter {
    td_tokenizer *tokenizer;
    td_buf prompt, name;
    size_t tokens_max;
};

static td_str get_file(const void *user, const char *name)
{
    return td_model_files_get(user, name);
}

tandem_code td_embed_counter_open(const td_model_files *files, td_embed_counter **counter_out,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_model_source source = {.get = get_file, .user = files};
    td_embed_counter *counter = calloc(1, sizeof(*counter));

    if (!counter)
        return td_fail_nomem(err, "a tokenizer");
    counter->prompt = TD_BUF(TEXT_BYTES_MAX);
    counter->name = TD_BUF(TEXT_BYTES_MAX);
    TD_TRY(td_buf_add_fmt(&counter->name, err, "%.*s@%.*s", TD_STR_FMT(files->id),
                          TD_STR_FMT(files->revision)));
    TD_TRY(td_embed_model_read_limits(&source, &counter->tokens_max, &counter->prompt, err));
    if (counter->tokens_max == 0)
        counter->tokens_max = TOKENS_MAX;
    TD_TRY(td_embed_tokenize_open(td_model_files_get(files, "tokenizer.json"),
                                  td_model_files_get(files, "vocab.txt"),
                                  td_model_files_get(files, "tokenizer_config.json"),
                                  &counter->tokenizer, err));
    *counter_out = counter;
    counter = NULL;

out:
    if (code != TANDEM_OK)
        td_context(err, "model %.*s", TD_STR_FMT(files->origin.n > 0 ? files->origin : files->id));
    td_embed_counter_close(counter);
    return code;
}

void td_embed_counter_close(td_embed_counter *counter)
{
    if (!counter)
        return;
    td_embed_tokenize_close(counter->tokenizer);
    td_buf_clear(&counter->prompt);
    td_buf_clear(&counter->name);
    free(counter);
}

tandem_code td_embed_counter_count(const td_embed_counter *counter, td_str text, size_t *n_out,
                                   tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint32_t on_stack[IDS_ON_STACK_MAX], *ids = on_stack;
    size_t most = counter->tokens_max, n_max = most < IDS_ON_STACK_MAX ? most : IDS_ON_STACK_MAX;
    size_t n = 0;
    td_str prompt = td_buf_str(&counter->prompt);
    bool truncated = false;

    /* Most that are asked for are a word. What has no room on the stack is counted once more. */
    TD_TRY(
        td_embed_tokenize_text(counter->tokenizer, prompt, text, ids, n_max, &n, &truncated, err));
    if (truncated && most > n_max) {
        n_max = most;
        ids = malloc(n_max * sizeof(*ids));
        if (!ids)
            TD_FAIL(err, TANDEM_E_NOMEM, "no memory for %zu tokens", n_max);
        TD_TRY(td_embed_tokenize_text(counter->tokenizer, prompt, text, ids, n_max, &n, &truncated,
                                      err));
    }
    *n_out = truncated ? most + 1 : n;

out:
    if (ids != on_stack)
        free(ids);
    return code;
}

td_str td_embed_counter_name(const td_embed_counter *counter)
{
    return td_buf_str(&counter->name);
}

size_t td_embed_counter_max(const td_embed_counter *counter)
{
    return counter->tokens_max;
}
