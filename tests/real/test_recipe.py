"""The recipe of the table that tells code from prose: it trains on a small set and writes a table
that compiles, of the same features as the one that ships. The program itself is not in it, so one
build asks for all."""

import hashlib
import json
import re
import subprocess
import sys

import pytest
from conftest import SANITIZED, SOURCE

TOOLS = SOURCE / "tools" / "language"
FORMS = (("c", "src/*/*.c"), ("python", "tests/real/*.py"), ("markdown", "docs/*.md"))


def windows():
    """Parts of this repository's files, each file on one side; and texts that are made up."""
    sys.path.insert(0, str(TOOLS))
    import collect
    import made_up

    for label, form in FORMS:
        for path in sorted(SOURCE.glob(form)):
            lines = path.read_text().split("\n")
            half = hashlib.sha256(path.name.encode()).digest()[0] & 1
            comments = collect.comment_lines("\n".join(lines), label) if label != "markdown" else []
            for at in range(0, min(len(lines) - 12, 120), 12):
                mine = [i - at for i in comments if at <= i < at + 12]
                if len(mine) < 4:
                    text = "\n".join(lines[at : at + 12])
                    yield {"label": label, "half": half, "package": path.name, "text": text}
    for i, (label, half, package, text) in enumerate(made_up.texts()):
        if i % 8 == 0:
            yield {"label": label, "half": half, "package": package, "text": text}


def cc(*words):
    subprocess.run(["cc", "-std=gnu17", "-Isrc", "-Iinclude", *words], cwd=SOURCE, check=True)


@pytest.mark.skipif(SANITIZED, reason="the same in every build")
def test_the_recipe_writes_a_table_of_the_features_that_the_program_reads(tmp_path):
    library, texts, table = (tmp_path / name for name in ("features.so", "t.jsonl", "table.c"))
    cc(
        *("-O2", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", str(library)),
        *("tools/language/features.c", "src/chunk/features.c", "src/chunk/lines.c"),
        "src/base/str.c",
    )
    texts.write_text("".join(json.dumps(item) + "\n" for item in windows()))
    out = subprocess.run(
        [sys.executable, TOOLS / "train.py", texts, library.name, table, "small"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    right = re.search(r"^held back: \d+ windows; code or not right ([\d.]+)", out, re.M)
    assert float(right[1]) > 0.9, out
    assert re.search(r"^held back: \d+ documents; lines of code right [\d.]+", out, re.M)
    cc("-Wall", "-Wextra", "-Werror", "-c", str(table), "-o", str(tmp_path / "table.o"))
    prints = [
        re.search(r"\.fingerprint = (\w+)", path.read_text())[1]
        for path in (table, SOURCE / "src" / "chunk" / "language_table.c")
    ]
    assert prints[0] == prints[1], "trained on other features: see tools/language/train.py"
