"""Pages that show nothing until their scripts have run, drawn by a real Chromium."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import pytest

import browser
from conftest import PROGRAM, Tandem
from serving import Server
from test_ssrf import Listener, redirect_to

pytestmark = pytest.mark.skipif(not browser.find(), reason="needs Chromium")

# Chromium's sandbox does not work for root, as whom tests run in a container, nor where nobody may
# make a user namespace.
HAS_SANDBOX = os.geteuid() != 0 and subprocess.run(["unshare", "-U", "true"]).returncode == 0
SANDBOX = [] if HAS_SANDBOX else ["--no-browser-sandbox"]

# A browser takes seconds to start, and on a busy machine many of them.
PATIENT = ["--timeout", "180"]

SHELL = """<!doctype html><html lang="en"><title>An application</title>
<script src="/app.js" defer></script>
<body><noscript>You need to enable JavaScript to run this app.</noscript>
<div id="root"></div></body></html>"""

APP = """
const root = document.getElementById('root');
fetch('/data' + (location.pathname === '/' ? '/start' : location.pathname) + '.json')
    .then(answer => answer.ok ? answer.json() : {title: 'No such page', links: []})
    .then(data => {
        document.title = data.title;
        root.innerHTML = '<main><h1>' + data.title + '</h1><p>' + data.text + '</p>' +
            data.links.map(link => '<a href="' + link + '">to ' + link + '</a> ').join('') +
            '</main>';
    });
"""


def data(title, *links):
    text = f"What is written of {title} came as data, and no reader without scripts will see it. "
    return json.dumps({"title": title, "text": text * 5, "links": links})


@pytest.fixture
def app(site):
    """Three pages of an application, whose bytes are all the same."""
    site.put("/app.js", APP, "text/javascript")
    for path, title, links in (
        ("/", "Start", ["/one", "/two"]),
        ("/one", "The first", []),
        ("/two", "The second", []),
    ):
        site.put(path, SHELL)
        name = "/start" if path == "/" else path
        site.put(f"/data{name}.json", data(title, *links), "application/json")
    return site


def crawl(tandem, *args, status=0, **more):
    lines = tandem.lines("crawl", "--json", *SANDBOX, *PATIENT, *args, status=status, **more)
    return {line["url"].split("/", 3)[3]: line for line in lines}


def left_over(folder):
    """Processes of a browser whose profile lies in the folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(folder).encode() in (entry / "cmdline").read_bytes():
                found.append(entry.name)
        except OSError:
            pass
    return found


def wait_until_none_is_left(folder):
    deadline = time.monotonic() + 30
    while left_over(folder):
        assert time.monotonic() < deadline, left_over(folder)
        time.sleep(0.02)


