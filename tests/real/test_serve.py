"""The daemon's HTTP: vectors as TEI, OpenAI and Ollama give them; limits, keys, bad requests."""

import concurrent.futures
import contextlib
import json
import math
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import time

import numpy as np
import pytest

import remote
from conftest import GOLDEN, SOURCE, Tandem
from servers import Server as Backend
from serving import Server, floats_of_base64

sys.path.append(str(SOURCE / "tools" / "models"))
from bert import Bert


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("serve")) as server:
        yield server


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("exact"), "--precision", "f32") as server:
        yield server


def of_command_line(server, *texts, model="TANDEM_GTE", role="document"):
    out = server.tandem.run(
        "embed", "--model", server.env[model], "--role", role, "--input-format", "jsonl",
        stdin="\n".join(json.dumps({"text": t}) for t in texts).encode(),
    ).stdout
    return [json.loads(line)["embedding"] for line in out.splitlines()]


def close(a, b):
    return len(a) == len(b) and all(abs(x - y) < 1e-7 for x, y in zip(a, b))


# -- TEI --


def test_embed_gives_what_the_command_line_gives(server):
    texts = ["what is a lane?", "def walk(folder): pass", "caf\u00e9 \U0001f408 \x00 end"]
    wanted = of_command_line(server, *texts)
    got = server.embed(*texts)
    assert all(close(a, b) for a, b in zip(got, wanted, strict=True))
    one = server.post("/embed", {"inputs": texts[0]})
    assert close(one.json[0], wanted[0]) and len(one.json) == 1
    assert one.headers["X-Truncated"] == "0" and int(one.headers["X-Compute-Tokens"]) > 3


def test_both_models_answer_by_name(server):
    gte, code = server.embed("x y"), server.embed("x y", model="coderank")
    assert close(gte[0], of_command_line(server, "x y")[0])
    assert close(code[0], of_command_line(server, "x y", model="TANDEM_CODERANK")[0])
    assert gte != code
    for name in ("gte", "GTE", "bert"):
        assert server.embed("x y", model=name) == gte
    refused = server.post("/embed", {"inputs": "x", "model": "gte-base-en-v1.5"})
    assert refused.status == 404 and "coderank (bert-cls)" in refused.json["error"]


def test_raw_floats_are_the_same_numbers(server):
    reply = server.post("/embed", {"inputs": ["a", "b"]}, Accept="application/octet-stream")
    n, dim = map(int, reply.headers["X-Shape"].split(","))
    values = struct.unpack(f"<{n * dim}f", reply.body)
    assert n == 2 and sum(server.embed("a", "b"), []) == [float(f"{v:.11g}") for v in values] or (
        close(sum(server.embed("a", "b"), []), values)
    )


def test_dimensions_cut_and_scale_again(server):
    whole, cut = server.embed("a b c")[0], server.embed("a b c", dimensions=8)[0]
    length = math.sqrt(sum(v * v for v in whole[:8]))
    assert close(cut, [v / length for v in whole[:8]])


def test_a_long_text_is_cut_and_told_or_refused(server):
    text = "word " * 5000
    reply = server.post("/embed", {"inputs": ["short", text]})
    assert reply.status == 200 and reply.headers["X-Truncated"] == "1"
    refused = server.post("/embed", {"inputs": ["short", text], "truncate": False})
    assert refused.status == 413 and refused.json["error_type"] == "Validation"
    assert "text 1" in refused.json["error"]


def test_tokenize_and_decode_are_inverse(server):
    tokens = server.post("/tokenize", {"inputs": ["the lane", "a"]}).json
    assert len(tokens) == 2 and tokens[0][0]["special"] and tokens[0][-1]["special"]
    plain = server.post("/tokenize", {"inputs": "the lane", "add_special_tokens": False}).json
    assert plain[0] == tokens[0][1:-1]
    ids = [[t["id"] for t in text] for text in tokens]
    texts = server.post("/decode", {"ids": ids}).json
    assert [t.replace(" ", "") for t in texts] == ["thelane", "a"]
    assert server.post("/decode", {"ids": ids[0]}).json == texts[:1]
    # A text may be given as its ids.
    assert server.post("/embed", {"inputs": [ids[0]]}).json == server.embed(texts[0])


