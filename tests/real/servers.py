"""Servers of embeddings on loopback, in the forms of TEI, OpenAI and Ollama, with faults on order.

A vector is made of a hash of its text and of the model's name, so a test can tell which text and
which model any stored vector belongs to.
"""

import base64
import hashlib
import http.server
import json
import math
import ssl
import struct
import threading
import zlib

DIM = 64


def vector(model, text, dim=DIM):
    seed = hashlib.sha256(f"{model}\0{text}".encode()).digest()
    words = b"".join(hashlib.sha256(seed + bytes([i])).digest() for i in range(dim * 2 // 32 + 1))
    values = [v / 32768 for v in struct.unpack(f"<{dim}h", words[: dim * 2])]
    length = math.sqrt(sum(v * v for v in values))
    return [v / length for v in values]


class Server:
    """`fault` is asked for each batch: fault(server, texts, n) with n from 1, None for none."""

    def __init__(self, form, model="fake-model", dim=DIM, key=None, port=0, **limits):
        self.form, self.model, self.dim, self.key = form, model, dim, key
        self.met = model  # at the start; a fault may change `model`
        self.items_max = limits.pop("items_max", 32)
        self.bytes_max = limits.pop("bytes_max", 2_000_000)
        self.tells = limits.pop("tells", True)  # whether /info, /api/tags or /v1/models is there
        self.revision = limits.pop("revision", "1")
        self.gzip_answers = limits.pop("gzip_answers", False)
        self.takes_gzip = limits.pop("takes_gzip", False)
        self.raw = limits.pop("raw", False)  # vectors are not of length 1
        certificate = limits.pop("certificate", None)
        assert not limits
        self.fault = None
        self.priced = False  # the probe of a start, and of a price, is asked `fault` for too
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.batches, self.paths, self.connections = [], [], 0
        self.headers, self.asked, self.probes, self.pricings = [], [], 0, 0
        self.busy = self.busy_most = 0
        self.stopping = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body go out in two pieces

            def setup(self):
                super().setup()
                with outer.lock:
                    outer.connections += 1

            def do_GET(self):
                outer.get(self)

            def do_POST(self):
                outer.post(self)

            def log_message(self, *args):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass  # clients that give up are what these tests are about

        self.listener = Listener(("127.0.0.1", port), Handler)
        self.port = self.listener.server_port
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.listener.socket = context.wrap_socket(self.listener.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.thread = threading.Thread(
            target=self.listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self.thread.start()

    def stop(self):
        if self.stopping.is_set():
            return
        self.stopping.set()
        self.listener.shutdown()
        self.listener.server_close()
        with self.lock:
            self.changed.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.stop()

    # -- answering --

    def send(self, h, status, body, headers=(), kind="application/json"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        h.send_response(status)
        if self.gzip_answers and "gzip" in h.headers.get("Accept-Encoding", ""):
            packer = zlib.compressobj(wbits=31)
            body = packer.compress(body) + packer.flush()
            h.send_header("Content-Encoding", "gzip")
        if self.takes_gzip:
            h.send_header("Accept-Encoding", "gzip")
        h.send_header("Content-Type", kind)
        h.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            h.send_header(name, value)
        h.end_headers()
        h.wfile.write(body)

    def error(self, h, status, message, headers=()):
        body = {
            "tei": {"error": message, "error_type": "Backend"},
            "openai": {"error": {"message": message, "type": "server_error", "code": None}},
            "ollama": {"error": message},
        }[self.form]
        self.send(h, status, body, headers)

    def allowed(self, h):
        if self.key and h.headers.get("Authorization") != f"Bearer {self.key}":
            self.error(h, 401, "Incorrect API key provided: " + h.headers.get("Authorization", ""))
            return False
        return True

    def get(self, h):
        with self.lock:
            self.paths.append(h.path)
        if not self.allowed(h):
            return
        about = {
            ("tei", "/info"): {
                "model_id": self.model,
                "model_sha": self.revision,
                "model_dtype": "float32",
                "model_type": {"embedding": {"pooling": "cls"}},
                "max_concurrent_requests": 512,
                "max_input_length": 8192,
                "max_batch_tokens": 16384,
                "max_batch_requests": None,
                "max_client_batch_size": self.items_max,
                "auto_truncate": True,
                "tokenization_workers": 2,
                "version": "1.9.3",
                "sha": "0",
                "docker_label": "cpu",
            },
            ("openai", "/v1/models"): {
                "object": "list",
                "data": [{"id": self.model, "object": "model", "created": 1, "owned_by": "me"}],
            },
            ("ollama", "/api/version"): {"version": "0.13.1"},
            ("ollama", "/api/tags"): {
                "models": [
                    {"name": self.model, "model": self.model, "digest": self.revision, "size": 1}
                ]
            },
        }.get((self.form, h.path))
        if about is None or not self.tells:
            return self.error(h, 404, "no such page")
        self.send(h, 200, about)

    def texts_of(self, h, body):
        asked = json.loads(body)
        texts = asked["inputs" if self.form == "tei" else "input"]
        texts = [texts] if isinstance(texts, str) else texts
        if self.form == "tei":
            assert asked.get("truncate") is True or "truncate" not in asked
        return asked, texts

    def answer(self, asked, vectors, indexes=None, model=None):
        """The body of a good answer in this server's form."""
        model = model or self.model
        if self.form == "tei":
            return vectors
        if self.form == "ollama":
            return {"model": model, "embeddings": vectors, "prompt_eval_count": 7 * len(vectors)}
        indexes = indexes or range(len(vectors))
        if asked.get("encoding_format") == "base64":
            vectors = [
                base64.b64encode(struct.pack(f"<{len(v)}f", *v)).decode() for v in vectors
            ]
        return {
            "object": "list",
            "model": model,
            "data": [
                {"object": "embedding", "index": i, "embedding": v}
                for i, v in zip(indexes, vectors)
            ],
            "usage": {"prompt_tokens": 7 * len(vectors), "total_tokens": 7 * len(vectors)},
        }

    def post(self, h):
        body = h.rfile.read(int(h.headers["Content-Length"]))
        with self.lock:
            self.paths.append(h.path)
            self.headers.append(dict(h.headers))
        if h.headers.get("Content-Encoding") == "gzip":
            if not self.takes_gzip:
                return self.error(h, 415, "compressed")
            body = zlib.decompress(body, wbits=31)
        paths = {"tei": "/embed", "openai": "/v1/embeddings", "ollama": "/api/embed"}
        if h.path != paths[self.form]:
            return self.error(h, 404, "no such page")
        if not self.allowed(h):
            return
        if len(body) > self.bytes_max:
            return self.error(h, 413, "length limit exceeded")
        asked, texts = self.texts_of(h, body)
        with self.lock:
            self.asked.append(asked)
        if self.form != "tei" and asked["model"] != self.model:
            return self.error(h, 404, f"no model {asked['model']}")
        if len(texts) > self.items_max:
            return self.error(
                h, 422, f"batch size {len(texts)} > maximum allowed batch size {self.items_max}"
            )
        is_probe = texts[0].startswith("A lane is one model")
        is_pricing = is_probe and "of no price" in texts[0]
        with self.lock:
            self.pricings += is_pricing
            self.probes += is_probe and any("of no price" not in t for t in texts)
            if not is_probe:
                self.batches.append(texts)
            n = len(self.batches)
            self.busy += 1
            self.busy_most = max(self.busy, self.busy_most)
            self.changed.notify_all()
        try:
            asks = self.fault and (self.priced or not is_probe)
            if asks and self.fault(Call(self, h, asked, texts, n)):
                return
            self.send(h, 200, self.answer(asked, self.vectors(texts)))
        finally:
            with self.lock:
                self.busy -= 1
                self.changed.notify_all()

    def vectors(self, texts, model=None, dim=None):
        found = [vector(model or self.model, t, dim or self.dim) for t in texts]
        return [[v * 3 for v in row] for row in found] if self.raw else found

    def wait_for(self, condition):
        """Until something holds of this server; it is asked after each batch."""
        with self.lock:
            assert self.changed.wait_for(lambda: condition(self), 60), "waited for a minute"


class Call:
    """One batch that a fault may answer; the fault then returns True."""

    def __init__(self, server, handler, asked, texts, n):
        self.server, self.h, self.asked, self.texts, self.n = server, handler, asked, texts, n

    def send(self, status, body, **more):
        self.server.send(self.h, status, body, **more)
        return True

    def error(self, status, message, headers=()):
        self.server.error(self.h, status, message, headers)
        return True

    def raw(self, data):
        self.h.wfile.write(data)
        self.h.wfile.flush()
        return True

    def drop(self):
        self.h.close_connection = True
        self.h.connection.close()
        return True

    def hang(self):
        self.server.stopping.wait(120)
        return self.drop()

    def answer(self, vectors, **more):
        return self.send(200, self.server.answer(self.asked, vectors, **more))

    def vectors(self, **more):
        return self.server.vectors(self.texts, **more)
