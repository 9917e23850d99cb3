#!/usr/bin/env python3
"""Start to the first vector, with and without what an earlier start has kept.

    bench/engine/start.py PROGRAM[,PROGRAM...] MODEL_DIR... [--runs 5] [--precisions auto,int8]

Prints the median of milliseconds from a process's start to its first line of output, the first time
on a machine (no packed weights, no check, no known revision; the model's files are in the page
cache) and from the packed file; and the first start's peak memory. Several programs take turns."""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def start(program, model, precision, cache):
    """Milliseconds to the first vector, MB at the peak."""
    command = [program, "embed", "--model", model, "--precision", precision, "-q"]
    began = time.monotonic()
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
    )
    child.stdin.write(b"what hangs behind the kitchen door?\n")
    child.stdin.close()
    line = child.stdout.readline()
    took = (time.monotonic() - began) * 1000
    child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0 or not line:
        sys.exit(f"{' '.join(command)}: status {child.returncode}")
    return took, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("programs")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--precisions", default="auto,int8,bf16,f32")
    options = parser.parse_args()
    programs = options.programs.split(",")

    for model in options.models:
        for precision in options.precisions.split(","):
            first = {p: [] for p in programs}
            packed = {p: [] for p in programs}
            peak = {p: [] for p in programs}
            for _ in range(options.runs):
                for p in programs:
                    cache = Path(tempfile.mkdtemp(prefix="tandem-start-"))
                    took, rss = start(p, model, precision, cache)
                    first[p].append(took)
                    peak[p].append(rss)
                    packed[p].append(start(p, model, precision, cache)[0])
                    shutil.rmtree(cache)
            for p in programs:
                median = statistics.median
                print(
                    f"{Path(model).name:12} {precision:5} first {median(first[p]):5.0f} ms"
                    f" ({min(first[p]):.0f} to {max(first[p]):.0f})"
                    f"  packed {median(packed[p]):4.0f} ms"
                    f"  peak {median(peak[p]):4.0f} MB  {p}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
