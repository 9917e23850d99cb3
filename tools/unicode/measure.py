#!/usr/bin/env python3
"""Measures, one Unicode scalar value at a time, what the reference tokenizers do with it.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python measure.py

Writes bert_strip.tsv, bert_lower.tsv and gpt2_classes.tsv beside itself. bert_classes.tsv and
bert_fold.tsv were measured in the same way, with the same version; make_tables.py checks that the
five files agree.
"""

import pathlib
import tokenizers
from tokenizers import normalizers, pre_tokenizers

HERE = pathlib.Path(__file__).parent
MADE = f"measured with the Python package tokenizers {tokenizers.__version__}"
HANGUL = range(0xAC00, 0xD7A4)


def scalars():
    return (c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF)


def write_folds(name, about, normalizer, skip):
    lines = []
    for c in scalars():
        got = normalizer.normalize_str(chr(c))
        if got != chr(c) and c not in skip:
            lines.append(f"{c:04X}\t" + " ".join(f"{ord(r):04X}" for r in got))
    head = f"# {about}\n# {MADE}. code<TAB>result code points (hex)\n"
    (HERE / name).write_text(head + "\n".join(lines) + "\n")


def ranges(codes):
    codes = sorted(codes)
    start = 0
    for i in range(1, len(codes) + 1):
        if i == len(codes) or codes[i] != codes[i - 1] + 1:
            yield codes[start], codes[i - 1]
            start = i


def split_class(pre, char):
    """letter, number and other join a run of their kind; white space joins none of the three."""
    for name, first in (("letter", "a"), ("number", "1"), ("other", "!")):
        if len(pre.pre_tokenize_str(first + char)) == 1:
            return name
    return "space"


def write_classes(name):
    pre = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    classes = {}
    for c in scalars():
        classes.setdefault(split_class(pre, chr(c)), []).append(c)
    head = '# How the GPT-2 pattern sees a code point; all others are "other".\n'
    head += f"# {MADE}. class<TAB>first<TAB>last\n"
    rows = [
        f"{k}\t{a:04X}\t{b:04X}"
        for k in ("letter", "number", "space")
        for a, b in ranges(classes[k])
    ]
    (HERE / name).write_text(head + "\n".join(rows) + "\n")


if __name__ == "__main__":
    strip = normalizers.BertNormalizer(False, False, True, False)
    lower = normalizers.BertNormalizer(False, False, False, True)
    rows = [r.split("\t") for r in (HERE / "bert_classes.tsv").read_text().splitlines()]
    mn = {c for k, *ab in rows if k == "mn" for c in range(int(ab[0], 16), int(ab[1], 16) + 1)}
    write_folds(
        "bert_strip.tsv",
        "What strip_accents alone makes of a code point, class mn and Hangul syllables left out.",
        strip,
        mn | set(HANGUL),
    )
    write_folds("bert_lower.tsv", "What lowercase alone makes of a code point.", lower, ())
    write_classes("gpt2_classes.tsv")
