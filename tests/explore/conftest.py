"""What tests of checking share."""

import pytest

from tasksim import Simulator


@pytest.fixture(scope="module")
def frozen():
    """Hold one freeze for all tests of a module: to begin one takes longer than most checks."""
    with Simulator():
        yield
