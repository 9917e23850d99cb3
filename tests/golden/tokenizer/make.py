#!/usr/bin/env python3
"""Makes added-tokens.json and gpt2-split.json anew, with the Python package tokenizers 0.23.3.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python tests/golden/tokenizer/make.py

The other files of this folder came with the model fixtures.
"""

import itertools
import json
import pathlib
import random

from tokenizers import Tokenizer, pre_tokenizers

HERE = pathlib.Path(__file__).parent
PIECES = [
    "<l>",
    "<r>",
    "<lr>",
    "<w>",
    "<N>",
    "<n w>",
    "é",
    "[SEP]",
    "[sep]",
    "a",
    "b",
    " ",
    "  ",
    "\t",
    "\n",
    "_",
    ".",
    "1",
    "e\u0301",
    "\u00a0",
    "\u3000",
    "<",
    ">",
    "l>",
    "中",
    "\u200d",
    "ⓐ",
    "l",
    "<l",
    "x<w>",
    "<w>x",
    "<w> ",
]


def texts(seed, n):
    rng = random.Random(seed)
    return ["".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 12))) for _ in range(n)]


def added(first):
    rows = [
        ("<l>", 1, 0, 0, 0),
        ("<r>", 0, 1, 0, 0),
        ("<lr>", 1, 1, 0, 1),
        ("<w>", 0, 0, 1, 0),
        ("<N>", 0, 0, 0, 1),
        ("<n w>", 0, 0, 1, 1),
        ("<l><l>", 0, 0, 0, 0),
        ("中<", 0, 0, 0, 1),
    ]
    return [
        dict(
            id=first + i,
            content=c,
            lstrip=bool(l),
            rstrip=bool(r),
            single_word=bool(w),
            normalized=bool(n),
            special=False,
        )
        for i, (c, l, r, w, n) in enumerate(rows)
    ]


def specials(ids):
    return [
        dict(
            id=i,
            content=c,
            lstrip=False,
            rstrip=False,
            single_word=False,
            normalized=False,
            special=True,
        )
        for c, i in ids
    ]


def wordpiece():
    vocab = (
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
        + list("abelnrswx1中<>.[]_")
        + ["##" + c for c in "abelnrswx1_"]
        + ["se", "##ep"]
    )
    return dict(
        version="1.0",
        truncation=None,
        padding=None,
        added_tokens=specials([("[UNK]", 1), ("[CLS]", 2), ("[SEP]", 3)]) + added(len(vocab)),
        normalizer=dict(
            type="BertNormalizer",
            clean_text=True,
            handle_chinese_chars=True,
            strip_accents=None,
            lowercase=True,
        ),
        pre_tokenizer=dict(type="BertPreTokenizer"),
        decoder=None,
        post_processor=dict(type="BertProcessing", sep=["[SEP]", 3], cls=["[CLS]", 2]),
        model=dict(
            type="WordPiece",
            unk_token="[UNK]",
            continuing_subword_prefix="##",
            max_input_chars_per_word=5,
            vocab={t: i for i, t in enumerate(vocab)},
        ),
    )


def bpe():
    small = json.loads((HERE / "bpe-small.json").read_text())
    small["added_tokens"] += added(max(t["id"] for t in small["added_tokens"]) + 1)
    small["post_processor"] = dict(
        type="RobertaProcessing",
        sep=["[SEP]", 1011],
        cls=["[CLS]", 1010],
        trim_offsets=True,
        add_prefix_space=False,
    )
    return small


def write_added():
    out = []
    for name, model in (("wordpiece", wordpiece()), ("bpe", bpe())):
        tokenizer = Tokenizer.from_str(json.dumps(model))
        cases = [
            dict(text_utf8_hex=t.encode().hex(), ids=tokenizer.encode(t).ids)
            for t in texts(name, 150)
        ]
        out.append(
            (
                name,
                (
                    model
                    if name == "wordpiece"
                    else dict(
                        base="bpe-small.json",
                        added_tokens=model["added_tokens"],
                        post_processor=model["post_processor"],
                    )
                ),
                cases,
            )
        )
    lines = [
        json.dumps(dict(name=n, tokenizer=m), separators=(",", ":"))[:-1]
        + ',"cases":[\n'
        + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
        + "\n]}"
        for n, m, cases in out
    ]
    (HERE / "added-tokens.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


def write_split():
    pre = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    atoms = [
        "'s",
        "'t",
        "'re",
        "'ve",
        "'m",
        "'ll",
        "'d",
        "'S",
        "'x",
        "''s",
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\u00a0",
        "\u3000",
        "\u0085",
        "ab",
        "Ñ",
        "é",
        "e\u0301",
        "中",
        "が",
        "12",
        "²",
        "Ⅷ",
        "٣",
        "!",
        "?!",
        "-",
        "\u200d",
        "\u0000",
        "😀",
        "\u0378",
        "ʼ",
        "_",
    ]
    rng = random.Random("split")
    all_texts = [
        "".join(p) for p in itertools.product(["'s", " ", "  ", "a", "1", "!", "\n"], repeat=3)
    ]
    all_texts += [
        "".join(rng.choice(atoms) for _ in range(rng.randrange(2, 14))) for _ in range(200)
    ]
    rows = []
    for text in all_texts:
        ends = [len(text[:end].encode()) for _, (_, end) in pre.pre_tokenize_str(text)]
        rows.append(json.dumps([text.encode().hex(), ends], separators=(",", ":")))
    (HERE / "gpt2-split.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")


if __name__ == "__main__":
    write_added()
    write_split()
