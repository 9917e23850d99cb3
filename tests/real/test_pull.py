"""tandem pull and tandem models against a hub on loopback, and beside huggingface_hub."""

import contextlib
import fcntl
import json
import os
import pty
import shutil
import signal
import stat
import subprocess
import sys
import time

import pytest

from conftest import PROGRAM
from loopback_hub import sha256
from puller import FOLDER, MODELS, NAME, WEIGHTS, cut_after, files_of
from puller import hub, puller, tiny  # noqa: F401 (fixtures)


# -- what it is for --


def test_brings_what_the_engine_needs_and_no_more(puller, hub, tiny):
    (result,) = puller.pull(NAME)
    assert result["id"] == NAME and result["revision"] == tiny.commit
    puller.assert_whole(tiny)
    assert (puller.cache / FOLDER / "refs" / "main").read_text() == tiny.commit
    assert not hub.asked("README") and not hub.asked("onnx")
    assert result["files"] == result["files_fetched"] == len(list(result_files(result)))
    assert result["bytes"] == result["bytes_fetched"] and result["bytes_resumed"] == 0
    assert puller.vectors() == puller.vectors(str(MODELS / "gte-new"))


def result_files(result):
    for folder, _, names in os.walk(result["path"]):
        yield from (os.path.join(folder, name) for name in names)


def test_does_not_fetch_again_what_is_there(puller, hub, tiny):
    puller.pull(NAME)
    hub.requests.clear()
    hub.storage.requests.clear()
    (result,) = puller.pull(NAME)
    assert result["files_fetched"] == 0 and result["bytes_fetched"] == 0
    assert len(hub.requests) == 1 and not hub.storage.requests  # the list alone


