"""The program as its users meet it: help, settings, exit statuses, output for scripts."""

import json
import os
import pathlib
import socket
import struct
import subprocess

import pytest
from conftest import PROGRAM, SOURCE, make_tree

COMMANDS = (
    "index search embed crawl extract chunk status rm retry report models tokenize bench doctor"
).split()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches(tandem, command):
    out = tandem.run(command, "--help").stdout.decode()
    assert f"tandem {command}" in out and "Examples:" in out and "--quiet" in out


def test_overview_names_every_command(tandem):
    out = tandem.run("--help").stdout.decode()
    assert all(f"\n  {c} " in out for c in COMMANDS)
    tandem.run(status=2)


def test_near_names(tandem):
    assert "did you mean search?" in tandem.error("serch", "x", status=2)
    assert "did you mean --chunk-size?" in tandem.error("index", "--chunk-sise", "5", ".", status=2)
    (tandem.folder / ".env").write_text("CHUNK_SIZ=500\n")
    (tandem.folder / "a.md").write_text("# A\n\nSome words.\n")
    assert "did you mean CHUNK_SIZE?" in tandem.run("chunk", "a.md").stderr.decode()
    (tandem.folder / ".env").unlink()
    said = tandem.run("chunk", "a.md", env={"TANDEM_THREDS": "2", "CHUNK": "x"}).stderr.decode()
    assert "TANDEM_THREDS in the environment" in said and "TANDEM_THREADS?" in said
    assert "CHUNK " not in said  # the environment is not for tandem alone


def test_hits_are_named_as_one_would_type_them_here(tandem):
    (tandem.folder / "notes").mkdir()
    (tandem.folder / "notes" / "a.md").write_text("# A\n\nSome words.\n")
    tandem.index("notes")
    said = tandem.run("search", "--db", tandem.db, "words").stdout.decode()
    assert said.startswith(" 1  notes/a.md:1"), said


def test_help_of_a_command(tandem):
    assert tandem.run("help", "search").stdout == tandem.run("search", "--help").stdout
    assert "did you mean search?" in tandem.error("help", "serch", status=2)


def test_a_folder_is_no_page_to_extract(tandem):
    assert "is a folder" in tandem.error("extract", ".", status=2)


def test_a_source_that_is_not_there_is_told(tandem):
    (tandem.folder / "a.md").write_text("# A\n\nSome words.\n")
    tandem.index("a.md")
    for command in (("search", "--source", "b.md", "words"), ("status", "--source", "b.md")):
        assert "b.md is not in the index" in tandem.error(*command, "--db", tandem.db, status=1)


@pytest.mark.parametrize(
    "name,value",
    [
        ("EMBEDDING_BATCH_SIZE", "0"),
        ("EMBEDDING_BATCH_SIZE", "-3"),
        ("EMBEDDING_BATCH_SIZE", "many"),
        ("EMBEDDING_BATCH_SIZE", "99999999999999999999"),
        ("MAX_EMBEDDING_CONCURRENCY", "0"),
        ("MAX_EMBEDDING_CONCURRENCY", "2.5"),
        ("ENABLE_PARALLEL_EMBEDDING", "maybe"),
        ("EMBEDDING_METRICS_ENABLED", "2"),
        ("EMBEDDING_STRATEGY", "fast"),
        ("CHUNK_SIZE", "1"),
        ("CHUNK_OVERLAP", "x"),
    ],
)
def test_a_variable_that_does_not_parse(tandem, name, value):
    line = tandem.error("index", ".", status=2, env={name: value})
    assert name in line and f'"{value}"' in line and "allowed" in line
    assert not tandem.db.exists()


