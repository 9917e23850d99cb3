#!/usr/bin/env python3
"""Trains the scorer of src/chunk/language.c and writes src/chunk/language_table.c.

In:   a JSON Lines file of {"label": "python" ... "markdown", "half": 0|1, "text": ...};
      `half` keeps all texts of one package on one side: 0 trains, 1 is held back; collect.py
      beside this file makes such a file
Out:  the table, and how often the held-back half is told right
The shipped table was trained on 50,000 windows of 3 to 60 lines: sources, documentation, man pages
and licences of free packages (Debian, npm, PyPI, Maven, crates), half of the packages held back,
and made-up logs, stack traces, sessions, tables and Dockerfiles. Windows of source that are mostly
comments are left out: they are prose and code at once.

Needs numpy, and features.so, built from src/chunk/features.c (see features.c beside this file), so
that training and use count the same.

    cc -O2 -shared -fPIC -Isrc -Iinclude tools/language/features.c src/chunk/features.c \\
       src/chunk/lines.c src/base/str.c -o features.so
    tools/language/train.py texts.jsonl features.so src/chunk/language_table.c
"""
import collections
import ctypes
import json
import sys

import numpy as np

N_TOKENS = 1500
TOKEN_BYTES = 12
NOT_CODE = ("markdown", "csv", "log")
EPOCHS, BATCH, RATE, DECAY = 14, 256, 0.05, 3e-8
ALPHABET = [chr(c) for c in range(ord("#"), ord("~") + 1) if chr(c) not in "?\\"]
ZERO = 44


class Features:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.feats.restype = ctypes.c_size_t
        self.lib.feats.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p,
                                   ctypes.c_char_p, ctypes.c_size_t]
        self.n_shapes = self.lib.n_shapes()
        self.out = ctypes.create_string_buffer(1 << 20)

    def read(self, text):
        raw = text.encode()
        shapes = np.zeros(self.n_shapes, np.float32)
        n = self.lib.feats(raw, len(raw), shapes.ctypes.data, self.out, len(self.out))
        return self.out.raw[:n].split(b"\n")[:-1], shapes


def choose_tokens(counts, labels, n_classes):
    """Those whose presence tells most about the class (mutual information), in printable ASCII."""
    per_class = np.bincount(labels, minlength=n_classes).astype(float)
    presence = collections.defaultdict(lambda: np.zeros(n_classes))
    for row, label in zip(counts, labels):
        for token in row:
            presence[token][label] += 1
    gains = []
    for token, seen in presence.items():
        if seen.sum() < 25 or not all(33 <= b < 127 for b in token[1:]):
            continue
        rate = seen / per_class          # as if classes were equally frequent
        p = rate.mean()
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = np.nansum(rate * np.log(rate / p)) / n_classes + \
                np.nansum((1 - rate) * np.log((1 - rate) / (1 - p))) / n_classes
        gains.append((gain, token))
    gains.sort(reverse=True)
    return sorted(token.ljust(TOKEN_BYTES) for _, token in gains[:N_TOKENS])


def matrix(counts, shapes, tokens):
    index = {token: i for i, token in enumerate(tokens)}
    x = np.zeros((len(counts), len(tokens) + shapes.shape[1] + 1), np.float32)
    for i, row in enumerate(counts):
        n = sum(row.values())
        for token, k in row.items():
            at = index.get(token.ljust(TOKEN_BYTES))
            if at is not None:
                x[i, at] = np.sqrt(k / n)
    x[:, len(tokens):-1] = shapes
    x[:, -1] = 1
    return x


def train(x, y, weights, n_classes, rng):
    w = np.zeros((x.shape[1], n_classes), np.float32)
    m, v, step = np.zeros_like(w), np.zeros_like(w), 0
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = rng.permutation(len(y))
        for start in range(0, len(y), BATCH):
            at = order[start:start + BATCH]
            z = x[at] @ w
            z -= z.max(1, keepdims=True)
            p = np.exp(z)
            p /= p.sum(1, keepdims=True)
            p[np.arange(len(at)), y[at]] -= 1
            p *= weights[at, None]
            g = x[at].T @ p / len(at) + DECAY * len(y) / BATCH * w
            step += 1
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g * g
            w -= rate * (m / (1 - 0.9 ** step)) / (np.sqrt(v / (1 - 0.999 ** step)) + 1e-8)
    return w


