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
import time

import pytest
from conftest import PROGRAM, SOURCE, Tandem, make_tree

MODEL = SOURCE / "models" / "minilm"


def test_no_such_path(tandem):
    assert "absent/folder" in tandem.error("index", "--db", tandem.db, "absent/folder", status=1)


def test_a_second_source_that_is_missing_leaves_no_trace_of_the_first(tandem):
    make_tree(tandem.folder / "tree", 2)
    tandem.error("index", "--db", tandem.db, "tree", "absent", status=1)
    assert tandem.status()["sources"] == []


def test_unreadable_file(tandem):
    tree = make_tree(tandem.folder / "tree", 3)
    secret = tree / "secret.md"
    secret.write_text("# Secret\n\nnobody reads this\n")
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        pytest.skip("root reads everything")
    summary = tandem.index("tree", status=3)
    assert summary["failed"] == 1 and summary["files"] == 3


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


def test_invalid_utf8_and_nul_bytes(tandem):
    tree = tandem.folder / "tree"
    tree.mkdir()
    (tree / "latin1.md").write_bytes("# Größe\n\nDie Straße ist naß.\n".encode("latin-1"))
    (tree / "half.md").write_bytes(b"# Half\n\nA text that ends in the middle of \xe2\x82")
    (tree / "zero.txt").write_bytes(b"words and \0 zero bytes " * 50)
    summary = tandem.index("tree")
    assert summary["files"] == 2 and summary["skipped"] == 1
    assert tandem.finds("Straße", "/latin1.md")


def test_html_nested_100_000_deep(tandem):
    (tandem.folder / "deep.html").write_text(
        "<html><body>" + "<div>" * 100000 + "The core of it all." + "</div>" * 100000
    )
    started = time.monotonic()
    assert "The core of it all." in tandem.run("extract", "deep.html").stdout.decode()
    assert time.monotonic() - started < 60


def test_empty_site_and_missing_pages(tandem, site):
    site.put("/empty", "")
    assert tandem.index(site.url + "/empty", status=3)["failed"] == 1
    assert any("empty" in m["reason"] for m in tandem.status()["misses"])
    summary = tandem.index(site.url + "/absent", status=3)
    assert summary["failed"] == 1
    assert any("404" in m["reason"] for m in tandem.status()["misses"])


def test_a_host_that_does_not_answer(tandem):
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    assert tandem.index("--timeout", "500ms", f"http://127.0.0.1:{port}/", status=3)["failed"] == 1
    silent.close()
    assert tandem.index("--timeout", "2", f"http://127.0.0.1:{port}/", status=3)["failed"] == 1
    reasons = [m["reason"] for m in tandem.status()["misses"]]
    assert any("timed out" in r or "time" in r for r in reasons) or any(
        "refused" in r or "connect" in r for r in reasons
    )


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
    other.settimeout(0.1)
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
    with pytest.raises(TimeoutError):
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


def unknown_architecture(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(
        json.dumps({**config, "architectures": ["LlamaForCausalLM"], "model_type": "llama"})
    )


def other_size(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_size": 768}))


def broken_json(folder):
    (folder / "config.json").write_text('{"architectures": [')


def empty_vocabulary(folder):
    (folder / "vocab.txt").write_text("")


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
        (unknown_architecture, ["LlamaForCausalLM", "BertModel"]),
        (other_size, ["768"]),
        (broken_json, ["config.json"]),
        (empty_vocabulary, ["vocab.txt"]),
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
    hold = threading.Event()

    def slow(handler):
        hold.wait(60)
        handler.send_response(204)
        handler.end_headers()

    site.pages["/slow"] = slow
    first = subprocess.Popen(
        [PROGRAM, "index", "--db", tandem.db, "-q", "--no-robots", site.url + "/slow"],
        cwd=tandem.folder,
        env=tandem.environment(),
    )
    while "/slow" not in site.requests:
        time.sleep(0.01)
    assert "index.db" in tandem.error("index", "--db", tandem.db, "tree", status=1)
    tandem.run("status", "--db", tandem.db)  # readers are let in
    hold.set()
    first.wait(60)
    assert tandem.index("tree")["files"] == 2


def test_a_full_disk(tandem):
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk = tandem.folder / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("this system does not let us mount")
    try:
        make_tree(tandem.folder / "tree", 120)
        tandem.db = disk / "index.db"
        line = tandem.error("index", "--db", tandem.db, "-q", "tree", status=1)
        assert "index.db" in line and ("space" in line or "full" in line), line
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


def test_two_signals_end_at_once(tandem, site):
    hold = threading.Event()
    site.pages["/slow"] = lambda handler: hold.wait(60)
    run = subprocess.Popen(
        [PROGRAM, "index", "--db", tandem.db, "--no-robots", site.url + "/slow"],
        cwd=tandem.folder,
        env=tandem.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while "/slow" not in site.requests:
        time.sleep(0.01)
    run.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    if run.poll() is None:
        run.send_signal(signal.SIGTERM)
    assert run.wait(20) == 130
    hold.set()
    run.communicate()


def test_paths_that_are_not_utf8(tandem):
    tree = tandem.folder / "tree"
    tree.mkdir()
    (pathlib.Path(os.fsdecode(os.fsencode(tree) + b"/\xff\xfe.md"))).write_text(
        "# Odd\n\nA file with an odd name.\n"
    )
    assert tandem.index("tree")["files"] == 1
    assert tandem.search("file with an odd name")
