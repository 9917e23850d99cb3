"""Chromium without a window, driven by its own protocol over a pipe (--remote-debugging-pipe): no
port, no driver program, no package. What its pages complain of is kept: errors, console, and
requests to anywhere else."""

import base64
import functools
import json
import os
import shutil
import signal
import subprocess
import threading

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@functools.cache
def find():
    """The first of its names in PATH, if it runs: Ubuntu's package only tells to install a snap."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    runs = program and subprocess.run([program, "--version"], capture_output=True).returncode == 0
    return program if runs else None


class Navigated(AssertionError):
    """The page went elsewhere while it was asked."""


class Browser:
    """`with Browser(folder) as browser:`; `folder` is for its profile."""

    def __init__(self, folder):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def wire():  # fd 3: commands, fd 4: answers
            os.dup2(theirs_in, 100)
            os.dup2(theirs_out, 101)
            os.dup2(100, 3)
            os.dup2(101, 4)

        self.process = subprocess.Popen(
            [
                find(),
                "--headless=new",
                "--no-sandbox",  # in a container as root there is none to be had
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--no-default-browser-check",
                "--no-proxy-server",
                "--force-color-profile=srgb",
                "--hide-scrollbars",
                "--remote-debugging-pipe",
                f"--user-data-dir={folder}",
            ],
            preexec_fn=wire,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.out = os.fdopen(ours_out, "wb", buffering=0)
        self.input = os.fdopen(ours_in, "rb")
        self.lock = threading.Condition()
        self.answers, self.pages, self.last = {}, {}, 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        rest = b""
        while piece := self.input.read1(1 << 16):
            *messages, rest = (rest + piece).split(b"\0")
            for message in map(json.loads, messages):
                with self.lock:
                    if "id" in message:
                        self.answers[message["id"]] = message
                    elif page := self.pages.get(message.get("sessionId")):
                        page.hear(message["method"], message["params"])
                    self.lock.notify_all()
        with self.lock:
            self.answers = None
            self.lock.notify_all()

    def call(self, method, session=None, **params):
        with self.lock:
            self.last += 1
            number = self.last
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        self.out.write(json.dumps(message).encode() + b"\0")
        with self.lock:
            ok = self.lock.wait_for(lambda: self.answers is None or number in self.answers, 60)
            assert ok and self.answers is not None, f"{method}: no answer from the browser"
            answer = self.answers.pop(number)
        if "navigated" in answer.get("error", {}).get("message", ""):
            raise Navigated(method, answer["error"])
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def open(self, url, **more):
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)
        page = Page(self, target["targetId"], **more)
        page.go(url)
        return page

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        try:
            self.call("Browser.close")
            self.process.wait(timeout=20)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.out.close()


class Page:
    def __init__(self, browser, target, width=1200, height=900, dark=False):
        self.browser = browser
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        self.complaints, self.requests = [], []
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility", "DOM"):
            self.call(f"{domain}.enable")
        self.look(width, height, dark)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def hear(self, method, params):
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def look(self, width, height, dark):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.call("Emulation.setEmulatedMedia", features=[scheme, calm])

    def go(self, url):
        self.call("Page.navigate", url=url)
        self.until("location.href !== 'about:blank' && document.readyState === 'complete'")

    def run(self, script):
        """The value of an expression; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, (script, answer["exceptionDetails"])
        return answer["result"].get("value")

    def run_where_it_stays(self, script):
        """`run`, or None when the page went elsewhere meanwhile."""
        try:
            return self.run(script)
        except Navigated:
            return None

    def until(self, condition, seconds=60):
        """Waits, looking anew at each frame, until it is true in the page; gives its value."""
        for _ in range(seconds):
            value = self.run_where_it_stays(
                f"""new Promise((resolve) => {{
                    const end = performance.now() + 1000;
                    (function look() {{
                        let value = null;
                        try {{ value = {condition}; }} catch {{}}
                        if (value instanceof Node) value = true;
                        if (value || performance.now() > end) resolve(value);
                        else setTimeout(look, 20);
                    }})();
                }})"""
            )
            if value:
                return value
        raise AssertionError(f"never came true: {condition}\n{self.text()}\n{self.complaints}")

    def text(self):
        return self.run("document.body.innerText")

    def type(self, text):
        self.call("Input.insertText", text=text)

    def key(self, key, code=0, shift=False, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                modifiers=8 if shift else 0,
                **({"text": text} if text and kind == "keyDown" else {}),
            )

    def tab(self, shift=False):
        self.key("Tab", 9, shift)

    def enter(self):
        self.key("Enter", 13, text="\r")

    def fill(self, selector, text):
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.type(text)

    def click(self, selector):
        """By the mouse, where the element is; it must be what lies there."""
        place = self.run(
            f"""(() => {{
                const e = document.querySelector({json.dumps(selector)});
                e.scrollIntoView({{block: "center"}});
                const b = e.getBoundingClientRect();
                const x = b.x + b.width / 2, y = b.y + b.height / 2;
                const hit = document.elementFromPoint(x, y);
                return {{x, y, hit: e === hit || e.contains(hit) || hit?.outerHTML}};
            }})()"""
        )
        assert place["hit"] is True, (selector, place)
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=place["x"],
                y=place["y"],
                button="left",
                clickCount=1,
            )

    def picture(self, path, whole=False):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))
