"""Crawls of sites on loopback: where pages come from, what is left out and why, limits."""

import gzip
import json

import pytest


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
    return site


def test_each_mode_takes_what_it_says(tandem, docs):
    def crawl(*args):
        return sorted(urls(tandem.lines("crawl", "--json", *args, docs.url), docs))

    assert crawl() == ["/"]
    assert crawl("-r") == ["/", "/linked"]
    assert crawl("--mode", "recursive") == ["/", "/linked"]
    assert crawl("--mode", "sitemap") == ["/mapped"]
    assert crawl("--mode", "llms") == ["/listed", "/llms.txt"]
    assert crawl("--mode", "auto") == ["/", "/linked", "/listed", "/llms.txt", "/mapped"]
    assert "/secret" not in docs.requests


def test_an_index_in_sitemap_mode_finds_the_pages(tandem, docs):
    summary = tandem.index("--mode", "sitemap", docs.url)
    assert (summary["pages"], summary["failed"], summary["skipped"]) == (1, 0, 1)


def test_a_dry_run_fetches_nothing_but_what_it_lists_from(tandem, docs):
    def listing(*args):
        lines = tandem.lines("crawl", "--json", "--dry-run", *args, docs.url)
        return {line["url"].removeprefix(docs.url): line["would"] for line in lines}

    assert listing("-r", "--exclude", "linked") == {"/": "fetch", "/linked": "skip"}
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
    lines = tandem.lines("crawl", "--json", "-r", "--max-pages", 40, site.url)
    assert len([line for line in lines if not line["skipped"]]) == 40
    site.requests.clear()
    tandem.run("crawl", "-r", "--max-bytes", "5k", site.url, status=3)
    assert len(site.requests) < 60
    out = tandem.run("crawl", "-r", "--max-time", "300ms", site.url, status=3)
    assert b"the limit of time is reached" in out.stderr
    site.requests.clear()
    tandem.run("crawl", "-r", "--max-pages", 60, "--max-variants", 5, site.url)
    assert len([path for path in site.requests if path.startswith("/calendar")]) <= 5


def test_a_million_links_on_a_page_are_one_page(tandem, site):
    site.put("/", "".join(f'<a href="/p{i}.html">x</a>' for i in range(1_000_000)))
    out = tandem.run("crawl", "--depth", 1, "--max-pages", 3, "--max-file-size", "100M", site.url)
    assert b"1 pages, 0 skipped, 0 failed" in out.stderr


def test_a_page_that_links_to_itself_alone_is_one_page(tandem, site):
    site.put("/", page("self", "/", "#a", "?", "/?#x", "."))
    lines = tandem.lines("crawl", "--json", "-r", site.url)
    assert urls(lines, site) == ["/"]


def test_done_is_not_said_when_every_page_failed(tandem, site):
    summary = tandem.index("-r", site.url, status=3)
    assert (summary["pages"], summary["failed"]) == (0, 1)
    sources = json.loads(tandem.run("status", "--db", tandem.db, "--json").stdout)["sources"]
    assert [source["last_run"] for source in sources] == ["failed"]
