"""What int8 weights cost: models/minilm against the published float32 model.

    python3 tools/models/quality.py EXPECTED.json CORPUS.jsonl

EXPECTED holds texts with the vectors of the reference stack ("cases": text, ids, embedding), CORPUS
one {"text": ...} a line. All arithmetic is float32, weights dequantised.
"""

import json
import sys
from pathlib import Path

import numpy as np

import make_minilm
from bert import Bert

N_NEIGHBOURS = 5


def main():
    expected, corpus = (Path(argument) for argument in sys.argv[1:])
    ours, published = Bert(make_minilm.MODEL), Bert(make_minilm.original())

    cases = json.loads(expected.read_text(encoding="utf-8"))["cases"]
    for case in cases:
        if ours.ids(case["text"]) != case["ids"]:
            sys.exit(f"other ids than expected: {case['text']!r}")
    truth = np.array([case["embedding"] for case in cases])
    report("float32, expected vectors", truth, vectors(published, cases))
    report("int8, expected vectors", truth, vectors(ours, cases))

    lines = corpus.read_text(encoding="utf-8").splitlines()
    chunks = [{"ids": ours.ids(json.loads(line)["text"])} for line in lines]
    truth, found = vectors(published, chunks), vectors(ours, chunks)
    report("int8, corpus", truth, found)
    kept = [len(set(a) & set(b)) for a, b in zip(neighbours(truth), neighbours(found))]
    first = neighbours(truth)[:, 0] == neighbours(found)[:, 0]
    share = np.mean(kept) / N_NEIGHBOURS
    print(f"nearest {N_NEIGHBOURS} kept {share:.1%}, nearest one {first.mean():.1%}")
    shift = np.abs(truth @ truth.T - found @ found.T).max()
    print(f"largest change of a cosine between two chunks {shift:.4f}")


def vectors(model, cases):
    return np.array([model.embed(case["ids"]) for case in cases], np.float64)


def report(title, truth, found):
    cosine = (truth * found).sum(axis=1)
    cosine /= np.linalg.norm(truth, axis=1) * np.linalg.norm(found, axis=1)
    low, p5, median = np.min(cosine), np.quantile(cosine, 0.05), np.median(cosine)
    print(f"{title}: {len(cosine)} texts, cosine min {low:.6f}, p5 {p5:.6f}, median {median:.6f}")


def neighbours(vectors):
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -1)
    return np.argsort(-similarity, axis=1, kind="stable")[:, :N_NEIGHBOURS]


if __name__ == "__main__":
    main()
