/* embed/model/architectures.h - one function per architecture: config and tensors into a td_encoder.
 *
 * Each sets every field that its architecture uses; model.c frees the encoder, also after a failure.
 * encoder->n_positions comes in as the most that the caller wants (0: no wish) and leaves as what
 * the model takes.
 */
#ifndef TD_EMBED_MODEL_ARCHITECTURES_H
#define TD_EMBED_MODEL_ARCHITECTURES_H

#include "embed/model/load.h"

tandem_code td_embed_model_bert_load(const td_fields *config, size_t tokens_max, td_loader *loader,
                                     td_encoder *encoder);

#endif
