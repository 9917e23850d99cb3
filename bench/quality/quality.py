#!/usr/bin/env python3
"""What a precision costs in quality: cosines to f32, and the order of retrieval.

    quality.py MODEL [--tandem PROGRAM] [--precisions f32,bf16,int8] [--chunks FILE.jsonl]

Questions with known answers come from the docstrings of the Python standard library that runs this
script: the first sentence asks for the rest of its docstring, among all the others' rests. Nothing
is fetched, and nothing of it is kept here. Chunks for the cosines are pieces of the same sources,
prose and code, unless a file of {"text": ...} lines is named."""

import argparse
import ast
import json
import pathlib
import subprocess
import sys
import sysconfig
import tempfile

import numpy as np

QUESTIONS_MAX = 600
CHUNKS = 256
CHUNK_CHARACTERS = 1500


def sources():
    folder = pathlib.Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).parts
        if "test" in parts or "tests" in parts or "site-packages" in parts or "idlelib" in parts:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        try:
            yield text, ast.parse(text)
        except (SyntaxError, ValueError):
            continue


def questions():
    """[(first sentence, rest of the docstring)], all different."""
    found, seen = [], set()
    kinds = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)
    for _, tree in sources():
        for node in ast.walk(tree):
            doc = ast.get_docstring(node) if isinstance(node, kinds) else None
            head, _, rest = (doc or "").partition("\n\n")
            head = " ".join(head.split())
            if not 30 <= len(head) <= 200 or not 200 <= len(rest) <= 3000 or head in seen:
                continue
            seen.add(head)
            found.append((head, rest))
    step = max(1, len(found) // QUESTIONS_MAX)
    return found[::step][:QUESTIONS_MAX]


def chunks(file):
    if file:
        with open(file, encoding="utf-8") as f:
            return [json.loads(line)["text"] for line in f][:CHUNKS]
    pieces = []
    for text, _ in sources():
        pieces += [text[i : i + CHUNK_CHARACTERS] for i in range(0, len(text), CHUNK_CHARACTERS)]
    pieces = [p for p in pieces if len(p) > CHUNK_CHARACTERS // 4]
    return pieces[:: len(pieces) // CHUNKS][:CHUNKS]


def embed(a, precision, role, texts):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "vectors.npy"
        command = [
            a.tandem,
            "embed",
            "--model",
            a.model,
            "--precision",
            precision,
            "--role",
            role,
            "--input-format",
            "jsonl",
            "--output",
            out,
        ]
        lines = "".join(json.dumps({"text": t}) + "\n" for t in texts)
        done = subprocess.run([str(c) for c in command], input=lines.encode(), capture_output=True)
        if done.returncode != 0:
            sys.exit(done.stderr.decode())
        return np.load(out)


def mrr_at_10(queries, documents):
    """The i-th document answers the i-th query."""
    scores = queries @ documents.T
    own = np.diag(scores)[:, None]
    ranks = (scores > own).sum(axis=1) + 1
    return float(np.where(ranks <= 10, 1 / ranks, 0).mean()), float((ranks == 1).mean())


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("model", help="a Hugging Face directory or name")
    root = pathlib.Path(__file__).resolve().parents[2]
    p.add_argument("--tandem", default=root / "build/release/tandem")
    p.add_argument("--precisions", default="f32,bf16,int8")
    p.add_argument("--chunks", help="texts for the cosines; default: pieces of Python's sources")
    a = p.parse_args()
    asked, texts = questions(), chunks(a.chunks)
    print(f"{len(asked)} questions, {len(texts)} chunks\n")
    print("| precision | least cosine | p5 | median | MRR@10 | change, points | first hits |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    exact = None
    for precision in a.precisions.split(","):
        vectors = embed(a, precision, "document", texts)
        mrr, first = mrr_at_10(
            embed(a, precision, "query", [q for q, _ in asked]),
            embed(a, precision, "document", [d for _, d in asked]),
        )
        exact = exact or (vectors, mrr)
        cosines = np.sort((vectors * exact[0]).sum(axis=1))
        print(
            f"| {precision} | {cosines[0]:.5f} | {cosines[len(cosines) // 20]:.5f} | "
            f"{np.median(cosines):.5f} | {mrr:.4f} | {100 * (mrr - exact[1]):+.2f} | "
            f"{first:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
