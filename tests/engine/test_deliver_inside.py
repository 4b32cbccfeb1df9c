"""Events inside events: what the engine holds for the outer one meanwhile, and gives back."""

import time
from uuid import uuid4

from tasksim import Simulator, create_task_definition

SAVE = "state.update_input#1"
OWN = f"run[reindex.1]@{SAVE}"


def define(id, run, **attributes):
    """Return a definition made of a function."""
    return create_task_definition(id=id, title=id.title(), run=run, **attributes)


def save(controller):
    """Touch the world once."""
    controller.state.update_input({"saved": True})
    return controller.response.done()


def simulation(*definitions, plan=None, triggered=("reindex",), **settings):
    """Return a simulator in which these were triggered."""
    sim = Simulator(definitions, freeze=False, plan=plan, **settings)
    for id in triggered:
        sim.tasks.trigger(id)
    return sim


def finished(*definitions, **settings):
    """Return one that has come to its end, in which every fault fired."""
    sim = simulation(*definitions, **settings)
    sim.run_until_idle()
    sim.close()
    return sim


def of(sim, id):
    """Return the execution of the first task of a definition."""
    [task, *_] = sim.tasks.list_tasks(where={"definition_id": id}, sort="created_on_ASC").items
    return sim.execution(task)


# --- which event it is


def test_outer_event_keeps_its_number():
    """An overlapping duplicate takes the next number; the outer event is still the one it was."""
    sim = finished(define("reindex", save), plan=f"{OWN} redeliver@1")
    starts = [(event.n, event.delivery) for event in sim.trace.kinds("EventStarted")]
    assert starts == [(1, "first"), (2, "duplicate"), (3, "duplicate")]


def test_host_names_the_outer_event():
    """What the host says of a killed outer event names that event, not the duplicate inside it."""
    sim = finished(
        define("reindex", save), plan=f"{OWN} crash@{SAVE}", on_crash="redeliver(15m)", profile="documented"
    )
    notes = [note.text for note in sim.trace.kinds("Noted")]
    assert notes == ["the host delivers event 1 again in 15m"]


def test_effect_after_it_is_of_the_outer_event():
    """Effects are written down for the event that made them, also after a duplicate inside it."""
    context = {}

    def run(controller):
        context["sim"].effects.record("before")
        controller.state.update_input({"saved": True})
        context["sim"].effects.record("after")
        return controller.response.done()

    sim = context["sim"] = simulation(define("reindex", run), plan=OWN)
    sim.run_until_idle()
    assert [(effect.name, effect.event) for effect in sim.effects] == [
        ("before", 1),
        ("before", 2),
        ("after", 2),
        ("after", 1),
    ]


def test_iterations_are_told_apart():
    """Each iteration has what happened in it: the duplicate's is not the outer one's."""

    def run(input, controller):
        controller.state.update_input({"runs": input.get("runs", 0) + 1})
        time.sleep(1)
        return controller.response.done(output={"runs": input.get("runs", 0)})

    sim = simulation(define("reindex", run), plan=OWN)
    returned = sim.run_next()
    outer, inner = of(sim, "reindex").iterations
    assert returned == outer
    assert [(it.n, it.delivery, it.answer["status"]) for it in (outer, inner)] == [
        (1, "first", "done"),
        (2, "duplicate", "done"),
    ]
    assert [it.duration.total_seconds() for it in (outer, inner)] == [2, 1]
    assert [name.partition("#")[2] for name in outer.checkpoints if name.startswith("sleep")] == ["2"]
    assert [name.partition("#")[2] for name in inner.checkpoints if name.startswith("sleep")] == ["1"]
    assert (len(outer.checkpoints), len(inner.checkpoints)) == (len(set(outer.checkpoints)),) * 2


def test_iteration_of_an_outer_event_killed_inside():
    """A killed duplicate ends its own iteration only."""
    sim = simulation(define("reindex", save), plan=f"{OWN} crash@response.done#1")
    sim.run_until_idle()
    outer, inner = of(sim, "reindex").iterations
    assert (outer.killed, inner.killed) == (None, "crash")
    assert (outer.answer["status"], inner.answer) == ("done", None)


