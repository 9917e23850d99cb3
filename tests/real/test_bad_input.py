"""What bad input gets: one line that says what and where, or a counted skip; the index whole."""

import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import threading

import pytest
from conftest import PROGRAM, SOURCE, Tandem, make_tree

MODEL = SOURCE / "models" / "minilm"


def test_no_such_path(tandem):
    assert "absent/folder" in tandem.error("index", "--db", tandem.db, "absent/folder", status=1)


def test_a_second_source_that_is_missing_leaves_no_trace_of_the_first(tandem):
    make_tree(tandem.folder / "tree", 2)
    tandem.error("index", "--db", tandem.db, "tree", "absent", status=1)
    assert tandem.status()["sources"] == []


# What root may do beyond others is taken from the program, so that a test for root is one too.
NOT_ALL = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def test_unreadable_file(tandem):
    through = NOT_ALL if os.geteuid() == 0 else []
    tree = make_tree(tandem.folder / "tree", 3)
    (tree / "secret.md").write_text("# Secret\n\nnobody reads this\n")
    (tree / "secret.md").chmod(0)
    (tree / "closed").mkdir(mode=0)
    summary = tandem.index("tree", status=3, through=through)
    assert summary["failed"] == 2 and summary["files"] == 3
    misses = {m["uri"]: m["reason"] for m in tandem.status()["misses"]}
    assert set(misses) == {"secret.md", "closed/"}
    assert all("ermission denied" in reason for reason in misses.values())
    for command in ("extract", "embed"):
        assert "secret.md" in tandem.error(command, "tree/secret.md", status=1, through=through)
    assert "closed" in tandem.error(
        "index", "--db", tandem.db, "tree/closed", status=1, through=through
    )
    tandem.chunks()


def test_directory_loop_and_special_files(tandem):
    tree = make_tree(tandem.folder / "tree", 3)
    os.symlink("..", tree / "part0" / "up")
    os.mkfifo(tree / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tree / "socket"))
    assert tandem.index("tree")["files"] == 3
    listener.close()


def test_a_file_of_a_gigabyte_is_skipped_unread(tandem):
    tree = make_tree(tandem.folder / "tree", 2)
    with open(tree / "huge.txt", "wb") as f:
        f.truncate(1 << 30)
    summary = tandem.index("tree")
    assert summary["skipped"] == 1 and summary["peak_rss_mb"] < 900
    assert "huge.txt" in {m["uri"] for m in tandem.status()["misses"]}
    assert "huge.txt" in tandem.error("extract", "tree/huge.txt", status=1)


def test_a_text_of_a_gigabyte_is_not_read_whole(tandem):
    with open(tandem.folder / "huge.txt", "wb") as f:
        f.truncate(1 << 30)
    assert "64 MB" in tandem.error("embed", "huge.txt", status=1)
    for more in ((), ("--input-format", "jsonl")):
        with open(tandem.folder / "huge.txt", "rb") as f:
            done = subprocess.run(
                [PROGRAM, "embed", *more],
                stdin=f,
                capture_output=True,
                cwd=tandem.folder,
                env=tandem.environment(),
            )
        assert done.returncode == 1 and b"line 1 is longer than 64 MB" in done.stderr


def test_invalid_utf8_and_nul_bytes(tandem):
    tree = tandem.folder / "tree"
    tree.mkdir()
    (tree / "latin1.md").write_bytes("# Größe\n\nDie Straße ist naß.\n".encode("latin-1"))
    (tree / "half.md").write_bytes(b"# Half\n\nA text that ends in the middle of \xe2\x82")
    (tree / "zero.txt").write_bytes(b"words and \0 zero bytes " * 50)
    (tree / "blank.md").write_text("\u00a0\n\u2003\n")
    summary = tandem.index("tree")
    assert summary["files"] == 2 and summary["skipped"] == 2
    assert {m["uri"] for m in tandem.status()["misses"]} == {"zero.txt", "blank.md"}
    assert tandem.finds("Straße", "/latin1.md")


def test_html_nested_100_000_deep(tandem):
    (tandem.folder / "deep.html").write_text(
        "<html><body>" + "<div>" * 100000 + "The core of it all." + "</div>" * 100000
    )
    assert "The core of it all." in tandem.run("extract", "deep.html").stdout.decode()
    assert tandem.index("deep.html")["files"] == 1 and tandem.finds("core", "/deep.html")


