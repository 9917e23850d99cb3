"""Crawls of sites on loopback: where pages come from, what is left out and why, limits."""

import contextlib
import gzip
import hashlib
import itertools
import json
import re
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import PROGRAM


def urls(lines, site):
    return [line["url"].removeprefix(site.url) for line in lines if not line["skipped"]]


def urlset(*paths):
    return "<urlset>" + "".join(f"<url><loc>{p}</loc></url>" for p in paths) + "</urlset>"


def page(title, *links):
    anchors = "".join(f'<p><a href="{link}">to {link}</a></p>' for link in links)
    return f"<html><title>{title}</title><h1>{title}</h1><p>Text of {title}.</p>{anchors}</html>"


@pytest.fixture
def docs(site):
    """A start page with one link; more pages in a sitemap and in an llms.txt."""
    site.put("/", page("start", "/linked"))
    for name in ("linked", "mapped", "listed"):
        site.put(f"/{name}", page(name))
    packed = gzip.compress(urlset("/mapped", "/secret").encode())
    site.put("/maps.xml.gz", packed, "application/gzip")
    site.put(
        "/robots.txt",
        "User-agent: *\nDisallow: /secret\nSitemap: /maps.xml.gz\n",
        "text/plain",
    )
    site.put("/llms.txt", "# Start\n\n- [Listed](/listed): a page\n", "text/plain")
    site.put("/llms-full.txt", "# All of it\n\nThe text of [it all](/listed).\n", "text/plain")
    return site


def test_each_mode_takes_what_it_says(tandem, docs):
    def crawl(*args):
        return sorted(urls(tandem.lines("crawl", "--json", *args, docs.url), docs))

    assert crawl() == ["/"]
    assert crawl("-r") == ["/", "/linked"]
    assert crawl("--mode", "recursive") == ["/", "/linked"]
    assert crawl("--mode", "sitemap") == ["/mapped"]
    assert crawl("--mode", "llms") == ["/listed", "/llms-full.txt", "/llms.txt"]
    assert crawl("--mode", "auto") == ["/", "/linked", "/listed", "/llms-full.txt", "/llms.txt",
                                       "/mapped"]
    assert "/secret" not in docs.requests
    lines = tandem.lines("crawl", "--json", "--mode", "llms", docs.url)
    assert any(line["markdown"].startswith("# All of it\n\nThe text of") for line in lines)


@pytest.mark.parametrize("mode", ("recursive", "sitemap", "llms", "auto"))
def test_limits_hold_in_every_mode(tandem, site, mode):
    paths = [f"/p{i}" for i in range(12)]
    site.put("/", page("start", *paths))
    site.put("/sitemap.xml", urlset(*paths))
    site.put("/llms.txt", "".join(f"- [x]({path})\n" for path in paths), "text/plain")
    for path in paths:
        site.put(path, page(path, path + "/deeper"))
        site.put(path + "/deeper", page(path + " deeper"))

    def crawl(*args, status=0):
        site.requests.clear()
        out = tandem.run("crawl", "--json", "--mode", mode, *args, site.url, status=status)
        lines = [json.loads(line) for line in out.stdout.splitlines()]
        return [line for line in lines if not line["skipped"]], [line["reason"] for line in lines]

    assert len(crawl("--max-pages", 3)[0]) == 3
    reasons = crawl("--max-bytes", 1, status=3)[1]
    assert "the limit of bytes is reached" in reasons[-1]
    assert len(site.requests) < 12
    # With a gap between requests that is longer than all of the time.
    reasons = crawl("--max-time", "100ms", "--delay", "200ms", status=3)[1]
    assert "the limit of time is reached" in reasons[-1]
    assert len(site.requests) < 12
    crawl("--depth", 1)
    assert "/p0" in site.requests and "/p0/deeper" not in site.requests
    crawl("--depth", 2)
    assert "/p0/deeper" in site.requests


def test_a_robots_txt_that_is_html_allows_all(tandem, site):
    site.put("/robots.txt", page("Not found, Disallow: /"))
    site.put("/", page("start", "/a"))
    site.put("/a", page("a"))
    lines = tandem.lines("crawl", "--json", "-r", site.url)
    assert urls(lines, site) == ["/", "/a"]


