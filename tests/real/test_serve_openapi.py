"""The OpenAPI document is true: every route is in it, and schemathesis finds no answer against it.

`python test_serve_openapi.py PROGRAM N` runs it with N examples an operation and the
embedded model.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
RUN = """
import sys, importlib.metadata
from schemathesis.cli import schemathesis
schemathesis(sys.argv[1:])
"""


def check(url, folder, examples):
    """Runs schemathesis on all that answers and ends; its exit status and last words."""
    done = subprocess.run(
        [
            sys.executable, "-c", RUN, "--config-file", HERE / "schemathesis.toml", "run",
            f"{url}/openapi.json", "--max-examples", str(examples), "--seed", "1",
            "--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--no-color",
            "--suppress-health-check", "all", "--warnings", "off",
            "--exclude-path-regex", "/events$",  # streams have no end
        ],
        cwd=folder, capture_output=True, text=True,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)},
    )
    return done.returncode, done.stdout + done.stderr


def test_every_route_is_described(server):
    source = (SOURCE / "apps" / "tandem" / "serve" / "routes.c").read_text()
    routes = set(re.findall(r'\{"([A-Z]+)", "([^"]+)",', source))
    described = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path))
        for path, methods in server.get("/openapi.json").json["paths"].items()
        for method in methods
    }
    assert described == routes - {("GET", "/ui/{}")}  # the dashboard's own parts


def test_no_answer_is_against_the_document(server, tmp_path):
    pytest.importorskip("schemathesis")
    status, said = check(server.url, tmp_path, 20)
    assert status == 0, said[-8000:]


if __name__ == "__main__":
    os.environ.setdefault("TANDEM_PROGRAM", os.path.abspath(sys.argv[1]))
    os.environ.setdefault("TANDEM_SOURCE", str(HERE.parent.parent))
    os.environ.setdefault("TANDEM_GOLDEN", str(HERE.parent / "golden"))
    os.environ.setdefault("TANDEM_BUILD", str(pathlib.Path(sys.argv[1]).resolve().parent))

from conftest import SOURCE  # noqa: E402
from serving import Server  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("openapi")) as server:
        yield server


if __name__ == "__main__":
    import tempfile

    more = ("--queue", 100000, "--per-ip", 0)
    with tempfile.TemporaryDirectory() as folder, Server(folder, *more, small=False) as own:
        status, said = check(own.url, folder, int(sys.argv[2]))
        print(said)
        sys.exit(status)
