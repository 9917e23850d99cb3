"""Chunks measured in tokens: never more than asked for, as a server with the models counts."""

import pytest

from conftest import GOLDEN, SOURCE, Tandem
from serving import Server

FOLDERS = ("src/base", "docs", "tests/real")
MOST_AT_ONCE = 32
# Words and their pieces here, pairs of bytes there; both take more than 64 tokens.
UNLIKE = {
    "TANDEM_GTE": str(GOLDEN / "models" / "gte-new"),
    "TANDEM_CODERANK": str(GOLDEN / "models" / "modernbert"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("tokens"), small=False) as server:
        yield server


def count(server, model, texts):
    """How many tokens each text has, special ones included."""
    found = []
    for at in range(0, len(texts), MOST_AT_ONCE):
        reply = server.post("/tokenize", {"inputs": texts[at : at + MOST_AT_ONCE], "model": model})
        assert reply.status == 200, reply.body
        found += [len(tokens) for tokens in reply.json]
    return found


def counted_by(lane, chunks):
    """The texts that a lane's tokenizer has counted: of code that goes to gte, both have."""
    return [
        chunk["text"]
        for chunk in chunks
        if chunk["model_hint"] == lane or (lane == "coderank" and chunk["is_code"])
    ]


@pytest.fixture
def whole(tmp_path):
    return Tandem(tmp_path, small=False)


def chunks_of(whole, folder, size):
    chunks = whole.lines("chunk", "--chunk-unit", "tokens", "--chunk-size", size, folder)
    for chunk in chunks:
        text = (folder / chunk["path"]).read_bytes()
        assert text[chunk["start_byte"] : chunk["end_byte"]].decode() == chunk["text"]
    return chunks


@pytest.mark.parametrize("size", [64, 200])
def test_no_chunk_has_more_tokens_than_asked(whole, server, size):
    chunks = [c for folder in FOLDERS for c in chunks_of(whole, SOURCE / folder, size)]
    for lane in ("gte", "coderank"):
        counts = count(server, lane, counted_by(lane, chunks))
        # Full, too: what is cut small for no reason finds nothing.
        assert len(counts) > 40 and 0.9 * size < max(counts) <= size
        assert sum(counts) / len(counts) > 0.4 * size, (lane, sum(counts) / len(counts))


def test_each_tokenizer_counts_its_own(whole, tmp_path_factory):
    chunks = whole.lines(
        *("chunk", "--chunk-unit", "tokens", "--chunk-size", 64),
        *(SOURCE / folder for folder in FOLDERS),
        env=UNLIKE,
    )
    with Server(tmp_path_factory.mktemp("unlike"), small=False, env=UNLIKE) as server:
        for lane, other in (("gte", "coderank"), ("coderank", "gte")):
            texts = counted_by(lane, chunks)
            assert max(count(server, lane, texts)) <= 64 < max(count(server, other, texts))


@pytest.mark.parametrize("words_for", ["gte", "coderank"])
def test_comments_that_go_to_gte_fit_it(whole, tmp_path_factory, words_for):
    """Whichever of the two tokenizers takes more tokens for them."""
    row = "/* What is said here of the lanes is all that there is to be said of them. */\n"
    (whole.folder / "notes.c").write_text(row * 40)
    models = sorted(UNLIKE.values(), reverse=words_for == "coderank")
    env = dict(zip(("TANDEM_GTE", "TANDEM_CODERANK"), models))
    notes = whole.lines(
        "chunk", "--chunk-unit", "tokens", "--chunk-size", 64, "notes.c", env=env
    )
    assert notes and all(c["is_code"] and c["model_hint"] == "gte" for c in notes)
    texts = [chunk["text"] for chunk in notes]
    with Server(tmp_path_factory.mktemp("notes"), small=False, env=env) as server:
        of_gte, of_coderank = (count(server, lane, texts) for lane in ("gte", "coderank"))
    assert max(of_gte) <= 64 and max(of_coderank) <= 64 < 2 * max(of_gte + of_coderank)


def test_words_that_no_tokenizer_likes(whole, server):
    texts = {
        "base64.txt": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo" * 300,
        "han.md": "\u6f22\u5b57\u304b\u306a\u4ea4\u3058\u308a\u6587" * 500,
        "hangul.md": "\ud55c\uae00 \uc5b8\uc5b4 " * 700,
        "signs.txt": "!?#$%&/()=" * 600,
        "emoji.md": "\U0001f468\u200d\U0001f469\u200d\U0001f467 " * 300,
        "min.js": "var a=1,b=[0x1f,'x'];function f(a){return a?b[a]:f(!a)}" * 100,
        "marks.md": "a\u0301\u0302\u0303\u0327 " * 800,
    }
    for name, text in texts.items():
        (whole.folder / name).write_text(text)
    chunks = whole.lines("chunk", "--chunk-unit", "tokens", "--chunk-size", 64, *texts)
    assert {chunk["path"].split("/")[-1] for chunk in chunks} == set(texts)
    for lane in ("gte", "coderank"):
        assert max(count(server, lane, counted_by(lane, chunks)), default=0) <= 64
    for name, text in texts.items():
        own = sorted(
            (c for c in chunks if c["path"].endswith(name)), key=lambda c: c["start_byte"]
        )
        covered = b"".join(text.encode().split())
        at, got = 0, b""
        for chunk in own:
            part = chunk["text"].encode()[max(0, at - chunk["start_byte"]) :]
            got += b"".join(part.split())
            at = chunk["end_byte"]
        assert got == covered, name


def test_an_index_says_that_chunks_are_longer_than_their_model_reads(whole):
    functions = "".join(f"int f{i}(int a, int b) {{ return a * {i} + b; }}\n" for i in range(400))
    (whole.folder / "long.c").write_text(functions)

    def says(db, *options):
        done = whole.run("index", "--db", whole.folder / db, *options, "long.c")
        return "longer than their model reads" in done.stderr.decode()

    assert says("characters.db")
    assert not says("quiet.db", "--quiet")
    assert not says("tokens.db", "--chunk-unit", "tokens")


def test_what_is_asked_for_must_be_possible(tandem, whole):
    (whole.folder / "a.md").write_text("# A\n\nSome words.\n")
    line = whole.error(
        "chunk", "--chunk-unit", "tokens", "--chunk-size", 1000, "a.md", status=2
    )
    assert "chunk size 1000 is more than the 256 tokens that the model of lane gte takes" in line
    line = whole.error(
        "chunk", "--chunk-unit", "tokens", "--coderank", "absent", "a.md", status=1
    )
    assert "absent" in line
    assert "characters|tokens" in whole.error("chunk", "--chunk-unit", "words", "a.md", status=2)


@pytest.mark.parametrize("command", (("serve", "--port", 0), ("mcp", "--allow-index")))
def test_a_daemon_says_at_its_start_what_no_job_could_do(whole, command):
    line = whole.error(
        *(*command, "--db", whole.db, "--chunk-unit", "tokens", "--chunk-size", 1000), status=2
    )
    assert "chunk size 1000 is more than the 256 tokens that the model of lane gte takes" in line


def test_a_lane_on_servers_needs_its_model_s_files(whole, server):
    (whole.folder / "a.md").write_text("# A\n\nSome words.\n")
    line = whole.error(
        *("index", "--db", whole.db, "--chunk-unit", "tokens", "--gte-url", server.url, "a.md"),
        status=2,
    )
    assert "servers do not tell the tokens of a text: name the model of lane gte" in line
    assert "--chunk-unit characters" in line


@pytest.mark.parametrize("command", (("serve", "--port", 0), ("index", "a.md")))
def test_a_lane_on_servers_without_its_files_says_what_to_do(whole, command):
    (whole.folder / "a.md").write_text("# A\n\nSome words.\n")
    line = whole.error(
        *(*command, "--db", whole.db, "--chunk-unit", "tokens", "--gte-url", "http://127.0.0.1:1"),
        *("--gte", "some/absent-model"),
        status=1,
    )
    for part in ("lane gte", "`tandem pull some/absent-model`", "--chunk-unit characters"):
        assert part in line
    assert line.count("\n") <= 1


def test_another_unit_cuts_an_index_again(tandem):
    (tandem.folder / "tree").mkdir()
    (tandem.folder / "tree" / "a.md").write_text("# A\n\n" + "Some words in a row. " * 60)
    size = ("--chunk-size", 64, "--chunk-overlap", 0)
    tandem.index("tree", *size)
    again = tandem.index("tree", *size, "--chunk-unit", "tokens")
    assert again["unchanged"] == 0 and sum(again["chunks"].values()) > 3
    assert tandem.index("tree", *size, "--chunk-unit", "tokens")["unchanged"] == 1
