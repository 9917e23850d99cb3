"""ONNX graphs of the compared shapes for ONNX Runtime, and its own dynamic quantisation of them.

Written with its fused operators, which its transformer optimiser would arrive at. Random weights,
but mini's, which are the real ones. They go to $PEERS_DIR."""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto as TP
from onnx import helper as h
from onnx import numpy_helper as nh

from shapes import ART, MINI, SHAPES


def build(m, path):
    c = SHAPES[m]
    H, I, A, L = c["H"], c["I"], c["A"], c["L"]
    d = H // A
    rng = np.random.default_rng(0)
    inits, nodes = [], []
    real = None
    if m == "mini":
        from safetensors.numpy import load_file

        real = load_file(os.path.join(MINI, "model.safetensors"))

    def W(name, *shape, std=0.02, val=None):
        a = val if val is not None else (rng.standard_normal(shape, dtype=np.float32) * std)
        inits.append(nh.from_array(np.ascontiguousarray(a, dtype=np.float32), name))
        return name

    def N(op, ins, out, domain="com.microsoft", **k):
        nodes.append(
            h.make_node(
                op,
                ins,
                [out] if isinstance(out, str) else out,
                domain=domain,
                name=str(len(nodes)),
                **k,
            )
        )
        return out if isinstance(out, str) else out[0]

    R = (lambda k: real[k]) if real else (lambda k: None)
    RT = (lambda k: real[k].T) if real else (lambda k: None)
    one, zero = np.ones(H, np.float32), np.zeros(H, np.float32)
    e = N(
        "Gather",
        [W("emb", c["V"], H, val=R("embeddings.word_embeddings.weight")), "input_ids"],
        "e0",
        "",
    )
    if c["rope"]:
        e = N("Add", [e, W("typ", H, std=0.02)], "e1", "")
        f = np.outer(np.arange(512), 1.0 / (10000 ** (np.arange(0, d, 2) / d)))
        W("cos", val=np.cos(f))
        W("sin", val=np.sin(f))
    else:
        pos = W("pos", 512, H, val=R("embeddings.position_embeddings.weight"))
        p = N("Gather", [pos, "position_ids"], "p0", "")
        e = N("Add", [e, p], "e1", "")
        e = N(
            "Add",
            [e, W("typ", H, val=R("embeddings.token_type_embeddings.weight")[0] if real else None)],
            "e2",
            "",
        )
    x = N(
        "LayerNormalization",
        [
            e,
            W("n0g", val=one if not real else R("embeddings.LayerNorm.weight")),
            W("n0b", val=zero if not real else R("embeddings.LayerNorm.bias")),
        ],
        "x0",
        "",
        axis=-1,
        epsilon=1e-12,
    )
    for l in range(L):
        q = f"l{l}."
        pre = f"encoder.layer.{l}."
        bias = c["bias"]

        def lin(x, nm, i, o, b, key=None):
            y = N(
                "MatMul",
                [x, W(q + nm + "w", i, o, val=RT(pre + key + ".weight") if real else None)],
                q + nm + "mm",
                "",
            )
            return (
                N(
                    "Add",
                    [y, W(q + nm + "b", o, val=R(pre + key + ".bias") if real else None)],
                    q + nm,
                    "",
                )
                if b
                else y
            )

        if c["rope"]:
            qkv = lin(x, "qkv", H, 3 * H, bias)
            N("Split", [qkv], [q + "q", q + "k", q + "v"], "", axis=-1, num_outputs=3)
            qr = N("RotaryEmbedding", [q + "q", "position_ids", "cos", "sin"], q + "qr")
            kr = N("RotaryEmbedding", [q + "k", "position_ids", "cos", "sin"], q + "kr")
            a = N(
                "MultiHeadAttention",
                [qr, kr, q + "v", "", "attention_mask"],
                q + "att",
                num_heads=A,
            )
        else:
            wq = bq = None
            if real:
                wq = np.concatenate(
                    [real[pre + f"attention.self.{t}.weight"].T for t in ("query", "key", "value")],
                    1,
                )
                bq = np.concatenate(
                    [real[pre + f"attention.self.{t}.bias"] for t in ("query", "key", "value")]
                )
            a = N(
                "Attention",
                [
                    x,
                    W(q + "qkvw", H, 3 * H, val=wq),
                    W(q + "qkvb", 3 * H, val=bq),
                    "attention_mask",
                ],
                q + "att",
                num_heads=A,
            )
        y = N(
            "MatMul",
            [a, W(q + "ow", H, H, val=RT(pre + "attention.output.dense.weight") if real else None)],
            q + "omm",
            "",
        )

        def skip(x, y, nm, b, k):
            ins = [
                y,
                x,
                W(q + nm + "g", val=one if not real else R(pre + k + ".LayerNorm.weight")),
                W(q + nm + "be", val=zero if not real else R(pre + k + ".LayerNorm.bias")),
            ]
            if b:
                ins.append(W(q + nm + "bi", H, val=R(pre + k + ".dense.bias") if real else None))
            return N("SkipLayerNormalization", ins, q + nm, epsilon=1e-12)

        x = skip(x, y, "n1", bias, "attention.output")
        if c["glu"]:
            g = N("MatMul", [x, W(q + "gw", H, I)], q + "g", "")
            u = N("MatMul", [x, W(q + "uw", H, I)], q + "u", "")
            g = (
                N("Gelu", [g], q + "ga")
                if c["glu"] == "gelu"
                else N("QuickGelu", [g], q + "ga", alpha=1.0)
            )
            hh = N("Mul", [g, u], q + "h", "")
        else:
            g = N(
                "MatMul",
                [x, W(q + "gw", H, I, val=RT(pre + "intermediate.dense.weight") if real else None)],
                q + "g",
                "",
            )
            hh = N(
                "BiasGelu",
                [g, W(q + "gb", I, val=R(pre + "intermediate.dense.bias") if real else None)],
                q + "h",
            )
        y = N(
            "MatMul",
            [hh, W(q + "dw", I, H, val=RT(pre + "output.dense.weight") if real else None)],
            q + "dmm",
            "",
        )
        x = skip(x, y, "n2", bias, "output")
    N("Identity", [x], "last_hidden_state", "")
    ins = [
        h.make_tensor_value_info("input_ids", TP.INT64, ["b", "s"]),
        h.make_tensor_value_info("attention_mask", TP.INT32, ["b", "s"]),
        h.make_tensor_value_info("position_ids", TP.INT64, ["b", "s"]),
    ]
    g = h.make_graph(
        nodes,
        m,
        ins,
        [h.make_tensor_value_info("last_hidden_state", TP.FLOAT, ["b", "s", H])],
        inits,
    )
    mod = h.make_model(
        g, opset_imports=[h.make_opsetid("", 18), h.make_opsetid("com.microsoft", 1)], ir_version=9
    )
    onnx.save(mod, path)


if __name__ == "__main__":
    from onnxruntime.quantization import quantize_dynamic, QuantType

    for m in sys.argv[1:] or SHAPES:
        f = os.path.join(ART, m + ".onnx")
        build(m, f)
        quantize_dynamic(
            f,
            f.replace(".onnx", ".int8.onnx"),
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Attention"],
            extra_options={"DefaultTensorType": TP.FLOAT},
        )
        print(m, os.path.getsize(f) >> 20, "MiB")
