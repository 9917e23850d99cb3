/* hub/embedded.S - the files of the embedded default model, as they lie in models/minilm.
 *
 * SECTION and NAME come from the build: object formats differ in both. */
    SECTION

.macro embed name, path
    .balign 64
    .globl NAME(td_hub_embedded_\name)
NAME(td_hub_embedded_\name):
    .incbin "\path"
    .globl NAME(td_hub_embedded_\name\()_end)
NAME(td_hub_embedded_\name\()_end):
    .byte 0
.endm

    embed config, "minilm/config.json"
    embed modules, "minilm/modules.json"
    embed pooling, "minilm/1_Pooling/config.json"
    embed sentence, "minilm/sentence_bert_config.json"
    embed tokenizer_config, "minilm/tokenizer_config.json"
    embed vocab, "minilm/vocab.txt"
    embed weights, "minilm/model.safetensors"

#if defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
