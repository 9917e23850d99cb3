"""Clients that send rubbish, hang, or come in crowds: the server answers the others."""

import collections
import json
import random
import re
import select
import socket
import threading

import remote
from conftest import SANITIZED
from servers import Server as Backend
from serving import Server

SEED = 7
BODY = b'{"inputs": ["a lane", "x"], "truncate": true, "dimensions": 8}'
REQUESTS = [
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET /v1/models/gte?a=b%20c&d HTTP/1.0\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
    b"POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(BODY), BODY),
    b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"10\r\n" + b'{"input": "a b"}' + b"\r\n0\r\n\r\n",
    b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16\r\n\r\n" + b'{"query": "abc"}',
    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 46\r\n\r\n"
    b'{"jsonrpc": "2.0", "id": 1, "method": "ping"} ',
    b"DELETE /progress/0123456789abcdef0123456789abcdef HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
]
PIECES = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"%", b"%00", b"%zz", b"/../", b"//", b"?",
    b"#", b"HTTP/1.1", b"HTTP/9.9", b"HTTP/", b"GET ", b"POST ", b"A" * 300, b"B" * 30000,
    b"\xff\xfe", b"\x80", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n",
    b"Content-Length: 99999999999999999999\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n", b"Host: evil\r\n", b"Expect: 100-continue\r\n",
    b"Connection: upgrade\r\nUpgrade: h2c\r\n", b" folded\r\n", b"ffffffffffffffff\r\n",
    b"-1\r\n", b"0\r\n\r\n", b"{", b"}", b"[", b"]", b'"', b"\\u0000", b"\\ud800", b"1e999",
    b"[" * 200, b'{"a":' * 200, b"null", b"true", b"-",
]  # fmt: skip


def mutated(rng):
    """A request with one to six faults, or bytes that never were one."""
    if rng.random() < 0.2:
        return rng.randbytes(rng.choice([1, 10, 100, 1000, 5000]))
    data = bytearray(rng.choice(REQUESTS))
    for _ in range(rng.randint(1, 6)):
        at, n = rng.randrange(len(data) + 1), rng.choice([0, 1, 1, 2, 8, 40])
        kind = rng.random()
        if kind < 0.5:
            data[at : at + n] = rng.choice(PIECES)
        elif kind < 0.7:
            data[at : at + n] = b""
        elif kind < 0.85:
            data[at : at + n] = rng.randbytes(n)
        else:
            data[at:at] = data[max(0, at - 30) : at + n]
    return bytes(data)


def all_at_once(server, requests):
    """What comes back for each, on a connection of its own that ends with its last byte."""
    connections, replies = [], []
    for request in requests:
        c = socket.create_connection((server.host, server.port), timeout=60)
        connections.append(c)
        try:
            c.sendall(request)
            c.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was refused before its end
    for c in connections:
        got = b""
        try:
            while piece := c.recv(65536):
                got += piece
        except ConnectionError:
            pass
        c.close()
        replies.append(got)
    return replies


def test_malformed_requests_are_refused_and_nothing_else_happens(tmp_path):
    rng = random.Random(SEED)
    statuses = collections.Counter()
    with Server(tmp_path) as server:
        for _ in range(20):
            requests = [mutated(rng) for _ in range(500)]
            for request, got in zip(requests, all_at_once(server, requests), strict=True):
                assert got == b"" or got.startswith(b"HTTP/1."), (request, got)
                status = int(got[9:12]) if got else 0
                assert status < 500 or status in (501, 505), (request, got)
                statuses[status] += 1
            assert server.get("/health").status == 200
        assert server.embed("a lane")
    assert statuses[400] > 500 and statuses[404] > 50, statuses


# -- clients that hang --

SLOW = [
    (b"", "silent"),
    (b"GET /heal", "half a line"),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ", "half a head"),
    (b"POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", "half a body"),
]


# Never silent for long, and never done: what comes buys no time.
TRICKLES = [
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\n", b"X-A: a\r\n"),
    (b"POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n", b" "),
]


def trickle(server, head, more, ends):
    """Sends a little each tenth of a second until the server has had enough; its last words."""
    with socket.create_connection((server.host, server.port), timeout=60) as connection:
        try:
            connection.sendall(head)
            for _ in range(300):
                if select.select([connection], [], [], 0.1)[0]:
                    ends.append(connection.recv(65536))
                    break
                connection.sendall(more)
            else:
                ends.append(b"no end in half a minute")
        except ConnectionError:
            ends.append(b"")


def test_those_that_hang_are_ended_and_keep_nobody_waiting(tmp_path):
    with Server(tmp_path, "-v") as server:
        slow, ends = [], []
        tricklers = [
            threading.Thread(target=trickle, args=(server, *sent, ends)) for sent in TRICKLES
        ]
        for thread in tricklers:
            thread.start()
        for i in range(400):
            connection = socket.create_connection((server.host, server.port), timeout=60)
            connection.sendall(SLOW[i % 4][0])
            slow.append(connection)
        for _ in range(100):
            assert server.get("/health").status == 200
        assert len(server.embed("a lane")) == 1
        for i, connection in enumerate(slow):
            try:  # the server's end: with 408 or nothing
                got = connection.recv(65536)
            except ConnectionResetError:
                got = b""
            assert got == b"" or b" 408 " in got.splitlines()[0], (SLOW[i % 4], got)
            connection.close()
        for thread in tricklers:
            thread.join()
        assert len(ends) == 2 and all(got == b"" or b" 408 " in got for got in ends), ends
        assert server.get("/health").status == 200


