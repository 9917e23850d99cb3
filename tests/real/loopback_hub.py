"""A hub on loopback, with storage at another origin: what huggingface_hub and tandem pull ask for.

Faults are functions put into `hub.faults` or `storage.faults` by a piece of the path: called with
the handler, they answer in its place and return True, or return False and the usual answer follows.
"""

import hashlib
import http.server
import json
import pathlib
import threading
import urllib.parse


def git_name(body):
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


def sha256(body):
    return hashlib.sha256(body).hexdigest()


class Server:
    def __init__(self, answer):
        self.requests = []  # (method, path, headers)
        self.faults = {}
        self.sent = 0  # bytes of bodies
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.requests.append((self.command, self.path, dict(self.headers)))
                for piece, fault in list(server.faults.items()):
                    if piece in self.path and fault(self):
                        return
                answer(self)

            do_HEAD = do_GET

            def reply(self, status, headers=(), body=b"", length=None):
                """`length` is what is said, where that is not what is sent."""
                self.send_response(status)
                for name, value in dict(headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)
                    server.sent += len(body)
                    if length is not None and length > len(body):
                        self.close_connection = True  # cut

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def asked(self, piece, method=None):
        return [r for r in self.requests if piece in r[1] and method in (None, r[0])]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Repository:
    """Files by path; those that end so are in the storage, as git-lfs has them."""

    LARGE = (".safetensors",)

    def __init__(self, files):
        self.files = dict(files)
        names = "".join(f"{path}{sha256(body)}" for path, body in sorted(self.files.items()))
        self.commit = hashlib.sha1(names.encode()).hexdigest()

    def is_large(self, path):
        return path.endswith(self.LARGE)

    def siblings(self):
        for path, body in self.files.items():
            lfs = {"sha256": sha256(body), "size": len(body), "pointerSize": 134}
            more = {"lfs": lfs} if self.is_large(path) else {}
            yield {"rfilename": path, "size": len(body), "blobId": git_name(body), **more}

    def tree(self):
        for path, body in self.files.items():
            lfs = {"oid": sha256(body), "size": len(body), "pointerSize": 134}
            more = {"lfs": lfs} if self.is_large(path) else {}
            yield {"type": "file", "path": path, "size": len(body), "oid": git_name(body), **more}


class Hub(Server):
    def __init__(self):
        super().__init__(self.answer)
        self.models = {}  # id -> {revision: Repository}
        self.storage = Server(self.answer_storage)
        self.blobs = {}
        self.tokens = None  # those that are let in; None: all
        self.with_blobs = True  # whether ?blobs=true is honoured

    def add(self, name, files, revision="main"):
        """`files` is a folder or a dict."""
        if not isinstance(files, dict):
            folder = pathlib.Path(files)
            files = {
                str(path.relative_to(folder)): path.read_bytes()
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
        repository = Repository(files)
        self.models.setdefault(name, {})[revision] = repository
        self.models[name][repository.commit] = repository
        self.blobs.update((sha256(body), body) for body in files.values())
        return repository

    def close(self):
        self.storage.close()
        super().close()

    def answer(self, handler):
        path = urllib.parse.unquote(handler.path.split("?")[0])
        if self.tokens is not None:
            given = handler.headers.get("Authorization", "")
            if given.removeprefix("Bearer ") not in self.tokens:
                return handler.reply(401, {"X-Error-Code": "RepoNotFound"}, b"{}")
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"] and len(parts) >= 4:
            return self.answer_api(handler, "/".join(parts[2:4]), parts[4:])
        if len(parts) > 4 and parts[2] == "resolve":
            return self.answer_file(handler, "/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        return handler.reply(404)

    def find(self, handler, name, revision):
        if name not in self.models:
            handler.reply(404, {"X-Error-Code": "RepoNotFound"}, b"{}")
        elif revision not in self.models[name]:
            handler.reply(404, {"X-Error-Code": "RevisionNotFound"}, b"{}")
        else:
            return self.models[name][revision]

    def answer_api(self, handler, name, rest):
        kind = rest[0] if rest else "revision"
        repository = self.find(handler, name, rest[1] if len(rest) > 1 else "main")
        if not repository:
            return
        if kind == "tree":
            body = list(repository.tree())
        else:
            siblings = list(repository.siblings())
            if not (self.with_blobs and "blobs=" in handler.path.lower()):
                siblings = [{"rfilename": s["rfilename"]} for s in siblings]
            body = {
                "_id": "0",
                "id": name,
                "modelId": name,
                "private": False,
                "gated": False,
                "disabled": False,
                "tags": [],
                "downloads": 0,
                "likes": 0,
                "sha": repository.commit,
                "siblings": siblings,
            }
        handler.reply(200, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def answer_file(self, handler, name, revision, path):
        repository = self.find(handler, name, revision)
        if not repository:
            return
        if path not in repository.files:
            return handler.reply(404, {"X-Error-Code": "EntryNotFound"})
        body = repository.files[path]
        headers = {"X-Repo-Commit": repository.commit}
        if repository.is_large(path):
            hash = sha256(body)
            headers.update(
                {
                    "X-Linked-Size": str(len(body)),
                    "X-Linked-Etag": f'"{hash}"',
                    "ETag": f'"{hash}"',
                    "Location": f"{self.storage.url}/blob/{hash}?signed=1",
                }
            )
            return handler.reply(302, headers, b"Found")
        serve(handler, body, {**headers, "ETag": f'"{git_name(body)}"'})

    def answer_storage(self, handler):
        body = self.blobs.get(handler.path.split("?")[0].rsplit("/", 1)[1])
        if body is None:
            return handler.reply(404)
        serve(handler, body, {"ETag": '"of-the-storage"'})


def serve(handler, body, headers=()):
    """A body or the part of it that Range asks for."""
    asked = handler.headers.get("Range")
    if not asked:
        return handler.reply(200, headers, body)
    first = int(asked.removeprefix("bytes=").split("-")[0])
    if first >= len(body):
        return handler.reply(416, {"Content-Range": f"bytes */{len(body)}"})
    span = f"bytes {first}-{len(body) - 1}/{len(body)}"
    handler.reply(206, {**dict(headers), "Content-Range": span}, body[first:])
