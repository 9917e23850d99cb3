#!/usr/bin/env python3
"""Writes src/embed/tokenize/tables.c from the measured *.tsv beside this file.

    python3 tools/unicode/make_tables.py          # writes
    python3 tools/unicode/make_tables.py --check  # exit status 1 if the file is out of date

Needs nothing but Python. measure.py says how the measurements were made.
"""

import hashlib
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
OUT = HERE.parent.parent / "src/embed/tokenize/tables.c"
FILES = (
    "bert_classes.tsv",
    "bert_fold.tsv",
    "bert_strip.tsv",
    "bert_lower.tsv",
    "gpt2_classes.tsv",
)
HOLES_MAX = 6  # a run goes on over so many code points that map to themselves


def rows(name):
    lines = (HERE / name).read_text().splitlines()
    return [line.split("\t") for line in lines if line and line[0] != "#"]


def folds(name):
    return {int(c, 16): tuple(int(r, 16) for r in result.split()) for c, result in rows(name)}


def members(classes, wanted):
    return {c for k, a, b in classes if k == wanted for c in range(a, b + 1)}


def check(classes, fold, strip, lower):
    """Two steps give what was measured of both together; a second pass changes nothing."""
    mn = members(classes, "mn")
    skip = members(classes, "drop") | members(classes, "space") | mn

    def stripped(c):
        return tuple(r for r in strip.get(c, (c,)) if r not in mn)

    def both(c):
        return tuple(x for r in stripped(c) for x in lower.get(r, (r,)))

    for c in (set(strip) | set(lower) | set(fold)) - skip:
        assert both(c) == fold.get(c, (c,)), f"U+{c:04X}: {both(c)} is not {fold.get(c)}"
        for name, step in (
            ("strip", stripped),
            ("lower", lambda c: lower.get(c, (c,))),
            ("both", both),
        ):
            once = step(c)
            assert (
                tuple(x for r in once for x in step(r)) == once
            ), f"U+{c:04X}: {name} is not stable"


def wrap(items):
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > 100:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join(lines + [line])


def array(kind, name, items):
    return f"static const {kind} {name}[] = {{\n{wrap(items)}\n}};\n"


def class_arrays(classes):
    names = list(dict.fromkeys(k for k, a, b in classes))
    arrays = [
        array("td_code_range", k, [f"{{0x{a:X}, 0x{b:X}}}" for n, a, b in classes if n == k])
        for k in names
    ]
    return names, "\n".join(arrays)


def dense_runs(mapping):
    """Runs of neighbouring code points, and the pool of their results (0: maps to itself)."""
    runs, pool = [], []
    for c in sorted(mapping):
        gap = c - (runs[-1][0] + runs[-1][1]) if runs else HOLES_MAX + 1
        if gap > HOLES_MAX:
            runs.append([c, 0, len(pool)])
            gap = 0
        pool += [0] * gap + [mapping[c]]
        runs[-1][1] += gap + 1
    return runs, pool


def step_runs(mapping):
    """Runs first, last, step with one distance from code point to result."""
    left, runs = sorted(mapping), []
    while left:
        best = [left[0]]
        for step in (1, 2):
            run, here = [left[0]], set(left)
            while (
                run[-1] + step in here
                and mapping[run[-1] + step] - run[-1] - step == mapping[run[0]] - run[0]
            ):
                run.append(run[-1] + step)
            if len(run) > len(best):
                best = run
        runs.append(
            (
                best[0],
                best[-1],
                best[1] - best[0] if len(best) > 1 else 1,
                mapping[best[0]] - best[0],
            )
        )
        left = [c for c in left if c not in set(best)]
    return sorted(runs)


def make():
    classes = [(k, int(a, 16), int(b, 16)) for k, a, b in rows("bert_classes.tsv")]
    split = [(k, int(a, 16), int(b, 16)) for k, a, b in rows("gpt2_classes.tsv")]
    fold, strip, lower = folds("bert_fold.tsv"), folds("bert_strip.tsv"), folds("bert_lower.tsv")
    check(classes, fold, strip, lower)

    several = sorted({r for m in (strip, lower) for r in m.values() if len(r) > 1})
    assert max(map(len, several)) == 3
    one = lambda r: r[0] if len(r) == 1 else 0x110000 + several.index(r)
    strip_runs, pool = dense_runs({c: one(r) for c, r in strip.items()})
    # Results of several code points have no common distance; they are rows of their own.
    lower_runs = step_runs({c: one(r) for c, r in lower.items()})

    head = [
        "/* Made by tools/unicode/make_tables.py; do not edit. Measured with tokenizers 0.23.3:"
    ]
    for name in FILES:
        digest = hashlib.sha256((HERE / name).read_bytes()).hexdigest()
        head.append(f" * {digest}  {name}")
    head.append(" */")
    bert_names, bert = class_arrays(classes)
    # Two kinds of "space": what clean_text turns into U+0020, and the GPT-2 pattern's white space.
    gpt2_names, gpt2 = class_arrays([("gpt2_" + k, a, b) for k, a, b in split])
    row = lambda k: f"[TD_CLASS_{k.upper()}] = {{{k}, sizeof({k}) / sizeof({k}[0])}}"
    parts = [
        "\n".join(head),
        '#include "embed/tokenize/tables.h"\n',
        "/* clang-format off */",
        bert,
        gpt2,
        array(
            "td_strip_run", "strip_runs", [f"{{0x{a:X}, {n}, {at}}}" for a, n, at in strip_runs]
        ),
        array("uint32_t", "strip_pool", [str(v) for v in pool]),
        array(
            "td_lower_run",
            "lower_runs",
            [f"{{0x{a:X}, 0x{b:X}, {s}, {d}}}" for a, b, s, d in lower_runs],
        ),
        array(
            "uint32_t",
            "several[3]",
            ["{" + ", ".join(str(v) for v in r + (0,) * (3 - len(r))) + "}" for r in several],
        ).replace("several[3][]", "several[][3]"),
        "const td_code_ranges td_embed_tokenize_tables_class[TD_CLASS_N] = {\n"
        + wrap([row(k) for k in bert_names + gpt2_names])
        + "\n};",
        "const td_fold_tables td_embed_tokenize_tables_fold = {\n"
        "    strip_runs, sizeof(strip_runs) / sizeof(strip_runs[0]), strip_pool,\n"
        "    lower_runs, sizeof(lower_runs) / sizeof(lower_runs[0]), several,\n};",
        "/* clang-format on */\n",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    text = make()
    if sys.argv[1:] == ["--check"]:
        sys.exit(
            0
            if OUT.read_text() == text
            else f"{OUT} is out of date: run tools/unicode/make_tables.py"
        )
    OUT.write_text(text)
