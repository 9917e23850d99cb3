#!/usr/bin/env python3
"""Crawls one site on loopback with tandem and its peers in turn, and prints a table.

    python3 bench/crawl/run.py TANDEM [--pages 10000] [--delay-ms 0] [--rounds 3]
                               [--connections 64,128,256] [--only NAME,...]

The server is pinned to the first core, the client to the second. Peers are looked for in
.cache/bench (see README.md); one that is not there is left out. Every client runs with each number
of connections. Figures are medians of the rounds, which go through all clients before the next one
begins; of the server's core the share that was busy is shown, so that it is seen not to be the
limit.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
CACHE = HERE.parent.parent / ".cache" / "bench"
PORT = 18090


def clients(tandem, start, connections, folder):
    crawl = [tandem, "crawl", "--json", "-r", "--no-robots", "--max-pages", "0", "--per-host",
             str(connections)]
    python = str(CACHE / "venv" / "bin" / "python")
    return {
        "tandem: links": [*crawl[:2], *crawl[3:], "--links", start],
        "tandem: Markdown": [*crawl, start],
        "tandem: Markdown, state in a database": [*crawl, "--state", f"{folder}/state.db", start],
        "colly: links": [str(CACHE / "colly-bench"), start, str(connections)],
        "aiohttp + lexbor: links": [python, str(HERE / "asyncio_client.py"), start,
                                    str(connections)],
        "scrapy: links": [python, str(HERE / "scrapy_client.py"), start, str(connections)],
    }


def cpu_seconds(pid):
    """What a process has used so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(command, core, env, server):
    """Seconds of wall, of CPU and of the server's CPU, peak memory in MB, and how many pages."""
    served = cpu_seconds(server.pid)
    began = time.monotonic()
    out = subprocess.Popen(["taskset", "-c", str(core), *command],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
    n_lines, last = 0, b""
    for line in out.stdout:
        n_lines, last = n_lines + 1, line
    _, _, usage = os.wait4(out.pid, 0)
    wall = time.monotonic() - began
    pages = int(last) if n_lines == 1 and last.strip().isdigit() else n_lines
    served = cpu_seconds(server.pid) - served
    return wall, usage.ru_utime + usage.ru_stime, served, usage.ru_maxrss / 1024, pages


def print_table(options, results):
    print(f"| {options.pages} pages, {options.delay_ms} ms | connections | pages | pages/s | "
          "CPU s per 1,000 pages | server's core, % | peak MB |\n"
          "| --- | --- | --- | --- | --- | --- | --- |")
    for (name, connections), rounds in sorted(results.items(), key=lambda r: r[0][0]):
        wall, cpu, served, rss, pages = (statistics.median(column) for column in zip(*rounds))
        if not pages:
            print(f"{name}: fetches nothing, is it installed?", file=sys.stderr)
            continue
        print(f"| {name} | {connections} | {pages:.0f} | {pages / wall:.0f} | "
              f"{cpu / pages * 1000:.2f} | {served / wall * 100:.0f} | {rss:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tandem")
    parser.add_argument("--pages", type=int, default=10000)
    parser.add_argument("--delay-ms", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", default="64,128,256",
                        type=lambda text: [int(n) for n in text.split(",")])
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        binary = f"{folder}/server"
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", binary, str(HERE / "server.c")],
                       check=True)
        server = subprocess.Popen(["taskset", "-c", str(cores[0]), binary, str(PORT),
                                   str(options.pages), str(options.delay_ms)],
                                  stdout=subprocess.PIPE)
        server.stdout.readline()
        start = f"http://127.0.0.1:{PORT}/p/0"
        results = {}
        try:
            for _ in range(options.rounds):
                for connections in options.connections:
                    for name, command in clients(os.path.abspath(options.tandem), start,
                                                 connections, folder).items():
                        if options.only and not any(o in name for o in options.only.split(",")):
                            continue
                        if not os.path.exists(command[0]):
                            continue
                        pathlib.Path(f"{folder}/state.db").unlink(missing_ok=True)
                        env = {**os.environ, "HOME": folder}
                        results.setdefault((name, connections), []).append(
                            run(command, cores[-1], env, server))
        finally:
            server.kill()
            server.wait()
    print_table(options, results)

sys.exit(main())
