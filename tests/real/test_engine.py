"""The engine from outside: its bench, what the doctor says, precisions and what is kept on disk."""

import json

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
    assert {"models", "index", "checks", "network"} <= {f["what"] for f in facts["findings"]}
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
