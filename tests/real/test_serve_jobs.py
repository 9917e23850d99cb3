"""A crawl in detail, as the dashboard asks for it: pages, timeline; and the server's figures."""

import urllib.parse

import pytest

from serving import Server
from test_serve_runner import crawl, follow, link_pages


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path, "--allow-private", "--no-robots") as server:
        yield server


def pages_of(server, job, **more):
    reply = server.get(f"/jobs/{job}/pages?{urllib.parse.urlencode(more)}")
    assert reply.status == 200, reply.body
    return reply.json


def test_pages_are_listed_with_their_reasons(server, site):
    link_pages(site, 3)
    site.put("/docs/picture", b"\x89PNG", "image/png")
    urls = [site.url + path for path in ("/docs/", "/docs/1", "/none", "/docs/picture")]
    job = crawl(server, site, urls=urls, mode="batch")
    end = follow(server, job)
    answer = pages_of(server, job)
    by_url = {page["url"]: page for page in answer["pages"]}
    assert answer["listed"] == answer["total"] == 4 and answer["next"] is None
    assert [page["n"] for page in answer["pages"]] == [4, 3, 2, 1]
    first = by_url[site.url + "/docs/"]
    assert first["state"] == "fetched" and first["title"] == "Page 0" and first["reason"] is None
    for lane, figures in end["lanes"].items():
        assert sum(page["chunks"][lane] for page in by_url.values()) == figures["total"] > 0
    missing = by_url[site.url + "/none"]
    assert missing["state"] == "failed" and "404" in missing["reason"]
    assert by_url[site.url + "/docs/picture"]["state"] == "skipped"
    assert by_url[site.url + "/docs/picture"]["reason"]
    for state in ("fetched", "skipped", "failed", "unchanged"):
        of_state = pages_of(server, job, state=state)["pages"]
        assert of_state == [page for page in answer["pages"] if page["state"] == state]
    # By two pages at a time they are the same, and after a restart as well.
    half = pages_of(server, job, limit=2)
    rest = pages_of(server, job, limit=2, before=half["next"])
    assert half["pages"] + rest["pages"] == answer["pages"] and rest["next"] is None
    server.end()
    server.start()
    assert pages_of(server, job) == answer
    # Asked for again, nothing has changed.
    again = crawl(server, site, urls=urls[:2], mode="batch")
    follow(server, again)
    assert {page["state"] for page in pages_of(server, again)["pages"]} == {"unchanged"}


@pytest.mark.parametrize(
    "query", ["state=bad", "state=", "limit=0", "limit=1001", "limit=x", "before=-1", "columns=15"]
)
def test_a_bad_argument_is_refused(server, site, query):
    link_pages(site, 1)
    job = crawl(server, site, urls=[site.url + "/docs/"], mode="single")
    what = "timeline" if query.startswith("columns") else "pages"
    reply = server.get(f"/jobs/{job}/{what}?{query}")
    assert reply.status == 422, reply.body
    assert reply.json["detail"][0]["loc"] == ["query", query.split("=")[0]]
    assert server.get(f"/jobs/{'0' * 32}/{what}").status == 404


def test_the_timeline_is_of_both_lanes_now_and_afterwards(server, site):
    link_pages(site, 6)
    asked, release = site.hold("/docs/held")
    urls = [site.url + f"/docs/{i or ''}" for i in range(6)] + [site.url + "/docs/held"]
    job = crawl(server, site, urls=urls, mode="batch")
    assert asked.wait(60)
    line = server.get(f"/jobs/{job}/timeline").json
    while not all(any(lane["chunks_per_second"]) for lane in line["lanes"].values()):
        line = server.get(f"/jobs/{job}/timeline").json
    assert line["live"] and line["seconds"] > 0 and len(line["slots"]) == line["slots_total"]
    waiting = crawl(server, site, urls=urls[:1], mode="batch")
    assert server.get(f"/progress/{waiting}").json["waiting"]
    assert server.get(f"/jobs/{waiting}/timeline").json["slots"] == []
    release.set()
    end = follow(server, job)
    assert not end["waiting"] and end["eta_seconds"] is None
    for again in range(2):
        line = server.get(f"/jobs/{job}/timeline?columns=16").json
        assert not line["live"] and len(line["lanes"]["gte"]["in_flight"]) == 16
        width = line["seconds"] / 16
        for name, lane in line["lanes"].items():
            embedded = end["lanes"][name]["done"] - end["lanes"][name]["cached"]
            assert abs(sum(lane["chunks_per_second"]) * width - embedded) < 1 + embedded * 0.1
        assert all(0 <= n <= 100 for slot in line["slots"] for n in slot["gte"] + slot["coderank"])
        if not again:
            server.end()
            server.start()


def test_figures(server, site):
    link_pages(site, 2)
    before = server.get("/status").json
    assert before["store"]["pages"] == 0 and before["cache"]["stored"] == 0
    end = follow(server, crawl(server, site, max_depth=5))
    after = server.get("/status").json
    assert after["store"]["pages"] == end["processed_pages"] - end["pages_failed"] > 0
    for name, lane in after["lanes"].items():
        assert lane["chunks"] == end["lanes"][name]["done"] > 0 and lane["dim"] > 0
    assert after["cache"]["stored"] > 0 and after["cache"]["bytes"] > 0
    assert after["cache"]["misses"] >= after["cache"]["stored"]
