"""Lanes on servers: start, several servers, mixes, search, bad input."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from email.utils import formatdate

import pytest
from conftest import PROGRAM, SANITIZED, SOURCE
from remote import CODE, PROSE, lane, make_small_tree, outcome, settings
from servers import Server, vector

FORMS = ("tei", "openai", "ollama")


@pytest.fixture
def tree(tandem):
    return make_small_tree(tandem.folder / "tree")


@pytest.mark.parametrize("form", FORMS)
def test_both_lanes_on_servers(tandem, tree, form):
    with Server(form, PROSE) as gte, Server(form, CODE) as coderank:
        env = settings(gte, coderank)
        summary = tandem.index("tree", env=env)
        assert outcome(tandem, gte, 0) == outcome(tandem, coderank, 1) == "right"
        assert summary["embedded"] == sum(summary["chunks"].values())
        assert max(len(b) for s in (gte, coderank) for b in s.batches) <= 32
        assert coderank.connections <= 3  # kept open: the start's, and one for each slot
        hits = tandem.search("what does function 7 do", "-k", "50", env=env)
        assert hits and all(set(h["ranks"]) == {"gte", "coderank", "text"} for h in hits)
        assert any(h["ranks"]["coderank"] for h in hits) and any(h["ranks"]["gte"] for h in hits)
        asked = len(gte.batches)
        again = tandem.index("tree", env=env)
        assert again["embedded"] == 0 and len(gte.batches) == asked


def test_a_mix_of_a_lane_in_process_and_one_on_a_server(tandem, tree):
    with Server("tei", CODE) as coderank:
        env = settings(None, coderank)
        tandem.index("tree", env=env)
        assert outcome(tandem, coderank, 1) == "right"
        assert all(status == 0 for _, status, _, _ in lane(tandem, 0))
        assert {h["model_hint"] for h in tandem.search("function 7", env=env)} >= {"coderank"}


def test_a_batch_is_never_larger_than_the_server_takes(tandem, tree):
    with Server("tei", PROSE) as gte, Server("tei", CODE, items_max=3, bytes_max=3000) as coderank:
        tandem.index("tree", env=settings(gte, coderank))
        assert outcome(tandem, coderank, 1) == "right"
        assert max(map(len, coderank.batches)) <= 3


@pytest.mark.parametrize("asked", (None, 2))
def test_concurrency_over_both_lanes_is_never_exceeded(tandem, tree, asked):
    """Two, and where nobody asked for two, one more for a lane that has none."""
    busy = []
    with Server("tei", PROSE) as gte, Server("tei", CODE) as coderank:
        for s in (gte, coderank):
            s.fault = lambda call: busy.append((gte.busy, coderank.busy))
        more = {"MAX_EMBEDDING_CONCURRENCY": str(asked)} if asked else {}
        env = settings(gte, coderank, EMBEDDING_BATCH_SIZE="2", **more)
        summary = tandem.index("tree", env=env)
        assert summary["slots"] == (2 if asked else 3)
        assert all(1 <= sum(both) <= summary["slots"] and max(both) <= 2 for both in busy)


def test_vectors_of_another_length_are_scaled(tandem, tree):
    with Server("ollama", PROSE, raw=True) as gte, Server("openai", CODE, raw=True) as coderank:
        tandem.index("tree", env=settings(gte, coderank))
        assert outcome(tandem, gte, 0) == outcome(tandem, coderank, 1) == "right"


def test_gzip_both_ways(tandem, tree):
    more = dict(gzip_answers=True, takes_gzip=True)
    with Server("tei", PROSE, **more) as gte, Server("openai", CODE, **more) as coderank:
        tandem.index("tree", env=settings(gte, coderank))
        assert outcome(tandem, gte, 0) == outcome(tandem, coderank, 1) == "right"
        packed = [h for h in coderank.headers if h.get("Content-Encoding") == "gzip"]
        assert packed and not any("Expect" in h for h in coderank.headers)


# -- several servers --


def test_two_servers_of_a_lane_share_the_work_and_one_may_die(tandem, tree):
    with Server("tei", PROSE) as gte, Server("tei", CODE) as a, Server("tei", CODE) as b:

        def die(call):
            if call.n >= 3:
                a.listener.server_close()
                return call.drop()

        a.fault = die
        env = settings(gte, f"{a.url},{b.url}", EMBEDDING_BATCH_SIZE="2")
        tandem.index("tree", env=env)
        assert a.batches and b.batches
        assert outcome(tandem, b, 1, also=[a]) == "right"


def test_a_server_that_comes_back_is_used_again(tandem, tree):
    with Server("tei", PROSE) as gte, Server("tei", CODE) as a, Server("tei", CODE) as b:
        # Twice: a request that is dropped on a connection used before is sent once more by itself.
        a.fault = lambda call: call.drop() if call.n <= 2 else None
        b.fault = lambda call: time.sleep(0.12)  # what its texts cost: a second goes by
        env = settings(gte, f"{a.url} {b.url}", EMBEDDING_BATCH_SIZE="1")
        tandem.index("tree", env=env)
        assert outcome(tandem, b, 1, also=[a]) == "right"
        assert a.probes >= 2 and len(a.batches) >= 3


def test_servers_of_two_models_are_refused(tandem, tree):
    with Server("tei", CODE) as a, Server("tei", "another") as b:
        env = settings(None, f"{a.url},{b.url}")
        line = tandem.error("index", "--db", tandem.db, "tree", env=env, status=1)
        assert "another@1" in line and CODE + "@1" in line and b.url in line
        assert not a.batches and tandem_is_empty(tandem)


def tandem_is_empty(tandem):
    return tandem.status()["pages"] == 0


# -- what a call costs --


@pytest.fixture
def wide_tree(tandem):
    """Enough of both lanes for their calls to be priced, even if all are there at once."""
    folder = make_small_tree(tandem.folder / "tree", n_code=12)
    for i in range(6, 12):
        (folder / f"text{i}.md").write_text(f"# Chapter {i}\n\nThis is the text of chapter {i}.\n")


def test_a_price_is_asked_as_a_server_is_met_by_two_calls_but_not_for_a_search(tandem, wide_tree):
    with Server("tei", PROSE) as gte, Server("openai", CODE) as coderank:
        env = settings(gte, coderank)
        done = tandem.run("index", "--db", tandem.db, "--json", "tree", env=env)
        summary = json.loads(done.stdout)
        for server, name in ((gte, "gte"), (coderank, "coderank")):
            assert server.pricings == 2 and server.probes >= 1
            assert summary["lanes"][name]["batches"] == len(server.batches)
            assert summary["chunks"][name] == sum(map(len, server.batches)) == 12
        assert tandem.search("chapter 3", env=env)
        assert gte.pricings == coderank.pricings == 2
        env["EMBEDDING_STRATEGY"] = "rounds"  # which is checked by the same calls
        tandem.run("index", "--db", tandem.folder / "rounds.db", "tree", env=env)
        assert gte.pricings == coderank.pricings == 4


@pytest.mark.parametrize("form", ("tei", "openai", "ollama"))
def test_a_server_that_turns_the_order_round_is_refused_at_the_start(tandem, form):
    def turn(call):
        return call.answer(call.vectors()[::-1])

    make_small_tree(tandem.folder / "tree", n_code=2)
    with Server(form, PROSE) as gte, Server("tei", CODE) as coderank:
        gte.fault, gte.priced = turn, True
        done = tandem.run("index", "--db", tandem.db, "tree", env=settings(gte, coderank), status=1)
        line = done.stderr.decode().splitlines()[-1]
        assert "in another order" in line and gte.url in line and "lane gte" in line
        assert not gte.batches and not coderank.batches and tandem_is_empty(tandem)


def test_both_lanes_are_met_at_the_same_time(tandem):
    """Each waits for the other: one after the other they would wait for ever."""
    both, lock, met = threading.Barrier(2, timeout=60), threading.Lock(), set()

    def wait(call):
        with lock:
            is_first = call.server not in met
            met.add(call.server)
        if is_first:
            both.wait()
        return False

    make_small_tree(tandem.folder / "tree", n_code=2)
    with Server("tei", PROSE) as gte, Server("tei", CODE) as coderank:
        for server in (gte, coderank):
            server.fault, server.priced = wait, True
        tandem.index("tree", env=settings(gte, coderank))
        assert outcome(tandem, gte, 0) == outcome(tandem, coderank, 1) == "right"


@pytest.mark.parametrize("how", ("429", "500", "dropped", "nonsense"))
def test_a_price_that_is_refused_changes_nothing(tandem, wide_tree, how):
    def refuse(call):
        if "of no price" not in call.texts[0]:
            return False
        if how == "dropped":
            return call.drop()
        return call.send(200, b"<html>") if how == "nonsense" else call.error(int(how), "no")

    with Server("tei", PROSE) as gte, Server("tei", CODE) as coderank:
        for server in (gte, coderank):
            server.fault, server.priced = refuse, True
        tandem.index("tree", env=settings(gte, coderank))
        assert gte.pricings >= 2 and coderank.pricings >= 2  # dropped: each once more by itself
        assert outcome(tandem, gte, 0) == outcome(tandem, coderank, 1) == "right"


# -- one lane down --


def index_with_warning(tandem, env, *args, status=3):
    done = tandem.run("index", "--db", tandem.db, "--json", "tree", *args, env=env, status=status)
    return json.loads(done.stdout), done.stderr.decode()


def dead_url():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return f"http://127.0.0.1:{s.getsockname()[1]}"


@pytest.mark.parametrize("pinned", (False, True))
def test_a_lane_that_is_down_from_the_start_leaves_the_other_whole(tandem, pinned):
    make_small_tree(tandem.folder / "tree", n_code=4)  # fewer batches than open the circuit
    with Server("tei", PROSE) as gte, Server("tei", CODE) as coderank:
        if pinned:  # the index knows the model already
            tandem.index(SOURCE / "src" / "route", env=settings(gte, coderank))
        coderank.stop()
        summary, err = index_with_warning(tandem, settings(gte, coderank.url))
        assert "refuses connections" in err
        assert summary["chunks_failed"]["gte"] == 0 and summary["chunks_failed"]["coderank"] == 4
        assert outcome(tandem, gte, 0) == "right"
        failed = [r for r in lane(tandem, 1) if r[1] == 2]
        assert len(failed) == summary["chunks_failed"]["coderank"]
        assert all("refuses connections" in r[2] and r[3] is None for r in failed)
        words = tandem.search("function_3", env=settings(gte, coderank.url))
        assert any(h["path"].endswith("code3.py") for h in words)  # its words are found
        with Server("tei", CODE, port=coderank.port) as back:
            tandem.run("retry", "--db", tandem.db, env=settings(gte, back))
            assert outcome(tandem, back, 1, also=[coderank]) == "right"


def test_both_lanes_down_keep_the_words(tandem, tree):
    env = settings(dead_url(), dead_url())
    summary, err = index_with_warning(tandem, env)
    assert summary["chunks_failed"] == summary["chunks"] and "error schedule" in err
    hits = json.loads(
        tandem.run("search", "--db", tandem.db, "--json", "function_7", env=env).stdout
    )["hits"]
    assert hits and all(h["ranks"]["gte"] is None for h in hits)


def test_a_lane_that_dies_in_the_middle(tandem):
    make_small_tree(tandem.folder / "tree", n_code=12)
    with Server("openai", PROSE) as gte, Server("openai", CODE) as coderank:

        def die(call):
            if call.n == 2:
                coderank.listener.server_close()
            return call.drop() if call.n >= 2 else None

        coderank.fault = die
        env = settings(gte, coderank, EMBEDDING_BATCH_SIZE="4", MAX_EMBEDDING_CONCURRENCY="2")
        summary, _ = index_with_warning(tandem, env)
        assert outcome(tandem, gte, 0) == "right"
        statuses = [r[1] for r in lane(tandem, 1)]
        assert set(statuses) == {0, 2}
        with Server("openai", CODE, port=coderank.port) as back:
            tandem.index("tree", env=settings(gte, back))
            assert outcome(tandem, back, 1, also=[coderank]) == "right"


def test_a_lane_that_flaps_is_complete_in_the_end(tandem, tree):
    with Server("tei", PROSE) as gte, Server("tei", CODE) as coderank:
        coderank.fault = lambda call: call.drop() if call.n % 2 else None
        env = settings(gte, coderank, EMBEDDING_BATCH_SIZE="8")
        tandem.index("tree", env=env)
        assert outcome(tandem, gte, 0) == outcome(tandem, coderank, 1) == "right"


@pytest.mark.parametrize("signals", ((signal.SIGINT, signal.SIGTERM), (signal.SIGKILL,)))
def test_a_run_that_waits_for_servers_ends_at_once_and_goes_on_later(tandem, tree, signals):
    asked, release = threading.Event(), threading.Event()

    def hold(call):
        if call.n >= 2:
            asked.set()
            release.wait(60)

    with Server("tei", PROSE) as gte, Server("tei", CODE) as coderank:
        coderank.fault = hold
        env = settings(gte, coderank, EMBEDDING_BATCH_SIZE="4")
        run = subprocess.Popen(
            [PROGRAM, "index", "--db", tandem.db, "tree"],
            cwd=tandem.folder,
            env=tandem.environment(**env),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert asked.wait(60)
        for number in signals:
            run.send_signal(number)
        assert run.wait(30) == (130 if len(signals) == 2 else -signal.SIGKILL)
        release.set()
        coderank.fault = None
        tandem.index("tree", env=env)
        assert outcome(tandem, gte, 0) == outcome(tandem, coderank, 1) == "right"
        n = sum(len(lane(tandem, number)) for number in (0, 1))
        assert len(tandem.chunks()) == n == 34  # nothing lost, nothing doubled


# -- start --


def test_the_model_that_was_named_must_be_there(tandem, tree):
    for form in FORMS:
        with Server(form, CODE) as server:
            env = settings(None, server, TANDEM_CODERANK="wanted/model")
            line = tandem.error("index", "--db", tandem.db, "tree", env=env, status=1)
            assert "wanted/model" in line and CODE in line and server.url in line
            assert tandem_is_empty(tandem) and not server.batches


def test_an_index_never_mixes_models(tandem, tree):
    with Server("tei", PROSE) as gte, Server("tei", CODE) as coderank:
        tandem.index("tree", env=settings(gte, coderank))
    changed = [dict(model="another"), dict(revision="2"), dict(dim=32)]
    for change in changed:
        more = {"form": "tei", "model": CODE, **change}
        with Server("tei", PROSE) as gte, Server(**more) as coderank:
            env = settings(gte, coderank)
            (tandem.folder / "tree" / "new.py").write_text("def new():\n    return 1\n")
            line = tandem.error("index", "--db", tandem.db, "tree", env=env, status=1)
            assert "the index holds vectors of " + CODE + "@1" in line
            line = tandem.error("search", "--db", tandem.db, "words", env=env, status=1)
            assert "the index holds vectors of " + CODE + "@1" in line
            assert not coderank.batches
    line = tandem.error("index", "--db", tandem.db, "tree", env=settings(), status=1)
    assert "model" in line  # nor a model in process


def test_both_lanes_on_one_server_with_one_model_is_said(tandem, tree):
    with Server("tei", PROSE) as server:
        _, err = index_with_warning(tandem, settings(server, server), status=0)
        assert err.count("both lanes have the same model") == 1
        assert outcome(tandem, server, 0) == outcome(tandem, server, 1) == "right"


def test_several_models_on_one_server_must_be_named(tandem, tree):
    with Server("ollama", PROSE) as server:
        both = [{"name": n, "model": n, "digest": "1", "size": 1} for n in (PROSE, CODE)]
        server.send = with_models(server, {"models": both})
        line = tandem.error(
            "index", "--db", tandem.db, "tree", env=settings(None, server), status=1
        )
        assert "several models" in line and PROSE in line and CODE in line


def with_models(server, models):
    send = server.send

    def changed(h, status, body, *args, **more):
        return send(h, status, models if h.path == "/api/tags" else body, *args, **more)

    return changed


def test_a_key_is_sent_and_shown_nowhere(tandem, tree):
    key = "sk-canary-0123456789"
    with Server("openai", PROSE, key=key) as gte, Server("openai", CODE, key=key) as coderank:
        env = settings(gte, coderank)
        line = tandem.error("index", "--db", tandem.db, "tree", env=env, status=1)
        assert "401" in line and "no key is set" in line
        wrong = {**env, "GTE_API_KEY": "wrong-canary-key", "CODERANK_API_KEY": key}
        done = tandem.run("index", "-v", "--db", tandem.db, "tree", env=wrong, status=1)
        assert b"the key was not accepted" in done.stderr and b"canary" not in done.stderr
        env |= {"GTE_API_KEY": key, "CODERANK_API_KEY": key}
        done = tandem.run("index", "-v", "--db", tandem.db, "--json", "tree", env=env)
        assert b"canary" not in done.stderr + done.stdout
        assert b"canary" not in tandem.db.read_bytes()
        assert outcome(tandem, coderank, 1) == "right"
        for command in ("index", "search", "embed"):
            text = tandem.run(command, "--help", env=env).stdout.decode()
            assert "$GTE_API_KEY" in text and "canary" not in text
        assert tandem.run("index", "--gte-api-key", "x", "tree", env=env, status=2)


@pytest.fixture
def certificate(tandem):
    """Of 127.0.0.1, signed by itself: (certificate, key)."""
    key, cert = tandem.folder / "key.pem", tandem.folder / "cert.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        + ["-keyout", key, "-out", cert, *subject],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_a_server_with_its_own_authority_over_https(tandem, tree, certificate):
    cert, key = certificate
    with Server("tei", CODE, certificate=(cert, key)) as server:
        env = settings(None, server)
        line = tandem.error("index", "--db", tandem.db, "tree", env=env, status=1)
        assert "certificate" in line
        tandem.index("tree", "--ca-file", str(cert), env=env)
        assert outcome(tandem, server, 1) == "right"


def test_http_2_where_a_server_offers_it(tandem, certificate):
    cert, key = certificate
    port = dead_url().rsplit(":", 1)[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "hypercorn", "--certfile", cert, "--keyfile", key]
        + ["--bind", f"127.0.0.1:{port}", "h2_server:app"],
        cwd=SOURCE / "tests" / "real",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert "Running on https" in server.stderr.readline()
        env = settings(f"https://127.0.0.1:{port}", TANDEM_CA_FILE=str(cert))
        rows = tandem.lines("embed", "--model", "gte", stdin=b"one\ntwo\n", env=env)
        assert rows[1]["embedding"] == pytest.approx(vector("h2-model", "two"), abs=1e-6)
    finally:
        server.terminate()
        asked = server.communicate()[0].split()
    assert asked.count("POST") >= 2 and set(asked[2::3]) == {"2"}


# -- search --


def test_a_search_does_without_a_lane_whose_server_is_gone(tandem, tree):
    with Server("tei", PROSE) as gte, Server("tei", CODE) as coderank:
        env = settings(gte, coderank)
        tandem.index("tree", env=env)
        coderank.stop()
        done = tandem.run("search", "--db", tandem.db, "--json", "function_7", env=env)
        hits = json.loads(done.stdout)["hits"]
        assert "search=without lane=coderank" in done.stderr.decode()
        assert any(h["ranks"]["gte"] for h in hits) and any(h["ranks"]["text"] for h in hits)
        assert not any(h["ranks"]["coderank"] for h in hits)


def test_a_query_gets_its_prompt_and_a_document_none(tandem, tree):
    with Server("tei", PROSE) as gte, Server("tei", "nomic-ai/CodeRankEmbed") as coderank:
        env = settings(gte, coderank)
        tandem.index("tree", env=env)
        assert not any(t.startswith("Represent") for b in coderank.batches for t in b)
        tandem.search("add two numbers", env=env)
        asked = coderank.batches[-1]
        assert asked == ["Represent this query for searching relevant code: add two numbers"]
        assert gte.batches[-1] == ["add two numbers"]


def test_embed_asks_the_servers_of_a_lane(tandem):
    with Server("openai", PROSE) as gte:
        env = settings(gte)
        args = ("embed", "--model", "gte")
        rows = tandem.lines(*args, stdin=b"one\ntwo\n", env=env)
        assert [r["embedding"] for r in rows] == [
            pytest.approx(v, abs=1e-6) for v in gte.vectors(["one", "two"])
        ]
        assert sum(r["tokens"] for r in rows) == 14


# -- bad input --


@pytest.mark.parametrize(
    "variable,value,says",
    [
        ("GTE_URL", "localhost:8080", "must start with http"),
        ("GTE_URL", " , ", "names no URL"),
        ("GTE_URL", "http://", "not a usable URL"),
        ("GTE_URL", "ftp://127.0.0.1/", "not a usable URL"),
        ("GTE_URL", "http://me:hush-canary@127.0.0.1/", "user name or password"),
        ("GTE_URL", "http://127.0.0.1/?key=hush-canary", "no query"),
        ("GTE_URL", "http://127.0.0.1:99999/", "not a usable URL"),
        ("GTE_URL", ",".join(f"http://127.0.0.1:{p}" for p in range(1, 18)), "more than 16"),
        ("GTE_URL", "http://127.0.0.1:1,http://127.0.0.1:1/embed", "named twice"),
        ("GTE_API", "grpc", "allowed is auto|tei|openai|ollama"),
        ("GTE_API", "TEI", "allowed is auto|tei|openai|ollama"),
        ("EMBEDDING_TIMEOUT", "soon", "0.1 to 600 seconds"),
        ("EMBEDDING_TIMEOUT", "0", "0.1 to 600 seconds"),
        ("EMBEDDING_TIMEOUT", "-1", "0.1 to 600 seconds"),
        ("EMBEDDING_TIMEOUT", "1e99", "0.1 to 600 seconds"),
        ("MAX_EMBEDDING_CONCURRENCY", "0", "1 to 1024"),
        ("MAX_EMBEDDING_CONCURRENCY", "-2", "1 to 1024"),
        ("MAX_EMBEDDING_CONCURRENCY", "1025", "1 to 1024"),
        ("MAX_EMBEDDING_CONCURRENCY", "two", "1 to 1024"),
        ("MAX_EMBEDDING_CONCURRENCY", "99999999999999999999", "1 to 1024"),
        ("EMBEDDING_BATCH_SIZE", "0", "1 to 4096"),
        ("EMBEDDING_BATCH_SIZE", "1.5", "1 to 4096"),
        ("EMBEDDING_BATCH_SIZE", "4097", "1 to 4096"),
        ("EMBEDDING_BATCH_SIZE", "-1", "1 to 4096"),
        ("EMBEDDING_BATCH_SIZE", "many", "1 to 4096"),
        ("EMBEDDING_BATCH_SIZE", "99999999999999999999", "1 to 4096"),
        ("ENABLE_PARALLEL_EMBEDDING", "perhaps", "true or false"),
        ("ENABLE_PARALLEL_EMBEDDING", "-1", "true or false"),
        ("ENABLE_PARALLEL_EMBEDDING", "99999999999999999999", "true or false"),
        ("EMBEDDING_METRICS_ENABLED", "2", "true or false"),
        ("EMBEDDING_METRICS_ENABLED", "99999999999999999999", "true or false"),
        ("EMBEDDING_METRICS_ENABLED", "yesterday", "true or false"),
        ("EMBEDDING_STRATEGY", "fast", "auto|pipelined|rounds|sequential"),
        ("EMBEDDING_STRATEGY", "0", "auto|pipelined|rounds|sequential"),
        ("TANDEM_CA_FILE", "/nonexistent.pem", "/nonexistent.pem"),
        ("GTE_API_KEY", "two\nlines-canary", "the API key has"),
    ],
)
def test_a_variable_that_makes_no_sense_is_one_line(tandem, tree, variable, value, says):
    with Server("tei", PROSE) as gte:
        url = "https" + gte.url[4:] if variable == "TANDEM_CA_FILE" else gte.url
        env = {**settings(url), variable: value}
        done = subprocess.run(
            [PROGRAM, "index", "--db", tandem.db, "tree"],
            env=tandem.environment(**env),
            cwd=tandem.folder,
            capture_output=True,
        )
        lines = done.stderr.decode().splitlines()
        assert done.returncode in (1, 2) and len(lines) == 1, lines
        assert says in lines[0] and "canary" not in lines[0]
        assert variable in lines[0] or "lane gte" in lines[0]


def test_what_is_no_server_of_embeddings_is_one_line(tandem, tree, site):
    line = tandem.error(
        "index", "--db", tandem.db, "tree", env=settings(None, site.url), status=1
    )
    assert "neither as TEI nor as Ollama nor as OpenAI" in line and site.url in line


@pytest.mark.parametrize("form", ("seconds", "date"))
def test_a_wait_that_a_server_asks_for_is_waited(tandem, tree, form):
    with Server("tei", PROSE) as gte, Server("tei", CODE) as coderank:
        times = []

        def busy(call):
            times.append(time.time())
            if call.n == 1:
                at = formatdate(times[0] + 3, usegmt=True)  # whole seconds: 2 to 3 from now
                wait = [("Retry-After", "2" if form == "seconds" else at)]
                return call.error(429, "overloaded", wait)

        coderank.fault = busy
        tandem.index("tree", env=settings(gte, coderank, MAX_EMBEDDING_CONCURRENCY="1"))
        assert 1.95 <= times[1] - times[0] <= 5
        assert outcome(tandem, coderank, 1) == "right"


def test_a_hang_is_cut_at_the_time_out(tandem, tree):
    with Server("tei", PROSE) as gte, Server("tei", CODE) as coderank:
        coderank.fault = lambda call: call.n == 1 and call.hang()
        tandem.index("tree", env=settings(gte, coderank, EMBEDDING_TIMEOUT="3"))
        told = json.loads(tandem.run("report", "--db", tandem.db, "--json").stdout)
        cut = [s["end"] - s["start"] for s in told["spans"] if s["code"] == "E_TIMEOUT"]
        assert len(cut) == 1 and 2.5 <= cut[0] <= (3.5 if not SANITIZED else 10)
        assert outcome(tandem, coderank, 1) == "right"
