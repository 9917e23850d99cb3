"""kill -9 at random moments: the next run ends where an undisturbed one does."""

import os
import random
import signal
import subprocess
import time

from conftest import PROGRAM, Tandem, make_tree

KILLS = int(os.environ.get("TANDEM_KILLS", "30"))


def test_killed_runs_end_like_an_undisturbed_one(tmp_path):
    tandem = Tandem(tmp_path, small=True)  # so that most of the time goes into the store
    rng = random.Random(7)
    make_tree(tandem.folder / "tree", 120)
    started = time.monotonic()
    tandem.index("tree")
    whole = time.monotonic() - started
    expected = tandem.chunks()
    assert expected and all(row[-1] is not None for row in expected.values())
    for suffix in ("", "-wal", "-shm", ".lock"):
        path = f"{tandem.db}{suffix}"
        if os.path.exists(path):
            os.remove(path)
    killed = 0
    for attempt in range(KILLS):
        if attempt % 10 == 9:  # now and then from nothing again, so that early moments are hit too
            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(f"{tandem.db}{suffix}"):
                    os.remove(f"{tandem.db}{suffix}")
        run = subprocess.Popen(
            [PROGRAM, "index", "--db", tandem.db, "-q", "tree"],
            cwd=tandem.folder,
            env=tandem.environment(),
        )
        try:
            run.wait(rng.random() * whole)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            run.wait()
            killed += 1
        if tandem.db.exists() and tandem.db.stat().st_size:
            for key, row in tandem.chunks().items():  # what is there is right, also half way
                assert expected[key][:-2] == row[:-2]
                assert row[-1] is None or row[-1] == expected[key][-1]
    assert killed >= KILLS // 3
    tandem.index("tree")
    assert tandem.chunks() == expected
    assert tandem.index("tree")["embedded"] == 0


def test_an_interrupt_keeps_what_is_done(tandem):
    make_tree(tandem.folder / "tree", 120)
    run = subprocess.Popen(
        [PROGRAM, "index", "--db", tandem.db, "tree"],
        cwd=tandem.folder,
        env=tandem.environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    while not (tandem.db.exists() and os.path.exists(f"{tandem.db}-wal")):
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=120)
    assert run.returncode == 130 and b"cancelled" in err
    first = len([1 for row in tandem.chunks().values() if row[-1] is not None])
    second = tandem.index("tree")
    assert second["embedded"] + first >= len(tandem.chunks()) - second["cached"]
    assert all(row[-1] is not None for row in tandem.chunks().values())