def test_an_index_in_sitemap_mode_finds_the_pages(tandem, docs):
    summary = tandem.index("--mode", "sitemap", docs.url)
    assert (summary["pages"], summary["failed"], summary["skipped"]) == (1, 0, 1)


def test_a_dry_run_fetches_nothing_but_what_it_lists_from(tandem, docs):
    def listing(*args):
        lines = tandem.lines("crawl", "--json", "--dry-run", *args, docs.url)
        return {line["url"].removeprefix(docs.url): line["would"] for line in lines}

    assert listing("-r", "--exclude", "linked") == {"/": "fetch", "/linked": "skip"}
    assert listing("-r", "--max-pages", 1) == {"/": "fetch", "/linked": "skip"}
    assert listing("--mode", "sitemap") == {"/mapped": "fetch", "/secret": "skip"}
    assert not {"/mapped", "/linked", "/secret"} & set(docs.requests)
    out = tandem.run("index", "--db", tandem.db, "--dry-run", "-r", docs.url)
    assert f"fetch {docs.url}/linked\n" in out.stdout.decode()
    assert not tandem.db.exists()


def test_a_sitemap_that_is_html_is_a_failure_with_a_name(tandem, site):
    site.put("/map.xml", page("not here"))
    out = tandem.run("crawl", "--mode", "sitemap", site.url + "/map.xml", status=3)
    assert b"map.xml: it is an HTML page, no sitemap" in out.stderr
    out = tandem.run("crawl", "--mode", "sitemap", site.url, status=3)
    assert b"no sitemap: robots.txt names none" in out.stderr


@pytest.mark.parametrize(
    "name,n_bytes,reason",
    (
        ("map.xml", 51 << 20, "larger than the limit of 52428800 bytes"),
        ("map.xml.gz", 51 << 20, "unpacks to more than 50 MB"),
        ("map.xml.gz", 5 << 20, "unpacks to more than 100 times its size"),
    ),
    ids=("plain", "packed", "bomb"),
)
def test_a_sitemap_that_is_too_large_is_a_failure_with_a_name(tandem, site, name, n_bytes, reason):
    body = b"<urlset>" + b" " * n_bytes
    body = gzip.compress(body, 1) if name.endswith(".gz") else body
    site.put("/" + name, body, "application/octet-stream")
    out = tandem.run("crawl", "--mode", "sitemap", f"{site.url}/{name}", status=3)
    assert f"{name}: {reason}" in out.stderr.decode()


def test_links_alone_print_addresses(tandem, docs):
    out = tandem.run("crawl", "-r", "--links", docs.url).stdout.decode()
    assert out.replace(docs.url, "").split() == ["/", "/linked"]
    lines = tandem.lines("crawl", "-r", "--links", "--json", docs.url)
    assert lines[0]["links"] == [docs.url + "/linked"] and lines[0]["markdown"] == ""


def test_markdown_comes_whole_out_of_its_json(tandem, site):
    text = "".join(map(chr, [*range(1, 128), 0xE9, 0x20AC, 0x1F600])).replace("\r", "")
    site.put("/a.txt", text, "text/plain; charset=utf-8")
    [line] = tandem.lines("crawl", "--json", site.url + "/a.txt")
    assert line["markdown"].strip() == text.strip()


def test_a_bad_mode_is_a_usage_error(tandem, site):
    assert "single|recursive" in tandem.error("crawl", "--mode", "sidemap", site.url, status=2)


def test_an_endless_site_ends_at_its_limits(tandem, site):
    def endless(handler):
        here = len(site.requests)
        body = page(f"page {here}", f"/x{here}?day={here}", f"/calendar?day={here}").encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    class Everything(dict):
        def get(self, path):
            return None if path == "/robots.txt" else endless

    site.pages = Everything()
    out = tandem.run("crawl", "--json", "-r", "--max-pages", 40, site.url)
    lines = [json.loads(line) for line in out.stdout.splitlines()]
    assert len([line for line in lines if not line["skipped"]]) == 40
    assert re.search(rb"the limit of 40 pages is reached: \d+ addresses are left", out.stderr)
    site.requests.clear()
    tandem.run("crawl", "-r", "--max-bytes", "5k", site.url, status=3)
    assert len(site.requests) < 60
    out = tandem.run("crawl", "-r", "--max-time", "300ms", site.url, status=3)
    assert b"the limit of time is reached" in out.stderr
    site.requests.clear()
    tandem.run("crawl", "-r", "--max-pages", 60, "--max-variants", 5, site.url)
    assert len([path for path in site.requests if path.startswith("/calendar")]) <= 5
    site.requests.clear()
    tandem.run("crawl", "-r", "--max-host-pages", 7, site.url)
    assert len(site.requests) == 9  # and robots.txt, and the one that was named


