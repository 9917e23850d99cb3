"""kill -9 at random moments: the next run ends where an undisturbed one does."""

import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import time

from conftest import PROGRAM, Tandem, make_tree

KILLS = int(os.environ.get("TANDEM_KILLS", "30"))


def forget(tandem):
    for suffix in ("", "-wal", "-shm", ".lock"):
        pathlib.Path(f"{tandem.db}{suffix}").unlink(missing_ok=True)


def has_tables(tandem):
    """Whether a run got as far as the schema, which comes into the file in one step."""
    if not tandem.db.exists():
        return False
    n = sqlite3.connect(tandem.db).execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return n > 0


def was_killed(tandem, after):
    """Runs an index and kills it `after` so many seconds; False if it ended before."""
    run = subprocess.Popen(
        [PROGRAM, "index", "--db", tandem.db, "-q", "tree"],
        cwd=tandem.folder,
        env=tandem.environment(),
    )
    try:
        assert run.wait(after) == 0
        return False
    except subprocess.TimeoutExpired:
        run.kill()
        run.wait()
        return True


def test_killed_runs_end_like_an_undisturbed_one(tmp_path):
    tandem = Tandem(tmp_path, small=True)  # so that most of the time goes into the store
    rng = random.Random(7)
    make_tree(tandem.folder / "tree", 120)
    started = time.monotonic()
    tandem.index("tree")
    whole = time.monotonic() - started
    expected = tandem.chunks()
    assert expected and all(row[-1] is not None for row in expected.values())
    forget(tandem)
    killed = 0
    for _ in range(KILLS * 20):  # how fast a run is now decides how many are killed, nothing else
        if was_killed(tandem, rng.random() * whole):
            killed += 1
        else:  # it came to its end: from nothing again
            assert tandem.chunks() == expected
            forget(tandem)
        if has_tables(tandem):
            for key, row in tandem.chunks().items():  # what is there is right, also half way
                assert expected[key][:-2] == row[:-2]
                assert row[-1] is None or row[-1] == expected[key][-1]
        if killed == KILLS:
            break
    assert killed == KILLS
    tandem.index("tree")
    assert tandem.chunks() == expected
    assert tandem.index("tree")["embedded"] == 0


def test_an_interrupt_keeps_what_is_done(tandem, site):
    make_tree(tandem.folder / "tree", 60)
    asked, release = site.hold("/slow")
    run = subprocess.Popen(
        [PROGRAM, "index", "--db", tandem.db, "--no-robots", "tree", site.url + "/slow"],
        cwd=tandem.folder,
        env=tandem.environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert asked.wait(60)  # the run can not end before the signal comes
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=120)
    release.set()
    assert run.returncode == 130 and b"cancelled" in err
    first = len([1 for row in tandem.chunks().values() if row[-1] is not None])
    second = tandem.index("tree")
    # Nothing that is stored is embedded again; what was embedded and not stored is in the cache.
    total = len(tandem.chunks())
    assert total - second["cached"] <= second["embedded"] + first <= total
    assert all(row[-1] is not None for row in tandem.chunks().values())