def test_empty_site_and_missing_pages(tandem, site):
    site.put("/empty", "")
    assert tandem.index(site.url + "/empty", status=3)["failed"] == 1
    assert any("empty" in m["reason"] for m in tandem.status()["misses"])
    summary = tandem.index(site.url + "/absent", status=3)
    assert summary["failed"] == 1
    assert any("404" in m["reason"] for m in tandem.status()["misses"])


def test_a_host_that_does_not_answer(tandem):
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
    assert tandem.index("--timeout", "500ms", url, status=3)["failed"] == 1
    assert ["within 500 ms" in m["reason"] for m in tandem.status()["misses"]] == [True]
    silent.close()
    assert tandem.index(url, status=3)["failed"] == 1
    assert ["refuses connections" in m["reason"] for m in tandem.status()["misses"]] == [True]


def test_a_certificate_that_fails(tandem):
    key, cert = tandem.folder / "key.pem", tandem.folder / "cert.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            key,
            "-out",
            cert,
            "-days",
            "1",
            "-subj",
            "/CN=localhost",
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = server.accept()
                context.wrap_socket(connection, server_side=True)
            except ssl.SSLError:
                pass
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    tandem.index("--no-robots", f"https://127.0.0.1:{server.getsockname()[1]}/", status=3)
    assert any("certificate" in m["reason"] for m in tandem.status()["misses"])
    server.close()


def test_a_private_address_is_refused_unless_it_was_named(tandem, site):
    other = socket.create_server(("127.0.0.1", 0))
    port = other.getsockname()[1]

    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", f"http://127.0.0.1:{port}/inside")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site.pages["/away"] = redirect
    done = subprocess.run(
        [PROGRAM, "index", "--db", tandem.db, "--json", "--any-host", site.url + "/away"],
        cwd=tandem.folder,
        env=tandem.environment(),
        capture_output=True,
        timeout=60,
    )
    assert done.returncode in (0, 3)
    summary = json.loads(done.stdout)
    assert summary["pages"] == 0 and summary["failed"] + summary["skipped"] == 1
    other.setblocking(False)
    with pytest.raises(BlockingIOError):
        other.accept()  # nobody came
    other.close()


# -- models --


def model_with(tandem, change):
    """A copy of the embedded model's folder, changed."""
    folder = tandem.folder / "model"
    shutil.copytree(MODEL, folder)
    change(folder)
    return folder


def header_of(folder):
    raw = (folder / "model.safetensors").read_bytes()
    n = struct.unpack("<Q", raw[:8])[0]
    return json.loads(raw[8 : 8 + n]), raw[8 + n :]


def put_header(folder, header, data):
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


def truncate(folder):
    with open(folder / "model.safetensors", "r+b") as f:
        f.truncate(1000000)


def long_header(folder):
    with open(folder / "model.safetensors", "r+b") as f:
        f.write(struct.pack("<Q", 1 << 60))


def missing_tensor(folder):
    header, data = header_of(folder)
    header["renamed"] = header.pop("encoder.layer.3.output.dense.bias")
    put_header(folder, header, data)


def wrong_shape(folder):
    header, data = header_of(folder)
    header["embeddings.LayerNorm.weight"]["shape"] = [24, 16]
    put_header(folder, header, data)


def outside(folder):
    header, data = header_of(folder)
    header["embeddings.LayerNorm.weight"]["data_offsets"] = [len(data), len(data) + 1536]
    put_header(folder, header, data)


def overlapping(folder):
    header, data = header_of(folder)
    bias = header["encoder.layer.0.output.dense.bias"]["data_offsets"]
    header["encoder.layer.0.output.LayerNorm.bias"]["data_offsets"] = bias
    put_header(folder, header, data)


def wrong_type(folder):
    header, data = header_of(folder)
    tensor = header["embeddings.LayerNorm.weight"]
    tensor["dtype"] = "I32"
    put_header(folder, header, data)


def trailing_bytes(folder):
    with open(folder / "model.safetensors", "ab") as f:
        f.write(b"more than the header speaks of")


def configured(**fields):
    def change(folder):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **fields}))

    return change


def broken_json(folder):
    (folder / "config.json").write_text('{"architectures": [')


def empty_vocabulary(folder):
    (folder / "vocab.txt").write_text("")


