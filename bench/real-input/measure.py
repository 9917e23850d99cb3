"""Indexes real input and asks it questions whose answers are known; prints Markdown tables.

    apt-get install python3-doc
    python3 bench/real-input/measure.py build/release/tandem [WORK_FOLDER] > tables.md

inputs.json says what is indexed, and which page each question should find. A page that lies in a
folder and is also served over HTTP must give the same chunks both ways: that is compared too.
"""
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
HITS = 20  # a page further down counts as not found


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass


def serve(folder):
    """A static site on loopback; returns its address."""
    handler = lambda *args: Quiet(*args, directory=folder)  # noqa: E731
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def run(program, *args):
    done = subprocess.run([program, *args], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 3):  # 3: a link that leads nowhere, for example
        sys.exit(f"{args}: exit status {done.returncode}")
    return done.stdout


def index(program, entry, source, database):
    options = [*entry["options"], "--db", database, "--json", "-q"]
    return json.loads(run(program, "index", *options, source))


def rank_of(program, question, expected, database):
    """Where the first hit of the expected page stands, and how long the question took."""
    began = time.monotonic()
    out = run(program, "search", "--db", database, "-k", str(HITS), "--json", "-q", question)
    seconds = time.monotonic() - began
    for hit in json.loads(out)["hits"]:
        if expected in hit["path"]:
            return hit["rank"], seconds
    return None, seconds


def chunks_of(program, entry, source, root):
    """Chunks by page, told by what holds whatever way the page came."""
    pages = {}
    for line in run(program, "chunk", *entry["options"], "-q", source).splitlines():
        chunk = json.loads(line)
        page = chunk.pop("path").removeprefix(root).lstrip("/")
        pages.setdefault(page, []).append(chunk)
    return pages


def print_row(name, entry, summary):
    chunks = summary["chunks"]
    print(f"| {name} | `index {' '.join(entry['options'])}` | {summary['pages'] + summary['files']}"
          f", {summary['failed']} failed | {chunks['gte']:,} / {chunks['coderank']:,}"
          f" | {summary['embedded']:,}, {summary['cached']:,} from the cache"
          f" | {summary['chunks_per_second']:.0f} ({summary['seconds']:.1f} s)"
          f" | {summary['peak_rss_mb']:.0f} MB |")
    sys.stdout.flush()


def print_ranks(program, entry, database):
    if not entry["questions"]:
        return
    print(f"\n| {entry['name']} | expected | rank |\n| --- | --- | --- |")
    slowest = 0
    for question, expected in entry["questions"]:
        rank, seconds = rank_of(program, question, expected, database)
        slowest = max(slowest, seconds)
        print(f"| {question} | `{expected}` | {rank or f'not in {HITS}'} |")
    print(f"\nSlowest question, a fresh process each: {slowest * 1000:.0f} ms.")


def compare(program, folder_entry, site_entry):
    """The same chunks from the folder and over HTTP, for all pages that both have."""
    folder, site = folder_entry["source"], serve(site_entry["source"])
    here = chunks_of(program, folder_entry, folder, folder)
    there = chunks_of(program, site_entry, site, site)
    both = here.keys() & there.keys()
    same = sum(here[page] == there[page] for page in both)
    print(f"\nOf {len(both)} pages that lie in the folder and are linked from the site's start,"
          f" {same} give the same chunks both ways.")
    for page in sorted(both):
        if here[page] != there[page]:
            print(f"- differs: `{page}`")


def main():
    program = os.path.abspath(sys.argv[1])
    work = sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp()
    entries = json.loads((HERE / "inputs.json").read_text())
    databases = []
    print("| input | command | pages | chunks gte / coderank | embedded | chunks/s | peak RSS |\n"
          "| --- | --- | --- | --- | --- | --- | --- |")
    for number, entry in enumerate(entries):
        database = databases[-1] if entry.get("same_index") else f"{work}/{number}.db"
        databases.append(database)
        source = serve(entry["source"]) if entry.get("serve") else entry["source"]
        print_row(entry["name"], entry, index(program, entry, source, database))
    for entry, database in zip(entries, databases):
        print_ranks(program, entry, database)
    compare(program, entries[0], entries[1])


if __name__ == "__main__":
    main()
