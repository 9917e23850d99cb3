#!/usr/bin/env python3
"""Trains what tells code from prose and languages apart, and writes src/chunk/language_table.c.

    train.py TEXTS.jsonl FEATURES.so TABLE.c [small]

In:   TEXTS as collect.py writes it: half 0 trains, half 1 is held back; FEATURES.so as windows.py
      says; "small" trains fast and badly, for tests
Out:  the table, and how often what is held back is told right
"""

import sys

import numpy as np

import language
import lines
import windows

TOP_BITS = 13  # of a key, by which it is found
ZERO, MOST = 79, 47  # a weight is a printable byte, ' ' to '~'


def quantise(w):
    """Whole steps; the few that are too large are cut."""
    step = np.quantile(np.abs(w), 0.9995) / MOST
    return np.clip(np.rint(w / step), -MOST, MOST).astype(int), step


def quote(row):
    text = "".join(chr(q + ZERO) for q in row)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '"'


def list_of(out, head, values, form):
    """Numbers, as many to a line as fit."""
    out.write(f"{head} = {{\n")
    text = "   "
    for value in values:
        word = form.format(value)
        if len(text) + len(word) > 98:
            out.write(text + "\n")
            text = "   "
        text += " " + word
    out.write(text + "\n};\n\n")


def write(path, fingerprint, classes, vocabulary, w, model):
    (rows, step), (marks, step_line) = quantise(w), quantise(model.words)
    starts = np.searchsorted(vocabulary, np.arange((1 << TOP_BITS) + 1) << (32 - TOP_BITS))
    with open(path, "w") as out:
        out.write("/* Written by tools/language/train.py; do not edit. */\n")
        out.write('#include "chunk/language_table.h"\n\n/* clang-format off */\n')
        out.write("static const td_chunk_language_table_class classes[] = {\n")
        for name in classes:
            out.write(f'    {{"{name}", {int(name not in windows.NOT_CODE)}}},\n')
        out.write("};\n\n")
        list_of(out, "static const uint16_t starts[]", starts, "{},")
        list_of(out, "static const uint32_t keys[]", vocabulary, "{:#x},")
        out.write(f"static const char rows[][{len(classes) + 2}] = {{\n")
        for mark, row in zip(marks, rows):
            out.write(f"    {quote([mark, *row])},\n")
        out.write(f"    {quote([0, *rows[-1]])},\n}};\n/* clang-format on */\n\n")
        out.write(
            "const td_chunk_language_table_values td_chunk_language_table = {\n"
            f"    .fingerprint = {fingerprint:#x},\n"
            "    .classes = classes,\n    .n_classes = sizeof classes / sizeof *classes,\n"
            "    .starts = starts,\n    .keys = keys,\n"
            "    .n_rows = sizeof keys / sizeof *keys,\n"
            f"    .rows = rows[0],\n    .row_step = {step:.6g}f,\n"
            f"    .length_power = {language.LENGTH_POWER}f,\n"
            f"    .line_step = {step_line:.6g}f,\n"
            f"    .line_bias = {model.bias:.6g}f,\n    .votes = {{"
            + ", ".join(f"{x:#.6g}f" for x in model.votes)
            + "},\n    .turns =\n        {\n"
        )
        for turn in model.turns.reshape(-1, 4):
            a, b, c, d = (f"{x:.3f}F" for x in turn)
            out.write(f"            {{{{{a}, {b}}}, {{{c}, {d}}}}},\n".replace("F", "f"))
        out.write("        },\n};\n")


def main(texts_path, library, table_path, size="whole"):
    small = size == "small"
    features = windows.Features(library)
    found = windows.load(texts_path, features)
    halves = [[w for w in found if w.half == half] for half in (0, 1)]
    classes = sorted({w.label for w in found})
    vocabulary = language.choose(halves[0], classes, 500 if small else language.N_FEATURES)

    def learn(windows):
        rows = language.Rows([w.features for w in windows], vocabulary, [w.ends for w in windows])
        y = np.array([classes.index(w.label) for w in windows])
        return language.train(rows, y, classes, *([2] if small else [])), rows, y

    w, *training = learn(halves[0])
    q, step = quantise(w)
    held_back = language.Rows([w.features for w in halves[1]], vocabulary)
    held_back = held_back, np.array([classes.index(w.label) for w in halves[1]])
    for name, (rows, y) in (("training", training), ("held back", held_back)):
        language.report(rows, y, q * np.float32(step), classes, name)
    folds = [[w for w in halves[0] if lines.fold(w.package) != fold] for fold in (0, 1)]
    models = [learn(fold)[0] for fold in folds]
    n, rest = 100 if small else lines.DOCUMENTS, (features, vocabulary, classes)
    made = lines.documents(halves[0], n, 1, *rest, models)
    model = lines.train(made, vocabulary, *([1] if small else []))
    lines.report(made[: n // 4], vocabulary, model, "training")
    made = lines.documents(halves[1], n // 4, 2, *rest, [w, w])
    lines.report(made, vocabulary, model, "held back")
    write(table_path, features.fingerprint, classes, vocabulary, w, model)


if __name__ == "__main__":
    main(*sys.argv[1:])