def test_fetches_again_what_is_broken(puller, hub, tiny):
    puller.pull(NAME)
    blob = puller.cache / FOLDER / "blobs" / sha256(tiny.files[WEIGHTS])
    broken = bytearray(blob.read_bytes())
    broken[len(broken) // 2] ^= 1
    blob.write_bytes(broken)
    (result,) = puller.pull(NAME)
    assert result["files_fetched"] == 1
    puller.assert_whole(tiny)


def test_a_revision_is_a_branch_or_a_commit(puller, hub, tiny):
    other = hub.add(NAME, MODELS / "bert", revision="small")
    puller.pull(f"{NAME}@small", f"{NAME}@{tiny.commit}")
    assert (puller.cache / FOLDER / "refs" / "small").read_text() == other.commit
    assert not (puller.cache / FOLDER / "refs" / "main").exists()
    puller.assert_whole(other)
    puller.assert_whole(tiny)
    assert puller.vectors(f"{NAME}@small") == puller.vectors(str(MODELS / "bert"))
    assert puller.vectors(f"{NAME}@{tiny.commit}") == puller.vectors(str(MODELS / "gte-new"))
    assert set(puller.models()) == {f"{NAME}@{tiny.commit}", f"{NAME}@{other.commit}"}


def test_a_new_commit_takes_the_place_of_the_old_and_shares_its_blobs(puller, hub, tiny):
    puller.pull(NAME)
    config = tiny.files["config.json"].replace(b"{", b'{ "note": 1,', 1)
    newer = hub.add(NAME, {**tiny.files, "config.json": config})
    (result,) = puller.pull(NAME)
    assert result["files_fetched"] == 1
    assert (puller.cache / FOLDER / "refs" / "main").read_text() == newer.commit
    puller.assert_whole(newer)
    assert puller.models()[NAME]["revision"] == newer.commit


def test_short_names_stand_for_the_two_models(puller, hub):
    hub.add("Alibaba-NLP/gte-base-en-v1.5", MODELS / "gte-new")
    hub.add("nomic-ai/CodeRankEmbed", MODELS / "coderank")
    first, second = puller.pull("gte", "coderank")
    assert (first["id"], second["id"]) == ("Alibaba-NLP/gte-base-en-v1.5", "nomic-ai/CodeRankEmbed")
    assert puller.vectors("gte") == puller.vectors(str(MODELS / "gte-new"))
    assert puller.vectors("coderank") == puller.vectors(str(MODELS / "coderank"))


def test_shards_come_with_their_index(puller, hub):
    files = files_of("gte-new")
    weights = files.pop(WEIGHTS)
    files["model.safetensors.index.json"] = b'{"weight_map": {}}'
    files["model-00001-of-00001.safetensors"] = weights
    sharded = hub.add(NAME, files)
    puller.pull(NAME)
    puller.assert_whole(sharded)
    assert len(puller.vectors()) == 64


def test_a_hub_that_lists_names_alone_is_asked_for_the_rest(puller, hub, tiny):
    hub.with_blobs = False
    puller.pull(NAME)
    puller.assert_whole(tiny)
    assert hub.asked(WEIGHTS, "HEAD") and not hub.storage.asked("", "HEAD")


def test_a_relative_redirect_is_followed(puller, hub, tiny):
    """As the hub does for small files: to a path of its own that has the headers."""

    def redirect(handler):
        handler.reply(307, {"Location": "/moved" + handler.path})
        return True

    def moved(handler):
        handler.path = handler.path.removeprefix("/moved")
        hub.answer(handler)
        return True

    hub.faults = {
        "/moved/": moved,
        "/resolve/": lambda h: not h.path.startswith("/moved") and "safetensors" not in h.path
        and redirect(h),
    }
    hub.with_blobs = False
    puller.pull(NAME)
    puller.assert_whole(tiny)


# -- cut, resumed, verified --


def test_a_cut_download_goes_on_where_it_ended(puller, hub, tiny):
    size = len(tiny.files[WEIGHTS])
    hub.storage.faults["/blob/"] = cut_after(size // 3)
    (result,) = puller.pull(NAME)
    puller.assert_whole(tiny)
    asked = [headers.get("Range") for _, _, headers in hub.storage.requests]
    assert asked == [None, f"bytes={size // 3}-"]
    assert hub.storage.sent == size, "bytes were asked for again"
    assert result["bytes_fetched"] == result["bytes"] and result["bytes_discarded"] == 0


def test_a_pull_that_failed_goes_on_in_the_next(puller, hub, tiny):
    size = len(tiny.files[WEIGHTS])

    def gone(handler):
        handler.reply(404)
        return True

    cut = cut_after(size // 2)
    hub.storage.faults["/blob/"] = lambda h: gone(h) if h.headers.get("Range") else cut(h)
    assert "404" in puller.error(NAME)
    puller.assert_nothing_seen()
    assert len(puller.blobs()[sha256(tiny.files[WEIGHTS]) + ".incomplete"]) == size // 2
    hub.storage.faults.clear()
    (result,) = puller.pull(NAME)
    puller.assert_whole(tiny)
    assert result["bytes_resumed"] == size // 2
    assert hub.storage.sent == size, "bytes were asked for again"
    assert len(hub.asked("1_Pooling/config.json", "GET")) == 1


def test_a_server_that_knows_no_ranges_sends_all_again(puller, hub, tiny):
    size = len(tiny.files[WEIGHTS])
    cut = cut_after(1000)

    def whole(handler):
        del handler.headers["Range"]
        return cut(handler)

    hub.storage.faults["/blob/"] = whole
    (result,) = puller.pull(NAME)
    puller.assert_whole(tiny)
    assert result["bytes_discarded"] == 1000
    assert result["bytes_fetched"] == result["bytes"] + 1000 and hub.storage.sent == size + 1000


def test_bytes_left_from_before_that_are_wrong_are_fetched_again(puller, hub, tiny):
    puller.pull(NAME)
    folder = puller.cache / FOLDER / "blobs"
    hash = sha256(tiny.files[WEIGHTS])
    (folder / hash).unlink()
    (folder / (hash + ".incomplete")).write_bytes(b"not the model's first bytes")
    (result,) = puller.pull(NAME)
    assert result["bytes_discarded"] == len(tiny.files[WEIGHTS])
    puller.assert_whole(tiny)
    (folder / hash).unlink()
    (folder / (hash + ".incomplete")).write_bytes(tiny.files[WEIGHTS] + b"and more")
    puller.pull(NAME)
    puller.assert_whole(tiny)


def test_killed_in_the_middle_it_goes_on_in_the_next(puller, hub, tiny):
    size = len(tiny.files[WEIGHTS])
    hold = []

    def half_then_wait(handler):
        if handler.headers.get("Range"):
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        handler.wfile.write(tiny.files[WEIGHTS][: size // 2])
        handler.wfile.flush()
        hold.append(handler)
        while process.poll() is None:  # until the client is gone
            time.sleep(0.01)
        handler.close_connection = True
        return True

    hub.storage.faults["/blob/"] = half_then_wait
    env = puller.tandem.environment(**puller.env)
    process = subprocess.Popen(
        [PROGRAM, "pull", NAME], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    part = puller.cache / FOLDER / "blobs" / (sha256(tiny.files[WEIGHTS]) + ".incomplete")
    while not (part.exists() and part.stat().st_size == size // 2):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    puller.assert_nothing_seen()
    (result,) = puller.pull(NAME)
    assert result["bytes_resumed"] == size // 2
    puller.assert_whole(tiny)


def test_an_interrupt_ends_it_at_once_and_keeps_what_came(puller, hub, tiny):
    def begin_then_wait(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(tiny.files[WEIGHTS])))
        handler.end_headers()
        handler.wfile.write(tiny.files[WEIGHTS][:5000])
        handler.wfile.flush()
        process.send_signal(signal.SIGINT)
        process.wait()
        handler.close_connection = True
        return True

    hub.storage.faults["/blob/"] = begin_then_wait
    env = puller.tandem.environment(**puller.env)
    process = subprocess.Popen(
        [PROGRAM, "pull", "-q", NAME], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = process.communicate()
    assert process.returncode == 130 and b"goes on" in err and out == b""
    puller.assert_nothing_seen()


def test_two_pulls_of_one_model_fetch_it_once(puller, hub, tiny):
    env = puller.tandem.environment(**puller.env)
    command = [PROGRAM, "pull", "--json", NAME]
    both = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    results = [json.loads(process.communicate()[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    puller.assert_whole(tiny)
    assert sum(result["bytes_fetched"] for result in results) == results[0]["bytes"]


def test_it_waits_for_the_lock_that_huggingface_hub_takes(puller, hub, tiny):
    locks = puller.cache / ".locks" / FOLDER
    locks.mkdir(parents=True)
    lock = open(locks / (sha256(tiny.files[WEIGHTS]) + ".lock"), "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    env = puller.tandem.environment(**puller.env)
    process = subprocess.Popen([PROGRAM, "pull", NAME], env=env, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "another pull" in line:
            break
    assert not hub.storage.requests
    fcntl.flock(lock, fcntl.LOCK_UN)
    process.communicate()
    assert process.returncode == 0
    puller.assert_whole(tiny)


# -- beside huggingface_hub --


def with_huggingface_hub(puller, code, **env):
    """Runs code that sees `snapshot`, the folder that snapshot_download gave."""
    pytest.importorskip("huggingface_hub", reason="scripts/test makes the environment that has it")
    script = (
        "import os, pathlib, huggingface_hub\n"
        f"snapshot = pathlib.Path(huggingface_hub.snapshot_download({NAME!r}))\n" + code
    )
    env = {**puller.env, "HOME": str(puller.tandem.folder), "PATH": os.environ["PATH"], **env}
    return subprocess.run(
        [sys.executable, "-c", script], env=env, check=True, capture_output=True, timeout=120
    ).stdout.decode()


def test_huggingface_hub_accepts_the_hub_and_tandem_what_it_fetched(puller, hub, tiny):
    out = with_huggingface_hub(puller, "print(len((snapshot / 'model.safetensors').read_bytes()))")
    assert int(out) == len(tiny.files[WEIGHTS])
    assert puller.vectors() == puller.vectors(str(MODELS / "gte-new"))
    hub.storage.requests.clear()
    (result,) = puller.pull(NAME)
    assert result["bytes_fetched"] == 0 and not hub.storage.requests


def test_huggingface_hub_finds_offline_what_tandem_pulled(puller, hub, tiny):
    puller.pull(NAME)
    hub.requests.clear()
    out = with_huggingface_hub(
        puller,
        "from huggingface_hub import hf_hub_download, scan_cache_dir\n"
        "pooling = hf_hub_download(%r, '1_Pooling/config.json')\n"
        "repo, = scan_cache_dir().repos\n"
        "print(snapshot.name, os.path.getsize(pooling), repo.repo_id, repo.nb_files, "
        "len(scan_cache_dir().warnings))" % NAME,
        HF_HUB_OFFLINE="1",
    )
    commit, size, name, n_files, warnings = out.split()
    assert (commit, name, warnings) == (tiny.commit, NAME, "0")
    assert int(size) == len(tiny.files["1_Pooling/config.json"])
    assert int(n_files) == len(puller.blobs()) and not hub.requests


# -- offline, homes, lists, the terminal --


def test_offline_only_tells_what_is_there(puller, hub, tiny):
    message = puller.error(NAME, HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE" in message and not hub.requests
    (online,) = puller.pull(NAME)
    hub.requests.clear()
    (puller.tandem.folder / NAME).mkdir(parents=True)  # is no cache, whatever it is called
    (result,) = puller.pull(NAME, HF_HUB_OFFLINE="1")
    assert result["revision"] == tiny.commit and not hub.requests
    assert [result[k] for k in ("files", "bytes", "path")] == [
        online[k] for k in ("files", "bytes", "path")
    ]


def test_the_cache_is_where_the_variables_say(puller, hub, tiny, tmp_path):
    del puller.env["HF_HUB_CACHE"]
    puller.pull(NAME, HF_HOME=str(tmp_path / "home"))
    assert (tmp_path / "home" / "hub" / FOLDER / "refs" / "main").exists()
    puller.pull(NAME)
    assert (puller.tandem.folder / ".cache/huggingface/hub" / FOLDER / "refs" / "main").exists()


def test_models_tells_all_and_why_some_cannot_be_used(puller, hub, tiny):
    puller.pull(NAME)
    model = puller.models()[NAME]
    assert model["architecture"] == "NewModel" and model["dim"] == 64 and model["usable"]
    assert model["revision"] == tiny.commit and FOLDER in model["origin"]
    assert model["disk_bytes"] == sum(map(len, puller.blobs().values()))
    blob = puller.cache / FOLDER / "blobs" / sha256(tiny.files[WEIGHTS])
    blob.write_bytes(blob.read_bytes()[:-10])
    model = puller.models()[NAME]
    assert not model["usable"] and WEIGHTS in model["reason"]
    blob.unlink()
    model = puller.models()[NAME]
    assert not model["usable"] and WEIGHTS in model["reason"]
    text = puller.tandem.run("models", env=puller.env).stdout.decode()
    assert NAME in text and "can't be used" in text


def test_a_terminal_gets_a_bar_and_a_pipe_plain_lines(puller, hub, tiny):
    done = puller.tandem.run("pull", NAME, env=puller.env)
    lines = done.stderr.decode().splitlines()
    assert any(WEIGHTS in line for line in lines) and "\033" not in done.stderr.decode()
    shutil.rmtree(puller.cache)
    master, slave = pty.openpty()
    env = puller.tandem.environment(**puller.env, TERM="xterm")
    process = subprocess.Popen(
        [PROGRAM, "pull", NAME], env=env, stdout=subprocess.PIPE, stderr=slave
    )
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):
        while part := os.read(master, 65536):
            shown += part
    out, _ = process.communicate()
    os.close(master)
    assert process.returncode == 0 and NAME.encode() in out
    assert b"MB/s" in shown and "\u2588".encode() in shown and shown.endswith(b"\r\033[2K")


def test_files_are_as_open_as_the_umask_lets_them(puller, hub, tiny):
    puller.pull(NAME)
    mask = os.umask(0)
    os.umask(mask)
    for blob in (puller.cache / FOLDER / "blobs").iterdir():
        assert stat.S_IMODE(blob.stat().st_mode) == 0o666 & ~mask