def test_a_million_links_on_a_page_are_one_page(tandem, site):
    site.put("/", "".join(f'<a href="/p{i}.html">x</a>' for i in range(1_000_000)))
    out = tandem.run("crawl", "--depth", 1, "--max-pages", 3, "--max-file-size", "100M", site.url)
    assert b"1 pages, 0 unchanged, 0 skipped, 0 failed" in out.stderr


def test_a_page_that_links_to_itself_alone_is_one_page(tandem, site):
    site.put("/", page("self", "/", "#a", "?", "/?#x", "."))
    lines = tandem.lines("crawl", "--json", "-r", site.url)
    assert urls(lines, site) == ["/"]


def brotli(body):
    """One stored block, as RFC 7932 9.2 has it."""
    assert 0 < len(body) <= 1 << 16
    return ((len(body) - 1) << 4 | 1 << 20).to_bytes(3, "little") + body + b"\x03"


def zstandard(body):
    """One frame of one raw block, as RFC 8878 3.1 has it."""
    assert len(body) < 256
    block = (len(body) << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(body)]) + block + body


def test_pages_come_packed_and_no_cookie_goes_back(tandem, site):
    packers = {"gzip": gzip.compress, "br": brotli, "zstd": zstandard}
    offered, cookies = set(), []

    def packed(name):
        def answer(handler):
            known = {c.strip() for c in handler.headers.get("Accept-Encoding", "").split(",")}
            offered.update(known)
            cookies.append(handler.headers.get("Cookie"))
            body = page(name, *(f"/{other}" for other in packers)).encode()
            handler.send_response(200)
            handler.send_header("Content-Type", "text/html")
            handler.send_header("Set-Cookie", "session=1; Path=/")
            if name in known:
                handler.send_header("Content-Encoding", name)
                body = packers[name](body)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        return answer

    site.pages = {f"/{name}": packed(name) for name in packers}
    lines = tandem.lines("crawl", "--json", "-r", site.url + "/gzip")
    assert sorted(line["markdown"].split("\n")[0] for line in lines) == ["# br", "# gzip", "# zstd"]
    libcurl = json.loads(tandem.run("doctor", "--json").stdout)["libcurl"]
    for name, library in (("gzip", "zlib/"), ("br", "brotli/"), ("zstd", "zstd/")):
        assert (name in offered) == (library in libcurl), (name, libcurl)
    assert cookies == [None] * 3


def test_done_is_not_said_when_every_page_failed(tandem, site):
    summary = tandem.index("-r", site.url, status=3)
    assert (summary["pages"], summary["failed"]) == (0, 1)
    sources = json.loads(tandem.run("status", "--db", tandem.db, "--json").stdout)["sources"]
    assert [source["last_run"] for source in sources] == ["failed"]


def test_a_page_that_failed_is_told_from_one_that_is_left_out(tandem, site):
    site.put("/", page("start", "/gone", "/film"))
    site.put("/film", b"film", "video/mp4")
    out = tandem.run("crawl", "--json", "-r", site.url, status=3)
    lines = [json.loads(line) for line in out.stdout.splitlines()]
    told = {line["url"].removeprefix(site.url): (line["skipped"], line["failed"]) for line in lines}
    assert told == {"/": (False, False), "/gone": (True, True), "/film": (True, False)}


def test_a_pattern_that_does_not_compile_is_a_usage_error(tandem, site):
    message = tandem.error("crawl", "-r", "--include", "re:(a", site.url, status=2)
    assert "re:(a does not compile: missing closing parenthesis" in message
    assert "[ without ]" in tandem.error("crawl", "-r", "--exclude", "a[b", site.url, status=2)
    assert site.requests == []


