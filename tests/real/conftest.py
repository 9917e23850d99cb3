"""What the black-box tests share: the program, an index of its own, a web site on loopback."""

import http.server
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading

import pytest

PROGRAM = os.environ["TANDEM_PROGRAM"]
SOURCE = pathlib.Path(os.environ["TANDEM_SOURCE"])
GOLDEN = pathlib.Path(os.environ["TANDEM_GOLDEN"])


# Sanitizers make the arithmetic of the embedded model ten times slower, and look at everything
# around it just as well with a tiny one: order by meaning is asked of the release build alone.
SANITIZED = "release" not in os.environ["TANDEM_BUILD"]


class Tandem:
    """Runs the program in a folder of its own, with no settings but those given."""

    def __init__(self, folder, small=SANITIZED, program=PROGRAM):
        self.folder = pathlib.Path(folder)
        self.program = program
        self.db = self.folder / "index.db"
        self.small = small

    def environment(self, **more):
        keep = {
            k: v
            for k, v in os.environ.items()
            if k.endswith("SAN_OPTIONS") or k in ("PATH", "TMPDIR")
        }
        if self.small:
            keep.update(
                TANDEM_GTE=str(GOLDEN / "models" / "bert"),
                TANDEM_CODERANK=str(GOLDEN / "models" / "bert-cls"),
            )
        return {**keep, "HOME": str(self.folder), **more}

    def run(self, *args, status=0, stdin=b"", env=None, timeout=300, through=()):
        """`through`: a command that runs the program, such as setpriv with its options."""
        done = subprocess.run(
            [*through, self.program, *map(str, args)],
            input=stdin,
            capture_output=True,
            cwd=self.folder,
            env=self.environment(**(env or {})),
            timeout=timeout,
        )
        assert done.returncode == status, (
            args,
            done.returncode,
            done.stdout[-2000:],
            done.stderr[-4000:],
        )
        return done

    def error(self, *args, status, **more):
        """The one line that a failure must be."""
        err = self.run(*args, status=status, **more).stderr.decode()
        lines = [line for line in err.splitlines() if line]
        assert len(lines) == 1 and lines[0].startswith("tandem: "), err
        return lines[0]

    def index(self, *args, status=0, **more):
        return json.loads(
            self.run("index", "--db", self.db, "--json", *args, status=status, **more).stdout
        )

    def search(self, *args, **more):
        return json.loads(self.run("search", "--db", self.db, "--json", *args, **more).stdout)[
            "hits"
        ]

    def finds(self, query, ending):
        """The best hit is of the page that ends so (of the best, if vectors mean nothing)."""
        paths = [hit["path"] for hit in self.search(query)]
        return any(path.endswith(ending) for path in paths[: 10 if self.small else 1])

    def status(self, *args):
        return json.loads(self.run("status", "--db", self.db, "--json", *args).stdout)

    def lines(self, *args, **more):
        return [json.loads(line) for line in self.run(*args, **more).stdout.decode().splitlines()]

    def whole(self):
        """A connection that reads the index, once SQLite finds nothing wrong with it."""
        db = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert not db.execute("PRAGMA foreign_key_check").fetchall()
        return db

    def chunks(self):
        """All chunks by content, no ids, no times: (uri, index) -> the rest, vector too."""
        db = self.whole()
        rows = db.execute(
            """SELECT p.uri, c.idx, t.text, c.start_byte, c.end_byte,
                c.lane, c.symbol, c.heading, c.status, v.data
            FROM chunks c JOIN pages p ON p.id = c.page JOIN page_texts t ON t.page = p.id
                LEFT JOIN vectors v ON v.chunk = c.id"""
        )
        found = {}
        for uri, index, text, start, end, *rest in rows:
            key = (uri.decode(), index)
            assert key not in found
            found[key] = (text[start:end], start, *rest)
        db.close()
        return found


