"""What the tests of strict mode share."""

import pytest

from tasksim import Simulator
from tasksim._simulator.strictness.watch import Watch


@pytest.fixture
def watched(define):
    """Return what makes a simulator whose events are watched, with the definition `reindex`; no freeze."""

    def make(run, *others, settings=None, **attributes):
        sim = Simulator([define(run, **attributes), *others], **{"freeze": False, **(settings or {})})
        sim._driver._watch = Watch(sim._engine)
        return sim

    return make


@pytest.fixture
def doing(watched):
    """Return what runs one call in a watched run that swallows every exception; returns the status."""

    def run_it(call, **settings):
        def run(controller):
            try:
                call()
            except Exception:  # noqa: BLE001 - a task may
                return controller.response.error("swallowed")
            return controller.response.done()

        with watched(run, settings=settings) as sim:
            return sim.run("reindex").status

    return run_it
