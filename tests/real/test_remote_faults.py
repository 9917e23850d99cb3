"""Each way in which a server can fail, in each form: what becomes of each chunk.

docs/backends.md has the outcomes as a table; here it is held to them. In sanitized builds one form
stands for all: what differs between them is tests/embed's to look at.
"""

import concurrent.futures
import functools
import json
import re
import zlib

import pytest
from conftest import SANITIZED, SOURCE, Tandem
from remote import CODE, PROSE, make_small_tree, outcome, settings
from servers import Server

FORMS = ("openai",) if SANITIZED else ("tei", "openai", "ollama")
PAGE = SOURCE / "docs" / "backends.md"


def poisoned(call):
    return next((i for i, text in enumerate(call.texts) if "# poison" in text), None)


def rows_of(call, body):
    """The list of vectors, or of entries, in an answer."""
    return body if call.server.form == "tei" else body["data" if "data" in body else "embeddings"]


def with_vector(call, change):
    """The answer with the vector of the poisoned text changed; no base64, so that it can be."""
    i = poisoned(call)
    if i is None:
        return False
    call.asked.pop("encoding_format", None)
    vectors = call.vectors()
    vectors[i] = change(vectors[i])
    return call.answer(vectors)


def too_few(call):
    if len(call.texts) == 1:
        return False
    body = call.server.answer(call.asked, call.vectors())
    rows_of(call, body).pop()
    return call.send(200, body)


def too_many(call):
    body = call.server.answer(call.asked, call.vectors())
    rows_of(call, body).append(rows_of(call, body)[0])
    return call.send(200, body)


def other_order(call):
    body = call.server.answer(call.asked, call.vectors())
    body["data"].reverse()
    return call.send(200, body)


def index_twice(call):
    n = len(call.texts)
    return call.answer(call.vectors(), indexes=[0] * n if n > 1 else [1])


def other_model(call):
    if call.n < 3:  # of two batches at once one is answered, and asked about, before the third
        return False
    call.server.model, call.server.revision = "another-model", "9"
    return call.send(200, call.server.answer(call.asked, call.vectors()))