def quantise(w):
    step = np.abs(w).max() / ZERO
    return np.clip(np.rint(w / step), -ZERO, ZERO).astype(int), step


def quote(raw):
    return '"' + raw.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '"'


def write(path, classes, tokens, token_q, token_step, shape_q, shape_step):
    chars = lambda row: "".join(ALPHABET[q + ZERO] for q in row)
    with open(path, "w") as out:
        out.write("/* Written by tools/language/train.py; do not edit. */\n")
        out.write('#include "chunk/language_table.h"\n\n/* clang-format off */\n')
        out.write("static const td_chunk_language_table_class classes[] = {\n")
        for name in classes:
            out.write(f'    {{"{name}", {int(name not in NOT_CODE)}}},\n')
        out.write("};\n\nstatic const char *const tokens[] = {\n")
        for token, row in zip(tokens, token_q):
            out.write(f"    {quote(token.decode())} {quote(chars(row))},\n")
        out.write("};\n\nstatic const char *const shapes[] = {\n")
        for row in shape_q:
            out.write(f"    {quote(chars(row))},\n")
        out.write("};\n/* clang-format on */\n\n")
        out.write("const td_chunk_language_table_values td_chunk_language_table = {\n"
                  "    .classes = classes,\n"
                  "    .n_classes = sizeof classes / sizeof *classes,\n"
                  "    .tokens = tokens,\n"
                  "    .n_tokens = sizeof tokens / sizeof *tokens,\n"
                  "    .shapes = shapes,\n"
                  f"    .token_step = {token_step:.6g}f,\n"
                  f"    .shape_step = {shape_step:.6g}f,\n}};\n")


def report(x, y, w, classes, name):
    p = x @ w
    p = np.exp(p - p.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    code = np.array([c not in NOT_CODE for c in classes])
    says = p[:, code].sum(1) >= 0.5
    is_code = code[y]
    best = p.argmax(1)
    print(f"{name}: {len(y)} texts; code/prose right {np.mean(says == is_code):.4f}; "
          f"prose called code {np.mean(says[~is_code]):.4f}; code called prose "
          f"{np.mean(~says[is_code]):.4f}; language of code right "
          f"{np.mean(best[is_code] == y[is_code]):.4f}")
    for k, c in enumerate(classes):
        rows = y == k
        if not rows.any():
            continue
        wrong = collections.Counter(classes[b] for b in best[rows] if b != k).most_common(4)
        print(f"  {c:12} {rows.sum():5} class {np.mean(best[rows] == k):.3f} "
              f"kind {np.mean(says[rows] == code[k]):.3f} {wrong}")


def main(texts_path, library, table_path):
    features, rng = Features(library), np.random.default_rng(1)
    counts, shapes, labels, halves = [], [], [], []
    for line in open(texts_path):
        item = json.loads(line)
        tokens, shape = features.read(item["text"])
        counts.append(collections.Counter(tokens))
        shapes.append(shape)
        labels.append(item["label"])
        halves.append(item["half"])
    classes = sorted(set(labels))
    y = np.array([classes.index(label) for label in labels])
    shapes, halves = np.array(shapes), np.array(halves)
    training = np.flatnonzero(halves == 0)
    tokens = choose_tokens([counts[i] for i in training], y[training], len(classes))
    x = matrix(counts, shapes, tokens)
    # Rare classes count more, by the root of their share, and prose four times as much: a page of
    # prose sent to the code model costs more than a wrong language.
    share = np.bincount(y[training], minlength=len(classes)) / len(training)
    weights = share[y[training]] ** -0.5 * np.where(y[training] == classes.index("markdown"), 4, 1)
    weights = (weights / weights.mean()).astype(np.float32)
    w = train(x[training], y[training], weights, len(classes), rng)
    token_q, token_step = quantise(w[:len(tokens)])
    shape_q, shape_step = quantise(w[len(tokens):])
    rounded = np.vstack([token_q * token_step, shape_q * shape_step]).astype(np.float32)
    report(x[training], y[training], rounded, classes, "training")
    report(x[halves == 1], y[halves == 1], rounded, classes, "held back")
    write(table_path, classes, tokens, token_q, token_step, shape_q, shape_step)


if __name__ == "__main__":
    main(*sys.argv[1:])