def test_regular_expressions_choose_pages(tandem, site):
    site.put("/", page("start", "/v1/a", "/v2/a", "/x/a"))
    for path in ("/v1/a", "/v2/a", "/x/a"):
        site.put(path, page(path))
    lines = tandem.lines("crawl", "--json", "-r", "--include", "re:/v[0-9]/", "--exclude",
                         "re:v2/a$", site.url)
    assert urls(lines, site) == ["/", "/v1/a"]


def test_a_copy_gives_way_to_its_canonical_address(tandem, site):
    link = '<link rel="canonical" href="/a">'
    site.put("/", page("start", "/a?from=start", "/b"))
    site.put("/a", link + page("a"))
    site.put("/b", '<link rel="canonical" href="/">' + page("b"))
    lines = tandem.lines("crawl", "--json", "-r", site.url)
    assert sorted(urls(lines, site)) == ["/", "/a", "/b"]
    reasons = [line["reason"] for line in lines if line["skipped"]]
    assert reasons == [f"its canonical address is {site.url}/a"]


# -- crawled again --


def serve_with_etags(site, pages):
    """Pages that answer 304 to who knows them; `site.sent` are the paths whose bytes went out."""
    site.sent = []

    def answer(handler):
        path = handler.path
        body = pages.get(path)
        etag = f'"{hashlib.md5((body or "").encode()).hexdigest()}"'
        status = 404 if body is None else 200
        if status == 200 and handler.headers.get("If-None-Match") == etag:
            status = 304
        handler.send_response(status)
        if status != 404:
            handler.send_header("ETag", etag)
        content = body.encode() if status == 200 else b""
        if status == 200:
            site.sent.append(path)
            handler.send_header("Content-Type", "text/html")
        if status != 304:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    class Everything(dict):
        def get(self, path):
            return answer

    site.pages = Everything()
    return pages


def test_a_second_crawl_fetches_only_what_changed_and_removes_what_is_gone(tandem, site):
    pages = serve_with_etags(site, {"/": page("start", "/a", "/b"), "/a": page("a", "/c"),
                                    "/b": page("b"), "/c": page("c")})
    first = tandem.index("-r", site.url)
    assert (first["pages"], first["unchanged"]) == (4, 0) and first["embedded"] > 0
    before = tandem.chunks()
    site.sent.clear()
    second = tandem.index("-r", site.url)
    assert (second["pages"], second["unchanged"], second["embedded"]) == (0, 4, 0)
    assert site.sent == [] and tandem.chunks() == before
    # One page changes and leads to a new one, one is gone; the others stay where they are.
    pages["/a"] = page("a, new", "/c", "/d")
    pages["/d"] = page("d")
    del pages["/b"]
    third = tandem.index("-r", site.url, status=3)
    assert sorted(site.sent) == ["/a", "/d"]
    assert (third["pages"], third["unchanged"], third["failed"]) == (2, 2, 1)
    assert not any(uri.endswith("/b") for uri, _ in tandem.chunks())
    # Nothing leads to /c and /d any more.
    pages["/a"] = page("a, newest")
    fourth = tandem.index("-r", site.url, status=3)
    assert fourth["removed"] == 2
    assert {uri.removeprefix(site.url) for uri, _ in tandem.chunks()} == {"/", "/a"}
    site.sent.clear()
    assert tandem.index("-r", "--refresh", site.url, status=3)["pages"] == 2
    assert sorted(site.sent) == ["/", "/a"]


@pytest.fixture
def hub(tandem, site):
    """An index of a start page that leads to a hub, which leads to a leaf."""
    site.put("/", page("start", "/hub"))
    site.put("/hub", page("hub", "/leaf"))
    site.put("/leaf", page("leaf"))
    assert tandem.index("-r", site.url)["pages"] == 3
    return site