def half_body(call):
    body = json.dumps(call.server.answer(call.asked, call.vectors())).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    call.raw(head + body[: len(body) // 2])
    return call.drop()


def trickle(call):
    call.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[")
    while not call.server.stopping.wait(0.1):
        call.raw(b" ")
    return call.drop()


def huge(call):
    call.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 536870912\r\n\r\n[[")
    for _ in range(512):
        call.raw(b"0.125," * 170000)
    return True


@functools.cache
def bomb():
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(b"[[" + b"0," * (128 << 20)) + packer.flush()


def gzip_bomb(call):
    body = bomb()
    head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\n"
    return call.raw(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def once(fault, times=1):
    return lambda call: fault(call) if call.n <= times else False


def later(fault):
    return lambda call: fault(call) if call.n >= 2 else False


def error(status, message="no", headers=()):
    return lambda call: call.error(status, message, headers)


# What the page calls it, and the fault. OPENAI: of lists with indexes, which only that form has.
SLOW = ("it hangs, once", "it hangs, always", "it sends a byte now and then")
OPENAI = ("its entries come in another order", "two entries have one index")
FAULTS = {
    "HTTP 500, once": once(error(500)),
    "HTTP 500, always": error(500),
    "HTTP 503 and a Retry-After of a second": once(error(503, headers=[("Retry-After", "1")])),
    "HTTP 429 and a Retry-After of a second": once(error(429, headers=[("Retry-After", "1")])),
    "HTTP 401 from the second batch on": later(error(401)),
    "HTTP 404 from the second batch on": later(error(404)),
    "HTTP 413 for more than 3 texts": lambda c: len(c.texts) > 3 and c.error(413, "too large"),
    "HTTP 422 for one text": lambda c: poisoned(c) is not None and c.error(422, "not that"),
    "it redirects elsewhere": lambda c: c.error(302, "", [("Location", c.server.url + "/away")]),
    "it hangs, once": once(lambda c: c.hang()),
    "it hangs, always": lambda c: c.hang(),
    "it sends a byte now and then": trickle,
    "it drops the connection, twice": once(lambda c: c.drop(), 2),
    "half a body, once": once(half_body),
    "what it sends is no JSON, once": once(lambda c: c.send(200, b"<html>Bad gateway")),
    "what it sends is no JSON, always": lambda c: c.send(200, b"<html>Bad gateway"),
    "a vector too few for several texts": too_few,
    "a vector too many": too_many,
    "its entries come in another order": other_order,
    "two entries have one index": index_twice,
    "vectors of another width": lambda c: c.answer(c.vectors(dim=32)),
    "one vector is shorter": lambda c: with_vector(c, lambda v: v[:-1]),
    "NaN in one vector": lambda c: with_vector(c, lambda v: [float("nan")] + v[1:]),
    "a number too large in one vector": lambda c: with_vector(c, lambda v: [1e300] + v[1:]),
    "one vector is all zeros": lambda c: with_vector(c, lambda v: [0.0] * len(v)),
    "another model from the third batch on": other_model,
    "an answer of 512 MB": huge,
    "an answer that unpacks to 256 MB": gzip_bomb,
}


def run(folder, form, name, batch="8"):
    """(outcome, calls with the poisoned text, peak memory) of one index run against the fault."""
    folder.mkdir()
    tandem = Tandem(folder)
    make_small_tree(folder / "tree", n_code=24)
    with Server(form, PROSE) as gte, Server(form, CODE) as coderank:
        coderank.fault = FAULTS[name]
        limit = "3" if name in SLOW else "30"  # the start must not be cut on a busy machine
        env = settings(gte, coderank, EMBEDDING_TIMEOUT=limit, EMBEDDING_BATCH_SIZE=batch)
        args = [tandem.folder / "tree", "--json"]
        done = tandem.run(
            "index", "--db", tandem.db, *args, env=env, status=3 if fails(name) else 0
        )
        assert outcome(tandem, gte, 0) == "right"
        assert "/away" not in coderank.paths
        what = outcome(tandem, coderank, 1)
        n_poisoned = sum(any("# poison" in t for t in texts) for texts in coderank.batches)
        return what, n_poisoned, json.loads(done.stdout)["peak_rss_mb"]


def page():
    """Of the page's table: fault -> outcome by form."""
    table = {}
    for line in PAGE.read_text().splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0] in FAULTS:
            table[cells[0]] = dict(zip(("tei", "openai", "ollama"), cells[1:4]))
    return table


def fails(name):
    return any("failed" in cell for cell in page()[name].values())


@pytest.mark.parametrize("form", FORMS)
def test_each_fault_ends_as_the_page_says(tmp_path, form):
    assert list(page()) == list(FAULTS)
    names = [n for n in FAULTS if form == "openai" or n not in OPENAI]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        runs = {n: pool.submit(run, tmp_path / str(i), form, n) for i, n in enumerate(names)}
    found = {n: r.result() for n, r in runs.items()}
    expected = {n: page()[n][form] for n in names}
    assert {n: what for n, (what, _, _) in found.items()} == expected
    for n in set(page()) - set(names):
        assert page()[n][form] == "cannot be"
    assert found["HTTP 422 for one text"][1] <= 4  # 8 texts, 4, 2, 1
    if not SANITIZED:
        usual = found["HTTP 500, once"][2]
        for n in ("an answer of 512 MB", "an answer that unpacks to 256 MB"):
            assert found[n][2] - usual <= 64, n


def test_nonsense_once_fails_no_text_that_was_alone_in_its_batch(tmp_path):
    assert run(tmp_path / "one", "openai", "what it sends is no JSON, once", "1")[0] == "right"
