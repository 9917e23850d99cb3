"""Whole index runs on two real HTTP services on loopback: rounds beside pipelined.

runs.py PROGRAM [RUNS] [REQUESTS_AT_A_TIME]

The services sleep 20 ms for a text and 80 ms for a call, those of the start included. Strategies
follow each other in every run; medians of what the command takes, from start to end, are told.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from faults import make_tree
from loopback import priced
from servers import Server

MIXES = ((25, 25), (80, 20), (7, 284))
STRATEGIES = ("rounds", "pipelined")
SECONDS, CALL_SECONDS = 0.02, 0.08


def run(program, folder, strategy, at_once):
    """(seconds, overlap, batches) of a run into an index of its own."""
    with Server("tei", "prose-model") as gte, Server("tei", "code-model") as coderank:
        for server in (gte, coderank):
            server.fault, server.priced = priced(SECONDS, at_once, CALL_SECONDS), True
        with tempfile.TemporaryDirectory() as own:
            env = {**os.environ, "GTE_URL": gte.url, "CODERANK_URL": coderank.url}
            env.update(EMBEDDING_STRATEGY=strategy, XDG_CACHE_HOME=own)
            args = [program, "index", "--db", own + "/x.db", "--json", folder]
            began = time.monotonic()
            done = subprocess.run(args, env=env, check=True, capture_output=True)
            seconds = time.monotonic() - began
        overlap = json.loads(done.stdout)["overlap_ratio"]
        return seconds, overlap, f"{len(gte.batches)} + {len(coderank.batches)}"


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    n_runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    at_once = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    print("| gte + coderank | strategy | seconds | overlap | batches |")
    print("| --- | --- | ---: | ---: | --- |")
    for mix in MIXES:
        with tempfile.TemporaryDirectory() as base:
            folder = pathlib.Path(base) / "tree"
            make_tree(folder, *mix)
            rows = [[run(program, folder, s, at_once) for s in STRATEGIES] for _ in range(n_runs)]
        for i, strategy in enumerate(STRATEGIES):
            seconds, overlap = (statistics.median(r[i][k] for r in rows) for k in (0, 1))
            name = f"{mix[0]} + {mix[1]}"
            print(f"| {name} | {strategy} | {seconds:.2f} | {overlap:.2f} | {rows[-1][i][2]} |")


if __name__ == "__main__":
    sys.exit(main())
