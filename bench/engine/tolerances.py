#!/usr/bin/env python3
"""Cosines between tandem's vectors and the expected ones: model x precision x kernel table.

    tolerances.py [TANDEM [MINILM_DIR]] > table.md

The expected vectors are those of tests/golden/expected, made by the reference stack in f32 or f64.
Texts with NUL bytes, or under a prompt that tandem would choose otherwise, are left out. A cell is
the least and the median cosine; a star marks one outside its file's tolerance."""

import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ISAS = ("plain", "avx2", "avx_vnni", "avx512", "avx512_vnni", "avx512_bf16", "amx", "onednn")

PROMPTS = {"query": ("query",), "document": ("document", "passage")}  # names, by role


def embed(program, folder, precision, isa, role, texts):
    lines = "".join(json.dumps({"text": t}) + "\n" for t in texts)
    options = ["--model", folder, "--precision", precision, "--role", role]
    done = subprocess.run(
        [program, "embed", "--input-format", "jsonl", *map(str, options)],
        input=lines,
        capture_output=True,
        text=True,
        env=dict(os.environ, TANDEM_ISA=isa),
    )
    if done.returncode != 0:
        return None, done.stderr.strip()
    return [json.loads(line)["embedding"] for line in done.stdout.splitlines()], None


def cosines(program, folder, expected, precision, isa):
    found = []
    for role in ("query", "document"):
        has_prompt = any(name in expected["prompts"] for name in PROMPTS[role])
        cases = [
            c
            for c in expected["cases"]
            if "\0" not in c["text"]
            and c.get("prompt") == (role if has_prompt else None)
            and (has_prompt or role == "document")
        ]
        if not cases:
            continue
        vectors, error = embed(program, folder, precision, isa, role, [c["text"] for c in cases])
        if error:
            return None
        for case, vector in zip(cases, vectors):
            found.append(sum(a * b for a, b in zip(case["embedding"], vector)))
    return found


def cell(values, tolerance):
    if not values:
        return "not here"
    least, median = min(values), statistics.median(values)
    bad = least < tolerance["cosine_min"] or median < tolerance.get("cosine_median_min", 0)
    return f"{least:.5f} / {median:.5f}{' *' if bad else ''}"


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/tandem"
    minilm = sys.argv[2] if len(sys.argv) > 2 else None
    print("| model | precision | texts | " + " | ".join(ISAS) + " |")
    print("| --- |" + " --- |" * (len(ISAS) + 2))
    for file in sorted((ROOT / "tests/golden/expected").glob("*.json")):
        expected = json.loads(file.read_text())
        expected.setdefault("prompts", {})
        folder = minilm if file.stem == "minilm" else ROOT / "tests/golden/models" / file.stem
        if not folder:
            continue
        for precision in ("f32", "bf16", "int8"):
            every = [cosines(program, folder, expected, precision, isa) for isa in ISAS]
            n = max((len(v) for v in every if v), default=0)
            cells = [cell(v, expected["tolerance"][precision]) for v in every]
            print(f"| {file.stem} | {precision} | {n} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