def test_duplicate_of_a_delay_is_a_delay():
    """The event that only waits out the delay of its trigger does so as a duplicate, too."""
    ran = []

    def run(controller):
        ran.append(True)
        return controller.response.done()

    sim = simulation(define("reindex", run), plan="run[reindex.1]@wait#1", triggered=())
    sim.tasks.trigger("reindex", delay=60)
    sim.run_next()
    assert ran == []
    sim.run_until_idle()
    sim.close()
    assert ran == [True]
    delays = [(event.n, event.delivery, event.delay) for event in sim.trace.kinds("EventStarted")]
    assert delays == [(1, "first", 60), (2, "duplicate", 60), (3, "first", -1)]


# --- the process it runs in


class Remembering:
    """Keeps something on itself between `run` and its hook, as an honest definition may."""

    id = "reindex"
    title = "Reindex"
    seen = ()

    def __init__(self):
        self.rows = None

    def run(self, controller):
        self.rows = 3
        controller.state.update_input({"saved": True})
        return controller.response.done()

    def on_done(self, task):
        type(self).seen = (*self.seen, (task.id, self.rows))


def remembering(plan, **settings):
    """Run two tasks of it."""
    kind = type("Remembering", (Remembering,), {})
    sim = finished(kind, plan=plan, triggered=("reindex", "reindex"), **settings)
    first, second = (life.task_id for life in sim._engine.lives.values())
    return [{first: "first", second: "second"}[id] for id, _ in kind.seen], [rows for _, rows in kind.seen]


def test_outer_event_stays_on_its_instance():
    """A crash, or a cold start, of the inner event is another process's: the outer one keeps its memory."""
    inside = f"run[reindex.2]@{SAVE}"
    assert remembering(inside) == (["second", "first"], [3, 3])
    assert remembering(f"{inside} cold@reindex.2:1") == (["second", "first"], [3, 3])
    crash = f"{inside} crash@reindex.2:{SAVE}"
    assert remembering(crash, on_crash="retry(1)") == (["first", "second"], [3, 3])
    assert remembering(crash, on_crash="strand") == (["first"], [3])


def test_event_after_an_inner_crash_is_on_a_fresh_instance():
    """What was handled again after a crash inside runs on a fresh instance."""

    class Counting:
        id = "reindex"
        title = "Reindex"

        def __init__(self):
            self.runs = 0

        def run(self, controller):
            self.runs += 1
            controller.state.update_input({"runs": self.runs})
            return controller.response.done(output={"runs": self.runs})

    sim = finished(
        Counting,
        plan=f"run[reindex.2]@{SAVE} crash@reindex.2:{SAVE}",
        on_crash="retry(1)",
        triggered=("reindex", "reindex"),
    )
    [retried] = [life.task_id for life in sim._engine.lives.values() if life.label == "reindex.2"]
    assert sim.execution(retried).output == {"runs": 1}


# --- what it draws


def drawn(plan, *, asking="reindex"):
    """Return what a run draws before and after the touch inside of which the other may be handled."""
    numbers = []

    def run(controller):
        mine = [uuid4(), uuid4()]
        controller.state.update_input({"saved": True})
        mine += [uuid4(), uuid4()]
        numbers.append(mine)
        return controller.response.done()

    finished(
        define("reindex", run),
        define("sendMail", lambda controller: save(controller) if uuid4() else None),
        plan=plan,
        triggered=("reindex", "sendMail"),
    )
    return numbers


def test_outer_event_goes_on_drawing():
    """The stream of random numbers of the outer event goes on after an inner one, as without it."""
    assert drawn(f"run[sendMail.1]@{SAVE}") == drawn(None)


def test_overlapping_duplicate_draws_from_a_stream_of_its_own():
    """A duplicate is an event of its own number, so it has its own stream; the outer one keeps its own."""
    inner, outer = drawn(OWN)
    [alone] = drawn(None)
    assert outer == alone
    assert not set(inner) & set(outer)


# --- what is pending


def test_nothing_pending_of_a_dead_run_strikes_later():
    """What was to come after the last effect of a run that was killed meanwhile never comes."""
    context = {}

    def run(controller):
        if not context.get("was_killed"):
            context["was_killed"] = True
            context["sim"].effects.record("send")
            context["sim"].spend("20m")
        return controller.response.done()

    sim = context["sim"] = simulation(
        define("reindex", run), plan="crash@effect.send#1+", on_crash="retry(1)"
    )
    sim.run_until_idle()
    assert (of(sim, "reindex").status, len(sim.trace.kinds("RunWasKilled"))) == ("success", 1)