@pytest.mark.parametrize("name, model", [("gte", "bert"), ("coderank", "bert-cls")])
def test_embed_all_gives_the_rows_that_numpy_gives(exact, name, model):
    reference = Bert(GOLDEN / "models" / model, np.float64)
    texts = ["what is a lane?", "x", "word " * 5000]
    reply = exact.post("/embed_all", {"inputs": texts, "model": name})
    assert reply.headers["X-Truncated"] == "1"
    tokens = exact.post("/tokenize", {"inputs": texts, "model": name}).json
    for got, ids in zip(reply.json, tokens, strict=True):
        wanted = reference.rows([t["id"] for t in ids])
        assert np.shape(got) == wanted.shape and np.abs(np.array(got) - wanted).max() < 2e-4
    assert int(reply.headers["X-Compute-Tokens"]) == sum(map(len, tokens))
    one = exact.post("/embed_all", {"inputs": texts[0], "model": name}).json
    assert one == reply.json[:1]


def test_embed_all_refuses_what_its_answer_could_not_hold(exact):
    refused = exact.post("/embed_all", {"inputs": ["word " * 100] * 200})
    assert refused.status == 413 and "8192 tokens" in refused.json["error"]
    long = {"inputs": "word " * 5000}
    assert exact.post("/embed_all", {**long, "truncate": False}).status == 413
    for wrong in ({"inputs": ""}, {"inputs": 5}, {"inputs": "a", "truncation_direction": "left"}):
        assert exact.post("/embed_all", wrong).status in (413, 422)
    assert exact.post("/embed_all", {"inputs": "a", "truncation_direction": "Right"}).status == 200
    # What it does not know it leaves alone.
    assert exact.post("/embed_all", {"inputs": "a", "dimensions": {}}).status == 200
    assert exact.post("/tokenize", {"inputs": "a", "dimensions": 0, "truncate": 5}).status == 200


def test_similarity_is_the_cosine(server):
    a, b, c = server.embed("a cat", "a dog", "steam")
    got = server.post(
        "/similarity", {"inputs": {"source_sentence": "a cat", "sentences": ["a dog", "steam"]}}
    ).json
    for wanted, value in zip((b, c), got, strict=True):
        assert abs(sum(x * y for x, y in zip(a, wanted)) - value) < 1e-5


def test_info_and_health(server):
    info = server.get("/info").json
    assert info["model_id"] == "bert" and info["max_client_batch_size"] == 2048
    assert info["models"]["coderank"]["model_id"] == "bert-cls"
    assert server.get("/health").json == {"status": "ok"}


