"""What the tests of the simulator share: worlds with definitions made from functions."""

import pytest

from tasksim import Simulator, create_task_definition


@pytest.fixture
def define():
    """Return what makes a definition."""

    def make(run, id="reindex", **attributes):
        return create_task_definition(**{"id": id, "title": id.title(), "run": run, **attributes})

    return make


@pytest.fixture
def world(define):
    """Return what makes a simulator with the definition `reindex`."""

    def make(run, *others, settings=None, **attributes):
        return Simulator([define(run, **attributes), *others], **(settings or {}))

    return make
