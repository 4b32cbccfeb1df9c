"""Findings, coverage and reports: their numbers, their JSON and their text."""

import json

import pytest

from tasksim import create_task_definition, explore, replay, sometimes
from tasksim._explore.findings import Counts, Coverage
from tasksim._faults.token import parse_token

pytestmark = pytest.mark.usefixtures("frozen")

QUESTION = "close_to_timeout@runtime.is_close_to_timeout#{}".format


def losing(sim):
    """A task whose cursor is one too far when it was cut."""

    def run(input, controller):
        for at in range(input.get("at", 0), 3):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at + (at < 2)})
            sim.effects.record("publish", key=str(at))
        return controller.response.done()

    sim.register(create_task_definition(id="job", title="Job", run=run))
    sim.tasks.trigger("job")


def passing(sim):
    """A task that does nothing, and is done."""
    sim.register(
        create_task_definition(id="job", title="Job", run=lambda controller: controller.response.done())
    )
    sim.tasks.trigger("job")


# --- numbers


def test_counts():
    """The total of a kind is what was explored, what was skipped and what is left."""
    assert Counts().total == 0
    assert Counts(explored=1, skipped=20, left=300).total == 321


def test_coverage():
    """Sums are over plans of one fault and of more; progress runs and others count as explored."""
    coverage = Coverage(
        singles={"crash": Counts(1, 2, 3), "fail": Counts(10, 20, 30)},
        several={2: Counts(100, 200, 300), 3: Counts(1000, 2000, 3000)},
        progress=5,
        extra=7,
    )
    assert coverage.explored == 1111 + 12
    assert coverage.skipped == 2222
    assert coverage.left == 3333
    assert (Coverage().explored, Coverage().skipped, Coverage().left) == (0, 0, 0)


# --- JSON


def test_coverage_as_json():
    """Coverage as JSON holds each number by name, and the parts by kind and number of faults."""

    def never():
        return False

    report = explore(passing, kinds=["crash", "crash+", "cold"], max_faults=2, invariants=[sometimes(never)])
    told = report.coverage.to_json()
    assert json.loads(json.dumps(told)) == told
    assert told == {
        "checkpoints": 6,
        "effects": 0,
        "explored": 10,
        "skipped": 2,
        "left": 0,
        "singles": {
            "crash": {"explored": 6, "skipped": 0, "left": 0},
            "crash+": {"explored": 4, "skipped": 2, "left": 0},
        },
        "several": {"2": {"explored": 0, "skipped": 0, "left": 0}},
        "progress": 0,
        "extra": 0,
        "merged": 0,
        "kindsWithoutPlace": ["cold"],
        "goals": {"never": 0},
        "lostAborts": 0,
        "stopped": "",
    }


def test_a_finding_as_json():
    """A finding as JSON holds what a machine needs to show and replay it."""
    report = explore(losing, kinds=["close_to_timeout"])
    (finding,) = report.findings
    told = finding.to_json()
    assert json.loads(json.dumps(told)) == told
    assert told == {
        "judge": "resume-equivalence",
        "sentence": "cut once, 'job' never did 1 of 3 effects, yet ended 'success'.",
        "plan": QUESTION(1),
        "token": f"v1 {QUESTION(1)}",
        "sha256": finding.sha256,
        "facts": {},
        "lost": ["publish[0]"],
        "repeated": [],
        "passing": QUESTION(3),
        "others": 1,
        "foundAgain": True,
    }
    assert replay(losing, told["token"]).sha256 == told["sha256"]


def test_a_finding_without_a_passing_plan_as_json():
    """Where no plan near it passes, that is null."""
    report = explore(losing, kinds=["close_to_timeout"], ignore=["output"])
    assert report.findings[0].to_json()["passing"] == QUESTION(3)

    def always_losing(sim):
        def run(controller):
            if not controller.runtime.is_close_to_timeout():
                sim.effects.record("publish", key="a")
            return controller.response.done()

        sim.register(create_task_definition(id="job", title="Job", run=run))
        sim.tasks.trigger("job")

    (finding,) = explore(always_losing, kinds=["close_to_timeout"]).findings
    assert finding.to_json()["passing"] is None


@pytest.mark.parametrize("scenario", [passing, losing])
def test_a_report_as_json(scenario):
    """A report as JSON holds the target, whether it passed, the settings, and all that was found."""
    report = explore(scenario, kinds=["close_to_timeout", "redeliver"], seed=7, on_crash="retry(2)")
    told = report.to_json()
    assert json.loads(json.dumps(told)) == told
    assert told == {
        "target": scenario.__name__,
        "passed": report.passed,
        "settings": "v1 seed=7 on_crash=retry(2)",
        "findings": [finding.to_json() for finding in report.findings],
        "coverage": report.coverage.to_json(),
        "notes": list(report.notes),
    }
    assert parse_token(told["settings"]).settings == report.settings


# --- the rest


def test_passed():
    """A report passed if and only if no judge found anything."""
    assert explore(passing, kinds=["redeliver"]).passed is True
    report = explore(losing, kinds=["close_to_timeout"])
    assert report.passed is False
    assert len(report.findings) == 1


def test_texts():
    """A report is its text, as wide as it is asked to be."""
    report = explore(losing, kinds=["close_to_timeout"])
    assert str(report) == report.text() == report.text(width=100)
    assert report.findings[0].sentence in report.text()
    assert max(len(line) for line in report.text(width=60).splitlines()[:3]) <= 60


def test_a_token_holds_settings_and_plan():
    """A finding's token is its settings and its plan in one line."""
    report = explore(losing, kinds=["close_to_timeout"], profile="webiny-6", tick="1ms")
    assert report.findings[0].token == f"v1 profile=webiny-6 tick=1ms {QUESTION(1)}"


def test_what_was_asked_for():
    """A report tells up to how many faults plans had, and which kinds were asked for."""
    report = explore(passing, kinds=["redeliver", "abort"], max_faults=2)
    assert (report.max_faults, report.kinds) == (2, ("redeliver", "abort"))
    report = explore(passing)
    assert (report.max_faults, report.kinds) == (1, ())


def test_writing_a_test(tmp_path):
    """A report writes a test of its least finding, where it is told to."""
    path = tmp_path / "test_found.py"
    report = explore(losing, kinds=["close_to_timeout"])
    assert report.write_test(path) == path
    assert QUESTION(1) in path.read_text(encoding="utf-8")
