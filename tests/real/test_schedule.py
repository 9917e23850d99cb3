"""Both lanes from outside: the four variables, pages of every mix, failed chunks, their retry."""

import html.parser
import json
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import time

import pytest
from conftest import GOLDEN, PROGRAM, SANITIZED, make_tree, prose, python_code
from servers import Server

STRATEGIES = ("pipelined", "rounds", "sequential")


def break_model(path):
    """The model answers every text with what is no vector."""
    file = path / "model.safetensors"
    data = bytearray(file.read_bytes())
    head = struct.unpack("<Q", data[:8])[0]
    tensors = json.loads(data[8 : 8 + head])
    start, end = tensors["embeddings.word_embeddings.weight"]["data_offsets"]
    data[8 + head + start : 8 + head + end] = struct.pack("<f", float("nan")) * ((end - start) // 4)
    file.write_bytes(data)


@pytest.fixture
def small(tandem):
    """Two models that take no time, so that a test is about the schedule."""
    tandem.small = True
    return tandem


@pytest.fixture
def broken(small):
    """The environment in which the code lane's model is broken: in f32, since the choice of a
    precision would notice before the first chunk."""
    (small.folder / ".env").write_text("TANDEM_PRECISION=f32\n")
    shutil.copytree(GOLDEN / "models" / "bert-cls", small.folder / "broken")
    break_model(small.folder / "broken")
    return {"TANDEM_CODERANK": str(small.folder / "broken")}


def page_of(title, *parts):
    head, body = f"<head><title>{title}</title></head>", "".join(parts)
    return f"<html>{head}<body><main>{body}</main></body></html>"


def html_prose(rng, sections, sentences=12):
    return "".join(
        f"<h2>{prose(rng, 1)[:40]}</h2><p>{prose(rng, sentences)}</p>" for _ in range(sections)
    )


def html_code(rng, blocks, functions=5):
    return "".join(
        f'<pre><code class="language-python">{python_code(rng, functions)}</code></pre>'
        for _ in range(blocks)
    )


def check_whole(tandem, summary):
    """Every chunk has its vector, and the two counts agree."""
    rows = tandem.chunks()
    assert all(row[-1] is not None for row in rows.values())
    lanes = [row[2] for row in rows.values()]
    assert summary["chunks"] == {"gte": lanes.count(0), "coderank": lanes.count(1)}
    assert summary["embedded"] + summary["cached"] == len(rows)


# -- the plan's pages --


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_mixed_documentation_site(small, site, strategy):
    rng = random.Random(1)
    names = [f"page{i}.html" for i in range(12)]
    site.put("/", page_of("All", "<h1>All</h1>", *(f"<p><a href='{n}'>{n}</a></p>" for n in names)))
    for name in names:
        parts = (html_prose(rng, 3), html_code(rng, 3), html_prose(rng, 2))
        site.put(f"/{name}", page_of(name, *parts))
    summary = small.index("-r", site.url + "/", env={"EMBEDDING_STRATEGY": strategy})
    assert summary["pages"] == 13 and summary["strategy"] == strategy
    assert summary["chunks"]["gte"] > 12 and summary["chunks"]["coderank"] > 12
    check_whole(small, summary)
    if strategy == "sequential":
        assert summary["overlap_ratio"] == 0 and summary["speedup"] < 1.01
    assert (summary["rounds"] > 0) == (strategy == "rounds")


def test_text_only_article_is_single(small, site):
    site.put("/article", page_of("Article", html_prose(random.Random(2), 8)))
    summary = small.index(site.url + "/article")
    assert summary["chunks"]["coderank"] == 0 and summary["chunks"]["gte"] > 2
    assert summary["strategy"] == "single" and summary["lanes"]["coderank"]["batches"] == 0
    check_whole(small, summary)


def test_code_heavy_page(small, site):
    rng = random.Random(3)
    site.put("/code", page_of("Code", html_prose(rng, 1, 3), html_code(rng, 12)))
    summary = small.index(site.url + "/code")
    assert summary["chunks"]["coderank"] > 4 * summary["chunks"]["gte"] > 0
    check_whole(small, summary)


def test_page_with_more_than_a_hundred_chunks(small, site):
    rng = random.Random(4)
    parts = (html_prose(rng, 1, 20) + html_code(rng, 1, 7) for _ in range(60))
    site.put("/long", page_of("Long", *parts))
    env = {"EMBEDDING_STRATEGY": "rounds", "EMBEDDING_BATCH_SIZE": "8"}
    done = small.run("index", "--db", small.db, "--json", "-v", site.url + "/long", env=env)
    summary = json.loads(done.stdout)
    assert summary["pages"] == 1 and sum(summary["chunks"].values()) > 100
    check_whole(small, summary)
    # progress after each round, and the numbers of the end
    rounds = [l for l in done.stderr.decode().splitlines() if "schedule: round=" in l]
    assert len(rounds) == summary["rounds"] >= 8
    told = [int(l.split(" done=")[1].split()[0]) for l in rounds]
    assert told == sorted(told) and told[-1] == summary["embedded"]
    assert sum("run=done strategy=rounds" in l for l in done.stderr.decode().splitlines()) == 1


# -- metrics --


def test_the_summary_has_every_metric_by_its_name(small):
    make_tree(small.folder / "tree", 10)
    summary = small.index("tree")
    metrics = summary["metrics"]
    for lane in ("gte", "coderank"):
        n = summary["chunks"][lane]
        done = metrics[f'tandem_chunks_total{{lane="{lane}",status="done"}}']
        assert n - summary["cached"] <= done <= n
        batches = metrics[f'tandem_batches_total{{lane="{lane}",status="done"}}']
        assert batches == summary["lanes"][lane]["batches"]
        assert metrics[f'tandem_batch_seconds_count{{lane="{lane}"}}'] == batches
        assert metrics[f'tandem_batch_tokens_sum{{lane="{lane}"}}'] > 0
        for gauge in ("inflight_batches", "circuit_open", "queue_depth"):
            assert metrics[f'tandem_{gauge}{{lane="{lane}"}}'] == 0
        assert metrics[f'tandem_concurrency_limit{{lane="{lane}"}}'] >= 1
    assert metrics["tandem_embed_overlap_ratio"] == pytest.approx(summary["overlap_ratio"])
    assert metrics["tandem_parallel_speedup"] == pytest.approx(summary["speedup"])
    assert metrics['tandem_cache_total{result="miss"}'] >= summary["embedded"]
    assert metrics['tandem_store_writes_total{store="sqlite",status="ok"}'] == sum(
        summary["chunks"].values()
    )
    assert {metrics[f'tandem_run_phase{{phase="{p}"}}'] for p in ("read", "embed", "store")} == {0}


def test_metrics_off_silences_blocks_and_lines(small):
    make_tree(small.folder / "tree", 4)
    off = {"EMBEDDING_METRICS_ENABLED": "false"}
    done = small.run("index", "--db", small.db, "-v", "tree", env=off)
    assert b"speed" not in done.stdout and b"chunks " in done.stdout
    assert b"schedule:" not in done.stderr and b"pipeline:" not in done.stderr
    assert "metrics" not in small.index("tree", env=off)


@pytest.mark.parametrize("file", (".env.crawl4ai", ".env"))
def test_the_variables_come_from_an_env_file(small, file):
    make_tree(small.folder / "tree", 10)
    (small.folder / file).write_text(
        "ENABLE_PARALLEL_EMBEDDING=false\nMAX_EMBEDDING_CONCURRENCY=3\nEMBEDDING_BATCH_SIZE=2\n"
    )
    summary = small.index("tree")
    assert summary["strategy"] == "sequential" and summary["slots"] == 3
    for lane in ("gte", "coderank"):
        assert summary["lanes"][lane]["batches"] >= summary["chunks"][lane] / 2 - summary["cached"]
    (small.folder / file).write_text("EMBEDDING_BATCH_SIZE=0\n")
    assert f"EMBEDDING_BATCH_SIZE in {file}" in small.error("index", "tree", status=2)


# -- a lane that fails, and its retry --


def test_a_broken_lane_leaves_the_other_and_is_retried(small, broken):
    make_tree(small.folder / "tree", 12)
    first = small.index("tree", status=3, env=broken)
    code = first["chunks"]["coderank"]
    assert first["chunks_failed"] == {"gte": 0, "coderank": code} and code > 0
    rows = small.chunks()
    assert all((row[-1] is None) == (row[2] == 1) for row in rows.values())
    status = small.status()
    assert status["chunks_failed"] == code and status["lanes"]["coderank"]["chunks"] == 0
    # words find failed chunks, vectors do not
    hits = small.search("total item second range")
    ranks = [hit["ranks"] for hit in hits if hit["model_hint"] == "coderank"]
    assert ranks and all(not rank.get("coderank") and rank.get("text") for rank in ranks), hits

    retry = lambda *args, **kw: json.loads(
        small.run("retry", "--db", small.db, "--json", *args, **kw).stdout
    )
    again = retry(status=3, env=broken)
    assert again["chunks_failed"]["coderank"] == code and again["chunks"]["gte"] == 0
    assert small.chunks() == rows
    assert retry("tree")["chunks"] == {"gte": 0, "coderank": code}
    assert small.status()["chunks_failed"] == 0
    done = small.chunks()
    small.db = small.folder / "other.db"
    small.index("tree")
    assert small.chunks() == done  # as if nothing had ever failed
    assert retry()["run"] == "0"
    assert "every chunk has its vector" in small.run("retry", "--db", small.db).stdout.decode()


def test_when_both_lanes_fail_one_line_says_so(small, broken):
    make_tree(small.folder / "tree", 8)
    both = {"TANDEM_GTE": broken["TANDEM_CODERANK"], **broken}
    done = small.run("index", "--db", small.db, "tree", status=3, env=both)
    critical = [l for l in done.stderr.decode().splitlines() if "error schedule:" in l]
    assert len(critical) == 1 and "every chunk failed" in critical[0]
    assert len(done.stderr.decode().splitlines()) < 12  # no line for each chunk


def test_retry_of_one_source_leaves_the_others(small, broken):
    for name, seed in (("one", 1), ("two", 2)):
        make_tree(small.folder / name, 6, seed)
    small.index("one", "two", status=3, env=broken)
    failed = small.status()["chunks_failed"]
    small.run("retry", "--db", small.db, "two", "-q")
    left = small.status()["chunks_failed"]
    assert 0 < left < failed
    assert "absent" in small.error("retry", "--db", small.db, "absent", status=1)
    assert "no index" in small.error("retry", "--db", small.folder / "no.db", status=1)
    small.run("retry", "--db", small.db, "-q")
    assert small.status()["chunks_failed"] == 0


def test_a_stopped_retry_goes_on_where_it_was(small, broken):
    # so many that a signal comes before the end
    make_tree(small.folder / "tree", 300 if SANITIZED else 900)
    small.index("tree", "--chunk-size", 200, "--chunk-overlap", 0, status=3, env=broken)
    stopped = 0
    index = sqlite3.connect(f"file:{small.db}?mode=ro", uri=True, timeout=60)

    def n_open():  # sooner than a start of the program could tell
        return index.execute("SELECT count(*) FROM chunks WHERE status <> 0").fetchone()[0]

    for kind in (signal.SIGINT, signal.SIGKILL, signal.SIGINT):
        run = subprocess.Popen(
            [PROGRAM, "retry", "--db", small.db],
            cwd=small.folder,
            env=small.environment(EMBEDDING_BATCH_SIZE="1", MAX_EMBEDDING_CONCURRENCY="1"),
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        before = n_open()
        while n_open() == before and run.poll() is None:
            time.sleep(0.002)
        run.send_signal(kind)
        run.communicate(timeout=120)
        stopped += run.returncode in (130, -signal.SIGKILL)
        left = n_open()
        assert left <= before
        assert run.returncode != 130 or left < before
    index.close()
    assert stopped >= 1
    small.run("retry", "--db", small.db, "-q")
    assert small.status()["chunks_failed"] == 0
    assert all(row[-1] is not None for row in small.chunks().values())


def test_two_interrupts_end_at_once(small):
    make_tree(small.folder / "tree", 200)
    run = subprocess.Popen(
        [PROGRAM, "index", "--db", small.db, "tree"],
        cwd=small.folder,
        env=small.environment(EMBEDDING_BATCH_SIZE="1", MAX_EMBEDDING_CONCURRENCY="1"),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    while not os.path.exists(f"{small.db}-wal"):
        time.sleep(0.01)
    run.send_signal(signal.SIGTERM)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert run.returncode == 130
    small.index("tree")
    assert all(row[-1] is not None for row in small.chunks().values())


# -- what a run did --


class Page(html.parser.HTMLParser):
    """What a page draws, and whatever it would fetch."""

    def __init__(self, text):
        super().__init__()
        self.calls, self.fetched, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.fetched += [v for k, v in found.items() if k in ("src", "href", "srcset", "data")]
        self.fetched += [tag] * (tag in ("script", "link", "img", "iframe", "object", "image"))
        if tag == "rect" and (found.get("class") or "").startswith("call"):
            self.calls.append(found)
        if tag not in ("meta", "rect", "path", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            assert self.open.pop() == tag


def test_report_as_json_text_and_page(small):
    make_tree(small.folder / "tree <b>&amp;", 40)
    summary = small.index("tree <b>&amp;", env={"EMBEDDING_BATCH_SIZE": "4"})
    report = lambda *args, **kw: small.run("report", "--db", small.db, *args, **kw).stdout.decode()
    told = json.loads(report("--json"))
    assert told["run"] == int(summary["run"]) and told["kind"] == "index"
    assert told["state"] == "done" and told["summary"]["embedded"] == summary["embedded"]
    for lane in ("gte", "coderank"):
        for key in ("batches", "chunks"):
            total = sum(span[lane][key] for span in told["spans"])
            want = summary["lanes"][lane]["batches"] if key == "batches" else None
            assert want is None or total == want
    ends = [0.0] * summary["slots"]
    for span in told["spans"]:
        assert span["start"] >= ends[span["slot"]] - 1e-6 and span["end"] >= span["start"]
        ends[span["slot"]] = span["end"]
    text = report(told["run"])
    assert "slot 0" in text and "coderank" in text and "pipelined" in text
    assert all(len(line) <= 120 for line in text.splitlines())

    report("-o", "run.html")
    page = (small.folder / "run.html").read_text()
    drawn = Page(page)
    assert not drawn.fetched and not drawn.open and "http" not in page.replace(
        "http://www.w3.org/2000/svg", ""
    ).replace("http-equiv", "")
    assert len(drawn.calls) == sum(lane["batches"] for lane in summary["lanes"].values())
    assert "tree &lt;b>&amp;amp;" in page
    assert report("-o", "-") == page
    assert not list(small.folder.glob("*.part"))


def test_report_of_what_is_not_there(small):
    assert "no index" in small.error("report", "--db", small.db, status=1)
    make_tree(small.folder / "tree", 2)
    small.index("tree")
    assert "no run 99" in small.error("report", "--db", small.db, "99", status=1)
    for bad in ("0", "-3", "x", "1x", "99999999999999999999"):
        assert "no run" in small.error("report", "--db", small.db, "--", bad, status=2)
    assert "absent/x.html" in small.error(
        "report", "--db", small.db, "-o", "absent/x.html", status=1
    )
    small.index("tree")  # nothing to embed: no model is called
    assert "No timeline" in small.run("report", "--db", small.db).stdout.decode()


def test_report_shows_what_failed(small, broken):
    make_tree(small.folder / "tree", 8)
    small.index("tree", status=3, env=broken)
    told = json.loads(small.run("report", "--db", small.db, "--json").stdout)
    assert sum(span["failed"] for span in told["spans"]) > 0
    assert {span["code"] for span in told["spans"] if span["failed"]} == {"E_FORMAT"}
    assert "!" in small.run("report", "--db", small.db).stdout.decode()


# -- the benchmark --


def test_bench_schedule_reaches_the_goals(tandem):
    rows = tandem.lines("bench", "schedule", "--json")
    of = lambda table: [row for row in rows if row["table"] == table]
    plan = {(*row["chunks"].values(), row["at_once"]): row for row in of("plan")}
    assert plan[25, 25, 1]["sequential"] == pytest.approx(5.0, abs=0.01)
    for mix, most in (((25, 25), 2.6), ((40, 10), 4.1), ((10, 40), 4.1)):
        assert plan[(*mix, 1)]["pipelined"] <= most and plan[(*mix, 1)]["rounds"] <= most
    for mix in ((50, 0), (0, 50)):
        assert plan[(*mix, 1)]["pipelined"] == pytest.approx(5.0, abs=0.01)
        assert plan[(*mix, 2)]["pipelined"] <= 2.6
    assert plan[40, 10, 2]["pipelined"] <= 2.6
    for row in of("lengths"):
        n = sum(row["chunks"].values())
        assert row["worst_to_bound"] <= (1.03 if n >= 200 else 1.10), row
        assert row["worst_to_rounds"] <= 1.0001, row
        assert row["overlap"] >= 0.95 or not all(row["chunks"].values()), row
    for row in of("jitter"):
        assert row["worst_to_bound"] <= (1.03 if sum(row["chunks"].values()) >= 1000 else 1.10), row
        # one request at a time: no schedule saves more than the rounds' waiting, and it saves all
        assert row["pipelined"] <= (0.9 if row["at_once"] else 0.8) * row["rounds"], row
    assert {row["fault"] for row in of("faults")} >= {"dead from start", "flapping"}
    for row in of("faults"):
        assert row["to_healthy"] <= 1.05, row


def test_bench_schedule_draws_and_refuses(tandem):
    tandem.run("bench", "schedule", "-o", "t.svg")
    svg = (tandem.folder / "t.svg").read_text()
    assert svg.startswith("<svg") and all(f">{name}: " in svg for name in STRATEGIES)
    table = tandem.run("bench", "schedule").stdout.decode()
    assert "bound, s" in table and "pipelined" in table
    assert "services, engine, servers" in tandem.error("bench", "schedule", "cluster", status=2)
    assert "there is" in tandem.error("bench", "nothing", status=2)


@pytest.mark.skipif(SANITIZED, reason="thousands of chunks; tests/api/test_bench.c embeds a few")
def test_bench_schedule_runs_engines(small):
    model = {"TANDEM_GTE": str(GOLDEN / "models" / "bert")}
    args = ("bench", "schedule", "engine", "--rounds", "1", "--concurrency", "2", "--json")
    rows = small.lines(*args, env=model)
    assert [row["chunks"] for row in rows] == MIXES[240]
    for row in rows:
        assert row["pipelined"] > 0 and row["bound"] > 0
        assert row["pairs"] == (4 if all(row["chunks"].values()) else 1)
        assert row["ratio_low"] <= row["worst_to_bound"] <= row["ratio_high"]


MIXES = {
    n: [{"gte": n * g // 100, "coderank": n - n * g // 100} for g in (50, 80, 20, 100, 0)]
    for n in (100, 240)
}


@pytest.mark.skipif(SANITIZED, reason="3,000 chunks; tests/real/test_remote.py is for sanitizers")
@pytest.mark.parametrize("local", (False, True))
def test_bench_schedule_asks_servers_or_one_beside_this_process(small, local):
    with Server("tei", "gte-fake") as gte, Server("openai", "coderank-fake") as coderank:
        urls = [] if local else ["--gte-url", gte.url]
        model = GOLDEN / "models" / "bert" if local else ""
        env = {"TANDEM_GTE": str(model), "TANDEM_CODERANK": ""}
        urls += ["--coderank-url", coderank.url]
        args = ["bench", "schedule", "servers", "--rounds", "1", "--json", *urls]
        rows = small.lines(*args, env=env)
        assert [row["chunks"] for row in rows] == MIXES[100]
        assert all(row["table"] == "servers" and row["bound"] > 0 for row in rows)
        # each mix: once alone, and by each of three strategies
        n = sum(row["chunks"]["coderank"] for row in rows)
        assert sum(map(len, coderank.batches)) == 4 * n
        assert sum(map(len, gte.batches)) == (0 if local else 4 * n)
        coderank.fault = lambda call: call.error(401, "no")
        done = small.run(*args, env=env, status=1)
        assert b"50 of 50 chunks got no vector" in done.stderr and not done.stdout
    assert "--gte-url" in small.error("bench", "schedule", "servers", status=2)