@pytest.fixture
def tandem(tmp_path):
    return Tandem(tmp_path)


class Site:
    """Pages by path on loopback; what was asked for is in `requests`."""

    def __init__(self):
        self.pages, self.requests = {}, []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body go out in two pieces

            def do_GET(self):
                site.requests.append(self.path)
                page = site.pages.get(self.path.split("?")[0])
                if callable(page):
                    return page(self)
                status, kind, body = (
                    (404, "text/html", b"<p>no such page") if page is None else (200, *page)
                )
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def hold(self, path):
        """A page that nobody gets before `release` is set; `asked` says that somebody wants it."""
        asked, release = threading.Event(), threading.Event()

        def wait(handler):
            asked.set()
            release.wait(120)
            handler.send_response(204)
            handler.end_headers()

        self.pages[path] = wait
        return asked, release

    def put(self, path, body, kind="text/html; charset=utf-8"):
        self.pages[path] = (kind, body.encode() if isinstance(body, str) else body)

    def put_folder(self, folder):
        kinds = {
            ".html": "text/html; charset=utf-8",
            ".md": "text/markdown",
            ".py": "text/x-python",
            ".txt": "text/plain",
        }
        for path in pathlib.Path(folder).rglob("*"):
            if path.is_file():
                self.put(
                    "/" + str(path.relative_to(folder)),
                    path.read_bytes(),
                    kinds.get(path.suffix, "application/octet-stream"),
                )


@pytest.fixture
def site():
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


WORDS = (
    "the lane batch chunk vector model page crawl index store search query embed text code prose "
    "queue worker window token budget retry circuit cache hash row column table file folder link "
    "title heading"
).split()


def prose(rng, sentences):
    """Text that is like English enough for a chunker: sentences, capital letters, full stops."""
    return " ".join(
        " ".join(rng.choice(WORDS) for _ in range(rng.randint(6, 16))).capitalize() + "."
        for _ in range(sentences)
    )


def python_code(rng, functions):
    return "\n\n".join(
        f"def {rng.choice(WORDS)}_{rng.choice(WORDS)}_{i}(first, second={rng.randint(0, 99)}):\n"
        f'    """{prose(rng, 1)}"""\n'
        f"    total = first * {rng.randint(2, 99)}\n"
        f"    for item in range(second):\n"
        f"        total += item % {rng.randint(2, 9)}\n"
        f"    return total\n"
        for i in range(functions)
    )


def make_tree(folder, files, seed=1):
    """A tree of Markdown and Python files, the same for the same seed."""
    rng = random.Random(seed)
    folder = pathlib.Path(folder)
    for i in range(files):
        sub = folder / f"part{i % 7}"
        sub.mkdir(parents=True, exist_ok=True)
        if i % 2:
            (sub / f"code{i}.py").write_text(python_code(rng, rng.randint(2, 12)))
        else:
            sections = (
                f"## {prose(rng, 1)[:40]}\n\n{prose(rng, rng.randint(4, 30))}\n"
                for _ in range(rng.randint(1, 5))
            )
            (sub / f"text{i}.md").write_text(f"# Page {i}\n\n" + "\n".join(sections))
    return folder


def run_in_a_network_of_its_own(tandem, script):
    """Runs a Python script with the program and the folder as arguments where only it is heard,
    and where it may have port 53."""
    inside = ["unshare", "--net", "--mount", "--"]
    if not shutil.which("unshare") or not shutil.which("ip") or subprocess.run(
            [*inside, "ip", "link", "set", "lo", "up"], capture_output=True).returncode:
        pytest.skip("needs a network namespace of its own")
    file = tandem.folder / "inside.py"
    file.write_text(textwrap.dedent(script))
    return subprocess.run([*inside, sys.executable, file, PROGRAM, tandem.folder],
                          capture_output=True, text=True, timeout=120,
                          env={**tandem.environment(), "PATH": os.environ["PATH"]})