def truncated_tokenizer(folder):
    (folder / "tokenizer.json").write_text('{"model": {"type": "WordPiece", "vocab": {"[UNK]": 0,')


def tokenizer_of_huge_ids(folder):
    (folder / "tokenizer.json").write_text(
        '{"model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 4294967295}}}'
    )


def bad_tokenizer(folder):
    (folder / "tokenizer.json").write_text('{"model": {"type": "Unigram", "vocab": []}}')


@pytest.mark.parametrize(
    "change,words",
    [
        (truncate, ["model.safetensors"]),
        (long_header, ["model.safetensors"]),
        (missing_tensor, ["encoder.layer.3.output.dense.bias"]),
        (wrong_shape, ["embeddings.LayerNorm.weight"]),
        (outside, ["model.safetensors"]),
        (overlapping, ["model.safetensors", "encoder.layer.0.output"]),
        (wrong_type, ["model.safetensors", "embeddings.LayerNorm.weight", "dtype"]),
        (trailing_bytes, ["model.safetensors"]),
        (
            configured(architectures=["LlamaForCausalLM"], model_type="llama"),
            ["config.json", "LlamaForCausalLM", "BertModel", "NewModel", "NomicBert", "ModernBert"],
        ),
        (
            configured(architectures=["two\nlines\x1b[2J"], model_type="x"),
            ["config.json", "two?lines?[2J"],
        ),
        (configured(hidden_size=768), ["768"]),
        (configured(num_attention_heads=7), ["config.json", "num_attention_heads"]),
        (configured(num_hidden_layers=7), ["model.safetensors", "encoder.layer.6"]),
        (configured(vocab_size=100), ["embeddings.word_embeddings.weight"]),
        (configured(intermediate_size=-1), ["config.json", "intermediate_size"]),
        (configured(layer_norm_eps="tiny"), ["config.json", "layer_norm_eps"]),
        (broken_json, ["config.json"]),
        (empty_vocabulary, ["vocab.txt"]),
        (truncated_tokenizer, ["tokenizer.json"]),
        (tokenizer_of_huge_ids, ["tokenizer.json"]),
        (bad_tokenizer, ["tokenizer.json", "Unigram"]),
    ],
)
def test_hostile_model(tandem, change, words):
    folder = model_with(tandem, change)
    line = tandem.error("embed", "--model", folder, stdin=b"x\n", status=1)
    assert all(word in line for word in words), line


def test_no_such_model(tandem):
    assert "org/absent" in tandem.error("embed", "--model", "org/absent", stdin=b"x\n", status=1)
    assert "config.json" in tandem.error("embed", "--model", tandem.folder, stdin=b"x\n", status=1)


def test_an_index_of_another_model_is_not_mixed(tmp_path):
    tandem = Tandem(tmp_path, small=False)
    make_tree(tandem.folder / "tree", 4)
    tandem.index("tree")
    folder = model_with(
        tandem,
        lambda f: (f / "vocab.txt").write_text(
            (f / "vocab.txt").read_text().replace("[unused5]", "[mine]")
        ),
    )
    assert "all-MiniLM" in tandem.error(
        "index", "--db", tandem.db, "--gte", folder, "tree", status=1
    )
    assert "all-MiniLM" in tandem.error(
        "search", "--db", tandem.db, "--gte", folder, "lane", status=1
    )


# -- the index --


def test_a_file_that_is_no_database(tandem):
    make_tree(tandem.folder / "tree", 1)
    tandem.db.write_text("this is a letter to my aunt, not a database at all\n" * 100)
    before = tandem.db.read_bytes()
    for command in (["index", "tree"], ["search", "x"], ["status"]):
        assert "index.db" in tandem.error(command[0], "--db", tandem.db, *command[1:], status=1)
    assert tandem.db.read_bytes() == before


def test_another_programs_database(tandem):
    make_tree(tandem.folder / "tree", 1)
    db = sqlite3.connect(tandem.db)
    db.execute("CREATE TABLE letters(text)")
    db.commit()
    db.close()
    assert "index.db" in tandem.error("index", "--db", tandem.db, "tree", status=1)


def test_a_newer_schema(tandem):
    make_tree(tandem.folder / "tree", 1)
    tandem.index("tree")
    db = sqlite3.connect(tandem.db)
    db.execute("PRAGMA user_version = 999")
    db.commit()
    db.close()
    assert "newer" in tandem.error("status", "--db", tandem.db, status=1)
    assert "newer" in tandem.error("index", "--db", tandem.db, "tree", status=1)


