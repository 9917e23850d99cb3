#!/usr/bin/env python3
"""How often the program tells code from prose, and which language it is.

    measure.py TEXTS.jsonl TANDEM [N]     TEXTS as tools/language/collect.py writes it; only its
                                          held-back part is read; N documents of each kind (2000)

Writes documents of known content, has `tandem chunk` cut them, and counts lines: a line of code
is right in a chunk for coderank, a line of prose (documentation, logs, traces, tables) in one for
gte. A line inside of code that is nothing but comment, docstring or POD, as its whole file told
collect.py, is documentation: it may stand with the code or apart, and counts only in "lines right,
all". Languages count by chunks for coderank; "or its kin": C, C++, C# and Objective-C for each
other, and so on. A page of prose with code that mixed.txt lists is mixed: those lines are code.
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
KIN = [
    {"c", "cpp", "csharp", "objective-c"},
    {"java", "kotlin", "scala", "csharp"},
    {"javascript", "typescript", "json"},
    {"html", "xml"},
    {"ini", "toml"},
    {"shell", "make", "dockerfile", "console"},
]
# Told apart by convention more than by looks: what a fence or a name says is kept as it is.
SAME = [{"c", "cpp"}, {"javascript", "typescript"}, {"html", "xml"}]


def mixed():
    """[(first line, last line)]: code that pages of prose show without a mark, found by hand."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mixed.txt")
    lines = [line.rstrip("\n") for line in open(path) if not line.startswith("# ")]
    return [tuple(line.split("\t")[1:]) for line in lines]


MIXED = mixed()


def shown(lines):
    """The numbers of the lines that are such code."""
    found = set()
    for first, last in MIXED:
        if first in lines and last in lines[lines.index(first) :]:
            at = lines.index(first)
            found.update(range(at, lines.index(last, at) + 1))
    return found


class Part:
    """A labelled window: its lines, which of them are comments, and which of prose are code."""

    def __init__(self, label, item):
        skipped = len(item["text"]) - len(item["text"].lstrip("\n"))
        self.label, self.text = label, item["text"].strip("\n")
        self.comments = {i - skipped for i in item["comments"]}
        self.is_code, self.package = label not in NOT_CODE, item["package"]
        lines = [line.strip() for line in self.text.split("\n")]
        self.shown = shown(lines) if label == "markdown" else set()
        end = os.path.splitext(item["name"])[1]
        self.end = end if end in (".md", ".markdown", ".rst") else ".txt"


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
            kind = prose if item["label"] in NOT_CODE else code
            kind[item["label"]].append(Part(item["label"], item))
    return {label: texts for label, texts in code.items() if len(texts) >= TEXTS_MIN}, prose


def draw(rng, by_label):
    """Every language as often as the others."""
    return rng.choice(by_label[rng.choice(sorted(by_label))])


def documents(kind, code, prose, n, rng):
    """(name, [part], form): the parts stand in the braces of the form."""
    for i in range(n):
        if kind == "files":
            # A file ".html" is a page, whose text is taken out: bench/extract.
            part = draw(rng, {l: t for l, t in code.items() if l in ENDS})
            yield f"{i}.{ENDS[part.label]}", [part], "{}"
        elif kind == "fences":
            part, word = draw(rng, code), rng.choice(prose["markdown"])
            if "```" not in part.text + word.text:
                yield f"{i}.md", [word, part], "{}\n\n```\n{}\n```\n"
        elif kind == "pages":
            first = draw(rng, code)
            same = [p for p in code[first.label] if p.package == first.package]
            parts = [first, rng.choice(prose["markdown"]), rng.choice(same), rng.choice(same)]
            if "```" not in "".join(part.text for part in parts):
                form = "```%s\n{}\n```\n\n{}\n\n```\n{}\n```\n\n```\n{}\n```\n"
                yield f"{i}.md", parts, form % first.label
        elif kind == "unfenced":
            parts = [draw(rng, code) if k % 2 else rng.choice(prose["markdown"]) for k in range(4)]
            if "```" not in "".join(part.text for part in parts):
                yield f"{i}.txt", parts, "\n\n".join(["{}"] * 4) + "\n"
        elif kind in ("prose", "mixed"):
            part = rng.choice(prose["markdown"])
            if part.text.count("\n") > 10 and bool(part.shown) == (kind == "mixed"):
                yield f"{i}{part.end}", [part], "{}"
        else:
            yield f"{i}.txt", [draw(rng, {l: t for l, t in prose.items() if l != "markdown"})], "{}"