def answer_with(status, *headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in (*headers, ("Content-Length", "0")):
            handler.send_header(name, value)
        handler.end_headers()

    return answer


def paths(tandem, site):
    return {uri.removeprefix(site.url) for uri, _ in tandem.chunks()}


@pytest.mark.parametrize("path", ("/", "/hub"))
@pytest.mark.parametrize(
    "fault", (401, 403, 429, 500), ids=("unauthorised", "forbidden", "too-many", "broken")
)
def test_what_a_refused_page_led_to_is_not_gone(tandem, hub, path, fault):
    hub.pages[path] = answer_with(fault, ("Retry-After", "500"))
    hub.put("/robots.txt", "", "text/plain")
    assert tandem.index("-r", hub.url, status=3)["removed"] == 0
    assert paths(tandem, hub) == {"/", "/hub", "/leaf"}


def test_a_start_page_that_is_gone_is_the_only_one_that_goes(tandem, hub):
    del hub.pages["/"]
    assert tandem.index("-r", hub.url, status=3)["removed"] == 0
    assert paths(tandem, hub) == {"/hub", "/leaf"}


def test_what_was_never_had_does_not_hold_back_what_is_gone(tandem, hub):
    hub.put("/", page("start", "/hub", "/login"))
    hub.pages["/login"] = answer_with(403)
    tandem.index("-r", hub.url, status=3)
    hub.put("/hub", page("hub without a leaf"))
    assert tandem.index("-r", hub.url, status=3)["removed"] == 1
    assert paths(tandem, hub) == {"/", "/hub"}


def test_robots_txt_takes_out_what_it_forbids_and_what_that_alone_led_to(tandem, hub):
    hub.put("/robots.txt", "User-agent: *\nDisallow: /hub\n", "text/plain")
    tandem.index("-r", hub.url)
    assert paths(tandem, hub) == {"/"}


def test_a_site_that_is_closed_to_robots_tells_nothing_of_its_pages(tandem, hub):
    hub.put("/robots.txt", "User-agent: *\nDisallow: /\n", "text/plain")
    assert tandem.index("-r", hub.url)["removed"] == 0
    assert paths(tandem, hub) == {"/hub", "/leaf"}


@pytest.mark.parametrize("limit", ((), ("-r", "--max-pages", 2)), ids=("single", "max-pages"))
def test_a_run_that_could_not_see_all_removes_nothing(tandem, hub, limit):
    hub.put("/", page("start anew", "/hub"))
    assert tandem.index(*limit, hub.url)["removed"] == 0
    assert paths(tandem, hub) == {"/", "/hub", "/leaf"}
    assert all(source["indexed_at_ms"] for source in tandem.status()["sources"])
    del hub.pages["/leaf"]
    hub.put("/hub", page("hub without a leaf"))
    assert tandem.index("-r", "--max-pages", 2, hub.url)["removed"] == 1
    assert paths(tandem, hub) == {"/", "/hub"}


def test_a_redirect_that_moves_brings_the_page_that_it_leads_to_now(tandem, site):
    def dated(title, day):
        def answer(handler):  # as a file server does: whoever knows a later one needs nothing
            known = handler.headers.get("If-Modified-Since")
            body = page(title).encode()
            when = time.strptime(f"2024-05-{day:02}", "%Y-%m-%d")
            is_known = known and time.strptime(known, "%a, %d %b %Y %H:%M:%S GMT") >= when
            handler.send_response(304 if is_known else 200)
            handler.send_header("Last-Modified",
                                time.strftime("%a, %d %b %Y %H:%M:%S GMT", when))
            if not is_known:
                handler.send_header("Content-Type", "text/html")
                handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            if not is_known:
                handler.wfile.write(body)

        return answer

    def titles():
        return sorted(row[0].decode().split("\n")[0] for row in tandem.chunks().values())

    site.put("/", page("start", "/moving", "/staying"))
    site.pages["/moving"] = answer_with(302, ("Location", "/new"))
    site.pages["/new"], site.pages["/old"] = dated("newer", 20), dated("older", 10)
    site.pages["/staying"] = dated("plain", 20)
    tandem.index("-r", site.url)
    assert titles() == ["# newer", "# plain", "# start"]
    site.pages["/moving"] = answer_with(302, ("Location", "/old"))
    site.pages["/staying"] = answer_with(302, ("Location", "/older"))
    site.pages["/older"] = dated("behind plain", 10)
    tandem.index("-r", site.url)
    assert titles() == ["# behind plain", "# older", "# start"]
    site.pages["/moving"] = dated("come back", 5)
    tandem.index("-r", site.url)
    assert titles() == ["# behind plain", "# come back", "# start"]


def test_a_sitemap_says_what_need_not_be_asked_for(tandem, site):
    site.put("/map.xml", urlset("/a", "/b"))
    for name in "ab":
        site.put(f"/{name}", page(name))
    tandem.index("--mode", "sitemap", site.url + "/map.xml")
    dated = [f"<url><loc>/{n}</loc><lastmod>{d}</lastmod></url>"
             for n, d in (("a", "2001-02-03"), ("b", "2999-01-01"))]
    site.put("/map.xml", f"<urlset>{''.join(dated)}</urlset>")
    site.requests.clear()
    again = tandem.index("--mode", "sitemap", site.url + "/map.xml")
    assert (again["unchanged"], again["embedded"]) == (2, 0)
    assert "/a" not in site.requests and "/b" in site.requests


def n_visits(state):
    """How many pages a crawl's state has."""
    if not state.exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as db:
        try:
            return db.execute("SELECT count(*) FROM visits").fetchone()[0]
        except sqlite3.OperationalError:  # it is only being made
            return 0


def wait_until(is_so):
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def kill_after(tandem, site, n_pages, *args):
    """Starts the program and kills it once that many pages were asked for."""
    running = subprocess.Popen([PROGRAM, *map(str, args)], cwd=tandem.folder,
                               env=tandem.environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    with site.asked:
        site.asked.wait_for(lambda: site.n_asked >= n_pages, timeout=120)
    running.send_signal(signal.SIGKILL)
    out = running.communicate()[0]
    return out.decode()


def test_a_killed_crawl_goes_on_where_it_was(tandem, site):
    n, n_given, state = 120, 60, tandem.folder / "state.db"
    pages = {f"/p{i}": page(f"page {i}", f"/p{i + 1}", f"/p{2 * i}") for i in range(n)}
    pages["/"] = page("start", "/p0", "/p60")
    asked, over = itertools.count(), threading.Event()

    class Held(dict):
        def get(self, path, default=None):
            if path in self and path != "/" and next(asked) >= n_given and not over.is_set():
                over.wait(120)
                return None  # whoever asked is dead
            return super().get(path, default)

    serve_with_etags(site, Held(pages))
    args = ("crawl", "--json", "-r", "--state", state, site.url)
    running = subprocess.Popen([PROGRAM, *map(str, args)], cwd=tandem.folder,
                               env=tandem.environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    # The rest is held back, so what was given is soon all in the state.
    wait_until(lambda: n_visits(state) == n_given + 1)
    running.send_signal(signal.SIGKILL)
    killed = running.communicate()[0].decode()
    over.set()
    whole = [json.loads(line) for line in killed.splitlines() if line.endswith("}")]
    printed = [line["url"] for line in whole if not line["skipped"]]
    before = list(site.sent)
    site.sent.clear()
    lines = tandem.lines(*args, status=3)  # the last pages lead to one that is not there
    rest = [line["url"] for line in lines if not line["skipped"] and not line["unchanged"]]
    kept = [line for line in lines if line["unchanged"]]
    assert len(kept) == n_given + 1  # one more: the start page
    # What was had is not fetched again, but for what was under way; nothing is lost.
    assert len(site.sent) <= n + 1 - len(kept)
    assert {u.removeprefix(site.url) for u in printed + rest} == set(pages)
    assert len(before) + len(site.sent) <= n + 1 + 70
    # Once it is done, the next one asks again, and nothing has changed.
    site.requests.clear()
    lines = tandem.lines(*args, status=3)
    assert len([line for line in lines if line["unchanged"]]) == n + 1
    assert len(site.requests) > n


def test_a_killed_index_goes_on_where_it_was(tandem, site):
    site.asked, site.n_asked = threading.Condition(), 0
    pages = {f"/p{i}": page(f"page {i}", f"/p{i + 1}") for i in range(40)}
    pages["/"] = page("start", "/p0")

    class Counted(dict):
        def get(self, path, default=None):
            with site.asked:
                site.n_asked += 1
                site.asked.notify_all()
            return super().get(path, default)

    serve_with_etags(site, Counted(pages))
    args = ("index", "--db", tandem.db, "-r", site.url)
    kill_after(tandem, site, 25, *args)
    site.sent.clear()
    summary = tandem.index("-r", site.url, status=3)
    assert summary["pages"] + summary["unchanged"] == 41
    whole = type(tandem)(tandem.folder / "whole")
    whole.folder.mkdir()
    whole.index("-r", site.url, status=3)
    assert whole.chunks() == tandem.chunks()
