"""all-MiniLM-L6-v2 in numpy: text to ids, ids to a vector. Slow and plain, for measuring."""

import json
import unicodedata

import numpy as np

import weights

CJK = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF), (0x2F800, 0x2FA1F))


class Bert:
    """A model directory: BERT with mean pooling and WordPiece; int8 weights are dequantised."""

    def __init__(self, folder, dtype=np.float32):
        config = json.loads((folder / "config.json").read_text())
        sentence = json.loads((folder / "sentence_bert_config.json").read_text())
        tensors = weights.dequantised(weights.read(folder / "model.safetensors"))
        self.weights = {name: tensor.astype(dtype) for name, tensor in tensors.items()}
        self.n_layers = config["num_hidden_layers"]
        self.n_heads = config["num_attention_heads"]
        self.eps = dtype(config["layer_norm_eps"])
        self.n_tokens_max = sentence["max_seq_length"]
        lines = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self.vocabulary = {token: i for i, token in enumerate(lines)}

    def ids(self, text):
        """Token ids with [CLS] and [SEP], cut to the model's length."""
        tokens = [token for word in words(text) for token in self.pieces(word)]
        tokens = ["[CLS]", *tokens[: self.n_tokens_max - 2], "[SEP]"]
        return [self.vocabulary[token] for token in tokens]

    def pieces(self, word):
        """WordPiece: the longest known beginning, again and again."""
        found, start = [], 0
        while start < len(word) <= 100:
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                if prefix + word[start:end] in self.vocabulary:
                    break
            else:
                return ["[UNK]"]
            found.append(prefix + word[start:end])
            start = end
        return found or ["[UNK]"]

    def embed(self, ids):
        """The vector of length 1 of one text's token ids."""
        mean = self.rows(ids).mean(axis=0)
        return mean / np.linalg.norm(mean)

    def rows(self, ids):
        """The last layer's row of each of one text's token ids."""
        w = self.weights
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][: len(ids)]
        x = x + w["embeddings.token_type_embeddings.weight"][0]
        x = self.norm(x, "embeddings.LayerNorm")
        for n in range(self.n_layers):
            layer = f"encoder.layer.{n}."
            x = self.norm(x + self.attention(x, layer), layer + "attention.output.LayerNorm")
            x = self.norm(x + self.inner(x, layer), layer + "output.LayerNorm")
        return x

    def attention(self, x, layer):
        parts = ("query", "key", "value")
        q, k, v = (self.heads(x, f"{layer}attention.self.{part}") for part in parts)
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[2], dtype=x.dtype)
        scores = np.exp(scores - scores.max(axis=2, keepdims=True))
        scores /= scores.sum(axis=2, keepdims=True)
        joined = (scores @ v).transpose(1, 0, 2).reshape(x.shape)
        return self.linear(joined, layer + "attention.output.dense")

    def inner(self, x, layer):
        wide = gelu(self.linear(x, layer + "intermediate.dense"))
        return self.linear(wide, layer + "output.dense")

    def heads(self, x, name):
        return self.linear(x, name).reshape(len(x), self.n_heads, -1).transpose(1, 0, 2)

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, x, name):
        x = x - x.mean(axis=1, keepdims=True)
        x = x / np.sqrt((x * x).mean(axis=1, keepdims=True) + self.eps)
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]


def gelu(x):
    """x * Phi(x), erf by Abramowitz and Stegun 7.1.26 (error below 1.5e-7)."""
    z = np.abs(x) * 0.5**0.5
    t = 1 / (1 + 0.3275911 * z)
    series = np.zeros_like(t)
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + coefficient) * t
    return x * (1 + np.copysign(1 - series * np.exp(-z * z), x)) / 2


def words(text):
    """BERT's cleaning and pre-tokenising: lower case, no accents, punctuation and CJK alone."""
    spaced = "".join(f" {c} " if is_cjk(c) else " " if c.isspace() else c for c in text if kept(c))
    plain = (c for c in unicodedata.normalize("NFD", spaced) if unicodedata.category(c) != "Mn")
    lower = "".join(plain).lower()
    return "".join(f" {c} " if is_punctuation(c) else c for c in lower).split()


def kept(c):
    dropped = c == "\ufffd" or unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs")
    return c in "\t\n\r" or not dropped


def is_cjk(c):
    return any(first <= ord(c) <= last for first, last in CJK)


def is_punctuation(c):
    return c in "$+<=>^`|~" or unicodedata.category(c).startswith("P")
