"""libtandem from a program of one's own: the example needs the public headers alone."""

import os
import shutil
import subprocess

import pytest
from conftest import SOURCE, make_tree

BUILD = os.environ["TANDEM_BUILD"]


def test_the_example_is_short():
    lines = (SOURCE / "examples" / "notes.c").read_text().splitlines()
    assert len(lines) <= 45 and sum(1 for line in lines if "src/" in line) == 0


def test_the_example_finds_what_it_indexed(tandem):
    program = os.path.join(BUILD, "notes")
    if not os.path.exists(program):
        pytest.fail("the build did not make the example")
    make_tree(tandem.folder / "tree", 4)
    (tandem.folder / "tree" / "key.md").write_text(
        "# Keys\n\nThe key of the shed hangs behind the kitchen door.\n"
    )
    done = subprocess.run(
        [program, "notes.db", "tree", "where is the key of the shed?"],
        cwd=tandem.folder,
        env=tandem.environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == f"1 {tandem.folder}/tree/key.md:1"
    shutil.rmtree(tandem.folder / "tree")
    done = subprocess.run(
        [program, "notes.db", "tree", "x"],
        cwd=tandem.folder,
        env=tandem.environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1 and "tree" in done.stderr
