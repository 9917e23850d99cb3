#!/usr/bin/env python3
"""Hugging Face directories of the compared shapes with random weights, for tandem to load.

Speed does not depend on the values. They go to $PEERS_DIR/models/<shape>; mini is the real one."""

import json
import shutil
import sys

import numpy as np
from safetensors.numpy import save_file

from shapes import ART, MINI, SHAPES, TOKENS_MAX

CONFIGS = {
    "gte": dict(
        architectures=["NewModel"],
        model_type="new",
        hidden_act="gelu",
        type_vocab_size=0,
        position_embedding_type="rope",
        rope_theta=500000,
        layer_norm_eps=1e-12,
        layer_norm_type="layer_norm",
        pack_qkv=True,
        max_position_embeddings=8192,
    ),
    "nomic": dict(
        architectures=["NomicBertModel"],
        model_type="nomic_bert",
        type_vocab_size=2,
        activation_function="swiglu",
        rotary_emb_base=1000,
        rotary_emb_fraction=1.0,
        rotary_emb_interleaved=False,
        layer_norm_epsilon=1e-12,
        qkv_proj_bias=False,
        mlp_fc1_bias=False,
        mlp_fc2_bias=False,
        prenorm=False,
        causal=False,
        n_positions=8192,
    ),
    "bert": dict(
        architectures=["BertModel"],
        model_type="bert",
        hidden_act="gelu",
        type_vocab_size=2,
        layer_norm_eps=1e-12,
        max_position_embeddings=512,
        position_embedding_type="absolute",
    ),
}
SIZE_NAMES = {
    "nomic": dict(V="vocab_size", H="n_embd", L="n_layer", A="n_head", I="n_inner"),
}
OTHER_NAMES = dict(
    V="vocab_size",
    H="hidden_size",
    L="num_hidden_layers",
    A="num_attention_heads",
    I="intermediate_size",
)


def layer_tensors(model, layer, s):
    """(name without suffix, rows, columns, has a bias); rows 0: a LayerNorm."""
    H, I = s["H"], s["I"]
    if model == "bert":
        at = f"encoder.layer.{layer}."
        names = ["attention.self.query", "attention.self.key", "attention.self.value"]
        return [(at + n, H, H, True) for n in names] + [
            (at + "attention.output.dense", H, H, True),
            (at + "attention.output.LayerNorm", 0, H, True),
            (at + "intermediate.dense", I, H, True),
            (at + "output.dense", H, I, True),
            (at + "output.LayerNorm", 0, H, True),
        ]
    if model == "gte":
        at = f"encoder.layer.{layer}."
        return [
            (at + "attention.qkv_proj", 3 * H, H, True),
            (at + "attention.o_proj", H, H, True),
            (at + "mlp.up_gate_proj", 2 * I, H, False),
            (at + "mlp.down_proj", H, I, True),
            (at + "attn_ln", 0, H, True),
            (at + "mlp_ln", 0, H, True),
        ]
    at = f"encoder.layers.{layer}."
    return [
        (at + "attn.Wqkv", 3 * H, H, False),
        (at + "attn.out_proj", H, H, False),
        (at + "mlp.fc11", I, H, False),
        (at + "mlp.fc12", I, H, False),
        (at + "mlp.fc2", H, I, False),
        (at + "norm1", 0, H, True),
        (at + "norm2", 0, H, True),
    ]


def tensors(model):
    s = SHAPES[model]
    rng = np.random.default_rng(0)
    out = {}

    def add(name, rows, columns, bias):
        if rows:
            out[name + ".weight"] = rng.standard_normal((rows, columns), np.float32) * 0.02
        else:
            out[name + ".weight"] = np.ones(columns, np.float32)
        if bias:
            out[name + ".bias"] = np.zeros(rows or columns, np.float32)

    add("embeddings.word_embeddings", s["V"], s["H"], False)
    if model == "bert":
        add("embeddings.position_embeddings", 512, s["H"], False)
    if model != "gte":
        add("embeddings.token_type_embeddings", 2, s["H"], False)
    add("emb_ln" if model == "nomic" else "embeddings.LayerNorm", 0, s["H"], True)
    for layer in range(s["L"]):
        for tensor in layer_tensors(model, layer, s):
            add(*tensor)
    return out


def write(model):
    folder = ART / "models" / model
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    s, names = SHAPES[model], SIZE_NAMES.get(model, OTHER_NAMES)
    config = {**CONFIGS[model], **{name: s[key] for key, name in names.items()}}
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    (folder / "modules.json").write_text(
        json.dumps(
            [
                {
                    "idx": 0,
                    "name": "0",
                    "path": "",
                    "type": "sentence_transformers.models.Transformer",
                },
                {
                    "idx": 1,
                    "name": "1",
                    "path": "1_Pooling",
                    "type": "sentence_transformers.models.Pooling",
                },
            ]
        )
    )
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": s["H"], "pooling_mode_cls_token": True})
    )
    longest = 512 if model == "bert" else 8192
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": longest}))
    shutil.copy(MINI / "tokenizer.json", folder / "tokenizer.json")
    save_file(tensors(model), folder / "model.safetensors")
    print(folder)


if __name__ == "__main__":
    assert TOKENS_MAX <= 512
    for name in sys.argv[1:] or CONFIGS:
        write(name)