def test_one_address_has_its_share_of_connections(tmp_path):
    with Server(tmp_path, "--per-ip", 20) as server:
        crowd = [socket.create_connection((server.host, server.port)) for _ in range(60)]
        other = socket.create_connection(
            (server.host, server.port), source_address=("127.0.0.77", 0), timeout=60
        )
        other.sendall(REQUESTS[0])
        assert b" 200 " in other.recv(65536).splitlines()[0]
        ended = 0
        for connection in crowd:
            connection.settimeout(60)
            try:
                connection.sendall(REQUESTS[0])
                ended += not connection.recv(65536)
            except ConnectionError:
                ended += 1
            connection.close()
        other.close()
        assert ended >= 30


# -- crowds --


def resident_kb(server):
    status = open(f"/proc/{server.process.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


class Crowd:
    """Clients that ask again at once when they are refused, until they are answered."""

    def __init__(self, server, n):
        self.server, self.refused, self.wrong = server, 0, []
        self.threads = [threading.Thread(target=self.ask, args=(i,)) for i in range(n)]
        for thread in self.threads:
            thread.start()

    def ask(self, i):
        body = json.dumps({"inputs": [f"{i} {k} " + "word " * 50 for k in range(4)]}).encode()
        connection = self.server.connect()
        while True:
            connection.request("POST", "/embed", body)
            reply = connection.getresponse()
            reply.read()
            if reply.status not in (429, 503) or not 1 <= int(reply.headers["Retry-After"]) <= 60:
                break
            self.refused += 1
        if reply.status != 200:
            self.wrong.append((reply.status, dict(reply.headers)))
        connection.close()


def test_far_more_than_can_be_done_is_refused_and_costs_nothing(tmp_path):
    """A backend that is held does nothing: whatever comes is too much, on any machine."""
    release = threading.Event()
    with Backend("tei") as backend:
        with Server(tmp_path, "--queue", 64, env=remote.settings(backend)) as server:
            backend.fault = lambda call: release.wait(60) and False
            crowd = Crowd(server, 60)
            sizes = []
            for refused in (500, 1000, 1500):  # 16 requests wait: that is 30 and 90 times as many
                while crowd.refused < refused and not crowd.wrong:
                    assert server.metric("tandem_embed_waiting_texts") <= 64
                sizes.append(resident_kb(server))
            release.set()
            for thread in crowd.threads:
                thread.join(60)
            assert crowd.wrong == [] and crowd.refused >= 1500
            assert server.metric("tandem_embed_dropped_total", reason="queue_full") >= 1500
            assert server.metric("tandem_embed_waiting_texts") == 0
            assert server.post("/embed", {"inputs": "a lane"}).status == 200
    if not SANITIZED:  # what a sanitizer keeps back of freed memory grows
        assert max(sizes) < 1.1 * min(sizes), sizes


# -- secrets --


def test_a_password_in_an_address_is_told_nowhere(tmp_path):
    secret = "canary-5d21e0"
    with Server(tmp_path, "-v", "--allow-private") as server:
        for url in (f"http://me:{secret}@127.0.0.1:9/", f"http://{secret}@localhost?a"):
            reply = server.post("/crawl", {"urls": ["http://127.0.0.1:9/", url]})
            assert reply.status == 422 and secret.encode() not in reply.body
            assert "password" in reply.json["detail"][0]["msg"]
        assert server.get(f"/health?{secret}", Cookie=secret).status == 200
        for path in ("/jobs", "/metrics"):
            assert secret.encode() not in server.get(path).body
    assert secret not in "".join(server.log)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_keys_of_other_servers_are_told_nowhere(tmp_path):
    secret = "canary-77b0a1"
    with Backend("tei", key=secret) as backend:
        (tmp_path / ".env").write_text(f"GTE_API_KEY={secret}\n")
        backend.fault = lambda call: call.error(401, f"wrong key {secret}")
        with Server(tmp_path, "-v", env=remote.settings(backend)) as server:
            reply = server.post("/embed", {"inputs": "a lane"})
            assert reply.status >= 400 and secret.encode() not in reply.body
            assert secret.encode() not in server.get("/metrics").body
            for kind in ("cmdline", "status", "comm"):
                path = f"/proc/{server.process.pid}/{kind}"
                assert secret.encode() not in open(path, "rb").read()
            limits = open(f"/proc/{server.process.pid}/limits").read()
            assert re.search(r"Max core file size +0 +0 ", limits), limits
        assert secret not in "".join(server.log)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != ".env":
            assert secret.encode() not in path.read_bytes(), path