def test_no_index(tandem):
    assert "absent.db" in tandem.error("search", "--db", "absent.db", "x", status=1)
    assert "absent.db" in tandem.error("status", "--db", "absent.db", status=1)
    assert "absent.db" in tandem.error("rm", "--db", "absent.db", "x", status=1)
    assert not (tandem.folder / "absent.db").exists()


def test_a_second_writer(tandem, site):
    make_tree(tandem.folder / "tree", 2)
    asked, release = site.hold("/slow")
    first = subprocess.Popen(
        [PROGRAM, "index", "--db", tandem.db, "-q", "--no-robots", site.url + "/slow"],
        cwd=tandem.folder,
        env=tandem.environment(),
    )
    assert asked.wait(60)
    assert "index.db" in tandem.error("index", "--db", tandem.db, "tree", status=1)
    tandem.run("status", "--db", tandem.db)  # readers are let in
    release.set()
    first.wait(60)
    assert tandem.index("tree")["files"] == 2


# Full while the tables are made, while the first pages are written, and far into the run.
@pytest.mark.parametrize("size", ["200k", "700k", "1500k"])
def test_a_full_disk(tandem, size):
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    tandem.small = True  # so that the time goes into writing
    disk = tandem.folder / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("this system does not let us mount")
    try:
        make_tree(tandem.folder / "tree", 120)
        tandem.db = disk / "index.db"
        line = tandem.error("index", "--db", tandem.db, "-q", "tree", status=1)
        assert "index.db" in line and "no space left" in line, line
        tandem.whole().close()
        subprocess.run(["mount", "-o", "remount,size=200m", "tmpfs", disk], check=True)
        tandem.index("tree")
        assert all(row[-1] is not None for row in tandem.chunks().values())
    finally:
        subprocess.run(["umount", disk], check=True)


def test_output_that_can_not_be_written(tandem):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [PROGRAM, "embed"],
            input=b"x\n" * 50,
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tandem.folder,
            env=tandem.environment(),
        )
    assert done.returncode == 1 and b"standard output" in done.stderr
    assert "absent/out.npy" in tandem.error("embed", "-o", "absent/out.npy", stdin=b"x\n", status=1)


def test_embed_of_broken_json(tandem):
    line = tandem.error(
        "embed", "--input-format", "jsonl", stdin=b'{"text": "a"}\n{"txt": 1}\n', status=1
    )
    assert "line 2" in line


def interrupted(tandem, site, *signals):
    """What a run on a site that holds its page says when it gets all these at once."""
    asked, release = site.hold("/slow")
    make_tree(tandem.folder / "tree", 2)
    run = subprocess.Popen(
        [PROGRAM, "index", "--db", tandem.db, "--no-robots", "tree", site.url + "/slow"],
        cwd=tandem.folder,
        env=tandem.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert asked.wait(60)
    run.send_signal(signal.SIGSTOP)
    for number in signals:
        run.send_signal(number)
    run.send_signal(signal.SIGCONT)
    out, err = run.communicate(timeout=120)
    release.set()
    assert run.returncode == 130, err
    assert bool(out) == (len(signals) == 1)  # the summary of what is done
    tandem.whole().close()
    assert tandem.index("tree")["failed"] == 0  # no lock is left
    assert tandem.chunks() and all(row[-1] is not None for row in tandem.chunks().values())
    return err.decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_in_order(tandem, site, number):
    said = interrupted(tandem, site, number)
    assert said.count("tandem: ") == 2 and "once more ends at once" in said, said
    assert "cancelled" in said.splitlines()[-1]


def test_two_signals_end_at_once(tandem, site):
    assert "cancelled" not in interrupted(tandem, site, signal.SIGINT, signal.SIGTERM)


def test_paths_that_are_not_utf8(tandem):
    tree = tandem.folder / "tree"
    tree.mkdir()
    (pathlib.Path(os.fsdecode(os.fsencode(tree) + b"/\xff\xfe.md"))).write_text(
        "# Odd\n\nA file with an odd name.\n"
    )
    assert tandem.index("tree")["files"] == 1
    assert tandem.search("file with an odd name")
