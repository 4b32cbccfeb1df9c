"""The line that says what a check covered."""

import pytest

from tasksim._explore.findings import Counts, Coverage
from tasksim.pytest_plugin.verdicts import covered

LINES = [
    (
        Coverage(checkpoints=15, effects=3, singles={"crash": Counts(explored=15)}),
        "15 checkpoints, 3 effects: 15 runs, all explored",
    ),
    (
        Coverage(checkpoints=1, effects=1, singles={"crash": Counts(explored=1)}, progress=1),
        "1 checkpoint, 1 effect: 2 runs, all explored",
    ),
    (
        Coverage(
            checkpoints=4,
            singles={"crash": Counts(explored=4)},
            several={2: Counts(explored=6, skipped=2, left=5)},
        ),
        "4 checkpoints, 0 effects: 10 of 15 runs explored, 2 more would be the same",
    ),
    (
        Coverage(checkpoints=4, extra=600, stopped="500 runs without new behaviour"),
        "4 checkpoints, 0 effects: 600 runs explored",
    ),
]


@pytest.mark.parametrize(("coverage", "line"), LINES, ids=[line for _, line in LINES])
def test_covered(coverage, line):
    """A check says how much it touched and ran, and never that it explored all where it did not."""
    assert covered(coverage) == line