@pytest.fixture
def profiles(monkeypatch):
    """Where browsers keep their profiles; by a short name, which Chromium needs."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield pathlib.Path(folder)
        wait_until_none_is_left(folder)


@pytest.fixture
def folder(profiles):
    """The same, empty at the end."""
    yield profiles
    wait_until_none_is_left(profiles)
    assert not list(profiles.iterdir())


def test_pages_of_an_application_are_drawn_and_others_are_not(tandem, app, folder):
    app.put("/plain", "<h1>Plain</h1><script src=/plain.js></script>" + "<p>Its own text.</p>" * 50)
    app.put("/data/start.json", data("Start", "/one", "/two", "/plain"), "application/json")
    pages = crawl(tandem, "-r", app.url)
    assert {name: page["drawn"] for name, page in pages.items()} == {
        "": True, "one": True, "two": True, "plain": False}
    assert "What is written of The first" in pages["one"]["markdown"]
    assert pages["two"]["title"] == "The second"
    assert "enable JavaScript" not in pages["one"]["markdown"]
    assert "/plain.js" not in app.requests and app.requests.count("/app.js") == 1
    assert app.requests.count("/one") == 1  # the browser is given what was fetched


def test_never_runs_no_script_and_always_runs_all(tandem, app, folder):
    pages = crawl(tandem, "--render=never", app.url + "/one")
    assert not pages["one"]["drawn"] and "/app.js" not in app.requests
    app.put("/", "<h1>Plain</h1>" + "<p>Its own text.</p>" * 50 + """<p id=p></p><script>
        document.getElementById('p').textContent = 'and a word \\ud800 more \\u{1F600}';
        class Box extends HTMLElement { constructor() { super();
            this.attachShadow({mode: 'open'}).innerHTML = '<p>In the <slot></slot></p>'; } };
        customElements.define('x-box', Box);
        document.body.append(Object.assign(document.createElement('x-box'), {innerHTML: 'shadow'}));
        alert('nobody is there');
        </script>""")
    page = crawl(tandem, "--render=always", app.url)[""]
    assert page["drawn"]
    assert "and a word \N{REPLACEMENT CHARACTER} more \U0001F600" in page["markdown"]
    assert "In the shadow" in page["markdown"]


def test_an_index_of_drawn_pages_is_unchanged_until_their_data_changes(tandem, app, folder):
    first = tandem.index("-r", *SANDBOX, app.url)
    assert (first["pages"], first["failed"], first["skipped"]) == (3, 0, 0)
    assert tandem.finds("what is written of the second", "/two")
    app.put("/data/two.json", data("The second, as it is now"), "application/json")
    later = tandem.index("-r", *SANDBOX, app.url)
    assert (later["pages"], later["unchanged"]) == (1, 2)


def test_what_a_page_asks_for_is_asked_as_a_crawl_asks(tandem, app, folder):
    seen = {}

    def posted(handler):
        seen["post"] = handler.rfile.read(int(handler.headers["Content-Length"]))
        seen["headers"] = dict(handler.headers)
        body = json.dumps({"title": "Posted", "text": "text " * 100, "links": []}).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Set-Cookie", "a=b")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    app.pages["/api"] = posted
    handler = app.server.RequestHandlerClass
    handler.do_POST = handler.do_GET
    app.put("/robots.txt", "User-agent: *\nDisallow: /secret\n", "text/plain")
    app.pages["/moved"] = redirect_to("/secret/behind")
    app.put("/", SHELL.replace('src="/app.js" defer', "") + """<script>
        const text = [];
        const say = what => { text.push(what); document.getElementById('root').innerHTML =
            '<p>' + text.join(' | ') + '</p>'; };
        const ask = (name, url, how) => fetch(url, how).then(
            answer => say(name + ' came ' + answer.status), () => say(name + ' failed'));
        document.cookie = 'x=y';
        ask('api', '/api', {method: 'POST', body: '{"query": 1}',
            headers: {'Content-Type': 'application/json', 'X-Key': 'k', 'Cookie': 'c=d'}});
        ask('secret', '/secret/data');
        ask('moved', '/moved');
        ask('delete', '/data', {method: 'DELETE'});
        new Image().src = '/picture.png';
        </script><link rel=stylesheet href=/style.css><iframe src=/frame></iframe>""")
    page = crawl(tandem, app.url, "--user-agent", "tester/1")[""]
    for what in ("api came 200", "secret failed", "moved failed", "delete failed"):
        assert what in page["markdown"], page
    assert seen["post"] == b'{"query": 1}' and seen["headers"]["X-Key"] == "k"
    assert seen["headers"]["User-Agent"] == "tester/1" and "Cookie" not in seen["headers"]
    assert set(app.requests) == {"/robots.txt", "/", "/moved", "/api"}


def test_where_a_script_sends_its_reader_is_a_link(tandem, app, folder):
    app.put("/", SHELL.replace('<script src="/app.js" defer>', "<script>location = '/one?a=1&b';"))
    pages = crawl(tandem, "-r", app.url)
    assert pages["one?a=1&b"]["drawn"]


def start_drawing(tandem, *args):
    return subprocess.Popen(
        [PROGRAM, "crawl", *SANDBOX, *PATIENT, *args],
        cwd=tandem.folder,
        env=tandem.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def scripted(script):
    return SHELL.replace('src="/app.js" defer>', ">").replace(
        "</body>", f"<script>{script}</script></body>")


def test_a_page_that_grows_or_is_never_still_spoils_only_itself(tandem, app, folder):
    app.put("/grow", scripted("document.getElementById('root').textContent = 'x'.repeat(3e6)"))
    app.put("/reload", scripted("location.reload()"))
    app.put("/tick", scripted(
        "setInterval(() => document.getElementById('root').append('tick '), 20)"))
    app.put("/close", SHELL.replace("</body>", "<script>window.close()</script></body>"))
    app.put("/data/start.json", data("Start", "/grow", "/reload", "/tick", "/close", "/one"),
            "application/json")
    pages = crawl(tandem, "-r", "--render=always", "--max-file-size", "1M", app.url)
    assert "(--max-file-size)" in pages["grow"]["reason"] and pages["grow"]["skipped"]
    assert "tick tick" in pages["tick"]["markdown"]
    assert all(pages[name]["drawn"] for name in ("one", "reload", "close"))


def test_a_page_that_hangs_ends_at_its_time_limit(tandem, app, folder):
    app.put("/hang", scripted("for (;;);"))
    page = crawl(tandem, "--render=always", "--timeout", "2", app.url + "/hang", status=3)["hang"]
    assert "not drawn within the time limit" in page["reason"] and page["skipped"]


def test_a_browser_that_ends_is_started_again(tandem, app, folder):
    asked, release = app.hold("/data/start.json")
    urls = [app.url + "/one", app.url, app.url + "/two"]
    process = start_drawing(tandem, "--json", "--render=always", *urls)
    assert asked.wait(60)
    for pid in left_over(folder):
        with contextlib.suppress(ProcessLookupError):  # it went with its parent
            os.kill(int(pid), signal.SIGKILL)
    out = process.communicate(timeout=120)[0]
    release.set()
    assert process.returncode == 3
    pages = [json.loads(line) for line in out.splitlines()]
    assert pages[0]["drawn"] and "the browser has ended" in pages[1]["reason"]
    assert "What is written of The second" in pages[2]["markdown"]


def test_without_a_browser_pages_are_taken_as_they_are_or_it_is_an_error(tandem, app):
    nowhere = {"PATH": "/nowhere"}
    out = tandem.run("crawl", *SANDBOX, "-r", app.url + "/one", app.url + "/two", env=nowhere)
    notes = [line for line in out.stderr.decode().splitlines() if "as they are" in line]
    assert len(notes) == 1 and "install the package chromium" in notes[0]
    line = tandem.error("crawl", *SANDBOX, "--render=always", app.url, status=1, env=nowhere)
    assert "install the package chromium" in line
    line = tandem.error("crawl", *SANDBOX, "--render=always", "--browser=/etc/passwd", app.url,
                        status=1)
    assert "/etc/passwd is no program" in line
    out = tandem.run("crawl", *SANDBOX, "--browser=true", app.url + "/one", app.url + "/two")
    assert b"ends as soon as it is started" in out.stderr
    if os.geteuid() == 0:
        line = tandem.error("crawl", "--render=always", app.url, status=1)
        assert "sandbox does not work for root" in line and "--no-browser-sandbox" in line


def test_a_killed_program_takes_its_browser_with_it(tandem, app, profiles):
    asked, release = app.hold("/data/start.json")
    process = start_drawing(tandem, app.url)
    assert asked.wait(60)
    assert left_over(profiles)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    release.set()
    wait_until_none_is_left(profiles)
    (left,) = profiles.iterdir()  # who is killed cannot tidy up; who comes next does
    os.utime(left, (1, 1))
    crawl(tandem, app.url + "/one")
    assert not list(profiles.iterdir())


def test_a_signal_ends_a_drawing(tandem, app, folder):
    asked, release = app.hold("/data/start.json")
    process = start_drawing(tandem, app.url)
    assert asked.wait(60)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    release.set()


def test_the_daemon_draws_what_it_is_asked_to_crawl(tandem, app, folder):
    with Server(tandem.folder, "--allow-private", *SANDBOX) as server:
        body = {"urls": [app.url + "/one"], "project": "p"}
        job = server.post("/crawl", body).json["progress_id"]
        while server.get(f"/progress/{job}").json["status"] == "running":
            time.sleep(0.05)
        reply = server.post("/search", {"query": "what is written", "project": "p"})
    assert b"What is written of The first" in reply.body


def attacks(port):
    web = f"http://127.0.0.1:{port}"
    return f"""
    const ways = {json.dumps([
        web + "/fetch", f"http://[::1]:{port}/", f"http://localhost:{port}/", "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data/", f"http://0x7f000001:{port}/",
        f"http://[::ffff:127.0.0.1]:{port}/", "chrome://version/", f"ftp://127.0.0.1:{port}/",
    ])};
    const out = [];
    const say = what => {{ out.push(what); document.getElementById('root').textContent =
        out.join(' ') }};
    for (const way of [...ways, '/redirected', '/redirected-file']) {{
        fetch(way).then(a => a.text()).then(t => say('READ ' + way + t), e => say('failed'));
        for (const [tag, name] of [['iframe', 'src'], ['img', 'src'], ['script', 'src'],
            ['object', 'data'], ['embed', 'src'], ['video', 'src'], ['link', 'href']]) {{
            const e = document.createElement(tag);
            if (tag === 'link') e.rel = 'prefetch';
            e[name] = way;
            document.body.append(e);
        }}
        for (const rel of ['preconnect', 'dns-prefetch', 'preload', 'prerender', 'stylesheet']) {{
            const e = document.createElement('link');
            e.rel = rel; e.href = way; e.as = 'script';
            document.head.append(e);
        }}
        try {{ navigator.sendBeacon(way, 'x') }} catch (e) {{}}
        try {{ new EventSource(way) }} catch (e) {{}}
        try {{ importScripts(way) }} catch (e) {{}}
        try {{ new Worker(way) }} catch (e) {{}}
        try {{ new SharedWorker('/shared.js#' + way) }} catch (e) {{}}
        try {{ window.open(way) }} catch (e) {{}}
    }}
    try {{ new WebSocket('ws://127.0.0.1:{port}/') }} catch (e) {{}}
    try {{ new WebTransport('https://127.0.0.1:{port}/') }} catch (e) {{}}
    try {{ const c = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{port}'}},
        {{urls: 'turn:127.0.0.1:{port}?transport=tcp', username: 'u', credential: 'c'}}]}});
        c.createDataChannel('x');
        c.createOffer().then(o => c.setLocalDescription(o)) }} catch (e) {{}}
    navigator.serviceWorker.register('/sw.js').then(() => say('here'), () => say('no worker'));
    const form = document.createElement('form');
    form.action = '{web}/form'; form.method = 'POST'; form.target = 'x';
    document.body.append(form); form.submit();
    setTimeout(() => {{ location = '{web}/navigated' }}, 0);
    """


def test_a_drawn_page_reaches_nothing_private(tandem, app, folder):
    listener = Listener()
    app.put("/", SHELL.replace('src="/app.js" defer', 'src="/attack.js" defer'))
    app.put("/attack.js", attacks(listener.port), "text/javascript")
    app.put("/sw.js", f"fetch('http://127.0.0.1:{listener.port}/sw')", "text/javascript")
    app.put("/shared.js", f"fetch('http://127.0.0.1:{listener.port}/shared')", "text/javascript")
    app.pages["/redirected"] = redirect_to(f"http://127.0.0.1:{listener.port}/")
    app.pages["/redirected-file"] = redirect_to("file:///etc/passwd")
    page = crawl(tandem, "--render=always", app.url)[""]
    assert page["drawn"] and "failed failed failed" in page["markdown"], page
    assert "READ" not in page["markdown"] and "root:" not in json.dumps(page)
    assert "/redirected" in app.requests
    assert listener.count == 0


# -- closed, crashed --


def kill_renderers(folder):
    """The processes in which pages live, not the browser."""
    for pid in left_over(folder):
        with contextlib.suppress(OSError):
            if b"--type=renderer" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(int(pid), signal.SIGKILL)


def test_a_page_whose_process_ends_is_a_failure_and_the_crawl_goes_on(tandem, app, folder):
    asked, release = app.hold("/data/start.json")
    urls = [app.url + "/one", app.url, app.url + "/two"]
    process = start_drawing(tandem, "--json", "--render=always", *urls)
    assert asked.wait(180)
    kill_renderers(folder)
    out = process.communicate(timeout=240)[0]
    release.set()
    assert process.returncode == 3
    pages = [json.loads(line) for line in out.splitlines()]
    assert [page["drawn"] for page in pages] == [True, False, True]
    assert "the browser's process of this page has ended" in pages[1]["reason"]


# Stands between the program and Chromium, and closes the page that asks for /close.
CLOSING = """#!{python}
import json, os, threading