def test_strength_of_settings(tandem):
    (tandem.folder / "a.md").write_text("# A\n\n" + "Some words in a row. " * 60)
    count = lambda *args, **kw: len(tandem.lines("chunk", "a.md", *args, **kw))
    default = count()
    (tandem.folder / ".env").write_text("export CHUNK_SIZE=400 # smaller\nCHUNK_OVERLAP='0'\n")
    from_file = count()
    from_environment = count(env={"CHUNK_SIZE": "200"})
    from_flag = count("--chunk-size", 100, env={"CHUNK_SIZE": "200"})
    assert default < from_file < from_environment < from_flag
    (tandem.folder / ".env.crawl4ai").write_text("CHUNK_SIZE=100\nCHUNK_OVERLAP=0\n")
    assert count() == from_flag  # .env.crawl4ai comes before .env


def test_usage_errors(tandem):
    for args in (
        ["search"],
        ["index"],
        ["index", "--depth"],
        ["search", "-k", "0", "x"],
        ["embed", "--role", "reader"],
        ["extract", "a", "b"],
        ["status", "x"],
        ["index", "--env-file", "absent", "."],
    ):
        tandem.error(*args, status=2)


def test_embed_gives_unit_vectors_in_order(tandem):
    out = tandem.lines("embed", stdin="Hello there\n\nzwei Wörter\n".encode() + b"bad \xff byte\n")
    assert [o["index"] for o in out] == [0, 1, 2, 3]
    for o in out:
        assert (
            len(o["embedding"]) == 384
            and abs(sum(x * x for x in o["embedding"]) - 1) < 1e-5
            and not o["truncated"]
        )
    assert out[1]["tokens"] == 2  # an empty text is [CLS] [SEP]


def test_embed_says_what_was_cut(tandem):
    long = tandem.lines("embed", stdin=b"word " * 1000 + b"\n")
    assert long[0]["truncated"] and long[0]["tokens"] == 256
    assert "text 1" in tandem.error(
        "embed", "--truncate", "error", stdin=b"word " * 1000 + b"\n", status=1
    )


def test_embed_jsonl_files_and_npy_agree(tandem):
    texts = ["first text", "second\ntext", "third \u0000 text"]
    jsonl = "".join(json.dumps({"text": t}) + "\n" for t in texts).encode()
    rows = tandem.lines("embed", "--input-format", "jsonl", stdin=jsonl)
    for i, t in enumerate(texts):
        (tandem.folder / f"{i}.txt").write_bytes(t.encode())
    files = tandem.lines("embed", "0.txt", "1.txt", "2.txt")
    assert [r["embedding"] for r in rows] == [f["embedding"] for f in files]
    tandem.run("embed", "-o", "out.npy", "0.txt", "1.txt", "2.txt")
    raw = (tandem.folder / "out.npy").read_bytes()
    assert (
        raw[:6] == b"\x93NUMPY"
        and b"'shape': (3, 384)" in raw[:128]
        and len(raw) == 128 + 3 * 384 * 4
    )
    assert struct.unpack("<3f", raw[128:140]) == pytest.approx(rows[0]["embedding"][:3], abs=1e-7)


def test_tokenize(tandem):
    out = tandem.lines("tokenize", stdin=b"Hello, world\n")
    assert out[0]["tokens"] == ["[CLS]", "hello", ",", "world", "[SEP]"] and out[0]["ids"] == [
        101,
        7592,
        1010,
        2088,
        102,
    ]


def test_models_says_that_the_code_lane_has_the_text_model(tandem):
    out = tandem.run("models").stdout.decode()
    assert "all-MiniLM-L6-v2" in out and "embedded" in out and "code lane" in out


def test_search_json_has_the_promised_fields(tandem):
    make_tree(tandem.folder / "tree", 6)
    tandem.index("tree")
    hit = tandem.search("a batch of chunks")[0]
    assert set(hit) >= set(
        (
            "rank score path url title heading symbol language is_code model_hint start_line "
            "end_line text ranks"
        ).split()
    )
    assert set(hit["ranks"]) == {"gte", "coderank", "text"}


