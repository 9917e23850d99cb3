"""tandem pull against a hub that refuses, lies or leads astray, and in a cache that does."""

import contextlib
import json
import os
import subprocess
import time

import pytest

from conftest import PROGRAM
from loopback_hub import sha256
from puller import FOLDER, NAME, WEIGHTS, cut_after
from puller import hub, puller, tiny  # noqa: F401 (fixtures)


# -- the token, redirects --


def test_the_token_goes_to_the_hub_alone_and_is_never_shown(puller, hub, tiny):
    hub.tokens = {"hf_very_secret"}
    done = puller.tandem.run(
        "pull", "-v", NAME, env={**puller.env, "HF_TOKEN": "hf_very_secret"}
    )
    puller.assert_whole(tiny)
    assert b"very_secret" not in done.stdout + done.stderr
    assert all("Authorization" in headers for _, _, headers in hub.requests)
    assert hub.storage.requests
    assert not any("very_secret" in str(request) for request in hub.storage.requests)


def test_without_or_with_a_wrong_token_it_says_so(puller, hub, tiny):
    hub.tokens = {"hf_right"}
    assert "HF_TOKEN" in puller.error(NAME)
    message = puller.error(NAME, HF_TOKEN="hf_wrong")
    assert "HF_TOKEN" in message and "hf_wrong" not in message
    message = puller.error(NAME, status=2, HF_TOKEN="hf wrong\n")
    assert "HF_TOKEN" in message and "hf wrong" not in message
    puller.assert_nothing_seen()


def test_a_gated_model_names_the_page_where_its_terms_are(puller, hub, tiny):
    def gated(handler):
        handler.reply(403, {"X-Error-Code": "GatedRepo"}, b"{}")
        return True

    hub.faults["/api/"] = gated
    message = puller.error(NAME)
    assert f"{hub.url}/{NAME}" in message and "HF_TOKEN" in message


@pytest.mark.parametrize("host", ["hub.example.org", "127.0.0.1.example.org", "127.example.org"])
def test_a_token_does_not_travel_in_the_clear(puller, host):
    message = puller.error(NAME, HF_TOKEN="hf_secret", HF_ENDPOINT=f"http://{host}")
    assert "https" in message and "hf_secret" not in message


@pytest.mark.parametrize(
    "to, words",
    [
        ("ftp://127.0.0.1/weights", "http"),
        ("file:///etc/passwd", "http"),
        ("//[::1", "redirect"),
    ],
)
def test_a_redirect_to_another_scheme_is_refused(puller, hub, tiny, to, words):
    def redirect(handler):
        handler.reply(302, {"Location": to})
        return True

    hub.faults[WEIGHTS] = redirect
    assert words in puller.error(NAME)
    puller.assert_nothing_seen()


def test_a_circle_of_redirects_ends(puller, hub, tiny):
    def redirect(handler):
        handler.reply(302, {"Location": handler.path})
        return True

    hub.faults[WEIGHTS] = redirect
    assert "redirects more than" in puller.error(NAME)


# -- a hub that fails or lies --


def test_a_busy_hub_is_asked_again_when_it_says(puller, hub, tiny):
    left = [1]

    def busy(handler):
        left[0] -= 1
        if left[0] < 0:
            return False
        handler.reply(429, {"Retry-After": "1"})
        return True

    hub.faults["/api/models/"] = busy
    began = time.monotonic()
    puller.pull(NAME)
    assert time.monotonic() - began >= 1  # never less than asked for; more is the machine's
    puller.assert_whole(tiny)
    left[0] = 10**6
    hub.faults["/api/models/"] = lambda h: h.reply(429, {"Retry-After": "100000"}) or True
    assert "100000 s" in puller.error(NAME)
    hub.faults["/api/models/"] = lambda h: h.reply(429, {"Retry-After": "0"}) or True
    hub.requests.clear()
    assert "429" in puller.error(NAME)
    assert len(hub.requests) == 4


def test_names_what_is_not_there(puller, hub, tiny):
    assert "org/absent" in puller.error("org/absent")
    assert "nightly" in puller.error(f"{NAME}@nightly")
    hub.add("org/pickled", {"config.json": b"{}", "pytorch_model.bin": b"x", "vocab.txt": b"x"})
    assert "pickled PyTorch" in puller.error("org/pickled")
    hub.add("org/other", {"model_index.json": b"{}"})
    assert "config.json" in puller.error("org/other")
    puller.assert_nothing_seen()