def write(folder, documents_of_kind):
    """{name: {line: (part, is it a comment)}}, numbers from 1; blank lines are in none."""
    truth = {}
    for name, parts, form in documents_of_kind:
        pieces, lines = form.split("{}"), {}
        text = pieces[0]
        for part, behind in zip(parts, pieces[1:]):
            first = text.count("\n") + 1
            for i, line in enumerate(part.text.split("\n")):
                if line.strip():
                    lines[first + i] = part, i in part.comments, part.is_code or i in part.shown
            text += part.text + behind
        with open(os.path.join(folder, name), "w") as out:
            out.write(text)
        truth[name] = lines
    return truth


def is_in(groups, a, b):
    return a == b or any(a in group and b in group for group in groups)


def count(chunk, lines, counts, wrong):
    says = chunk["model_hint"] == "coderank"
    counts["chunks to code"] += says
    counts["chunks"] += 1
    labels = collections.Counter()
    for number in range(chunk["start_line"], chunk["end_line"] + 1):
        if number not in lines:
            continue
        part, comment, is_code = lines[number]
        right = says == is_code
        counts["all lines"] += 1
        counts["all right"] += right
        labels[part.label] += part.is_code
        if not comment:
            counts["lines"] += 1
            counts["right"] += right
            wrong[part.label] += not right
    label = labels.most_common(1)[0][0] if any(labels.values()) else None
    if says and label and not chunk["told"]:
        counts["named"] += 1
        counts["named right"] += is_in(SAME, chunk["language"], label)
        counts["kin right"] += is_in(SAME + KIN, chunk["language"], label)
        if not is_in(SAME, chunk["language"], label):
            wrong[f"{label} as {chunk['language']}"] += 1
        for low in (0, 0.5, 0.7, 0.9, 0.98):
            if chunk["confidence"] >= low:
                bin_ = low
        counts["bin", bin_] += 1
        counts["bin right", bin_] += is_in(SAME, chunk["language"], label)


def share(counts, part, whole):
    return f"{100 * counts[part] / counts[whole]:.2f} %" if counts[whole] else "-"


def measure(kind, program, made):
    counts, wrong = collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        truth = write(folder, made)
        out = subprocess.run(
            [program, "chunk", "--chunk-overlap", "0", folder],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    for line in out.split("\n")[:-1]:
        chunk = json.loads(line)
        chunk["told"] = kind == "pages" and chunk["start_line"] <= 2
        count(chunk, truth[os.path.basename(chunk["path"])], counts, wrong)
    if not truth:
        return
    print(
        kind,
        len(truth),
        share(counts, "right", "lines"),
        share(counts, "all right", "all lines"),
        share(counts, "named right", "named"),
        share(counts, "kin right", "named"),
        f"{counts['chunks to code']} of {counts['chunks']}",
        sep=" | ",
    )
    if os.environ.get("WRONG"):
        print("   ", dict((+wrong).most_common(25)), file=sys.stderr)
        for low in (0, 0.5, 0.7, 0.9, 0.98):
            if counts["bin", low]:
                print(
                    f"    confidence {low}..: {counts['bin', low]} chunks,",
                    share(counts, ("bin right", low), ("bin", low)),
                    "right",
                    file=sys.stderr,
                )


def main(texts, program, n="2000"):
    code, prose = load(texts)
    print(f"{len(code)} languages of code")
    head = "content|documents|lines right|lines right, all|language right|or its kin|chunks to code"
    print(*head.split("|"), sep=" | ")
    for kind in ("files", "fences", "pages", "unfenced", "prose", "mixed", "logs, traces, tables"):
        made = list(documents(kind, code, prose, int(n), random.Random(kind)))
        measure(kind, program, made)


if __name__ == "__main__":
    main(*sys.argv[1:])
