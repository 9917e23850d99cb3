"""The dashboard as people use it, in a real browser."""

import json
import random
import re
import urllib.parse

import pytest

import browser as chromium
from conftest import prose
from serving import Server
from test_serve_runner import crawl, follow, link_pages

HOSTILE = (
    "</script><script>window.owned = 1</script><img src=x onerror='window.owned = 2'> \"'`&amp; "
    "\u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0633\u0644\u0627\u0645 "
    "javascript:alert(1) {{7*7}} \u0000-free quokka"
).replace("\u0000", "")


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path, "--allow-private", "--no-robots") as server:
        yield server


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not chromium.find():
        pytest.skip("no Chromium is installed")
    with chromium.Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def check_quiet(page, server):
    """Nothing to complain of, and nobody else was asked."""
    assert page.complaints == []
    assert page.requests and all(url.startswith(server.url + "/") for url in page.requests)
    assert page.run("window.owned") is None


def test_the_page_may_load_nothing_from_elsewhere(server):
    names = ["/"] + ["/ui/" + name for name in ("app.js", "style.css", "icon.svg", "theme.js")]
    for path in names:
        reply = server.get(path)
        assert reply.status == 200
        policy = ", ".join(reply.headers.get_all("Content-Security-Policy"))
        assert "default-src 'self'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and "require-trusted-types-for 'script'" in policy
        assert reply.headers["Referrer-Policy"] == "no-referrer"
    html = server.get("/").body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style|https?://", html)
    for bad in ("/ui/none.js", "/ui/../serve", "/ui/%2e%2e%2findex.html", "/ui/"):
        assert server.get(bad).status == 404


def start_from_the_page(page, address):
    page.until("document.querySelector('#link').dataset.state === 'live'")
    page.fill("textarea[name=urls]", address)
    page.enter()
    return page.until("location.hash.match(/^#\\/runs\\/([0-9a-f]{32})/)?.[1]")


def test_a_crawl_from_start_to_an_opened_chunk(server, site, browser):
    link_pages(site, 12)
    site.put(
        "/docs/",
        site.pages["/docs/"][1].decode().replace("</main>", "<a href='/docs/held'>h</a></main>"),
    )
    asked, release = site.hold("/docs/held")
    page = browser.open(server.url)
    assert "Nothing has run so far" in page.until("document.querySelector('.empty')?.innerText")
    job = start_from_the_page(page, site.url + "/docs/")
    # Both lanes move while the crawl goes on: the page sees it without being touched.
    for lane in ("gte", "coderank"):
        page.until(
            f"/^[1-9]\\d* of/.test(document.querySelector('[data-lane={lane}] .under').innerText)"
        )
        page.until(f"document.querySelector('.plot.rate .{lane}')?.getAttribute('d').length > 40")
    page.until("document.querySelectorAll('.slots .plot').length > 0")
    page.until("document.querySelectorAll('table.pages tbody tr').length >= 5")
    assert page.run("document.querySelector('.badge').innerText") == "running"
    assert asked.wait(60)
    release.set()
    page.until("document.querySelector('.badge').innerText === 'completed'")
    end = server.get(f"/progress/{job}").json
    assert end["status"] == "completed"
    page.until("document.querySelector('.percent').innerText === '100 %'")
    # Search, by keyboard from the page's head on, with a filter; then a chunk.
    page.click("nav a[data-nav=search]")
    page.until("document.activeElement.name === 'q'")
    page.type("subject number 3")
    page.enter()
    page.until("document.querySelectorAll('.hit').length > 1")
    assert page.run("document.querySelectorAll('.hit mark').length") > 0
    page.click("summary")
    page.run("document.querySelector('select[name=kind]').value = 'code'")
    page.click(".search .primary")
    page.until(
        "location.hash.includes('kind=code') && document.querySelectorAll('.hit').length > 1 &&"
        " [...document.querySelectorAll('.hit .chip')].every((c) => c.innerText === 'code')"
    )
    page.click(".hit .title")
    page.until("document.querySelector('.source .text')?.innerText.includes('def page_')")
    chunk = page.run("location.hash.match(/chunk\\/(\\d+)/)[1]")
    told = server.get(f"/chunk/{chunk}").json
    assert page.run("document.querySelector('.source .text').textContent") in told["chunk_text"]
    page.click(".crumbs a")
    page.until("document.querySelectorAll('.hit').length > 1")
    page.click("nav a[data-nav=index]")
    page.until("[...document.querySelectorAll('dt')].some((e) => e.innerText === 'on disk')")
    check_quiet(page, server)