def test_embed_ports_stand_in_for_the_two_services(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as a, socket.create_server(("127.0.0.1", 0)) as b:
        ports = [a.getsockname()[1], b.getsockname()[1]]
    with Server(tmp_path, "--embed-ports", f"{ports[0]},{ports[1]}") as server:
        wanted = [server.embed("x"), server.embed("x", model="coderank")]
        for port, vectors in zip(ports, wanted):
            server.port = port
            assert server.get("/health").status == 200
            assert server.post("/embed", {"inputs": ["x"]}).json == vectors


# -- OpenAI and Ollama --


def test_openai_embeddings(server):
    floats = server.post("/v1/embeddings", {"input": ["a", "b b"], "model": "coderank"}).json
    packed = server.post(
        "/v1/embeddings", {"input": ["a", "b b"], "model": "coderank", "encoding_format": "base64"}
    ).json
    assert [d["index"] for d in floats["data"]] == [0, 1] and floats["model"] == "bert-cls"
    assert floats["usage"]["prompt_tokens"] == floats["usage"]["total_tokens"] > 4
    for a, b in zip(floats["data"], packed["data"]):
        assert close(a["embedding"], floats_of_base64(b["embedding"]))
    tokens = server.post("/tokenize", {"inputs": "b b", "model": "coderank"}).json[0]
    ids = [t["id"] for t in tokens]
    by_ids = server.post("/v1/embeddings", {"input": ids, "model": "coderank"}).json
    assert by_ids["data"][0]["embedding"] == floats["data"][1]["embedding"]
    models = server.get("/v1/models").json["data"]
    assert {"gte", "coderank", "bert", "bert-cls"} == {m["id"] for m in models}
    assert server.get("/v1/models/bert").json["root"] == "bert"
    missing = server.get("/v1/models/gpt-4")
    assert missing.status == 404 and missing.json["error"]["code"] == "model_not_found"


def test_ollama_embed(server):
    reply = server.post("/api/embed", {"model": "gte", "input": ["a", "b"]}).json
    assert reply["embeddings"] == server.embed("a", "b") and reply["prompt_eval_count"] > 3
    assert {m["name"] for m in server.get("/api/tags").json["models"]} == {"gte", "coderank"}


BAD_EMBEDS = [
    (b"", 400, 400),
    (b"{", 400, 400),
    (b"[]", 400, 400),
    (b'{"inputs": "\xff"}', 400, 400),
    (b'{"inputs": "\\ud800"}', 400, 400),
    (b"[" * 100000, 400, 400),
    ({}, 422, 400),
    ({"inputs": None}, 422, 400),
    ({"inputs": []}, 400, 400),
    ({"inputs": ""}, 413, 400),
    ({"inputs": ["a", ""]}, 413, 400),
    ({"inputs": 5}, 422, 400),
    ({"inputs": ["a", 5]}, 422, 400),
    ({"inputs": {"a": 1}}, 422, 400),
    ({"inputs": [[-1]]}, 422, 400),
    ({"inputs": [[99999999]]}, 422, 400),
    ({"inputs": [[]]}, 422, 400),
    ({"inputs": ["a"] * 3000}, 413, 400),
    ({"inputs": "a", "model": 5}, 422, 400),
    ({"inputs": "a", "model": "nothing"}, 404, 404),
    ({"inputs": "a", "truncate": "yes"}, 422, 400),
    ({"inputs": "a", "dimensions": 0}, 422, 400),
    ({"inputs": "a", "dimensions": 10**6}, 422, 400),
    ({"inputs": "a", "normalize": False}, 422, 200),
    ({"inputs": "a", "prompt_name": "haiku"}, 422, 200),
    ({"inputs": "a", "encoding_format": "hex"}, 200, 400),
]


@pytest.mark.parametrize("body, tei, openai", BAD_EMBEDS, ids=range(len(BAD_EMBEDS)))
def test_bad_embeds_are_refused_in_each_apis_words(server, body, tei, openai):
    reply = server.post("/embed", body)
    assert reply.status == tei, reply.body
    if tei != 200:
        assert set(reply.json) == {"error", "error_type"}
    if isinstance(body, dict):
        body = {("input" if k == "inputs" else k): v for k, v in body.items()}
    reply = server.post("/v1/embeddings", body)
    assert reply.status == openai, reply.body
    if openai != 200:
        assert set(reply.json["error"]) == {"message", "type", "param", "code"}
    assert server.get("/health").status == 200


# -- HTTP --


def test_unknown_paths_and_methods(server):
    assert server.get("/nothing").status == 404
    assert server.get("/nothing").json == {"detail": "Not Found"}
    reply = server.get("/embed")
    assert reply.status == 405 and reply.headers["Allow"] == "POST"
    assert server.ask("HEAD", "/health").status == 200
    assert server.get("/v1/models/").status == 404
    assert server.get("/v1/models/a/b").status == 404
    assert server.ask("OPTIONS", "/embed").headers["Access-Control-Allow-Origin"] is None


def test_a_body_past_the_limit_is_refused_before_it_is_read(server):
    head = b"POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%s\r\n"
    # Far past it: the answer comes though no byte of the body does.
    assert b" 413 " in server.raw(head % (1 << 40, b""))
    assert b" 413 " in server.raw(head % (3 << 20, b"Expect: 100-continue\r\n"))
    reply = server.post("/embed", {"inputs": "a" * (3 << 20)})
    assert reply.status == 413 and reply.json["error_type"] == "Validation"
    chunk = b"%x\r\n%s\r\n" % (1 << 20, b"a" * (1 << 20))
    chunked = b"POST /embed HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    assert b" 413 " in server.raw(chunked + b"Connection: close\r\n\r\n" + 3 * chunk + b"0\r\n\r\n")


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 2\r\nContent-Length: 40\r\n",
        b"Content-Length: 2\r\nContent-Length: 2\r\n",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
    ],
)
def test_two_lengths_are_refused_and_the_connection_closed(server, headers):
    smuggled = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"POST /embed HTTP/1.1\r\nHost: localhost\r\n" + headers
    got = server.raw(head + b"\r\n{}" + smuggled)
    assert got.count(b"HTTP/1.1") <= 1
    assert got == b"" or b" 400 " in got.splitlines()[0]


