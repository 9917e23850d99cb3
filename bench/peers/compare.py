#!/usr/bin/env python3
"""tandem and one peer on the same chunks, in turns, so that the machine's moods meet both.

    compare.py MODEL PEER:PRECISION [--tandem build/release/tandem] [--precision auto] [--pairs 5]

Prints each pair, the medians, and their ratios. The peer gets its chunks sorted by length and
already tokenized; tandem gets their text, in the corpus's order, and does both itself. Queries are
one of 12 tokens, warm. `--prepare` only makes the peer's files."""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import engines
import shapes

QUERIES = 100


def measure_peer(run, sequences, query):
    """(seconds for all chunks, ms of a query)"""
    begin = time.perf_counter()
    for batch in shapes.batches(sequences):
        run(batch)
    seconds = time.perf_counter() - begin
    times = []
    for _ in range(QUERIES):
        begin = time.perf_counter()
        run([query])
        times.append(time.perf_counter() - begin)
    return seconds, statistics.median(times) * 1e3


def measure_tandem(a, file):
    folder = shapes.MINI if a.model == "mini" else shapes.ART / "models" / a.model
    command = [
        a.tandem,
        "bench",
        "engine",
        file,
        "--model",
        folder,
        "--precision",
        a.precision,
        "--threads",
        a.threads,
        "--rounds",
        1,
        "--json",
    ]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def compare(a, peer, precision):
    texts, sequences = shapes.subset(a.n)
    name, run = engines.load(peer, a.model, precision, a.threads)
    query = shapes.tokenizer().encode(shapes.QUERY).ids
    work = shapes.flops(a.model, map(len, sequences))
    rows = []
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for text in texts:
            file.write(json.dumps({"text": text}) + "\n")
        file.flush()
        run(shapes.batches(sequences)[-1])
        run([query])
        for _ in range(a.pairs):
            seconds, query_ms = measure_peer(run, sequences, query)
            ours = measure_tandem(a, file.name)
            rows.append(
                (
                    a.n / seconds,
                    ours["chunks_per_second"],
                    query_ms,
                    ours["query_p50_ms"],
                    work / seconds / 1e9,
                    ours["gflops"],
                    ours["of_limit"],
                    ours["query_under_load_p50_ms"],
                    ours["query_under_load_p99_ms"],
                    ours["query_p99_ms"],
                )
            )
            print(
                "  %.2f against %.2f chunks/s, query %.2f against %.2f ms"
                % (rows[-1][1], rows[-1][0], rows[-1][3], rows[-1][2]),
                flush=True,
            )
    m = [statistics.median(column) for column in zip(*rows)]
    ratio = statistics.median(r[1] / r[0] for r in rows)
    query_ratio = statistics.median(r[3] / r[2] for r in rows)
    print(
        f"| {a.model} | {ours['precision']} | {name} {precision} | {m[1]:.2f} ({m[5]:.0f}) | "
        f"{m[0]:.2f} ({m[4]:.0f}) | **{ratio:.2f}** | {100 * m[6]:.0f} % | {m[3]:.2f} | "
        f"{m[2]:.2f} | **{query_ratio:.2f}** | {m[9]:.1f} | {m[7]:.1f} / {m[8]:.1f} |"
    )


COLUMNS = (
    "model",
    "tandem",
    "peer",
    "chunks/s (GFLOP/s)",
    "peer's",
    "ratio",
    "of products alone",
    "query p50 ms",
    "peer's",
    "ratio",
    "query p99",
    "query under load p50 / p99",
)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("model", choices=list(shapes.SHAPES))
    p.add_argument("peer", help="ov, ort or torch, a colon, and f32, bf16, int8 or int8-bf16")
    root = pathlib.Path(__file__).resolve().parents[2]
    p.add_argument("--tandem", default=root / "build/release/tandem")
    p.add_argument("--precision", default="auto")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--pairs", type=int, default=5)
    p.add_argument("--n", type=int, default=64, help="chunks")
    p.add_argument("--prepare", action="store_true")
    a = p.parse_args()
    peer, _, precision = a.peer.partition(":")
    if a.prepare:
        if peer == "ov":
            engines.openvino_model(a.model, precision.startswith("int8"))
        return
    print(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    compare(a, peer, precision)


if __name__ == "__main__":
    main()
