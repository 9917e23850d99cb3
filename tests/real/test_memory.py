"""Memory does not grow with the input: 1, 4 and 16 times the same kind of tree."""

import pytest
from conftest import SANITIZED, make_tree

CEILING_MB = 400  # of the program on two cores with the embedded model in f32; README states it


@pytest.mark.skipif(SANITIZED, reason="sanitizers have a memory of their own")
def test_peak_memory_is_flat(tandem):
    peaks = []
    for times in (1, 4, 16):
        make_tree(tandem.folder / f"tree{times}", 20 * times, seed=times)
        peaks.append(
            tandem.index(f"tree{times}", "--db", tandem.folder / f"{times}.db")["peak_rss_mb"]
        )
    assert max(peaks) < CEILING_MB and peaks[2] < peaks[0] * 1.5 + 40, peaks
