"""bounded-state: what a task stores does not grow with each event that brings nothing about."""

import pytest
from explore_jobs import definition

from tasksim import explore

pytestmark = [pytest.mark.usefixtures("frozen"), pytest.mark.slow]  # together they take seconds

MOST = 237_568


def said(scenario, **options):
    """Return what bounded-state says of the uncut run; None if nothing."""
    report = explore(scenario, kinds=["redeliver"], max_runs=1, **options)
    found = [finding for finding in report.findings if finding.judge == "bounded-state"]
    assert all(finding.token.startswith("v1") and not finding.plan.faults for finding in found)
    return found[0].sentence if found else None


# --- the size of the input


def holding(letters, *, removed=False):
    """Make a scenario of a task whose input holds so many letters."""

    def scenario(sim):
        sim.register(definition(lambda controller: controller.response.done()))
        task = sim.tasks.trigger("job", input={"text": "a" * letters})
        if removed:
            sim.at("1h", lambda: sim.tasks.delete_task(task))

    return scenario


def test_the_largest_input():
    """The stored input may have 237,568 bytes as compact JSON, and not one more."""
    letters = MOST - len('{"text":""}')
    assert said(holding(letters)) is None
    assert said(holding(letters + 1)) == ("uncut, the stored input of 'job' has 237,569 bytes, over 237,568.")


def test_bytes_and_not_letters():
    """A letter counts with as many bytes as it has in UTF-8."""

    def scenario(sim):
        sim.register(definition(lambda controller: controller.response.done()))
        sim.tasks.trigger("job", input={"text": "\u00e9" * (MOST // 2)})

    assert said(scenario) is not None


def test_a_removed_task_stores_nothing():
    """What was removed has no size."""
    assert said(holding(MOST, removed=True)) is None


# --- growth from event to event


def polling(events, grow, *, act=lambda sim, controller, n: None, logs=False):
    """Make a scenario of a task that takes so many events; `grow` makes the input from the event's number."""

    def scenario(sim):
        def run(input, controller):
            n = input.get("n", 0) + 1
            act(sim, controller, n)
            if n == events:
                return controller.response.done()
            return controller.response.continue_({"n": n, "kept": grow(n)}, seconds=60)

        sim.register(definition(run, disable_database_logs=not logs, max_iterations=1000))
        sim.register(definition(lambda controller: controller.response.done(), id="part"))
        sim.tasks.trigger("job", input={"n": 0, "kept": ""})

    return scenario


def longer(n):
    """Keep one letter more in each event; the number itself has two digits all the time."""
    return "a" * (n + (n < 10))


def test_growth_in_each_of_fifty_events():
    """Growth in each of fifty events in a row is found, and not in one less."""
    assert said(polling(52, longer)) == (
        "uncut, input and log of 'job' grew in each of 50 events without a new effect, from 17 to 68 bytes."
    )
    assert said(polling(51, longer)) is None
    assert said(polling(60, longer)) is not None


@pytest.mark.parametrize(
    "grow", [lambda _: "", lambda n: "a" * (n if n != 30 else 29), lambda n: "a" * (n // 2)]
)
def test_what_does_not_grow_each_time(grow):
    """A series ends with an event in which nothing grows."""
    assert said(polling(60, grow)) is None


def test_a_series_begins_anew():
    """After an event in which nothing grew fifty more are needed."""
    scenario = polling(75, lambda n: "a" * (n if n != 20 else 19))
    assert said(scenario) is not None
    assert said(polling(69, lambda n: "a" * (n if n != 20 else 19))) is None


def effect(**effect):
    """Return what does an effect in each event, of which values may be made from the event's number."""

    def act(sim, controller, n):
        made = {name: value(n) if callable(value) else value for name, value in effect.items()}
        sim.effects.record("poll", **made)

    return act


@pytest.mark.parametrize(
    ("act", "is_found"),
    [
        (effect(key=str), False),
        (effect(key="same"), True),
        (effect(key="same", n=lambda n: n), True),
        (effect(n=lambda n: n), False),
        (effect(n=1), True),
        (effect(key=lambda n: str(n // 40)), False),
        (effect(key=lambda n: str(n // 60)), True),
        (lambda sim, controller, n: controller.task.trigger("part", input={"n": n}), False),
        (lambda sim, controller, n: sim.checkpoint("here"), True),
    ],
)
def test_new_effects(act, is_found):
    """An event with an effect that is new by name and key, or data, may store more; a child is one, too."""
    assert (said(polling(58, longer, act=act)) is not None) == is_found


def test_effects_of_others():
    """What another task does is none of this one's, and a child of another no work of it."""

    def scenario(sim):
        polling(58, longer)(sim)
        sim.register(
            definition(
                lambda input, controller: (
                    sim.effects.record("poll", key=str(input["n"])),
                    controller.task.trigger("part"),
                    controller.response.done(),
                )[2],
                id="other",
            )
        )
        for n in range(56):
            sim.at(60 * n + 30, lambda n=n: sim.tasks.trigger("other", input={"n": n}))

    assert said(scenario) is not None


# --- logs


@pytest.mark.parametrize("profile", ["documented", "webiny-5"])
def test_logs_count(profile):
    """What is logged in an event counts with the input at its beginning."""

    def log(sim, controller, n):
        controller.logger.info("a" * n)
        if profile == "webiny-5":
            assert controller.state.get_status() == "running"

    scenario = polling(58, lambda _: "", act=log, logs=True)
    is_kept = profile == "documented"  # where each saved call replaces what the log held, the last one stands
    assert (said(scenario, profile=profile) is not None) == is_kept


def test_the_log_of_an_event_is_its_own():
    """Logs of equal length in each event are no growth, however many there are."""

    def log(sim, controller, n):
        for _ in range(3):
            controller.logger.info("Polled.")

    assert said(polling(58, lambda _: "", act=log, logs=True)) is None


# --- in which runs it looks


def test_the_progress_run():
    """A task that stores too much only when it is cut is found in the progress run, with its plan."""

    def scenario(sim):
        def run(input, controller):
            for n in range(input.get("n", 0), 3):
                if controller.runtime.is_close_to_timeout():
                    return controller.response.continue_({"n": n, "text": "a" * MOST})
                sim.effects.record("publish", key=str(n))
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    report = explore(scenario, kinds=["close_to_timeout"])
    (finding,) = report.findings
    assert finding.judge == "bounded-state"
    assert finding.sentence == "cut twice, the stored input of 'job' has 237,585 bytes, over 237,568."
    assert [fault.at.n for fault in finding.plan] == [2, 4]
    assert explore(scenario, kinds=["close_to_timeout"], without=["bounded-state"]).passed
    assert explore(scenario, kinds=["redeliver"]).passed


def test_a_progress_run_that_an_error_ended():
    """A progress run that an assertion ended is not measured."""

    def scenario(sim):
        def run(input, controller):
            assert not input.get("n")
            sim.effects.record("publish", key="a", contract="any")
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"n": 1, "text": "a" * MOST})
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    report = explore(scenario, kinds=["close_to_timeout"])
    assert [finding.judge for finding in report.findings] == ["invariants"]
    assert report.coverage.progress == 1


def test_switched_off():
    """Without the judge nothing is measured."""
    assert said(polling(52, longer), without=["bounded-state"]) is None
