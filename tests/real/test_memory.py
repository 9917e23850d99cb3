"""Memory does not grow with the input, be it many files, many pages or one hostile page."""

import subprocess
import sys

import pytest
from conftest import PROGRAM, SANITIZED, make_tree

CEILING_MB = 400  # of the program on two cores with the embedded model in f32; README states it


@pytest.mark.skipif(SANITIZED, reason="sanitizers have a memory of their own")
def test_peak_memory_is_flat(tandem):
    peaks = []
    for times in (1, 4, 16):
        make_tree(tandem.folder / f"tree{times}", 20 * times, seed=times)
        peaks.append(
            tandem.index(f"tree{times}", "--db", tandem.folder / f"{times}.db")["peak_rss_mb"]
        )
    assert max(peaks) < CEILING_MB and peaks[2] < peaks[0] * 1.5 + 40, peaks


PAGE_CEILING_MB = 256
PAGE_BYTES = 10_000_000  # nearly as many as a page may have

# The peak of a child is that of its parent at least, so the parent is a small one.
MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, status.returncode)
"""


def peak_mb(tandem, *args):
    out = subprocess.run([sys.executable, "-c", MEASURE, PROGRAM, *map(str, args)],
                         env=tandem.environment(), cwd=tandem.folder, capture_output=True,
                         timeout=300, check=True)
    peak, status = map(int, out.stdout.split())
    assert status == 0
    return peak


def many(piece):
    return piece * (PAGE_BYTES // len(piece))


HOSTILE = {
    "nested": many("<div>"),
    "attributes": "<p " + " ".join(f"a{i}=b" for i in range(100_000)) + ">x",
    "links": many("<a href=x>y</a>"),
    "formatted": many("<i><b><u>x</p><p>"),
    "cells": "<table>" + many("<tr><td>x<td>y"),
    "heads": many("<meta name=description content=x>"),
}


@pytest.mark.skipif(SANITIZED, reason="sanitizers have a memory of their own")
@pytest.mark.parametrize("args", ((), ("--links",)), ids=("text", "links"))
def test_no_page_takes_more_than_its_share(tandem, site, args):
    peaks = {}
    for name, body in HOSTILE.items():
        site.put(f"/{name}", body)
        peaks[name] = peak_mb(tandem, "crawl", *args, f"{site.url}/{name}")
    assert max(peaks.values()) < PAGE_CEILING_MB, peaks


@pytest.mark.skipif(SANITIZED, reason="sanitizers have a memory of their own")
def test_many_large_pages_at_once_take_no_more_than_few(tandem, site):
    body = many("large words ").encode()
    site.put("/", "".join(f'<a href="/p{i}">x</a>' for i in range(50)))
    for i in range(50):
        site.pages[f"/p{i}"] = "text/html", body + b"%d" % i
    peak = peak_mb(tandem, "crawl", "-r", "--links", "--per-host", 50, site.url)
    assert peak < PAGE_CEILING_MB, peak


@pytest.mark.skipif(SANITIZED, reason="sanitizers have a memory of their own")
def test_a_crawl_of_ten_times_the_pages_takes_no_more_memory(tandem, site):
    class Endless(dict):  # each page leads to two more, and has 20 KB
        def get(self, path):
            if not path.startswith("/p"):
                return None
            i = int(path[2:])
            body = f'<title>{i}</title><a href="/p{2 * i}">a</a><a href="/p{2 * i + 1}">b</a>'
            return "text/html", (body + f"<p>page {i} of many</p>" * 900).encode()

    site.pages = Endless()
    few, many_pages = (
        peak_mb(tandem, "crawl", "-r", "--no-robots", "--max-pages", n, "--state",
                tandem.folder / f"{n}.db", site.url + "/p1")
        for n in (100, 1000)
    )
    assert many_pages < few + 10, (few, many_pages)