def test_cancel_and_a_server_that_goes_and_comes(server, site, browser):
    link_pages(site, 3)
    asked, release = site.hold("/docs/1")
    page = browser.open(server.url)
    start_from_the_page(page, site.url + "/docs/")
    assert asked.wait(60)
    page.click(".head .danger")
    page.until("document.querySelector('.badge').innerText === 'cancelled'")
    release.set()
    check_quiet(page, server)
    server.end()
    page.until("!document.querySelector('#gone').hidden")
    assert page.run("document.querySelector('#link').innerText") == "no connection"
    # At the same place again, it is found without a reload.
    server.args[server.args.index("--port") + 1] = str(server.port)
    server.start()
    page.click("#again")
    page.until("document.querySelector('#gone').hidden")
    assert page.run("document.querySelector('#link').innerText") == "live"


def test_text_of_pages_is_text(server, site, browser):
    body = escaped(HOSTILE)
    site.put(
        "/docs/",
        f"<html><title>{body}</title><main><h1>{body}</h1><p>{prose(random, 20)}"
        f" {body}</p><pre><code>{body}\nint main(void) {{ return 0; }}</code></pre></main>",
    )
    site.put("/x", b"")
    urls = [site.url + "/docs/", site.url + "/x?<script>window.owned=3</script>'\""]
    job = crawl(
        server, site, urls=[urls[0], urllib.parse.quote(urls[1], ":/?")], mode="batch",
        project="</bdi><script>window.owned=4</script>",
    )
    assert follow(server, job)["status"] == "completed"
    page = browser.open(f"{server.url}/#/runs/{job}")
    page.until("document.querySelectorAll('table.pages tbody tr').length === 2")
    title = page.run("document.querySelector('.pages .title').textContent")
    assert "<script>window.owned = 1</script>" in title and "\u202e" in title
    assert page.run("document.querySelectorAll('main script, main img').length") == 0
    for word in ("quokka", "owned"):
        page.go(f"{server.url}/#/search?q={word}&again={word}")
        page.until("document.querySelector('.hit .snippet')")
        assert page.run("document.querySelector('.hit bdi, .hit [dir=auto]') !== null")
        assert page.run("document.querySelectorAll('main script, main img').length") == 0
    page.click(".hit .title")
    page.until(
        "document.querySelector('main .source, main .prose')?.textContent.includes('</script>')"
    )
    assert page.run("document.querySelectorAll('main script, main img').length") == 0
    page.go(server.url + "/#/index")
    page.until("document.querySelector('main').textContent.includes('window.owned=4')")
    assert not page.run("[...document.links].some((a) => a.protocol === 'javascript:')")
    check_quiet(page, server)


def test_with_a_key_the_page_asks_for_it(tmp_path, browser):
    with Server(tmp_path, env={"TANDEM_API_KEY": "opensesame"}) as server:
        page = browser.open(server.url)
        page.until("document.querySelector('#key').open")
        for key, after in (("wrong", "#key-error"), ("opensesame", None)):
            page.until("document.activeElement.id === 'key-input'")
            page.type(key)
            page.enter()
            if after:
                page.until(f"document.querySelector('{after}').innerText.includes('not know')")
        page.until("document.querySelector('#link').dataset.state === 'live'")
        page.until("document.querySelector('.empty')")
        assert page.run("JSON.stringify(localStorage)") == "{}"
        assert "opensesame" not in page.run("location.href") + "".join(page.requests)
        page.go(server.url + "/?again")  # this tab knows it still
        page.until("document.querySelector('#link').dataset.state === 'live'")
        page.until("document.querySelector('.empty')")  # it moves what stands below
        assert not page.run("document.querySelector('#key').open")
        page.click("#forget")
        page.until("document.querySelector('#key').open")
        assert all("401" in complaint for complaint in page.complaints)


