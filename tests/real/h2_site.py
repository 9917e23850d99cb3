"""A site for hypercorn that speaks HTTP/2. It tells on standard output of each request the path,
the version of HTTP, the client's port, and how many requests were under way at once."""

import asyncio
import os

# Pages that nobody gets before all of them are asked for: on one connection that takes streams.
TOGETHER = int(os.environ["TOGETHER"])
LARGE = 3_000_000
asked, busy, all_asked = set(), 0, asyncio.Event()


def html(title, *links):
    anchors = "".join(f'<p><a href="{link}">to {link}</a>' for link in links)
    return f"<title>{title}</title><h1>{title}</h1><p>Text of {title}.{anchors}".encode()


async def body_of(path):
    if path == "/":
        links = [f"/together/{i}" for i in range(TOGETHER)]
        return 200, html("start", *links, "/large", "/private")
    if path.startswith("/together/"):
        asked.add(path)
        if len(asked) == TOGETHER:
            all_asked.set()
        await all_asked.wait()
        return 200, html(path)
    if path == "/large":
        return 200, b"<p>" + b"large " * (LARGE // 6)
    if path == "/private":
        return 302, b""
    return 404, b"no such page"


async def app(scope, receive, send):
    global busy
    if scope["type"] != "http":
        return
    busy += 1
    print(scope["path"], scope["http_version"], scope["client"][1], busy, flush=True)
    status, body = await body_of(scope["path"])
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"set-cookie", b"a=b")]
    if status == 302:
        headers.append((b"location", os.environ["LEADS_TO"].encode()))
    busy -= 1
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
