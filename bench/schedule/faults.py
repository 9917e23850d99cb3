"""The prose lane's time while the code lane is in trouble, with real HTTP services on loopback.

faults.py PROGRAM [RUNS]

Two services that sleep for their price, one request at a time each. For every run the healthy case
and each fault follow each other; the median of the ratios to the healthy case is told.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TESTS = pathlib.Path(__file__).parents[2] / "tests" / "real"
sys.path.insert(0, str(TESTS))
from servers import Server  # noqa: E402

N_PROSE, N_CODE = 120, 60
SECONDS = 0.02  # a text


def price(seconds, fault=None):
    """One call at a time, each text at its price; `fault` may answer instead."""
    room = threading.Semaphore(1)

    def serve(call):
        with room:
            if fault and fault(call):
                return True
            time.sleep(seconds * len(call.texts))

    return serve


FAULTS = {
    "none": price(SECONDS),
    "dead from start": price(SECONDS, lambda c: c.drop()),
    "dies in the middle": price(SECONDS, lambda c: c.n > 3 and c.drop()),
    "ten times slower": price(10 * SECONDS),
    "flapping": price(SECONDS, lambda c: c.n % 2 and c.drop()),
    "HTTP 503": price(SECONDS, lambda c: c.error(503, "overloaded")),
}


def make_tree(folder, n_prose=N_PROSE, n_code=N_CODE):
    folder.mkdir()
    for i in range(n_prose):
        (folder / f"text{i}.md").write_text(f"# Chapter {i}\n\n" + f"It tells of item {i}. " * 20)
    for i in range(n_code):
        (folder / f"code{i}.py").write_text(
            f"def function_{i}(first):\n" + f"    first = first * {i}\n" * 20 + "    return first\n"
        )


def prose_seconds(program, folder, name):
    """From the first call to the last one's end, prose alone."""
    with Server("tei", "prose") as gte, Server("tei", "code") as coderank:
        gte.priced = True  # what it is met with too; the other one is met before its trouble
        gte.fault, coderank.fault = price(SECONDS), FAULTS[name]
        env = {"GTE_URL": gte.url, "CODERANK_URL": coderank.url, "HOME": str(folder)}
        index = str(folder / f"{time.monotonic_ns()}.db")
        run = lambda *args: subprocess.run(
            [program, *args], env={**os.environ, **env}, cwd=folder, capture_output=True
        ).stdout
        run("index", "--db", index, "-q", "tree")
        spans = json.loads(run("report", "--db", index, "--json"))["spans"]
        prose = [s for s in spans if s["gte"]["batches"]]
        assert sum(s["gte"]["chunks"] for s in prose) == N_PROSE
        return max(s["end"] for s in prose) - min(s["start"] for s in prose)


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    seconds = {name: [] for name in FAULTS}
    with tempfile.TemporaryDirectory() as folder:
        make_tree(pathlib.Path(folder) / "tree")
        for _ in range(runs):
            for name in FAULTS:
                seconds[name].append(prose_seconds(program, pathlib.Path(folder), name))
    print(f"{N_PROSE} + {N_CODE} chunks of {SECONDS:g} s, median of {runs}")
    for name, times in seconds.items():
        ratios = [t / healthy for t, healthy in zip(times, seconds["none"])]
        print(f"{name:20} {statistics.median(times):6.2f} s {statistics.median(ratios):6.3f}")


if __name__ == "__main__":
    sys.exit(main())