VIEWS = ("#/", "#/runs/{job}", "#/search?q=lane&kind=code", "#/chunk/{chunk}", "#/index")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A server with a run that is over, one that goes on, and one that waits; and its views."""
    from conftest import Site

    site = Site()
    link_pages(site, 4)
    long = "a" * 300
    site.put(f"/docs/{long}", f"<title>{long}</title><main><p>{prose(random, 9)} {long}")
    _, release = site.hold("/docs/held")
    folder = tmp_path_factory.mktemp("filled")
    with Server(folder, "--allow-private", "--no-robots") as server:
        urls = [site.url + path for path in ("/docs/", "/docs/1", f"/docs/{long}", "/none")]
        job = crawl(server, site, urls=urls, mode="batch")
        follow(server, job)
        crawl(server, site, urls=[site.url + "/docs/held"], mode="batch")
        crawl(server, site, urls=urls, mode="batch")
        hits = server.post("/search", {"query": "lane", "filter_code": True}).json["results"]
        yield server, [view.format(job=job, chunk=hits[0]["id"]) for view in VIEWS]
        release.set()
    site.server.shutdown()


def settle(page, view):
    page.until(f"document.querySelector('main').dataset.view === {json.dumps(view)}")
    page.until("document.querySelector('#link').dataset.state === 'live'")
    page.until("document.querySelector('main .figures, main .hit, main .source')")


# Relative luminance and contrast as WCAG 2.2 defines them, of every text that can be seen.
CONTRAST = """(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
    const rgba = (color) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].map((v, i) => i < 3 ? v : v / 255);
    };
    const over = ([r, g, b, a], under) =>
        [r, g, b].map((v, i) => v * a + under[i] * (1 - a)).concat(1);
    const ground = (e) => {
        if (!e) return [255, 255, 255, 1];
        const color = rgba(getComputedStyle(e).backgroundColor);
        return color[3] === 1 ? color : over(color, ground(e.parentElement));
    };
    const light = (color) => color.slice(0, 3).map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const bad = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let n = 0;
    while (walk.nextNode()) {
        const e = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest(":disabled, option"))
            continue;
        const under = ground(e), ink = over(rgba(getComputedStyle(e).color), under);
        const [a, b] = [light(ink), light(under)].sort((x, y) => y - x);
        n++;
        if ((a + 0.05) / (b + 0.05) < 4.5)
            bad.push(`${e.tagName}.${e.className}: ${walk.currentNode.data.slice(0, 40)} ${
                ((a + 0.05) / (b + 0.05)).toFixed(2)}`);
    }
    return {n, bad};
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read(filled, browser, dark):
    server, views = filled
    page = browser.open(server.url, dark=dark)
    for view in views:
        page.go(f"{server.url}/{view}")
        settle(page, view)
        seen = page.run(CONTRAST)
        assert seen["n"] > 20 and seen["bad"] == [], view
    page.run("document.querySelector('#theme').value = 'light'")
    page.run("document.querySelector('#theme').dispatchEvent(new Event('change'))")
    page.go(server.url + "/?chosen")
    settle(page, "")
    assert page.run("getComputedStyle(document.body).colorScheme") == "light"
    page.run("localStorage.clear()")
    check_quiet(page, server)


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_screen(filled, browser, width):
    server, views = filled
    page = browser.open(server.url, width=width, height=740)
    for view in views:
        page.go(f"{server.url}/{view}")
        settle(page, view)
        page.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert page.run("document.scrollingElement.scrollWidth") <= width, view
        out = page.run(
            """[...document.querySelectorAll("main *, header *")].filter((e) =>
                e.checkVisibility() && !e.closest(".source, .wide, .hidden") &&
                e.getBoundingClientRect().right > innerWidth + 0.5).map((e) => e.outerHTML)"""
        )
        assert out == [], view


def test_names_roles_and_order_for_those_who_do_not_see_it(filled, browser):
    server, views = filled
    page = browser.open(server.url)
    assert page.run("document.documentElement.lang") == "en"
    for view in views:
        page.go(f"{server.url}/{view}")
        settle(page, view)
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        roles = [node.get("role", {}).get("value") for node in nodes]
        assert roles.count("main") == 1 and roles.count("banner") == 1
        assert "navigation" in roles and page.run("document.querySelectorAll('h1').length") == 1
        for node in nodes:
            role, name = node["role"]["value"], node.get("name", {}).get("value", "")
            if role in (
                "button link textbox searchbox combobox checkbox radio spinbutton progressbar "
                "dialog region form search table"
            ).split() and not node.get("ignored"):
                assert name.strip(), (view, role, json.dumps(node))
        # What can be focused by Tab comes in the order of the document, all of it visible.
        wanted = page.run(
            """[...document.querySelectorAll("a[href], button, input, select, textarea, summary,"
                + " [tabindex='0']")].filter((e) => e.checkVisibility() && !e.disabled &&
                !(e.type === "radio" && !e.checked)).length"""
        )
        page.run("window.before = document.querySelector('.skip')")
        page.run("window.before.focus()")
        for _ in range(min(wanted - 1, 14)):
            page.tab()
            assert page.run(
                """(() => {
                    const e = document.activeElement, before = window.before;
                    window.before = e;
                    return e !== document.body && e.checkVisibility() &&
                        Boolean(before.compareDocumentPosition(e) & 4);
                })()"""
            ), (view, page.run("document.activeElement.outerHTML"))
        outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid" or page.run("document.activeElement.type") == "radio"
    # Live regions are few, and none of them holds figures that change all the time.
    page.go(f"{server.url}/{views[1]}")
    settle(page, views[1])
    regions = page.run(
        "[...document.querySelectorAll('[role=status], [role=alert], [aria-live]')]"
        ".filter((e) => e.querySelector('.num, progress, table')).length"
    )
    assert regions == 0
