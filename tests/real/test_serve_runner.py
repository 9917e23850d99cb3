"""The crawl4ai runner's REST API, as its api-server and MCP server use it."""

import json
import random
import re
import signal
import threading

import pytest

from conftest import SANITIZED, make_tree, prose
from serving import Server

FIFTEEN = (
    "progress_id status progress log current_url total_pages processed_pages chunks_stored "
    "code_examples_found current_phase phase_detail chunks_total chunks_processed "
    "summaries_generated embeddings_generated"
).split()
PHASES = {
    "initializing": (0, 5),
    "discovery": (5, 15),
    "crawling": (15, 60),
    "chunking": (60, 70),
    "summarizing": (70, 80),
    "embedding": (80, 92),
    "storing": (92, 98),
    "completed": (98, 100),
}


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path, "--allow-private", "--no-robots") as server:
        yield server


def path_of(i):
    return f"/docs/{i}" if i else "/docs/"


def link_pages(site, n):
    for i in range(n):
        code = f"def page_{i}(lane, first, second):\n" + "".join(
            f"    value_{k} = lane.take(first + {k}, second - {i})\n" for k in range(24)
        )
        site.put(
            path_of(i),
            f"<html><title>Page {i}</title><main><h1>Page {i}</h1><p>{prose(random.Random(i), 30)} "
            f"This page is about subject number {i}.</p>"
            f"<pre><code class='language-python'>{code}    return value_0\n</code></pre>"
            f"<p><a href='/docs/{i + 1}'>next</a> <a href='/docs/{2 * i + 1}'>far</a></p>"
            "</main></html>",
        )


def crawl(server, site, **more):
    """What the api-server posts."""
    body = {
        "urls": [site.url + "/docs/"],
        "project": "Demo Project",
        "dataset": "web-pages",
        "mode": "recursive",
        "max_pages": 25,
        "max_depth": 2,
        "scope": "project",
        "same_domain_only": True,
        "same_path_prefix": True,
        "include_links": True,
        "auto_discovery": False,
        "extract_code_examples": True,
        **more,
    }
    reply = server.post("/crawl", body)
    assert reply.status == 200, reply.body
    assert reply.json["status"] == "running"
    assert re.fullmatch("[0-9a-f]{32}", reply.json["progress_id"])
    return reply.json["progress_id"]


def follow(server, job, until=("completed", "failed", "cancelled")):
    """Polls as the api-server does, without its second of sleep; checks what it relies on."""
    last = -1
    while True:
        progress = server.get(f"/progress/{job}").json
        assert list(progress)[:15] == FIFTEEN
        assert progress["progress"] == progress["percentage"] >= last
        assert progress["current_phase"] == progress["phase"]
        low, high = PHASES[progress["phase"]]
        assert progress["progress"] <= high or progress["status"] != "running"
        last = progress["progress"]
        if progress["status"] in until:
            return progress


def test_a_crawl_from_start_to_result(server, site):
    link_pages(site, 12)
    job = crawl(server, site, max_depth=4)
    end = follow(server, job)
    assert end["status"] == "completed" and end["progress"] == 100, end
    assert end["log"] == "Crawl finished successfully" and end["current_phase"] == "completed"
    assert end["chunks_stored"] == end["chunks_total"] == end["embeddings_generated"] > 6
    assert end["lanes"]["gte"]["done"] > 0 and end["lanes"]["coderank"]["done"] > 0
    result = server.get(f"/result/{job}").json
    assert set(result) == {"project", "dataset", "mode", "total_pages", "pages"}
    assert result["total_pages"] == len(result["pages"]) == end["processed_pages"]
    page = next(p for p in result["pages"] if p["url"] == site.url + "/docs/")
    assert page["title"] == "Page 0" and "subject number 0" in page["markdown_content"]
    assert "<title>Page 0" in page["html_content"] and page["source_url"] is None
    assert site.url + "/docs/1" in page["discovered_links"]
    assert page["word_count"] == len(page["markdown_content"].split())
    assert page["char_count"] == len(page["markdown_content"])
    # Again: nothing has changed, nothing is doubled, the result is as whole.
    before = server.post("/search", {"query": "subject", "limit": 100}).json["total"]
    again = crawl(server, site, max_depth=4)
    assert follow(server, again)["pages_unchanged"] == result["total_pages"]
    assert server.post("/search", {"query": "subject", "limit": 100}).json["total"] == before
    texts = {p["url"]: p["markdown_content"] for p in server.get(f"/result/{again}").json["pages"]}
    assert texts == {p["url"]: p["markdown_content"] for p in result["pages"]}