ours, theirs = os.pipe(), os.pipe()
if os.fork() == 0:
    for fd, to in ((ours[0], 100), (theirs[1], 101), (100, 3), (101, 4)):
        os.dup2(fd, to)
    os.execv({browser!r}, [{browser!r}, *__import__("sys").argv[1:]])
os.close(ours[0])
os.close(theirs[1])
lock, target = threading.Lock(), []

def call(message):
    with lock:
        os.write(ours[1], message)

def forward(fd, send, see):
    rest = b""
    while piece := os.read(fd, 1 << 16):
        *messages, rest = (rest + piece).split(b"\\0")
        for message in messages:
            send(message + b"\\0")
            see(json.loads(message))

def see_answer(message):
    if "targetId" in message.get("result", {{}}):
        target[:] = [message["result"]["targetId"]]
    if message.get("method") == "Fetch.requestPaused" and "/close" in str(message["params"]):
        call(json.dumps(dict(id=1 << 30, method="Target.closeTarget",
                             params=dict(targetId=target[0]))).encode() + b"\\0")

threading.Thread(target=forward, daemon=True,
                 args=(theirs[0], lambda message: os.write(4, message), see_answer)).start()
forward(3, call, lambda message: None)
"""


def test_a_page_that_is_closed_is_a_failure_and_the_crawl_goes_on(tandem, app, folder):
    between = tandem.folder / "closing"
    between.write_text(CLOSING.format(python=sys.executable, browser=browser.find()))
    between.chmod(0o700)
    app.put("/close", SHELL)
    urls = [app.url + path for path in ("/one", "/close", "/two")]
    out = tandem.run("crawl", "--json", *SANDBOX, *PATIENT, "--render=always", "--browser",
                     between, *urls, status=3)
    pages = [json.loads(line) for line in out.stdout.splitlines()]
    assert [page["drawn"] for page in pages] == [True, False, True]
    assert "the page was closed while it was drawn" in pages[1]["reason"]


# -- Chromium's own sandbox --

NOBODY = 65534
AS_NOBODY = (["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
             if os.geteuid() == 0 else [])
# One user namespace for the program itself, and no more.
WALLED_IN = [*AS_NOBODY, "unshare", "-r", "sh", "-c",
             "echo 1 >/proc/sys/user/max_user_namespaces && "
             f'exec unshare -U --map-user={NOBODY} --map-group={NOBODY} "$@"', "-"]


def works(*command):
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    return False


@pytest.fixture
def nobody(folder):
    """The program as somebody runs it who is not root."""
    if not works(*AS_NOBODY, PROGRAM, "--version"):
        pytest.skip("needs setpriv, and a program that users other than root may read")
    with tempfile.TemporaryDirectory(dir="/tmp") as home:
        for path in (home, folder):
            if AS_NOBODY:
                os.chown(path, NOBODY, NOBODY)
        yield Tandem(home)


def facts(pid):
    """Of a process: its user namespace, and what system calls it may make (2: some)."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    mode = next(line.split()[1] for line in status if line.startswith("Seccomp:"))
    return os.readlink(f"/proc/{pid}/ns/user"), mode


