"""What the tests of the rules share: a profile each, and a world with one definition."""

import pytest

from tasksim import Simulator, create_task_definition

PROFILES = ("documented", "generic", "webiny-5", "webiny-6")


@pytest.fixture(params=PROFILES)
def profile(request):
    """Each profile in turn, unless a test names its own."""
    return request.param


@pytest.fixture
def world(profile):
    """Return what makes a simulator with the definition `reindex`, its logs on."""

    def make(run, *, settings=None, children=(), **attributes):
        definition = create_task_definition(
            **{"id": "reindex", "title": "Reindex", "run": run, "database_logs": True, **attributes}
        )
        sim = Simulator([definition, *children], **{"profile": profile, **(settings or {})})
        sim.reindex = definition
        return sim

    return make


@pytest.fixture
def child():
    """Return what makes a definition of another id."""

    def make(run, id="reindexPart", **attributes):
        return create_task_definition(**{"id": id, "title": "Reindex a part", "run": run, **attributes})

    return make


@pytest.fixture
def messages():
    """Return what lists the log items of a task, each record's in a list of its own."""

    def read(execution):
        return [[item.message for item in log.items] for log in execution.logs]

    return read
