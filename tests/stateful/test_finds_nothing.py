"""In the service as it is a machine finds nothing: in every profile, frozen or not, whatever tasks do."""

import pytest
import stateful_services as services
import stateful_wild as wild
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from tasksim.stateful import rule, task_machine, tasks

PROFILES = ("documented", "generic", "webiny-5", "webiny-6")
STEPS = 50


def run(machine, examples):
    """Run a machine, with all health checks on."""
    found = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
    )
    run_state_machine_as_test(seed(1)(machine), settings=found)


def seed_some(sim, status, count):
    """Store records that nobody triggered."""
    known = sim.tasks.list_tasks().meta.total_count
    ids = [f"seeded-{known + n}" for n in range(count)]
    sim.seed_records(
        tasks=[
            {"id": id, "definitionId": "quick", "status": status} for id in ids if not sim.tasks.get_task(id)
        ]
    )


def abort_soon(sim, task, after):
    """Let somebody abort a task later, if it can be by then."""

    def somebody():
        found = sim.tasks.get_task(task)
        if found is not None and found.status in ("pending", "running"):
            sim.tasks.abort(task)

    sim.at(after, somebody)


OWN = [
    rule(seed_some, status=st.sampled_from(("pending", "running", "failed")), count=st.integers(0, 2)),
    rule(abort_soon, task=tasks, after=st.sampled_from((0, 30, 3600))),
]


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_found_at_once(profile):
    """Some steps in each profile find nothing."""
    run(task_machine(services.ALL, profile=profile, freeze=False), 3)


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("freeze", [False, True])
@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_found_in_5000_steps(profile, freeze):
    """5,000 steps in each profile find nothing, with a frozen clock and without."""
    steps = []

    class Counting(task_machine(services.ALL, profile=profile, freeze=freeze)):
        def take(self, *args):
            steps.append(1)
            return super().take(*args)

    run(Counting, 5_000 // STEPS + 50)  # some runs are cut short
    assert len(steps) >= 5_000


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("on_crash", ["strand", "retry(1)", "redeliver(5m)"])
@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_found_whatever_tasks_do(profile, on_crash):
    """Tasks that abort, delete and rename themselves and others, and rules of the user's, mislead nobody."""
    machine = task_machine(
        (services.Quick, services.Parent, wild.Script, wild.CleaningScript),
        rules=OWN,
        inputs={id: wild.scripts(profile) for id in ("script", "cleaningScript")},
        profile=profile,
        on_crash=on_crash,
        tick="50ms" if on_crash == "strand" else 0,
        freeze=False,
    )
    run(machine, 40)
