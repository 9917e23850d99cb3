"""What the tests of lanes on servers share: a tree, the variables, what became of each chunk."""

import pathlib
import sqlite3
import struct

from conftest import GOLDEN
from servers import vector

PROSE, CODE = "gte-fake", "coderank-fake"


def make_small_tree(folder, n_code=28):
    """Files of code, one chunk each, and 6 of prose."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    for i in range(n_code):
        poison = "    # poison\n" if i == 7 else ""
        (folder / f"code{i}.py").write_text(
            f'def function_{i}(first, second):\n    """Does number {i}."""\n{poison}'
            f"    total = first * {i}\n"
            + "".join(f"    total = total * {k} + first - second[{k}]\n" for k in range(28))
            + "    return total + second\n"
        )
    for i in range(6):
        (folder / f"text{i}.md").write_text(
            f"# Chapter {i}\n\nThis is the text of chapter {i}. It says what function {i} does.\n"
        )
    return folder


def settings(gte=None, coderank=None, **more):
    """The variables of two lanes; one that is None embeds in process, with a small model."""
    env = {}
    for name, server, small in (("GTE", gte, "bert"), ("CODERANK", coderank, "bert-cls")):
        if server is None:
            env["TANDEM_" + name] = str(GOLDEN / "models" / small)
        else:
            env["TANDEM_" + name] = ""
            env[name + "_URL"] = server if isinstance(server, str) else server.url
    return {**env, **more}


def lane(tandem, number):
    """(text, status, reason, vector or None) of each chunk of a lane; status 0: has a vector."""
    db = sqlite3.connect(f"file:{tandem.db}?mode=ro", uri=True)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = db.execute(
        """SELECT t.text, c.start_byte, c.end_byte, c.status, c.reason, v.data
           FROM chunks c JOIN page_texts t ON t.page = c.page LEFT JOIN vectors v ON v.chunk = c.id
           WHERE c.lane = ? ORDER BY c.id""",
        (number,),
    ).fetchall()
    db.close()
    return [
        (text[start:end].decode(), status, reason, vector)
        for text, start, end, status, reason, vector in rows
    ]


def outcome(tandem, server, number, also=()):
    """What became of them: "right", "failed", "that one failed", "failed from then on".

    Each vector there is must be the server's own model's of that very chunk's text.
    """
    known = {}  # by the first values, which may be rounded another way
    for s in (server, *also):
        for texts in s.batches:
            for text in texts:
                v = vector(s.met, text, s.dim)
                known.setdefault(round(v[0], 2), []).append((v, text))
    rows = lane(tandem, number)
    assert rows
    for text, status, reason, data in rows:
        assert (status == 0) == (data is not None) and status in (0, 2), (status, reason)
        assert (status == 2) == bool(reason)
        if data is None:
            continue
        v = struct.unpack(f"<{len(data) // 4}f", data)
        near = [e for step in (-0.01, 0, 0.01) for e in known.get(round(v[0] + step, 2), ())]
        embedded = [t for e, t in near if max(abs(a - b) for a, b in zip(e, v)) < 1e-5]
        assert embedded, "a vector that the server never gave"
        assert embedded[0].endswith(text), (embedded[0], text)
    failed = [text for text, status, _, _ in rows if status == 2]
    if not failed:
        return "right"
    if len(failed) == len(rows):
        return "failed"
    one = len(failed) == 1 and "poison" in failed[0]
    return "that one failed" if one else "failed from then on"
