/* tests/embed/model/refuses.h - a fixture's config.json changed in one place is an error that names
 * the place. */
#ifndef TESTS_EMBED_MODEL_REFUSES_H
#define TESTS_EMBED_MODEL_REFUSES_H

#include "embed/model_dir.h"

typedef struct change {
    const char *from, *to; /* in config.json */
    tandem_code code;
    const char *words;
} change;

static inline void refuses(const char *name, const change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        model_dir dir;
        td_weights *weights = NULL;
        td_model *model = NULL;
        tandem_error err = {0};
        dir_open(&dir, name);
        dir_replace(&dir, "config.json", changes[i].from, changes[i].to);
        tandem_code code = dir_load(&dir, NULL, &weights, &model, &err);
        if (code != changes[i].code || !strstr(err.message, changes[i].words))
            fail_msg("%s: %s \"%s\"", changes[i].to, tandem_code_name(code), err.message);
        td_embed_weights_close(weights);
        dir_close(&dir);
    }
}

#endif
