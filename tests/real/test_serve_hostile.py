"""Clients that hang or come in crowds, and what is told to nobody."""

import socket

import remote
from servers import Server as Backend
from serving import Server

GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

# -- clients that hang --

SLOW = [
    (b"", "silent"),
    (b"GET /heal", "half a line"),
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ", "half a head"),
    (b"POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", "half a body"),
]


def test_those_that_hang_are_ended_and_keep_nobody_waiting(tmp_path):
    with Server(tmp_path, "-v") as server:
        slow = []
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
        assert server.get("/health").status == 200


def test_one_address_has_its_share_of_connections(tmp_path):
    with Server(tmp_path, "--per-ip", 20) as server:
        crowd = [socket.create_connection((server.host, server.port)) for _ in range(60)]
        other = socket.create_connection(
            (server.host, server.port), source_address=("127.0.0.77", 0), timeout=60
        )
        other.sendall(GET)
        assert b" 200 " in other.recv(65536).splitlines()[0]
        ended = 0
        for connection in crowd:
            connection.settimeout(60)
            try:
                connection.sendall(GET)
                ended += not connection.recv(65536)
            except ConnectionError:
                ended += 1
            connection.close()
        other.close()
        assert ended >= 30


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
            for kind in ("cmdline", "status"):
                path = f"/proc/{server.process.pid}/{kind}"
                assert secret.encode() not in open(path, "rb").read()
        assert secret not in "".join(server.log)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != ".env":
            assert secret.encode() not in path.read_bytes(), path
