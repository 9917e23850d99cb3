"""What goes over the wire of a crawl: which version, how many connections, which look-ups."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest

from conftest import SOURCE, run_in_a_network_of_its_own
from test_crawl import page, urls
from test_ssrf import Listener


def count_connections(site):
    """The numbers of connections to the site so far, one a connection."""
    handler, opened = site.server.RequestHandlerClass, []
    setup = handler.setup

    def count(self):
        opened.append(self.client_address[1])
        setup(self)

    handler.setup = count
    return opened


@pytest.mark.parametrize("per_host", (1, 4))
def test_a_connection_serves_page_after_page(tandem, site, per_host):
    opened = count_connections(site)
    site.put("/", page("start", *(f"/p{i}" for i in range(40))))
    for i in range(40):
        site.put(f"/p{i}", page(f"page {i}"))
    lines = tandem.lines("crawl", "--json", "-r", "--per-host", per_host, site.url)
    assert len(urls(lines, site)) == 41 and len(site.requests) == 42  # and robots.txt
    assert 1 <= len(opened) <= per_host


def test_below_takes_whole_segments_of_a_path(tandem, site):
    inside = ("/docs", "/docs/", "/docs/a", "/docs/deep/b.html")
    outside = ("/docs2", "/docs2/a", "/docs.html", "/docs-old/a", "/doc", "/", "/other/docs/a")
    site.put("/docs/index.html", page("start", *inside, *outside, "../docs2/c", "/docs/../docs2/d"))
    for path in inside + outside:
        site.put(path, page(path))
    lines = tandem.lines("crawl", "--json", "-r", "--below", site.url + "/docs/index.html")
    assert sorted(urls(lines, site)) == sorted([*inside, "/docs/index.html"])
    assert set(site.requests) == {"/robots.txt", "/docs/index.html", *inside}


# -- HTTP/2 --

TOGETHER = 5


@pytest.fixture
def certificate(tandem):
    """Of 127.0.0.1, signed by itself: (certificate, key)."""
    key, cert = tandem.folder / "key.pem", tandem.folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "1"]
        + ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
        + ["-keyout", key, "-out", cert, "-subj", "/CN=127.0.0.1"]
        + ["-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    return cert, key


class Requests(list):
    """What an h2_site.py told: (path, version, client's port, under way at once) for each."""

    def __init__(self, text):
        super().__init__(tuple(line.split()) for line in text.splitlines())

    def column(self, i):
        return [request[i] for request in self]


@pytest.fixture
def h2_site(tandem, certificate):
    """Starts the site; `stop` ends it and gives its requests."""
    listener, started = Listener(), []

    class Site:
        def __init__(self):
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
            self.url = f"https://127.0.0.1:{self.port}"
            self.listener = listener
            leads_to = f"http://127.0.0.1:{listener.port}/"
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hypercorn", "--certfile", certificate[0]]
                + ["--keyfile", certificate[1], "--bind", f"127.0.0.1:{self.port}"]
                + ["h2_site:app"],
                cwd=SOURCE / "tests" / "real",
                env={**os.environ, "TOGETHER": str(TOGETHER), "LEADS_TO": leads_to},
                stdout=(tandem.folder / "requests").open("w"), stderr=subprocess.PIPE, text=True,
                start_new_session=True)  # it has a child that outlives it
            started.append(self.process)
            assert "Running on https" in self.process.stderr.readline()

        def stop(self):
            self.process.terminate()
            self.process.wait(timeout=60)
            return Requests((tandem.folder / "requests").read_text())

    yield Site
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
    for listening in listener.sockets:
        listening.close()


def crawl(tandem, certificate, site, *args, status=0):
    lines = tandem.lines("crawl", "--json", "-r", "--site-ca-file", certificate[0], *args, site.url,
                         status=status)
    return {line["url"].removeprefix(site.url): line for line in lines}


def test_a_site_that_speaks_http_2_has_one_connection_with_many_streams(
        tandem, certificate, h2_site):
    site = h2_site()
    pages = crawl(tandem, certificate, site, "--any-host", "--per-host", TOGETHER,
                  "--max-file-size", "1M", status=3)
    requests = site.stop()
    assert set(requests.column(1)) == {"2"}
    assert len(set(requests.column(2))) == 1
    assert max(map(int, requests.column(3))) == TOGETHER  # and never more
    for i in range(TOGETHER):
        assert not pages[f"/together/{i}"]["skipped"]
    # Its limits and address checks are those of HTTP/1.
    assert pages["/large"]["reason"].endswith("bytes (--max-file-size)"), pages["/large"]
    assert "private addresses are refused" in pages["/private"]["reason"]
    assert site.listener.count == 0 and len(requests) == TOGETHER + 4


def test_a_site_of_an_unknown_authority_is_refused(tandem, certificate, h2_site):
    site = h2_site()
    out = tandem.run("crawl", site.url, status=3)
    assert b"self-signed" in out.stderr
    assert site.stop() == []


# -- look-ups --

INSIDE = """
    import http.server, os, socket, struct, subprocess, sys, threading
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "address", "add", "8.8.8.8/32", "dev", "lo"], check=True)
    conf = os.path.join(sys.argv[2], "resolv.conf")
    open(conf, "w").write("nameserver 127.0.0.1\\noptions timeout:30\\n")
    subprocess.run(["mount", "--bind", conf, "/etc/resolv.conf"], check=True)
    asked = []

    def answer(names):  # the public address first, from then on a private one, each for no time
        while True:
            query, client = names.recvfrom(512)
            end = query.index(b"\\0", 12) + 5
            kind = struct.unpack(">H", query[end - 4:end - 2])[0]
            address = bytes([127, 0, 0, 1]) if 1 in asked else bytes([8, 8, 8, 8])
            asked.append(kind)
            head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, kind == 1, 0, 0)
            body = b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + address
            names.sendto(head + query[12:end] + body * (kind == 1), client)

    def count(listening):
        while True:
            listening.accept()
            print("CONNECTED", flush=True)

    class Site(http.server.BaseHTTPRequestHandler):  # HTTP/1.0: a connection for each page
        def do_GET(self):
            links = range(30) if self.path == "/" else ()
            text = "".join(f'<a href="http://many.example:8080/{i}">{i}</a>' for i in links)
            body = f"<h1>Page {self.path}</h1><p>Text of {self.path} {text}".encode()
            self.send_response(404 if self.path == "/robots.txt" else 200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    for address in (("127.0.0.1", 8081), ("8.8.8.8", 8080)):
        server = http.server.ThreadingHTTPServer(address, Site)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 53))
    threading.Thread(target=answer, args=(names,), daemon=True).start()
    listening = socket.create_server(("127.0.0.1", 8080))
    threading.Thread(target=count, args=(listening,), daemon=True).start()
    done = subprocess.run([sys.argv[1], "crawl", "-r", "--any-host", "http://127.0.0.1:8081/"],
                          capture_output=True)
    print(asked.count(1), done.returncode, done.stderr.decode())
"""


def test_a_host_is_looked_up_once_for_all_its_pages(tandem):
    out = run_in_a_network_of_its_own(tandem, INSIDE)
    assert out.stdout.startswith("1 0 ") and "31 pages" in out.stdout, out
    assert "CONNECTED" not in out.stdout