def test_search_chunk_and_scopes(server, site):
    link_pages(site, 6)
    assert follow(server, crawl(server, site, max_depth=9))["status"] == "completed"
    found = server.post("/search", {"query": "page_3", "project": "Demo Project"}).json
    assert found["query"] == "page_3" and found["total"] == len(found["results"]) > 0
    hit = next(h for h in found["results"] if "page_3" in h["chunk_text"] and h["is_code"])
    assert hit["model_used"] == "coderank" and hit["language"] == "python"
    assert hit["project_id"] == "Demo Project" and hit["scope"] == "project"
    assert hit["relative_path"] == site.url + "/docs/3" and hit["summary"]
    only_text = server.post("/search", {"query": "subject lanes", "filter_text": True}).json
    assert only_text["results"] and not any(h["is_code"] for h in only_text["results"])
    assert server.post("/search", {"query": "page_3", "project": "none"}).json["total"] == 0
    assert server.post("/search", {"query": "page_3", "limit": 2}).json["total"] == 2
    chunk = server.get(f"/chunk/{hit['id']}?include_context=true").json
    assert chunk["chunk_text"] == hit["chunk_text"] and chunk["similarity_score"] == 0.0
    assert "context_before" in chunk or "context_after" in chunk
    scopes = server.get("/scopes").json
    assert [s["collection_name"] for s in scopes] == ["project_demo_project"]
    scope = scopes[0]
    assert scope["chunk_count"] == scope["code_chunks"] + scope["text_chunks"] > 6
    assert server.get("/scopes?project=none").json == []
    assert server.get("/scopes?project=Demo%20Project").json == scopes


def test_without_project_and_dataset_nothing_is_stored(server, site):
    link_pages(site, 3)
    end = follow(server, crawl(server, site, project=None, dataset=None, scope=None, max_depth=5))
    assert end["status"] == "completed" and end["chunks_stored"] == 0
    result = server.get(f"/result/{end['progress_id']}").json
    assert result["total_pages"] == 3 and result["project"] is None
    assert server.get("/scopes").json == []


def test_a_page_that_fails_is_told(server, site):
    link_pages(site, 1)
    urls = [site.url + "/docs/", site.url + "/none"]
    end = follow(server, crawl(server, site, urls=urls, mode="batch"))
    assert end["status"] == "completed" and end["pages_failed"] == 1
    assert end["errors"][0]["url"] == site.url + "/none" and "404" in end["errors"][0]["reason"]
    end = follow(server, crawl(server, site, urls=urls[1:], mode="single"))
    assert end["status"] == "failed" and end["progress"] < 100
    assert server.get(f"/result/{end['progress_id']}").status == 409


def test_cancel(server, site):
    hold = threading.Event()

    def slow(handler):
        hold.wait(60)
        handler.send_error(503)

    link_pages(site, 2)
    site.pages["/docs/slow"] = slow
    urls = [site.url + "/docs/", site.url + "/docs/slow"]
    job = crawl(server, site, urls=urls, mode="batch")
    second = crawl(server, site, urls=urls[:1], mode="batch")
    while "/docs/slow" not in site.requests:
        pass
    assert server.get(f"/result/{job}").status == 409
    assert server.post(f"/cancel/{job}", b"").json == {"status": "cancelled"}
    assert server.get(f"/progress/{job}").json["status"] == "cancelled"
    assert follow(server, second)["status"] == "completed"  # its turn comes at once
    hold.set()
    end = server.get(f"/progress/{job}").json
    assert end["status"] == "cancelled" and end["log"] == "Crawl cancelled"
    # A job that has ended stays as it ended.
    assert server.post(f"/cancel/{second}", b"").json == {"status": "cancelled"}
    assert server.get(f"/progress/{second}").json["status"] == "completed"


def test_unknown_ids(server):
    for method, path in (
        ("GET", "/progress/"),
        ("GET", "/result/"),
        ("POST", "/cancel/"),
    ):
        reply = server.ask(method, path + "0" * 32)
        assert reply.status == 404 and reply.json == {"detail": "Unknown progress id"}
    for bad in ("0", "-1", "abc", "9" * 30, "999999"):
        reply = server.get(f"/chunk/{bad}")
        assert reply.status == 404 and reply.json == {"detail": "Chunk not found"}
    assert server.get("/progress/%2e%2e%2fetc").status == 404


