/* embed/model/stages.h - what surrounds the encoder: pooling, prompts and the length of a text.
 *
 * In:       modules.json and the files it names, as sentence-transformers writes them
 * Source:   sentence-transformers 6.2; a directory without modules.json gets mean pooling
 */
#ifndef TD_EMBED_MODEL_STAGES_H
#define TD_EMBED_MODEL_STAGES_H

#include "embed/model/model.h"

typedef enum td_pooling {
    TD_POOLING_MEAN,
    TD_POOLING_CLS,
} td_pooling;

typedef struct td_stages {
    td_pooling pooling;
    size_t dim;        /* that the pooling expects; 0: does not say */
    size_t tokens_max; /* 0: does not say */
    char *prompts[2];  /* by tandem_role; own copies; NULL: none */
} td_stages;

/* Errors: E_FORMAT, E_UNSUPPORTED, both naming file and field; E_NOMEM. */
tandem_code td_embed_model_stages_read(const td_model_source *source, td_stages *stages_out,
                                       tandem_error *err);
void td_embed_model_stages_clear(td_stages *stages);

#endif
