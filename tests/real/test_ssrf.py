"""No site, sitemap or name server leads a crawl to a private address: a listener counts."""

import os
import socket
import subprocess
import sys
import threading

import pytest

from conftest import run_in_a_network_of_its_own
from test_crawl import page, urlset

SCHEMES = ("file:///etc/passwd", "gopher://127.0.0.1:{port}/x", "dict://127.0.0.1:{port}/x",
           "ftp://127.0.0.1:{port}/x", "data:text/html,x", "javascript:alert(1)")
FORMS = (
    "http://127.0.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.0.0.2:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://user:pass@127.0.0.1:{port}/",
    "http://127。0。0。1:{port}/",
    "http://①②⑦.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nHost: x",
    "//127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
)


class Listener:
    """Counts connections on a port of 127.0.0.1 and ::1 that nobody may open."""

    def __init__(self):
        self.count = 0
        self.sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self.sockets[0].getsockname()[1]
        try:
            self.sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        except OSError:
            pass
        for listening in self.sockets:
            threading.Thread(target=self.run, args=(listening,), daemon=True).start()

    def run(self, listening):
        while True:
            try:
                connection = listening.accept()[0]
            except OSError:
                return
            self.count += 1
            connection.close()

    def all(self):
        return [form.format(port=self.port) for form in FORMS + SCHEMES]


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    for listening in listener.sockets:
        listening.close()


def redirect_to(url):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", url.replace("\r\n", "%0d%0a"))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_the_listener_hears_who_may_come(tandem, listener):
    tandem.run("crawl", f"http://127.0.0.1:{listener.port}/", status=3)
    assert listener.count > 0


def test_links_and_redirects_lead_nowhere_private(tandem, site, listener):
    targets = listener.all()
    site.put("/", page("start", *targets, *(f"/r{i}" for i in range(len(targets)))))
    for i, target in enumerate(targets):
        site.pages[f"/r{i}"] = redirect_to(target.encode("ascii", "xmlcharrefreplace").decode())
    out = tandem.run("crawl", "--json", "-r", "--any-host", site.url, status=3)
    assert listener.count == 0
    assert b"private addresses are refused" in out.stdout
    assert b"root:" not in out.stdout


def test_sitemaps_robots_txt_and_llms_txt_lead_nowhere_private(tandem, site, listener):
    targets = [url for url in listener.all() if "\r" not in url]
    site.put("/robots.txt", "".join(f"Sitemap: {url}\n" for url in targets + ["/map.xml"]),
             "text/plain; charset=utf-8")
    index = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in targets)
    site.put("/map.xml", f"<sitemapindex>{index}<sitemap><loc>/pages.xml</loc></sitemap>"
             "</sitemapindex>")
    site.put("/pages.xml", urlset(*targets))
    site.put("/llms.txt", "".join(f"- [x]({url})\n" for url in targets), "text/plain")
    site.put("/", page("start"))
    tandem.run("crawl", "--mode", "auto", "--any-host", site.url, status=3)
    assert "/pages.xml" in site.requests and "/llms.txt" in site.requests
    assert listener.count == 0


def test_canonical_and_refresh_lead_nowhere_private(tandem, site, listener):
    for i, url in enumerate(listener.all()):
        site.put(f"/p{i}", f'<link rel="canonical" href="{url}"><meta http-equiv="refresh" '
                 f'content="0; url={url}"><base href="{url}">' + page(f"p{i}", "x"))
    site.put("/", page("start", *(f"/p{i}" for i in range(len(listener.all())))))
    tandem.run("crawl", "--json", "-r", "--any-host", site.url, status=3)
    assert listener.count == 0


def test_proxy_variables_are_not_used(tandem, site, listener):
    site.put("/", page("start"))
    proxy = f"http://127.0.0.1:{listener.port}"
    names = ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY")
    tandem.run("crawl", site.url, env=dict.fromkeys(names, proxy))
    assert listener.count == 0 and "/" in site.requests


REBINDING = """
    import http.server, itertools, os, socket, struct, subprocess, sys, threading
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    conf = os.path.join(sys.argv[2], "resolv.conf")
    open(conf, "w").write("nameserver 127.0.0.1\\n")
    subprocess.run(["mount", "--bind", conf, "/etc/resolv.conf"], check=True)
    addresses, turn = (bytes([8, 8, 8, 8]), bytes([127, 0, 0, 1])), itertools.count()

    def answer(names):  # TTL 0: the public address first, which cannot be reached, then the private
        while True:
            query, client = names.recvfrom(512)
            end = query.index(b"\\0", 12) + 5
            kind = struct.unpack(">H", query[end - 4:end - 2])[0]
            n = 2 if kind == 1 else 0
            next(turn)
            head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, n, 0, 0)
            body = b"".join(b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + address
                            for address in addresses[:n])
            names.sendto(head + query[12:end] + body, client)

    def count(listening):
        while True:
            listening.accept()
            print("CONNECTED", flush=True)

    class Start(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b'<p>start <a href="http://rebinding.example:8080/">next</a></p>'
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    start = http.server.ThreadingHTTPServer(("127.0.0.1", 8081), Start)
    threading.Thread(target=start.serve_forever, daemon=True).start()
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 53))
    listening = socket.create_server(("127.0.0.1", 8080))
    threading.Thread(target=answer, args=(names,), daemon=True).start()
    threading.Thread(target=count, args=(listening,), daemon=True).start()
    done = subprocess.run([sys.argv[1], "crawl", "--no-robots", "--timeout", "2",
                           "-r", "--any-host", "http://127.0.0.1:8081/"], capture_output=True)
    print(next(turn) > 0, done.returncode, done.stderr.decode())
"""


def test_a_name_that_turns_private_is_refused_when_it_is_connected_to(tandem):
    out = run_in_a_network_of_its_own(tandem, REBINDING)
    assert "CONNECTED" not in out.stdout, out.stdout
    assert out.stdout.startswith("True 3"), out
    assert "127.0.0.1 (loopback)" in out.stdout