def tampered(change):
    """The weights' bytes, changed on their way."""

    def fault(handler):
        whole = handler.reply

        def reply(status, headers=(), body=b"", length=None):
            whole(status, headers, change(body), length)

        handler.reply = reply
        return False

    return fault


def test_a_wrong_hash_is_thrown_away(puller, hub, tiny):
    hub.storage.faults["/blob/"] = tampered(lambda body: body[:-1] + b"?")
    message = puller.error(NAME)
    assert WEIGHTS in message and "hash" in message
    puller.assert_nothing_seen()
    assert not [name for name in puller.blobs() if "incomplete" in name]
    hub.storage.faults.clear()
    puller.pull(NAME)
    puller.assert_whole(tiny)


def test_a_wrong_small_file_is_thrown_away_too(puller, hub, tiny):
    hub.faults["tokenizer.json"] = tampered(lambda body: body[:-1] + b" ")
    message = puller.error(NAME)
    assert "tokenizer.json" in message and "hash" in message
    puller.assert_nothing_seen()


@pytest.mark.parametrize("change", [lambda b: b + b"more", lambda b: b[:-4]])
def test_a_lying_length_is_refused(puller, hub, tiny, change):
    hub.storage.faults["/blob/"] = tampered(change)
    message = puller.error(NAME)
    assert WEIGHTS in message and str(len(tiny.files[WEIGHTS])) in message
    puller.assert_nothing_seen()


def test_more_bytes_than_announced_are_not_taken(puller, hub, tiny):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()  # no length: up to the end of the connection
        handler.close_connection = True
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(b"x" * 65536)
        return True

    hub.storage.faults["/blob/"] = endless
    assert "more bytes" in puller.error(NAME)
    assert sum(map(len, puller.blobs().values())) <= sum(map(len, tiny.files.values()))


def test_a_range_that_begins_elsewhere_is_refused(puller, hub, tiny):
    body = tiny.files[WEIGHTS]
    cut = cut_after(1000)

    def elsewhere(handler):
        if not handler.headers.get("Range"):
            return cut(handler)
        span = f"bytes 0-{len(body) - 1}/{len(body)}"
        handler.reply(206, {"Content-Range": span}, body)
        return True

    hub.storage.faults["/blob/"] = elsewhere
    assert "asked from byte 1000" in puller.error(NAME)


def test_two_answers_that_do_not_agree_are_refused(puller, hub, tiny):
    def other(name, value):
        def fault(handler):
            whole = handler.reply

            def reply(status, headers=(), body=b"", length=None):
                whole(status, {**dict(headers), name: value}, body, length)

            handler.reply = reply
            return False

        return fault

    hub.faults["config.json"] = other("X-Repo-Commit", "0" * 40)
    assert "commit" in puller.error(NAME)
    hub.faults["config.json"] = other("ETag", '"%s"' % ("0" * 40))
    assert "two hashes" in puller.error(NAME)
    puller.assert_nothing_seen()


