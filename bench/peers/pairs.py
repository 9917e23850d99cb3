#!/usr/bin/env python3
"""Several peers and several tables of ours on the same chunks, all of them once a round.

    pairs.py MODEL --bench build/release/bench/engine/bench_engine --dir MODEL_DIR
             --peers ort:int8,torch:bf16 --ours int8:avx512_vnni,bf16:avx512_bf16

Each peer and each table of ours runs in turn, round after round, so that the machine's moods meet
all. Every peer gets its chunks tokenized and sorted by length, in the larger or smaller batches
that suit it better (of few chunks the padding of large ones costs up to 40 %); ours are tokenized
too (bench_engine measures the engine alone). A third field of a peer is its number of chunks, for
slow ones: rates are compared in GFLOP/s of real tokens. Prints each round, then medians, and the
median over the rounds of each of ours to each peer."""

import argparse
import json
import statistics
import subprocess
import tempfile
import time

import engines
import shapes


LEAST = (0.5, 0.95)  # a batch's shortest chunk to its longest


class Peer:
    def __init__(self, text, model, threads, n):
        peer, precision, *count = text.split(":")
        self.sequences = shapes.subset(int(count[0]) if count else n)[1]
        self.work = shapes.flops(model, map(len, self.sequences)) / 1e9
        self.name, self.run = engines.load(peer, model, precision, threads)
        self.name += " " + precision
        self.run([self.sequences[0]])
        ways = [shapes.batches(self.sequences, least=least) for least in LEAST]
        self.batches = max(ways, key=self.rate_in)

    def rate_in(self, batches):
        begin = time.perf_counter()
        for batch in batches:
            self.run(batch)
        return self.work / (time.perf_counter() - begin)

    def rate(self):
        return self.rate_in(self.batches)


class Ours:
    """A process that waits for its turns."""

    def __init__(self, text, a, file, work):
        precision, table = text.split(":")
        self.name, self.work = f"tandem {precision} {table}", work
        command = [a.bench, a.dir, file, precision, table, a.threads, 1024, 0]
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.rate()

    def rate(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline()) * self.work

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def report(names, n_peers, rounds, chunk):
    """names: peers first. rounds: rates of each."""
    columns = list(zip(*rounds))
    print(f"\n{len(rounds)} rounds; median (least to most)")
    for name, rates in zip(names, columns):
        m = statistics.median(rates)
        print(
            f"  {name:32} {m:7.0f} GFLOP/s ({min(rates):.0f} to {max(rates):.0f}), "
            f"{m / chunk:.2f} chunks/s"
        )
    for i in range(n_peers, len(names)):
        for j in range(n_peers):
            ratios = [r[i] / r[j] for r in rounds]
            print(
                f"  {names[i]} to {names[j]}: {statistics.median(ratios):.2f} "
                f"({min(ratios):.2f} to {max(ratios):.2f})"
            )


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("model", choices=list(shapes.SHAPES))
    p.add_argument("--bench", required=True)
    p.add_argument("--dir", required=True, help="the model for tandem")
    p.add_argument("--peers", required=True)
    p.add_argument("--ours", required=True)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--chunks", type=int, default=16)
    p.add_argument("--limit", type=float, default=1e9, help="seconds that no round may pass")
    a = p.parse_args()
    began = time.monotonic()
    texts, sequences = shapes.subset(a.chunks)
    work = shapes.flops(a.model, map(len, sequences)) / 1e9
    rounds, longest = [], 0
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for text in texts:
            file.write(json.dumps({"text": text}) + "\n")
        file.flush()
        peers = []
        for text in a.peers.split(","):
            try:
                peers.append(Peer(text, a.model, a.threads, a.chunks))
            except Exception as error:  # one that is not installed shall not cost the others
                print(f"{text}: left out: {error!r:.200}", flush=True)
        ours = [Ours(o, a, file.name, work / a.chunks) for o in a.ours.split(",")]
        print(f"loaded in {time.monotonic() - began:.1f} s", flush=True)
        all_of_them = peers + ours
        while len(rounds) < a.rounds and time.monotonic() - began + longest < a.limit:
            begin = time.monotonic()
            rates = []
            for one in all_of_them:
                time.sleep(0.25)  # threads of the one before may spin for a while
                rates.append(one.rate())
            rounds.append(rates)
            longest = max(longest, time.monotonic() - begin)
            print(" | ".join(f"{o.name} {r:.0f}" for o, r in zip(all_of_them, rates)), flush=True)
        for one in ours:
            one.close()
    if rounds:
        report([o.name for o in all_of_them], len(peers), rounds, work / a.chunks)


if __name__ == "__main__":
    main()
