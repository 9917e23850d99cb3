"""The engine from outside: its bench, what the doctor says, precisions and what is kept on disk."""

import json
import struct

import pytest
from conftest import GOLDEN

BERT = str(GOLDEN / "models" / "bert")


def test_bench_engine_tells_every_figure(tandem):
    (tandem.folder / "texts.jsonl").write_text(
        "".join(json.dumps({"text": f"text {i} about a shed and its key"}) + "\n" for i in range(9))
    )
    out = tandem.run("bench", "engine", "texts.jsonl", "--model", BERT, "--threads", 2, "--json")
    figures = json.loads(out.stdout)
    assert figures["chunks"] == 9 and figures["threads"] == 2
    for name in (
        "chunks_per_second tokens_per_second gflops limit_gflops query_p50_ms query_p99_ms "
        "query_under_load_p50_ms query_under_load_p99_ms first_vector_seconds peak_rss_mb"
    ).split():
        assert figures[name] > 0, name
    assert figures["query_p50_ms"] <= figures["query_p99_ms"]
    text = tandem.run("bench", "engine", "--model", BERT).stdout.decode()
    assert "chunks/s" in text and "under load" in text


def test_bench_refuses_what_it_does_not_have(tandem):
    assert "there is no bench" in tandem.error("bench", "coffee", status=2)
    (tandem.folder / "empty.jsonl").write_text("")
    for name, words in (("empty.jsonl", "holds no text"), ("none.jsonl", "cannot open")):
        assert words in tandem.error("bench", "engine", name, "--model", BERT, status=1)


def test_doctor_finds_what_is_wrong(tandem):
    facts = json.loads(tandem.run("doctor", "--json").stdout)
    assert facts["good"] and 1 <= facts["cores"] <= facts["cores_online"]
    assert facts["fast_precisions"].startswith("f32") and facts["libcurl"].startswith("libcurl/")
    found = {f["what"] for f in facts["findings"]}
    assert {"models", "index", "checks", "packed", "network"} <= found
    assert "cpu " in tandem.run("doctor").stdout.decode()

    (tandem.folder / "file").write_text("no folder")
    bad = tandem.run("doctor", "--db", "file/index.db", "--json", status=1)
    assert [f["what"] for f in json.loads(bad.stdout)["findings"] if not f["good"]] == ["index"]


def test_a_memory_limit_is_refused_at_start_with_what_would_be_needed(tandem):
    (tandem.folder / "a.md").write_text("# A\n\nSome words.\n")
    for command in (("embed", "--model", BERT), ("index", "a.md"), ("bench", "engine")):
        words = tandem.error(*command, "--memory-limit", "20M", status=1)
        assert "MB are needed" in words and "20 MB" in words, words
    tandem.run("embed", "--model", BERT, "--memory-limit", "1G", stdin=b"a line\n")
    assert "memory-limit" in tandem.error("embed", "--memory-limit", "much", status=2)


def test_a_precision_that_is_not_the_index_s_is_a_conflict(tandem):
    (tandem.folder / "a.md").write_text("# A\n\nThe key of the shed hangs behind the door.\n")
    tandem.run("index", "a.md", "--precision", "f32")
    tandem.run("search", "key")
    tandem.run("search", "key", "--precision", "f32")
    tandem.run("index", "a.md")
    for command in (("search", "key"), ("index", "a.md")):
        words = tandem.error(*command, "--precision", "bf16", status=1)
        assert "made in precision f32" in words and "asked in bf16" in words, words


@pytest.fixture
def large_bert(tandem):
    """A BERT whose packed weights are worth keeping, 25 MB in f32; its weights are zeros."""
    hidden, inner, layers = 512, 2048, 2
    folder = tandem.folder / "large"
    folder.mkdir()
    for path in (GOLDEN / "models" / "bert").iterdir():
        if path.is_file() and path.suffix != ".safetensors":
            (folder / path.name).write_bytes(path.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config.update(hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers)
    config.update(num_attention_heads=8)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "modules.json").unlink()
    at = "encoder.layer.{}."
    shapes = {
        "embeddings.word_embeddings": (config["vocab_size"], hidden),
        "embeddings.position_embeddings": (config["max_position_embeddings"], hidden),
        "embeddings.token_type_embeddings": (config["type_vocab_size"], hidden),
        "embeddings.LayerNorm": (hidden,),
        at + "attention.self.query": (hidden, hidden),
        at + "attention.self.key": (hidden, hidden),
        at + "attention.self.value": (hidden, hidden),
        at + "attention.output.dense": (hidden, hidden),
        at + "attention.output.LayerNorm": (hidden,),
        at + "intermediate.dense": (inner, hidden),
        at + "output.dense": (hidden, inner),
        at + "output.LayerNorm": (hidden,),
    }
    header, n = {}, 0
    for name, shape in shapes.items():
        for layer in range(layers if "{}" in name else 1):
            for kind, dims in ((".weight", shape), (".bias", shape[:1])):
                size = 4
                for dim in dims:
                    size *= dim
                header[name.format(layer) + kind] = {
                    "dtype": "F32",
                    "shape": dims,
                    "data_offsets": [n, n + size],
                }
                n += size
    text = json.dumps(header).encode()
    # Values repeat, so that the file is made fast; no two rows are equal.
    values = struct.pack("<1009f", *(((i * 7919) % 1009 - 504) / 5040 for i in range(1009)))
    data = (values * (n // len(values) + 1))[:n]
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    return folder


def test_packed_weights_are_kept_mapped_and_never_believed_when_torn(tandem, large_bert):
    def embed(**more):
        done = tandem.run(
            "embed", "--model", large_bert, "--precision", "f32", stdin=b"a key\n", **more
        )
        return done.stdout, done.stderr.decode()

    def kept():
        return sorted((tandem.folder / "cache/tandem/packed").glob("*"))

    cache = {"XDG_CACHE_HOME": str(tandem.folder / "cache")}
    vector, _ = embed()
    full = ("bash", "-c", 'trap "" XFSZ; ulimit -f 2000; exec "$@"', "_")
    # Files that were written a moment ago are not trusted to stay: the first starts keep nothing.
    for _ in range(200):
        again, words = embed(env=cache, through=full)
        assert again == vector
        if words:
            break
    assert words.count("packed weights are not kept") == 1 and "large" in words, words
    assert kept() == []

    assert embed(env=cache) == (vector, "")
    (file,) = kept()
    held = open(file, "rb")  # so that no other file gets its number
    first = file.stat().st_ino
    assert embed(env=cache) == (vector, "")
    assert file.stat().st_ino == first and file.stat().st_size > 25e6

    with open(file, "r+b") as torn:
        torn.seek(20_000_000)
        torn.write(b"rubbish")
    assert embed(env=cache) == (vector, "")
    assert file.stat().st_ino != first  # packed anew
    held.close()

    facts = json.loads(tandem.run("doctor", "--json", env=cache).stdout)
    assert any("1 models, 25" in f["text"] for f in facts["findings"] if f["what"] == "packed")
    dropped = json.loads(tandem.run("models", "--drop-packed", "--json", env=cache).stdout)
    assert dropped["dropped"] == 1 and kept() == []
    assert embed(env=cache) == (vector, "")