HOSTILE = [
    b"",
    b"<html>",
    b"[]",
    b"{}",
    b'{"sha": 1, "siblings": []}',
    b'{"sha": "../../../etc", "siblings": []}',
    b'{"sha": "%s", "siblings": {}}' % (b"a" * 40),
    b'{"sha": "%s", "siblings": [{}]}' % (b"a" * 40),
    b'{"sha": "%s", "siblings": [{"rfilename": "config.json", "size": -1}]}' % (b"a" * 40),
    b'{"sha": "%s", "siblings": [{"rfilename": "config.json", "size": 1e99}]}' % (b"a" * 40),
    b'{"sha": "%s", "siblings": [{"rfilename": "config.json", "blobId": "../x"}]}' % (b"a" * 40),
    b'{"sha": "%s", "siblings": [{"rfilename":"vocab.txt"},{"rfilename":"vocab.txt"}]}'
    % (b"a" * 40),
    b'{"sha": "%s", "siblings": [{"rfilename": "\\u0000/config.json"}]}' % (b"a" * 40),
    b"[" * 100000,
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_list_that_is_none_gives_one_line(puller, hub, tiny, body):
    hub.faults["/api/"] = lambda handler: handler.reply(200, (), body) or True
    assert "list" in puller.error(NAME)
    puller.assert_nothing_seen()


def test_names_that_would_leave_the_folder_are_not_wanted(puller, hub, tiny):
    evil = [
        "../../evil/config.json",
        "/etc/config.json",
        "%2e%2e/config.json",
        "1_Pooling/../../config.json",
        "1_../config.json",
        "..\\config.json",
        "./config.json",
    ]
    answer = {
        "sha": tiny.commit,
        "siblings": [*tiny.siblings(), *({"rfilename": n, "size": 1} for n in evil)],
    }
    hub.faults["/api/"] = (
        lambda handler: handler.reply(200, (), json.dumps(answer).encode()) or True
    )
    puller.pull(NAME)
    puller.assert_whole(tiny)
    assert not hub.asked("evil") and not hub.asked("%2e") and not hub.asked("etc")


@pytest.mark.parametrize("name", ["../x", "/x/y", "a/b/c", "a", "org/..", "org/a@../b", "org/a@",
                                  "org/%2e%2e", ".a/b", "org--a/b", "org/a@b c"])  # fmt: skip
def test_names_that_are_none_ask_no_one(puller, hub, name):
    puller.error(name, status=2)
    assert not hub.requests and not puller.cache.exists()


@pytest.mark.parametrize("where", [FOLDER, f"{FOLDER}/blobs", f"{FOLDER}/snapshots", ".locks"])
def test_a_link_in_the_cache_leads_nowhere(puller, hub, tiny, tmp_path, where):
    outside = tmp_path / "outside"
    outside.mkdir()
    at = puller.cache / where
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(outside)
    assert "link" in puller.error(NAME)
    assert list(outside.iterdir()) == []


def test_a_file_in_the_place_of_a_blob_leads_nowhere(puller, hub, tiny, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    blobs = puller.cache / FOLDER / "blobs"
    blobs.mkdir(parents=True)
    part = blobs / (sha256(tiny.files[WEIGHTS]) + ".incomplete")
    part.symlink_to(outside)
    assert "link" in puller.error(NAME)
    part.unlink()
    os.mkfifo(part)
    assert "no file" in puller.error(NAME)
    part.unlink()
    (blobs / sha256(tiny.files[WEIGHTS])).symlink_to(outside)  # is not followed, but replaced
    puller.pull(NAME)
    puller.assert_whole(tiny)
    assert outside.read_text() == "mine"


def test_a_disk_without_room_is_told_before_and_while(puller, hub, tiny):
    siblings = list(tiny.siblings())
    for sibling in siblings:
        if sibling["rfilename"] == WEIGHTS:
            sibling["lfs"]["size"] = sibling["size"] = 10**14
    answer = json.dumps({"sha": tiny.commit, "siblings": siblings}).encode()
    hub.faults["/api/"] = lambda handler: handler.reply(200, (), answer) or True
    assert "needs 1000000" in puller.error(NAME)
    assert not hub.storage.requests
    hub.faults.clear()
    env = puller.tandem.environment(**puller.env)
    command = f"ulimit -f 100; trap '' XFSZ; exec '{PROGRAM}' pull -q {NAME}"  # 100 KiB a file
    done = subprocess.run(["bash", "-c", command], env=env, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert WEIGHTS in done.stderr and "File too large" in done.stderr
    puller.assert_nothing_seen()


def test_a_snapshot_half_linked_is_no_model(puller, hub, tiny):
    blocked = puller.cache / FOLDER / "snapshots" / tiny.commit / "tokenizer.json"
    blocked.mkdir(parents=True)
    assert "tokenizer.json" in puller.error(NAME)
    assert (blocked.parent / WEIGHTS).exists()
    (model,) = puller.models().values()
    assert not model["usable"] and "config.json" in model["reason"]
    blocked.rmdir()
    puller.pull(NAME)
    puller.assert_whole(tiny)


def test_a_cache_that_can_not_be_written_is_named(puller, hub, tiny, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder must be")
    assert str(blocked) in puller.error(NAME, HF_HUB_CACHE=str(blocked))


def test_no_hub_at_all_is_said_at_once(puller):
    assert "refuses connections" in puller.error(NAME, HF_ENDPOINT="http://127.0.0.1:1")
    assert "HF_ENDPOINT" in puller.error(NAME, status=2, HF_ENDPOINT="ftp://hub")
    assert "HF_ENDPOINT" in puller.error(NAME, status=2, HF_ENDPOINT="https://a:b@hub/")


def test_a_model_that_fails_does_not_keep_the_others_away(puller, hub, tiny):
    (result,) = puller.pull("org/absent", NAME, status=1)
    assert result["id"] == NAME
