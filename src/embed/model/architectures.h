/* embed/model/architectures.h - one function per architecture: its files into a td_encoder.
 *
 * Each sets every field that its architecture uses; model.c frees the encoder, also after a
 * failure. tokens_max is the longest text that is wanted (0: the config decides); the model's own
 * limit may be lower. Afterwards encoder->n_positions holds it.
 */
#ifndef TD_EMBED_MODEL_ARCHITECTURES_H
#define TD_EMBED_MODEL_ARCHITECTURES_H

#include "embed/model/load.h"

tandem_code td_embed_model_bert_load(const td_fields *config, size_t tokens_max, td_loader *loader,
                                     td_encoder *encoder);
tandem_code td_embed_model_newmodel_load(const td_fields *config, size_t tokens_max,
                                         td_loader *loader, td_encoder *encoder);
tandem_code td_embed_model_nomic_load(const td_fields *config, size_t tokens_max, td_loader *loader,
                                      td_encoder *encoder);
tandem_code td_embed_model_modernbert_load(const td_fields *config, size_t tokens_max,
                                           td_loader *loader, td_encoder *encoder);

#endif