def test_only_loopback_itself_is_listened_on(server):
    own, listening = set(), []
    for path in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a connection that ends meanwhile
            own.add(os.readlink(path))
    for table in filter(os.path.exists, ("/proc/net/tcp", "/proc/net/tcp6")):
        rows = [line.split() for line in open(table).readlines()[1:]]
        listening += [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own]
    assert listening == [f"0100007F:{server.port:04X}"]


@pytest.mark.parametrize(
    "path", ["/", "/ui/app.js", "/health", "/jobs", "/search", "/mcp", "/embed"]
)
def test_every_path_asks_for_host_and_origin(server, path):
    method = "POST" if path in ("/search", "/mcp", "/embed") else "GET"
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        reply = server.ask(method, path, b"{}" if method == "POST" else None, headers)
        assert reply.status == 403, (path, headers)
        assert not [h for h in reply.headers if h.lower().startswith("access-control")]


def test_no_page_of_another_site_may_ask(server):
    assert server.get("/health", Host="evil.example").status == 403
    assert server.get("/health", Host=f"localhost:{server.port}").status == 200
    assert server.post("/embed", {"inputs": "a"}, Origin="http://evil.example").status == 403
    assert server.post("/embed", {"inputs": "a"}, Origin="null").status == 403
    assert server.post("/embed", {"inputs": "a"}, Origin=server.url).status == 200
    reply = server.get("/")
    assert "default-src 'self'" in reply.headers["Content-Security-Policy"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_a_key_is_asked_for_and_never_told(tmp_path):
    key = "canary-7f3a9c"
    with Server(tmp_path, "-v", env={"TANDEM_API_KEY": key}) as server:
        bearer = {"Authorization": f"Bearer {key}"}
        assert server.get("/health").status == 200
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": key}):
            reply = server.ask("GET", "/info", headers=headers)
            assert reply.status == 401 and reply.headers["WWW-Authenticate"] == "Bearer"
            assert key.encode() not in reply.body
        assert server.ask("GET", f"/info?key={key}", headers=bearer).status == 200
        assert server.post("/v1/embeddings", {"input": "a"}).json["error"]["code"] == (
            "invalid_api_key"
        )
        command_line = open(f"/proc/{server.process.pid}/cmdline", "rb").read()
        assert key.encode() not in command_line
        metrics = server.ask("GET", "/metrics", headers=bearer).body
        assert key.encode() not in metrics
    assert key not in "".join(server.log)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path


def test_elsewhere_than_on_loopback_only_with_a_key(tmp_path):
    tandem = Tandem(tmp_path)
    said = tandem.error("serve", "--host", "0.0.0.0", "--db", tandem.db, status=2)
    assert "TANDEM_API_KEY" in said and "--insecure" in said
    assert "go together" in tandem.error("serve", "--tls-cert", "a.pem", status=2)
    assert "nothing.pem" in tandem.error(
        "serve", "--port", "0", "--tls-cert", "nothing.pem", "--tls-key", "k.pem", status=1
    )


def test_a_second_server_says_what_is_taken(server, tmp_path):
    tandem = Tandem(tmp_path)
    said = tandem.error("serve", "--port", server.port, "--db", tandem.db, status=1)
    assert str(server.port) in said and "--port" in said
    said = tandem.error("serve", "--port", 0, "--db", server.tandem.db, status=1)
    assert f"process {server.process.pid}" in said


def test_tls(tmp_path):
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 "
        "-keyout key.pem -out cert.pem".split(),
        check=True, capture_output=True, cwd=tmp_path,
    )
    with Server(tmp_path, "--tls-cert", "cert.pem", "--tls-key", "key.pem") as server:
        assert server.url.startswith("https://")
        done = subprocess.run(
            ["curl", "-s", "--cacert", "cert.pem", server.url + "/embed", "-d", '{"inputs":"a"}'],
            capture_output=True, cwd=tmp_path, timeout=60,
        )
        assert len(json.loads(done.stdout)) == 1
        assert b"HTTP/1.1 200" not in server.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")


# -- load --