@pytest.mark.parametrize(
    "body, status",
    [
        ({"urls": []}, 400),
        ({}, 422),
        ([], 422),
        (b"{", 422),
        (b"", 422),
        ({"urls": ["nothing"]}, 422),
        ({"urls": ["http://a/"], "mode": "deep"}, 422),
        ({"urls": ["http://a/"], "max_pages": -1}, 422),
        ({"urls": ["http://a/"], "max_depth": 1.5}, 422),
    ],
    ids=str,
)
def test_a_bad_crawl_is_refused(server, body, status):
    reply = server.post("/crawl", body)
    assert reply.status == status, reply.body
    detail = reply.json["detail"]
    if status == 400:
        assert detail == "At least one URL is required"
    else:
        assert {"type", "loc", "msg", "input"} <= set(detail[0])


@pytest.mark.parametrize(
    "body",
    [{}, {"query": 5}, {"query": "a", "limit": 0}, {"query": "a", "limit": 5000},
     {"query": "a", "scope": "x"}, {"query": "a", "scope": ""}, {"query": ""},
     {"query": "a", "filter_code": "yes"}],
    ids=str,
)
def test_a_bad_search_is_refused(server, body):
    assert server.post("/search", body).status == 422


def test_private_addresses_are_refused_without_the_option(tmp_path, site):
    link_pages(site, 1)
    with Server(tmp_path) as server:
        end = follow(server, crawl(server, site))
        assert end["status"] == "failed" and site.requests == []


def test_jobs_survive_a_restart(tmp_path, site):
    link_pages(site, 30)
    hold = threading.Event()
    calls = []

    def slow(handler):
        calls.append(handler.path)
        if len(calls) == 1:
            hold.wait(60)
        body = b"<main><p>The slow page speaks of its lane at last.</p></main>"
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    site.pages["/docs/slow"] = slow
    server = Server(tmp_path, "--allow-private", "--no-robots").start()
    first = crawl(server, site, urls=[site.url + "/docs/"], mode="single")
    ended = follow(server, first)
    result = server.get(f"/result/{first}").json
    second = crawl(server, site, urls=[site.url + "/docs/slow"], mode="single", project="Q")
    waiting = crawl(server, site, urls=[site.url + "/docs/7"], mode="single", project="R")
    while not calls:
        pass
    server.end(signal.SIGKILL)
    hold.set()
    with server:
        assert server.get(f"/progress/{first}").json == ended
        assert server.get(f"/result/{first}").json == result
        for job in (second, waiting):
            assert follow(server, job)["status"] == "completed"
        assert "slow page" in server.get(f"/result/{second}").json["pages"][0]["markdown_content"]
        listed = [j["progress_id"] for j in server.get("/jobs").json]
        assert listed == [waiting, second, first]


def events(server, path, **headers):
    connection = server.connect()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    assert response.headers["Content-Type"] == "text/event-stream"
    event = {}
    for line in response:
        line = line.decode().rstrip("\n")
        if not line and "data" in event:
            yield {**event, "data": json.loads(event["data"])}
            event = {}
        elif ": " in line and line[0] != ":":
            key, value = line.split(": ", 1)
            event[key] = value


def test_events_of_a_job_end_with_it(server, site):
    link_pages(site, 12)
    everything = events(server, "/events")
    job = crawl(server, site, max_depth=9)
    seen = [e["data"] for e in events(server, f"/progress/{job}/events")]
    assert [p["progress"] for p in seen] == sorted(p["progress"] for p in seen)
    assert seen[-1]["status"] == "completed" == server.get(f"/progress/{job}").json["status"]
    assert all(p["progress_id"] == job for p in seen)
    for event in everything:
        if event["data"]["status"] == "completed":
            break
    assert server.get("/progress/" + "0" * 32 + "/events").status == 404
    # A client that comes back hears the end, not the whole story.
    again = list(events(server, f"/progress/{job}/events"))
    assert [e["data"]["status"] for e in again] == ["completed"]


def test_many_idle_listeners_stay_served(server, site):
    listeners = [events(server, "/events") for _ in range(50 if SANITIZED else 500)]
    link_pages(site, 1)
    threads = [threading.Thread(target=lambda e=e: next(e)) for e in listeners]
    for thread in threads:
        thread.start()
    while server.metric("tandem_http_streams") < len(listeners):
        pass
    assert follow(server, crawl(server, site))["status"] == "completed"
    for thread in threads:
        thread.join()
    assert server.get("/health").status == 200


def test_vectors_and_crawls_at_the_same_time(server, site, tmp_path):
    make_tree(tmp_path / "tree", 6)
    site.put_folder(tmp_path / "tree")
    urls = [site.url + p for p in site.pages]
    job = crawl(server, site, urls=urls, mode="batch")
    one = server.embed("a lane")
    while server.get(f"/progress/{job}").json["status"] == "running":
        assert server.embed("a lane") == one
    assert follow(server, job)["status"] == "completed"
