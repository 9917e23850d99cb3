#!/usr/bin/env python3
"""Writes a model directory of a real shape with random weights: speed does not depend on them.

usage: make_model.py gte|coderank|bert|minilm VOCAB.txt OUT_DIR
"""
import json
import os
import shutil
import struct
import sys

import numpy as np

SMALL = sys.argv[1:2] == ["minilm"]
HIDDEN, LAYERS, HEADS, INNER, VOCAB = 768, 12, 12, 3072, 30528
if SMALL:
    HIDDEN, LAYERS, INNER, VOCAB = 384, 6, 1536, 30522


def shapes_gte():
    yield "embeddings.word_embeddings.weight", (VOCAB, HIDDEN)
    yield from norm("embeddings.LayerNorm")
    for n in range(LAYERS):
        p = f"encoder.layer.{n}."
        yield from linear(p + "attention.qkv_proj", 3 * HIDDEN, HIDDEN)
        yield from linear(p + "attention.o_proj", HIDDEN, HIDDEN)
        yield p + "mlp.up_gate_proj.weight", (2 * INNER, HIDDEN)
        yield from linear(p + "mlp.down_proj", HIDDEN, INNER)
        yield from norm(p + "attn_ln")
        yield from norm(p + "mlp_ln")


def shapes_coderank():
    yield "embeddings.word_embeddings.weight", (VOCAB, HIDDEN)
    yield "embeddings.token_type_embeddings.weight", (2, HIDDEN)
    yield from norm("emb_ln")
    for n in range(LAYERS):
        p = f"encoder.layers.{n}."
        yield p + "attn.Wqkv.weight", (3 * HIDDEN, HIDDEN)
        yield p + "attn.out_proj.weight", (HIDDEN, HIDDEN)
        yield p + "mlp.fc11.weight", (INNER, HIDDEN)
        yield p + "mlp.fc12.weight", (INNER, HIDDEN)
        yield p + "mlp.fc2.weight", (HIDDEN, INNER)
        yield from norm(p + "norm1")
        yield from norm(p + "norm2")


def shapes_bert():
    yield "embeddings.word_embeddings.weight", (VOCAB, HIDDEN)
    yield "embeddings.position_embeddings.weight", (512, HIDDEN)
    yield "embeddings.token_type_embeddings.weight", (2, HIDDEN)
    yield from norm("embeddings.LayerNorm")
    for n in range(LAYERS):
        p = f"encoder.layer.{n}."
        for name in ("query", "key", "value"):
            yield from linear(p + "attention.self." + name, HIDDEN, HIDDEN)
        yield from linear(p + "attention.output.dense", HIDDEN, HIDDEN)
        yield from norm(p + "attention.output.LayerNorm")
        yield from linear(p + "intermediate.dense", INNER, HIDDEN)
        yield from linear(p + "output.dense", HIDDEN, INNER)
        yield from norm(p + "output.LayerNorm")


def linear(name, n_out, n_in):
    yield name + ".weight", (n_out, n_in)
    yield name + ".bias", (n_out,)


def norm(name):
    yield name + ".weight", (HIDDEN,)
    yield name + ".bias", (HIDDEN,)


CONFIGS = {
    "gte": dict(architectures=["NewModel"], model_type="new", hidden_size=HIDDEN,
                num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=INNER,
                vocab_size=VOCAB, max_position_embeddings=8192, type_vocab_size=0,
                hidden_act="gelu", layer_norm_eps=1e-12, rope_theta=500000,
                rope_scaling=dict(type="ntk", factor=2.0), position_embedding_type="rope"),
    "coderank": dict(architectures=["NomicBertModel"], model_type="nomic_bert", n_embd=HIDDEN,
                     n_layer=LAYERS, n_head=HEADS, n_inner=INNER, n_positions=8192,
                     vocab_size=VOCAB, type_vocab_size=2, activation_function="swiglu",
                     layer_norm_epsilon=1e-12, rotary_emb_base=1000, rotary_emb_fraction=1.0,
                     prenorm=False, qkv_proj_bias=False, mlp_fc1_bias=False, mlp_fc2_bias=False),
    "bert": dict(architectures=["BertModel"], model_type="bert", hidden_size=HIDDEN,
                 num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=INNER,
                 vocab_size=VOCAB, max_position_embeddings=512, type_vocab_size=2,
                 hidden_act="gelu", layer_norm_eps=1e-12),
}
CONFIGS["minilm"] = CONFIGS["bert"]
SHAPES = {"gte": shapes_gte, "coderank": shapes_coderank, "bert": shapes_bert,
          "minilm": shapes_bert}
POOLING = {"gte": "cls", "coderank": "cls", "bert": "mean", "minilm": "mean"}


def values(name, shape, random):
    """bf16: the upper half of f32's bits."""
    if "norm" in name.lower() or "_ln" in name:
        f32 = np.ones(shape, np.float32) if name.endswith("weight") else np.zeros(shape, np.float32)
    else:
        f32 = random.standard_normal(shape, np.float32) * (0.5 if "embeddings" in name else 0.03)
    return (f32.view(np.uint32) >> 16).astype("<u2").tobytes()


def main():
    shape, vocab, out = sys.argv[1:4]
    os.makedirs(os.path.join(out, "1_Pooling"), exist_ok=True)
    shutil.copy(vocab, os.path.join(out, "vocab.txt"))
    with open(os.path.join(out, "config.json"), "w") as file:
        json.dump(CONFIGS[shape], file)
    with open(os.path.join(out, "modules.json"), "w") as file:
        json.dump([dict(idx=0, name="0", path="", type="sentence_transformers.models.Transformer"),
                   dict(idx=1, name="1", path="1_Pooling",
                        type="sentence_transformers.models.Pooling")], file)
    with open(os.path.join(out, "1_Pooling", "config.json"), "w") as file:
        json.dump(dict(word_embedding_dimension=HIDDEN,
                       pooling_mode_cls_token=POOLING[shape] == "cls",
                       pooling_mode_mean_tokens=POOLING[shape] == "mean"), file)
    random, header, offset = np.random.default_rng(1), {}, 0
    for name, dims in SHAPES[shape]():
        size = 2 * int(np.prod(dims))
        header[name] = dict(dtype="BF16", shape=list(dims), data_offsets=[offset, offset + size])
        offset += size
    text = json.dumps(header).encode()
    with open(os.path.join(out, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, dims in SHAPES[shape]():
            file.write(values(name, dims, random))


main()
