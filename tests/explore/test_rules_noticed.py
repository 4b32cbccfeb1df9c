"""Rules of checking that no bug of the zoo needs alone, each with an example that tells it from its opposite.

`tests/meta/test_ablations.py` breaks each of these rules, and relies on the test here to notice.
"""

import pytest

from tasksim import EffectFailed, create_task_definition, explore
from tasksim._faults.plan import render

pytestmark = pytest.mark.usefixtures("frozen")


def scenario(run):
    """Make a scenario of one task without logs, whose run gets the simulator besides."""

    def build(sim):
        sim.register(
            create_task_definition(
                id="job",
                title="Job",
                run=lambda input, controller: run(sim, input, controller),
                disable_database_logs=True,
            )
        )
        sim.tasks.trigger("job")

    return build


def test_an_abort_that_the_engine_lost_is_no_finding():
    """What follows an abort that the engine overwrote is not held against the task; it is counted."""

    def run(sim, input, controller):
        if not input.get("begun"):
            return controller.response.continue_({"begun": True})
        for id in "abc":
            sim.effects.record("publish", key=id)
        return controller.response.done()

    options = {"profile": "webiny-5", "kinds": ["abort"]}
    found = {render(finding.plan) for finding in explore(scenario(run), **options).findings}
    assert found == {'abort@effect.publish["a"]#1'}  # the first that the engine does not overwrite
    report = explore(scenario(run), abort_within=3, **options)
    assert report.passed
    assert report.coverage.lost_aborts > 0


def test_the_least_failure_is_told():
    """Of two failing pairs the lesser one is told, though the other is nearer together and so runs first."""

    def is_published(sim, id):
        try:
            with sim.effects.record("publish", key=id, contract="any"):
                return True
        except EffectFailed:
            return False

    def run(sim, input, controller):
        failed = {id for id in "abcde" if not is_published(sim, id)}
        return controller.response.done(output={"bad": failed >= {"a", "c"} or failed >= {"d", "e"}})

    ran = []
    (finding,) = explore(
        scenario(run), kinds=["fail"], max_faults=2, _on_run=lambda facts: ran.append(render(facts.plan))
    ).findings
    near = 'fail@effect.publish["d"]#1 fail@effect.publish["e"]#1'
    least = 'fail@effect.publish["a"]#1 fail@effect.publish["c"]#1'
    assert ran.index(near) < ran.index(least)
    assert render(finding.plan) == least
