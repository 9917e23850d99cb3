#!/usr/bin/env python3
"""Leaves out windows that are not what their file's name says, from what collect.py wrote.

    sift.py BLIND.jsonl SIFTED.jsonl

Found by reading some windows of each label before anything was measured; each rule goes by the
text alone.
"""

import collections
import json
import re
import sys

# Never a part of a text with this label; of what label it would be is another question.
WRONG = {
    "c": r"^@(interface|protocol|property|class|end|implementation)\b|^[-+] ?\(",  # Objective-C
    "html": r"\{\{|\{%|<\?(?!xml)|<%",  # templates
    "csv": r"<\?|<%|\{\{",
    "log": r"\A\s*\{",  # a record of JSON a line
    "lisp": r"[\w)\]];\s*$|^\s*//|\*/",  # OpenCL
    "sql": r"\{\{|<%",
    "yaml": r"^\s*\{\{|: \{\{|\{%",
    "toml": r"^\s*\{[{%]",
}
WRONG["cpp"] = WRONG["c"]
WRONG = {label: re.compile(form, re.M) for label, form in WRONG.items()}
# What half of the lines, or more, begin with.
MOST = {
    "yaml": re.compile(r"(- |-$|#|---|[\"'\w$./*{}-]+[^:]*:( |$)|[\[\]{}])"),  # not in a scalar
    "ini": re.compile(r"[#;\[]|[^=]+="),
}
# What some lines begin with: a patch's head alone is a letter, its context alone is other code.
SOME = {"diff": re.compile(r"[-+](?![-+])|@@|diff |Index: ")}
BLOB = re.compile(r"^\s*(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/=]{56,}\s*$", re.M)


def is_right(item):
    label, text = item["label"], item["text"]
    lines = [line for line in text.split("\n") if line.strip()]
    if label in WRONG and WRONG[label].search(text):
        return False
    if label in MOST and 2 * sum(bool(MOST[label].match(l.strip())) for l in lines) < len(lines):
        return False
    if label in SOME and 10 * sum(bool(SOME[label].match(line)) for line in lines) < len(lines):
        return False
    return 3 * len(BLOB.findall(text)) < len(lines)


def main(in_path, out_path):
    kept, left = collections.Counter(), collections.Counter()
    with open(out_path, "w") as out:
        for line in open(in_path):
            item = json.loads(line)
            right = is_right(item)
            (kept if right else left)[item["label"]] += 1
            if right:
                out.write(line)
    for label in sorted(kept):
        print(f"{label:12} {kept[label]:5} kept, {left[label]:5} left out")


if __name__ == "__main__":
    main(*sys.argv[1:])
