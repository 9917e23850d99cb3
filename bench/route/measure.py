#!/usr/bin/env python3
"""How often the program tells code from prose, and which language it is.

    measure.py TEXTS.jsonl TANDEM [N]     TEXTS as tools/language/collect.py writes it; only its
                                          held-back half is read; N documents of each kind (2000)

Writes documents of known content, has `tandem chunk` cut them, and counts lines: a line of code
is right in a chunk for coderank, a line of prose (documentation, logs, traces, tables) in one for
gte. Languages count by chunks for coderank.
"""

import collections
import json
import os
import random
import subprocess
import sys
import tempfile

NOT_CODE = ("markdown", "log", "csv")
TEXTS_MIN = 20  # of a language, to be measured at all
LEFT_OUT = ("console",)  # a session may stay with the prose around it
ENDS = {
    "python": "py",
    "c": "c",
    "cpp": "cpp",
    "csharp": "cs",
    "css": "css",
    "go": "go",
    "html": "html",
    "java": "java",
    "javascript": "js",
    "json": "json",
    "kotlin": "kt",
    "lua": "lua",
    "ocaml": "ml",
    "perl": "pl",
    "php": "php",
    "ruby": "rb",
    "rust": "rs",
    "scala": "scala",
    "shell": "sh",
    "sql": "sql",
    "swift": "swift",
    "tcl": "tcl",
    "toml": "toml",
    "typescript": "ts",
    "vim": "vim",
    "xml": "xml",
    "yaml": "yaml",
    "r": "R",
    "cmake": "cmake",
    "make": "mk",
    "powershell": "ps1",
    "diff": "diff",
    "ini": "ini",
}
# Told apart by convention more than by looks: what a fence or a name says is kept as it is.
SAME = [{"c", "cpp"}, {"javascript", "typescript"}, {"html", "xml"}]


def load(path):
    code, prose = collections.defaultdict(list), collections.defaultdict(list)
    for line in open(path):
        item = json.loads(line)
        lines = item["text"].count("\n") + 1
        if (
            item["label"] not in LEFT_OUT
            and item["half"] == 1
            and lines >= 5
            and len(item["text"]) >= 200
        ):
            (prose if item["label"] in NOT_CODE else code)[item["label"]].append(item["text"])
    return {label: texts for label, texts in code.items() if len(texts) >= TEXTS_MIN}, prose


def draw(rng, by_label):
    """Every language as often as the others."""
    label = rng.choice(sorted(by_label))
    return label, rng.choice(by_label[label]).strip("\n")


def documents(kind, code, prose, n, rng):
    """(name, [(label, text, is_code)])"""
    for i in range(n):
        if kind == "files":
            label, text = draw(rng, {l: t for l, t in code.items() if l in ENDS})
            yield f"{i}.{ENDS[label]}", [(label, text, True)], "{}"
        elif kind == "fences":
            label, text = draw(rng, code)
            word = rng.choice(prose["markdown"]).strip("\n")
            if "```" in text or "```" in word:
                continue
            yield f"{i}.md", [
                ("markdown", word, False),
                (label, text, True),
            ], "{}\n\n```\n{}\n```\n"
        elif kind == "unfenced":
            parts = []
            for k in range(4):
                label, text = (
                    draw(rng, code) if k % 2 else ("markdown", rng.choice(prose["markdown"]))
                )
                parts.append((label, text.strip("\n"), bool(k % 2)))
            yield f"{i}.txt", parts, "\n\n".join(["{}"] * 4) + "\n"
        elif kind == "prose":
            text = rng.choice(prose["markdown"]).strip("\n")
            if text.count("\n") > 10:
                yield f"{i}.md", [("markdown", text, False)], "{}"
        else:
            label, text = draw(rng, {l: t for l, t in prose.items() if l != "markdown"})
            yield f"{i}.txt", [(label, text, False)], "{}"


def write(folder, documents_of_kind):
    truth = {}
    for name, parts, form in documents_of_kind:
        pieces, lines = form.split("{}"), []
        text = pieces[0]
        for (label, part, is_code), behind in zip(parts, pieces[1:]):
            first = text.count("\n") + 1
            text += part
            lines.append((first, first + part.count("\n"), label, is_code))
            text += behind
        with open(os.path.join(folder, name), "w") as out:
            out.write(text)
        truth[name] = lines, text.split("\n")
    return truth


def is_same(a, b):
    return a == b or any(a in group and b in group for group in SAME)


def measure(kind, program, made):
    counts = collections.Counter()
    wrong = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        truth = write(folder, made)
        out = subprocess.run(
            [program, "chunk", "--chunk-overlap", "0", folder], capture_output=True, text=True
        ).stdout
    for line in out.split("\n")[:-1]:
        chunk = json.loads(line)
        lines, text = truth[os.path.basename(chunk["path"])]
        says = chunk["model_hint"] == "coderank"
        counts["chunks to code"] += says
        counts["chunks"] += 1
        labels = collections.Counter()
        for first, last, label, is_code in lines:
            for number in range(max(first, chunk["start_line"]), min(last, chunk["end_line"]) + 1):
                if not text[number - 1].strip():
                    continue
                counts["lines"] += 1
                counts["right"] += says == is_code
                labels[label] += is_code
                if says != is_code:
                    wrong[label] += 1
        if says and labels and labels.most_common(1)[0][1]:
            label = labels.most_common(1)[0][0]
            counts["named"] += 1
            counts["named right"] += is_same(chunk["language"], label)
            if not is_same(chunk["language"], label):
                wrong[f"{label} as {chunk['language']}"] += 1
    named = counts["named"]
    print(
        kind,
        len(truth),
        f"{100 * counts['right'] / max(1, counts['lines']):.2f} %",
        f"{100 * counts['named right'] / named:.2f} %" if named else "-",
        f"{counts['chunks to code']} of {counts['chunks']}",
        sep=" | ",
    )
    if os.environ.get("WRONG"):
        print("   ", dict(wrong.most_common(25)), file=sys.stderr)


def main(texts, program, n="2000"):
    code, prose = load(texts)
    print(f"{len(code)} languages of code")
    print("content", "documents", "lines right", "language right", "chunks to code", sep=" | ")
    for kind in ("files", "fences", "unfenced", "prose", "logs, traces, tables"):
        made = list(documents(kind, code, prose, int(n), random.Random(kind)))
        measure(kind, program, made)


if __name__ == "__main__":
    main(*sys.argv[1:])