def test_summary_json_has_the_promised_fields(tandem):
    make_tree(tandem.folder / "tree", 4)
    summary = tandem.index("tree")
    assert set(summary) >= set(
        (
            "run pages files skipped failed chunks embedded cached seconds chunks_per_second "
            "overlap_ratio speedup peak_rss_mb"
        ).split()
    )
    quiet = tandem.index("tree", env={"EMBEDDING_METRICS_ENABLED": "false"})
    assert "speedup" not in quiet and "files" in quiet


def test_plain_text_in_a_pipe(tandem):
    make_tree(tandem.folder / "tree", 4)
    done = tandem.run("index", "--db", tandem.db, "tree")
    assert b"\033" not in done.stdout + done.stderr


def test_a_reader_that_goes_away_is_no_error(tandem):
    make_tree(tandem.folder / "tree", 30)
    shell = f"'{PROGRAM}' chunk tree | head -n 1; test ${{PIPESTATUS[0]}} = 0"
    subprocess.run(
        ["bash", "-c", shell],
        cwd=tandem.folder,
        env=tandem.environment(),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def test_text_from_pages_can_not_drive_the_terminal(tandem):
    (tandem.folder / "evil.md").write_text(
        "# Evil\n\nA title \033]0;owned\007 and a colour \033[31m of its own.\n"
    )
    tandem.index("evil.md")
    assert b"\033" not in tandem.run("search", "--db", tandem.db, "evil title colour").stdout
    assert b"\033" not in tandem.run("extract", "evil.md").stdout


def test_extract_from_standard_input(tandem):
    page = b"<html><title>T</title><body><nav>menu</nav>"
    page += b"<main><h1>Head</h1><p>Body text of the page.</p></main></body></html>"
    assert (
        tandem.run("extract", "-", stdin=page)
        .stdout.decode()
        .startswith("# Head\n\nBody text of the page.")
    )


def test_crawl_prints_markdown_and_json(tandem, site):
    site.put(
        "/",
        "<html><title>Home</title><body><main><h1>Home</h1><p>Welcome to the small site.</p>"
        "<a href='/b'>b</a></main>",
    )
    site.put(
        "/b",
        "<html><title>B</title><body><main><h1>B</h1><p>The second page of the site.</p></main>",
    )
    assert "# Home" in tandem.run("crawl", site.url + "/").stdout.decode()
    pages = tandem.lines("crawl", "-r", "--json", site.url + "/")
    assert {p["title"] for p in pages} == {"Home", "B"} and all(
        p["status"] == 200 and not p["skipped"] for p in pages
    )
    assert pages[0]["links"] == [site.url + "/b"]


def test_version(tandem):
    assert tandem.run("--version").stdout.decode().startswith("tandem ")
    assert SOURCE.joinpath("LICENSE").read_text().lstrip().startswith("Apache License")
    assert pathlib.Path(PROGRAM).exists()


def test_a_message_is_one_write(tandem):
    """So that lines of threads, or of several programs on one log, stay whole."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # keeps writes apart
    with ours, theirs:
        ours.settimeout(60)
        command = [tandem.program, "search", "--db", "nothing.db", "a"]
        assert subprocess.run(
            command, stderr=theirs, cwd=tandem.folder, env=tandem.environment(), timeout=60
        ).returncode
        said = ours.recv(65536)
    assert said.startswith(b"tandem: ") and said.count(b"\n") == 1 and said.endswith(b"\n")


@pytest.mark.parametrize("command", (("chunk",), ("crawl", "--json"), ("crawl",)), ids=" ".join)
def test_a_reader_that_goes_is_no_error_and_a_full_disk_is_one(tandem, command):
    (tandem.folder / "a.md").write_text("# A\n\n" + "Words in a row of words. " * 20000)
    run = {"cwd": tandem.folder, "env": tandem.environment(), "stderr": subprocess.PIPE}
    command = [tandem.program, *command, "-q", "a.md"]
    read, write = os.pipe()
    os.close(read)
    gone = subprocess.run(command, stdout=write, timeout=60, **run)
    os.close(write)
    assert (gone.returncode, gone.stderr) == (0, b"")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, timeout=60, **run)
    told = b"tandem: cannot write to standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)
