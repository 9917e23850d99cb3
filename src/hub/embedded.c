#include "base/hash.h"
#include "hub/hub.h"
#include "hub/revision.h"

#include <pthread.h>

/* From embedded.S. */
#define EMBEDDED(name) extern const char td_hub_embedded_##name[], td_hub_embedded_##name##_end[]
EMBEDDED(config);
EMBEDDED(modules);
EMBEDDED(pooling);
EMBEDDED(sentence);
EMBEDDED(tokenizer_config);
EMBEDDED(vocab);
EMBEDDED(weights);

enum {
    N_FILES = 7
};

static td_model_file files[N_FILES];
static char revision[TD_HASH_HEX_N];
static td_model_files model;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void keep(td_model_files *unused)
{
    (void)unused; /* the bytes are the program's own */
}

static void fill(void)
{
    size_t n = 0;
#define ADD(path, name)                                                         \
    files[n++] = (td_model_file)                                                \
    {                                                                           \
        TD_STR(path),                                                           \
        {                                                                       \
            td_hub_embedded_##name,                                             \
                (size_t)(td_hub_embedded_##name##_end - td_hub_embedded_##name) \
        }                                                                       \
    }
    ADD("config.json", config);
    ADD("modules.json", modules);
    ADD("1_Pooling/config.json", pooling);
    ADD("sentence_bert_config.json", sentence);
    ADD("tokenizer_config.json", tokenizer_config);
    ADD("vocab.txt", vocab);
    ADD("model.safetensors", weights);
#undef ADD
    td_hub_revision_of(files, n, NULL, revision);
    model = (td_model_files){
        .id = TD_STR("all-MiniLM-L6-v2-int8"),
        .revision = td_str_from(revision),
        .origin = TD_STR("embedded"),
        .identity = td_str_from(revision), /* the bytes are the program's */
        .files = files,
        .n_files = n,
        .release = keep,
    };
}

td_model_files *td_hub_embedded(void)
{
    pthread_once(&once, fill);
    return &model;
}