def test_pages_of_who_is_not_root_are_drawn_in_a_sandbox(nobody, app, folder):
    if not works(*AS_NOBODY, "env", f"HOME={nobody.folder}", browser.find(), "--headless=new",
                 f"--user-data-dir={nobody.folder}/probe", "--dump-dom", "about:blank"):
        pytest.skip("needs a Chromium whose sandbox works for who is not root")
    asked, release = app.hold("/data/start.json")
    process = subprocess.Popen(
        [*AS_NOBODY, PROGRAM, "crawl", "--json", "--render=always", *PATIENT, app.url,
         app.url + "/one"],
        cwd=nobody.folder, env=nobody.environment(), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    assert asked.wait(180)
    commands = {pid: pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                for pid in left_over(folder)}
    ours, _ = facts(process.pid)
    pages = [facts(pid) for pid, line in commands.items() if b"--type=renderer" in line]
    release.set()
    out = process.communicate(timeout=240)[0]
    assert process.returncode == 0
    assert not any(b"--no-sandbox" in line for line in commands.values())
    assert pages and all(space != ours and mode == "2" for space, mode in pages)
    assert json.loads(out.splitlines()[1])["drawn"]


def test_where_there_is_no_sandbox_it_is_said_what_to_do(nobody, app, folder):
    if not works(*WALLED_IN, "true") or works(*WALLED_IN, "unshare", "-U", "true"):
        pytest.skip("needs user namespaces that forbid more of them")
    urls = [app.url + "/one", app.url + "/two"]
    what_to_do = "nobody may make user namespaces: allow them, install the package chromium-sandbox"
    out = nobody.run("crawl", *urls, through=WALLED_IN).stderr.decode()
    assert out.count(what_to_do) == 1 and "--no-browser-sandbox" in out
    pages = nobody.lines("crawl", "--json", "--render=always", *urls, through=WALLED_IN, status=3)
    assert all(what_to_do in page["reason"] for page in pages) and len(pages) == 2
    out = nobody.run("crawl", "--no-browser-sandbox", *PATIENT, urls[0], through=WALLED_IN)
    assert b"What is written of The first" in out.stdout