def test_many_clients_share_batches_and_get_their_own_vectors(server):
    texts = [f"text number {i} of many" for i in range(96)]
    batches = server.metric("tandem_embed_batches_total")
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        got = list(pool.map(lambda t: server.embed(t)[0], texts))
    assert got == server.embed(*texts)
    assert server.metric("tandem_embed_batches_total") - batches < len(texts)


def test_a_full_queue_answers_429_with_a_time(tmp_path):
    with Server(tmp_path, "--queue", 8) as server:
        def ask(i):
            return server.post("/embed", {"inputs": [f"{i} " + "word " * 300] * 6})

        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            replies = list(pool.map(ask, range(48)))
        statuses = {r.status for r in replies}
        assert statuses == {200, 429}
        for reply in replies:
            if reply.status == 429:
                assert 1 <= int(reply.headers["Retry-After"]) <= 60
                assert reply.json["error_type"] == "Overloaded"
        assert server.metric("tandem_embed_dropped_total", reason="queue_full") > 0
        assert server.post("/embed", {"inputs": "a"}).status == 200


def test_a_client_that_left_frees_its_work(server):
    gone = server.metric("tandem_embed_dropped_total", reason="client_gone")
    body = json.dumps({"inputs": [f"{i} " + "word " * 200 for i in range(1000)]}).encode()
    with socket.create_connection((server.host, server.port)) as connection:
        connection.sendall(
            b"POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        connection.sendall(body)
        while server.metric("tandem_embed_running_texts") == 0:
            pass
    while server.metric("tandem_embed_dropped_total", reason="client_gone") == gone:
        pass
    assert server.metric("tandem_embed_waiting_texts") == 0


def test_ends_in_time_with_clients_of_all_kinds(tmp_path):
    server = Server(tmp_path).start()
    idle = socket.create_connection((server.host, server.port))
    half = socket.create_connection((server.host, server.port))
    half.sendall(b"POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Le")
    busy = server.connect()
    busy.request("POST", "/embed", json.dumps({"inputs": ["word " * 50] * 64}))
    while server.metric("tandem_embed_running_texts") == 0:
        pass
    assert server.end() == 0
    assert busy.getresponse().status == 200  # what was under way is finished
    assert half.recv(1) == b"" and idle.recv(1) == b""
    for s in (idle, half):
        s.close()


def stuck(folder):
    """A server that waits for a backend that does not answer; and that backend."""
    backend = Backend("tei")
    env = remote.settings(backend, EMBEDDING_STRATEGY="auto")
    # What takes too long is left behind, threads and all: that is no leak here.
    env["TSAN_OPTIONS"] = os.environ.get("TSAN_OPTIONS", "") + ":report_thread_leaks=0"
    server = Server(folder, env=env).start()
    backend.fault = lambda call: call.hang()
    busy = server.connect()
    busy.request("POST", "/embed", json.dumps({"inputs": "a lane"}))
    try:
        backend.wait_for(lambda b: b.busy)
    except BaseException:
        server.end(signal.SIGKILL)
        raise
    return server, backend, busy


def test_ends_in_time_though_a_backend_hangs(tmp_path):
    server, backend, busy = stuck(tmp_path)
    with backend, contextlib.closing(busy):
        begun = time.monotonic()
        assert server.end() == 0, "".join(server.log)
        assert time.monotonic() - begun < 30
        assert "what took longer is left" in "".join(server.log)


def test_a_second_signal_does_not_wait(tmp_path):
    server, backend, busy = stuck(tmp_path)
    with backend, contextlib.closing(busy):
        server.process.send_signal(signal.SIGINT)
        server.wait_for_line("ending")
        assert server.end(signal.SIGINT) == 130


def test_log_is_a_line_a_request(tmp_path):
    with Server(tmp_path) as server:
        server.get("/nothing?secret=1")
        server.post("/embed", {"inputs": "canary-text"})
        server.post("/embed", b"{")
        server.raw(b"\x00\xff\r\n\r\n")
        server.raw(b"GET / HTTP/9.9\r\n\r\n")
        assert server.get("/health").status == 200
    told = "".join(server.log)
    assert "secret" not in told and "canary" not in told
    for what, status in (("GET /nothing", 404), ("POST /embed", 200), ("POST /embed", 400)):
        assert len(re.findall(rf"{what} {status}\b", told)) == 1, told
