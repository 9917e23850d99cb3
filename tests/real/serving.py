"""The daemon under test: started on a free port of loopback, asked, ended, its last words kept."""

import base64
import http.client
import json
import re
import signal
import socket
import struct
import subprocess
import threading
import urllib.parse

from conftest import PROGRAM, Tandem


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        assert self.headers["Content-Type"].startswith("application/json"), self.headers
        return json.loads(self.body)


class Server:
    """`with Server(folder) as server:` ends it by SIGTERM and asks for exit 0 and no sanitizer."""

    def __init__(self, folder, *args, env=None, small=True):
        self.tandem = Tandem(folder, small)
        self.args = ["serve", "--port", "0", "--db", self.tandem.db, *map(str, args)]
        self.env = self.tandem.environment(**(env or {}))
        self.log = []

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, *self.args],
            stderr=subprocess.PIPE,
            cwd=self.tandem.folder,
            env=self.env,
            text=True,
            errors="replace",
        )
        self.url = None
        for line in self.process.stderr:
            self.log.append(line)
            found = re.search(r"serving on (https?://\S+?),", line)
            if found:
                self.url = found.group(1)
                break
        assert self.url, "".join(self.log)
        # A pipe that nobody empties would hold the server up as soon as it is full.
        self.said = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        parts = urllib.parse.urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port
        return self

    def read(self):
        for line in self.process.stderr:
            with self.said:
                self.log.append(line)
                self.said.notify_all()

    def wait_for_line(self, text):
        with self.said:
            assert self.said.wait_for(lambda: any(text in line for line in self.log), timeout=60)

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.reader.join()
        return self.process.wait(timeout=60)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *rest):
        status = self.end()
        if kind is None:
            assert status == 0, "".join(self.log)
            assert "Sanitizer" not in "".join(self.log), "".join(self.log)

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=60)

    def ask(self, method, path, body=None, headers=None):
        connection = self.connect()
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection.request(method, path, body, headers or {})
        reply = Reply(connection.getresponse())
        connection.close()
        return reply

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, body, **headers):
        return self.ask("POST", path, body, headers)

    def embed(self, *texts, **more):
        reply = self.post("/embed", {"inputs": list(texts), **more})
        assert reply.status == 200, reply.body
        return reply.json

    def raw(self, request):
        """Sends bytes as they are; all that comes back until the server closes."""
        with socket.create_connection((self.host, self.port), timeout=60) as connection:
            got = b""
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    got += piece
            except (ConnectionError, OSError) as error:
                assert not isinstance(error, TimeoutError), (request[:200], got[:200])
            return got

    def metric(self, name, **labels):
        """The sum over all rows that have these labels."""
        total = 0.0
        for line in self.get("/metrics").body.decode().splitlines():
            if re.match(name + r"[ {]", line) and all(
                f'{k}="{v}"' in line for k, v in labels.items()
            ):
                total += float(line.rsplit(" ", 1)[1])
        return total


def floats_of_base64(text):
    data = base64.b64decode(text)
    return list(struct.unpack(f"<{len(data) // 4}f", data))
