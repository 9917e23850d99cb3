"""tandem with a cache of its own and a hub on loopback: what the tests of tandem pull share."""

import json
import os

import pytest

from conftest import GOLDEN
from loopback_hub import Hub

MODELS = GOLDEN / "models"
NAME = "org/tiny-gte"
FOLDER = "models--org--tiny-gte"
WEIGHTS = "model.safetensors"


@pytest.fixture
def hub():
    hub = Hub()
    yield hub
    hub.close()


class Puller:
    """tandem with a cache of its own, asking the hub on loopback."""

    def __init__(self, tandem, hub, folder):
        self.tandem, self.hub, self.cache = tandem, hub, folder / "hub"
        self.env = {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(self.cache)}

    def pull(self, *args, status=0, **env):
        done = self.tandem.run("pull", "--json", *args, status=status, env={**self.env, **env})
        return [json.loads(line) for line in done.stdout.splitlines()]

    def error(self, *args, status=1, **env):
        return self.tandem.error("pull", "-q", *args, status=status, env={**self.env, **env})

    def models(self):
        done = self.tandem.run("models", "--json", env=self.env)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert found[0]["origin"] == "embedded"
        return {model["id"]: model for model in found[1:]}

    def vectors(self, model=NAME):
        text = b"the lane that would otherwise finish last\n"
        return json.loads(
            self.tandem.run("embed", "-m", model, stdin=text, env=self.env).stdout
        )["embedding"]

    def blobs(self):
        folder = self.cache / FOLDER / "blobs"
        found = folder.iterdir() if folder.exists() else []
        return {path.name: path.read_bytes() for path in found}

    def assert_whole(self, repository, name=FOLDER):
        """All that a reader can see is there and right."""
        folder = self.cache / name
        snapshot = folder / "snapshots" / repository.commit
        for path, body in repository.files.items():
            link = snapshot / path
            if not os.path.lexists(link):
                assert path in ("README.md", "special_tokens_map.json", "onnx/model.onnx"), path
                continue
            assert link.is_symlink() and link.resolve().parent == folder.resolve() / "blobs"
            assert link.read_bytes() == body
        assert not [p for p in self.cache.rglob("*") if p.suffix in (".incomplete", ".tmp")]

    def assert_nothing_seen(self):
        """No reader finds a model, or part of one."""
        assert not list(self.cache.glob("*/refs/*"))
        assert not [p for p in self.cache.glob("*/snapshots/*/*")]
        for path, body in self.blobs().items():
            assert path.endswith(".incomplete") or len(path) in (40, 64)
        assert self.models() == {}


@pytest.fixture
def puller(tandem, hub, tmp_path):
    return Puller(tandem, hub, tmp_path)


def files_of(model):
    folder = MODELS / model
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def tiny(hub):
    more = {"README.md": b"# read me", "onnx/model.onnx": b"x" * 5000}
    return hub.add(NAME, {**files_of("gte-new"), **more})


def cut_after(n, times=1):
    """Sends n bytes of what was asked for, then hangs up; the first `times` times."""
    left = [times]

    def fault(handler):
        if handler.command != "GET" or left[0] == 0:
            return False
        left[0] -= 1
        whole = handler.reply

        def reply(status, headers=(), body=b"", length=None):
            whole(status, headers, body[:n], len(body))

        handler.reply = reply
        return False

    return fault
