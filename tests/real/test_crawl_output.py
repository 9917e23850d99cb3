"""Crawls whose output goes nowhere: to a reader that has left, to a disk that is full."""

import os
import select
import signal
import subprocess

import pytest

from conftest import PROGRAM


def environment(tandem):
    """With `--state` the program ends at once, whatever its threads are at: what was lost must not
    be noted as had."""
    env = tandem.environment()
    return {**env, "TSAN_OPTIONS": env.get("TSAN_OPTIONS", "") + ":report_thread_leaks=0"}


@pytest.fixture
def endless(site):
    """Pages without end, each with more text than a pipe holds."""

    class Everything(dict):
        def get(self, path):
            links = f'<a href="{path}a">a</a><a href="{path}b">b</a>'
            words = f"<p>text of {path}</p>" * 3000
            return None if path == "/robots.txt" else ("text/html", (links + words).encode())

    site.pages = Everything()
    return site


@pytest.mark.parametrize("args", ((), ("--json",), ("--state", "state.db")))
def test_a_crawl_ends_when_nobody_reads_it_any_more(tandem, endless, args):
    command = [PROGRAM, "crawl", "-r", "--max-pages", "0", *args, endless.url + "/x"]
    running = subprocess.Popen(command, cwd=tandem.folder, env=environment(tandem),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout.read(1000)
    running.stdout.close()
    said = running.stderr.read()
    assert running.wait(120) == 0, said


def test_a_signal_is_heard_while_the_reader_pauses(tandem, endless):
    command = [PROGRAM, "crawl", "-r", "--max-pages", "0", endless.url + "/x"]
    running = subprocess.Popen(command, cwd=tandem.folder, env=environment(tandem),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout.read(1000)
    running.send_signal(signal.SIGINT)
    try:
        heard, _, _ = select.select([running.stderr], [], [], 60)
        assert heard and b"ending: what is in flight is kept" in running.stderr.readline()
    finally:
        running.stdout.close()
        running.stderr.read()
        running.wait(120)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device")
def test_what_could_not_be_written_is_not_had(tandem, endless):
    args = [PROGRAM, "crawl", "-r", "--max-pages", "5", "--state", "state.db", endless.url + "/x"]
    with open("/dev/full", "wb") as full:
        out = subprocess.run(args, cwd=tandem.folder, env=environment(tandem), stdout=full,
                             stderr=subprocess.PIPE, timeout=120)
    assert out.returncode == 1 and b"cannot write to standard output: No space" in out.stderr
    out = tandem.run(*args[1:])
    assert b"5 pages, 0 unchanged" in out.stderr
