"""The words for interruptions: each is sugar for a plan, and what it did replays by the token."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim import Simulator, StalePlan, UsageError, create_task_definition
from tasksim._faults.token import parse_token
from tasksim.errors import PlanError

QUESTION = "runtime.is_close_to_timeout"


def count(input, controller):
    """Do one unit of work after the other, asking before each."""
    for at in range(input.get("at", 0), input.get("units", 6)):
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({**input, "at": at})
        controller.state.update_output({"done": at + 1})
    return controller.response.done()


def count_older(response, input, store, is_close_to_timeout):
    """Do the same in the older style."""
    for at in range(input.get("at", 0), input.get("units", 6)):
        if is_close_to_timeout():
            return response.continue_({**input, "at": at})
        store.update_output({"done": at + 1})
    return response.done()


def count_after(input, controller):
    """Ask after each unit of work instead."""
    for at in range(input.get("at", 0), 6):
        controller.state.update_output({"done": at + 1})
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"at": at + 1})
    return controller.response.done()


def share(input, controller):
    """Trigger two children that count, asking before each; then wait for them."""
    started = input.get("started", 0)
    while started < 2:
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"started": started})
        controller.task.trigger("count", input={"units": 3})
        started += 1
    if any(child.status in ("pending", "running") for child in controller.task.list_children().items):
        return controller.response.continue_({"started": 2}, seconds=60)
    return controller.response.done()


def ask_nothing(controller):
    """Never ask."""
    controller.state.update_input({"seen": True})
    return controller.response.done()


RUNS = {
    "count": count,
    "countOlder": count_older,
    "countAfter": count_after,
    "share": share,
    "askNothing": ask_nothing,
}


def world(**settings):
    """Return a simulator with all of these definitions."""
    definitions = [
        create_task_definition(id=id, title=id, run=run, max_iterations=50) for id, run in RUNS.items()
    ]
    return Simulator(definitions, freeze=False, **settings)


def story(sim):
    """Return all that happened in a simulation, apart from how its faults were planned."""
    told = []
    for event in sim.trace:
        kind = type(event).__name__
        if kind != "FaultPlanned":
            fields = {**event._asdict(), "seq": 0}
            told.append((kind, {**fields, "plan": ""} if kind == "SimulationStarted" else fields))
    return told


def fired(sim):
    """Return the faults that struck."""
    return [event.fault for event in sim.trace.kinds("FaultFired")]


def planned(sim):
    """Return what was planned in words, as the trace has it."""
    return [event.fault for event in sim.trace.kinds("FaultPlanned")]


def replayed(sim, *ids, **settings):
    """Run the same tasks by a simulation's token alone."""
    token = parse_token(sim.token)
    again = world(
        profile=token.settings.profile, plan=token.plan, on_crash=token.settings.on_crash, **settings
    )
    for id in ids:
        again.tasks.trigger(id)
    again.run_until_idle()
    again.close()
    return again


def units(execution):
    """Return how many units of work each iteration did."""
    return [sum("update_output" in name for name in each.checkpoints) for each in execution.iterations]


# --- faults of a plan


@pytest.mark.parametrize("checkpoint", ["event#1", "task.update#2", "state.update_output#3", "write#2"])
@pytest.mark.parametrize(
    ("word", "options", "fault"),
    [
        ("abort_at", {}, "abort@{}"),
        ("crash_at", {}, "crash@{}"),
        ("crash_at", {"after": True}, "crash@{}+"),
    ],
)
def test_a_word_is_its_fault(word, options, fault, checkpoint):
    """What happens is what happens by the plan; the token has the fault."""
    fault = fault.format(checkpoint)
    said, by_plan = world(on_crash="retry(1)"), world(on_crash="retry(1)", plan=fault)
    getattr(said, word)(checkpoint, **options)
    for sim in (said, by_plan):
        sim.run("count")
        sim.close()
    assert fired(said) == planned(said) == [fault]
    assert story(said) == story(by_plan)
    assert said.token == by_plan.token == f"v1 on_crash=retry(1) {fault}"


def test_a_checkpoint_of_another_task():
    """A word takes the name of any task's checkpoint."""
    said, by_plan = world(), world(plan="crash@count.2:state.update_output#2")
    said.crash_at("count.2:state.update_output#2")
    for sim in (said, by_plan):
        sim.run("share", input={})
        sim.close()
    assert story(said) == story(by_plan)


def test_words_follow_the_given_plan():
    """Words add to the plan that was given, and the token holds all, in the order in which they came."""
    sim = world(plan="crash@state.update_output#2", on_crash="retry(1)")
    sim.abort_at("state.update_output#5")
    sim.interrupt_every(2)
    sim.run("count")
    sim.close()
    assert sim.token == (
        f"v1 on_crash=retry(1) crash@state.update_output#2 abort@state.update_output#5 "
        f"close_to_timeout@{QUESTION}#5 close_to_timeout@{QUESTION}#8"
    )
    assert story(replayed(sim, "count")) == story(sim)


def test_words_while_it_is_under_way():
    """Between two events more can be planned: it strikes from there on."""
    sim = world()
    task = sim.tasks.trigger("count")
    sim.interrupt_every(4)
    sim.run_next()
    sim.crash_at("event#2")
    sim.run_until_idle()
    sim.close()
    assert fired(sim) == [f"close_to_timeout@{QUESTION}#5", "crash@event#2"]
    assert sim.execution(task).machine == "UnknownError"
    assert story(replayed(sim, "count")) == story(sim)


# --- interruptions


@pytest.mark.parametrize("id", ["count", "countOlder"])
@pytest.mark.parametrize(("n", "done"), [(1, [1] * 6), (2, [2, 2, 2]), (4, [4, 2]), (5, [5, 1])])
def test_interrupt_every(id, n, done):
    """A run that asks before each unit of work does n units an event, in either style."""
    sim = world()
    sim.interrupt_every(n)
    execution = sim.run(id)
    sim.close()
    assert (execution.status, units(execution), planned(sim)) == ("success", done, [f"interrupt_every({n})"])
    assert story(replayed(sim, id)) == story(sim)


def test_asking_after_each_unit():
    """A run that asks after each unit of work does n + 1 units an event."""
    sim = world()
    sim.interrupt_every(2)
    assert units(sim.run("countAfter")) == [3, 3, 0]


def test_iterate_once():
    """iterate_once() is interrupt_every(1)."""
    once, every = world(), world()
    once.iterate_once()
    every.interrupt_every(1)
    assert units(once.run("count")) == [1] * 6
    every.run("count")
    assert list(once.trace) == list(every.trace)


def test_interruptions_are_faults():
    """Each interruption is traced as the fault that it is, and the clock does not move."""
    sim = world()
    sim.interrupt_every(2)
    sim.run("count")
    expected = [f"close_to_timeout@{QUESTION}#{n}" for n in (3, 6)]
    assert fired(sim) == expected
    assert sim.token == f"v1 {' '.join(expected)}"
    assert sim.now_ms == 0


def test_every_task_is_interrupted():
    """interrupt_every(n) counts for each event of each task apart: parents, children, and others."""
    sim = world()
    sim.iterate_once()
    sim.tasks.trigger("share")
    sim.tasks.trigger("count")
    sim.run_until_idle()
    sim.close()
    by_task = {}
    for fault in fired(sim):
        by_task.setdefault(fault.rpartition("@")[2].rpartition(":")[0], []).append(fault)
    assert sorted(by_task) == ["", "count.1", "count.2", "count.3"]
    assert story(replayed(sim, "share", "count")) == story(sim)


def test_from_now_on():
    """Events that were handled before are as they were."""
    sim = world()
    assert units(sim.run("count")) == [6]
    sim.interrupt_every(3)
    assert units(sim.run("count")) == [3, 3]


@pytest.mark.parametrize(
    ("settings", "done"),
    [
        ({"plan": "redeliver@1"}, [2, 2, 2]),
        ({"plan": "crash@state.update_output#2", "on_crash": "retry(1)"}, [1, 2, 2, 2]),
        ({"plan": "timeout@state.update_output#4", "on_crash": "redeliver(15m)"}, [2, 1, 2, 2]),
    ],
)
def test_duplicates_and_retries(settings, done):
    """A duplicate, a retry and a redelivery are events, too, and each is interrupted after n units."""
    sim = world(**settings)
    sim.interrupt_every(2)
    execution = sim.run("count")
    sim.close()
    assert execution.status == "success"
    assert units(execution) == done
    assert story(replayed(sim, "count")) == story(sim)


@pytest.mark.parametrize(
    ("checkpoint", "question"),
    [
        ("event#1", 1),
        ("state.update_output#2", 3),
        (f"{QUESTION}#2", 2),
        ("write#4", 4),
        ("task.update#2", 2),
    ],
)
def test_interrupt_at(checkpoint, question):
    """From its checkpoint on, the next question of that event is answered by yes, and only there."""
    sim = world()
    sim.interrupt_at(checkpoint)
    execution = sim.run("count")
    sim.close()
    assert planned(sim) == [f"interrupt_at({checkpoint})"]
    assert fired(sim) == [f"close_to_timeout@{QUESTION}#{question}"]
    assert units(execution) == [question - 1, 7 - question]
    assert story(replayed(sim, "count")) == story(sim)


def test_interrupt_at_a_child_s_checkpoint():
    """Only the event that reaches the checkpoint is interrupted, not another task's."""
    sim = world()
    sim.interrupt_at("count.2:state.update_output#2")
    sim.run("share")
    sim.close()
    assert fired(sim) == [f"close_to_timeout@count.2:{QUESTION}#3"]
    assert story(replayed(sim, "share")) == story(sim)


@pytest.mark.parametrize(("word", "argument"), [("interrupt_at", f"{QUESTION}#2"), ("interrupt_every", 1)])
def test_a_run_that_asks_on(word, argument):
    """A run that goes on asking is interrupted once: its time stays as short as it is."""

    def run(controller):
        answers.extend(controller.runtime.is_close_to_timeout() for _ in range(5))
        return controller.response.done()

    answers = []
    sim = Simulator([create_task_definition(id="askOn", title="Ask on", run=run)], freeze=False)
    getattr(sim, word)(argument)
    sim.run("askOn")
    assert answers == [False, True, True, True, True]
    assert fired(sim) == [f"close_to_timeout@{QUESTION}#2"]


@given(
    st.sampled_from(["count", "countOlder", "share"]),
    st.lists(
        st.one_of(
            st.tuples(st.just("interrupt_every"), st.integers(1, 4)),
            st.tuples(
                st.sampled_from(["interrupt_at", "crash_at", "abort_at"]),
                st.sampled_from(
                    [
                        "event#2",
                        f"{QUESTION}#2",
                        f"{QUESTION}#3",
                        "write#3",
                        "task.update#3",
                        "count.1:event#1",
                    ]
                ),
            ),
        ),
        unique=True,
        max_size=4,
    ),
    st.sampled_from(["", "redeliver@1", f"close_to_timeout@{QUESTION}#2", "crash@event#1"]),
    st.sampled_from(["strand", "retry(2)", "redeliver(1h)"]),
)
def test_whatever_was_said_replays(id, said, plan, on_crash):
    """Whichever words are said, in whichever order, the token's plan does the same again."""
    sim = world(plan=plan, on_crash=on_crash)
    for word, argument in said:
        getattr(sim, word)(argument)
    sim.tasks.trigger(id)
    sim.run_until_idle()
    again = world(plan=parse_token(sim.token).plan, on_crash=on_crash)
    again.tasks.trigger(id)
    again.run_until_idle()
    assert story(again) == story(sim)
    assert again.token == sim.token


# --- at one place


def test_an_interruption_where_one_is_planned():
    """An interruption at a question at which the plan has one already is that one: it strikes once."""
    fault = f"close_to_timeout@{QUESTION}#3"
    sim = world(plan=fault)
    sim.interrupt_every(2)
    sim.interrupt_at(f"{QUESTION}#3")
    assert units(sim.run("count")) == [2, 2, 2]
    sim.close()
    assert fired(sim) == [fault, f"close_to_timeout@{QUESTION}#6"]
    assert sim.token == f"v1 {fault} close_to_timeout@{QUESTION}#6"


def test_an_interruption_where_the_run_is_killed():
    """A run killed at the very question is not interrupted there: the plan has only what struck."""
    sim = world(on_crash="retry(1)")
    sim.interrupt_every(2)
    sim.crash_at(f"{QUESTION}#3")
    assert units(sim.run("count")) == [2, 2, 2, 2]
    sim.close()
    assert fired(sim) == [f"crash@{QUESTION}#3", *(f"close_to_timeout@{QUESTION}#{n}" for n in (6, 9))]
    assert story(replayed(sim, "count")) == story(sim)


def test_crash_after_an_interrupted_question():
    """A run can be interrupted at a question and killed once it is answered."""
    sim = world(on_crash="retry(1)")
    sim.crash_at(f"{QUESTION}#3", after=True)
    sim.interrupt_every(2)
    sim.run("count")
    sim.close()
    assert fired(sim)[:2] == [f"crash@{QUESTION}#3+", f"close_to_timeout@{QUESTION}#3"]
    assert story(replayed(sim, "count")) == story(sim)


def test_two_rhythms():
    """Of two rhythms the shorter one is heard; the other interrupted nothing, and that is said."""
    sim = world()
    sim.interrupt_every(4)
    sim.interrupt_every(2)
    assert units(sim.run("count")) == [2, 2, 2]
    with pytest.raises(StalePlan, match=r"^interrupt_every\(4\) interrupted nothing"):
        sim.close()


# --- misuse


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("abort_at", "'abort@event#1' is planned already."),
        ("crash_at", "'crash@event#1' is planned already."),
        ("interrupt_at", "interrupt_at(event#1) is planned already."),
    ],
)
def test_twice(word, sentence):
    """What is planned already is refused."""
    sim = world()
    getattr(sim, word)("event#1")
    with pytest.raises(UsageError) as caught:
        getattr(sim, word)("event#1")
    assert str(caught.value) == f"{sentence}\n  Plan it once."
    assert len(planned(sim)) == 1


def test_twice_the_same_rhythm():
    """The same rhythm twice is refused, by whichever name."""
    sim = world()
    sim.iterate_once()
    with pytest.raises(UsageError, match=r"^interrupt_every\(1\) is planned already"):
        sim.interrupt_every(1)


def test_twice_by_plan_and_word():
    """What the given plan has already is refused."""
    sim = world(plan="crash@event#1")
    with pytest.raises(UsageError, match=r"^'crash@event#1' is planned already"):
        sim.crash_at("event#1")
    sim.crash_at("event#1", after=True)
    assert sim.token == "v1 crash@event#1 crash@event#1+"  # noqa: S105 - a plan's


@pytest.mark.parametrize(
    ("word", "named"),
    [("abort_at", "'abort@{}'"), ("crash_at", "'crash@{}'"), ("interrupt_at", "interrupt_at({})")],
)
@pytest.mark.parametrize("checkpoint", ["event#1", "task.update#2", "write#1", f"{QUESTION}#1"])
def test_too_late(word, named, checkpoint):
    """What waits for a checkpoint that was passed can never strike, and is refused at once."""
    sim = world()
    sim.run("count")
    with pytest.raises(UsageError) as caught:
        getattr(sim, word)(checkpoint)
    assert str(caught.value) == (
        f"{named.format(checkpoint)} cannot strike any more: {checkpoint!r} was reached already.\n"
        "  Plan it before the task runs that far."
    )
    assert planned(sim) == []


def test_too_late_by_a_refused_trigger():
    """A touch of a trigger that was refused counts: the next trigger goes on counting."""

    def refuse():
        raise ValueError("No.")

    run = create_task_definition(id="reindex", title="Reindex", run=ask_nothing, on_before_trigger=refuse)
    sim = Simulator([run], freeze=False)
    with pytest.raises(ValueError, match="No"):
        sim.tasks.trigger("reindex")
    with pytest.raises(UsageError, match="was reached already"):
        sim.abort_at("hook.on_before_trigger#1")
    sim.abort_at("hook.on_before_trigger#2")


def test_checkpoints_still_to_come():
    """The same name with a later number can be planned still."""
    sim = world()
    sim.run("count")
    sim.crash_at("count.2:event#1")
    sim.crash_at("event#2")
    assert planned(sim) == ["crash@count.2:event#1", "crash@event#2"]


@pytest.mark.parametrize("n", [0, -1, True, 1.0, "2", None])
def test_no_rhythm(n):
    """interrupt_every() takes a whole number from 1 on."""
    with pytest.raises(UsageError) as caught:
        world().interrupt_every(n)
    assert str(caught.value) == f"interrupt_every() got {n!r}.\n  Pass a whole number from 1 on."


@pytest.mark.parametrize("word", ["interrupt_at", "abort_at", "crash_at"])
@pytest.mark.parametrize("text", ["", "event", "event#0", "evnt#1", "event#1 event#2", "crash@event#1"])
def test_no_checkpoint(word, text):
    """What names no checkpoint is refused, with a pointer at what is wrong."""
    with pytest.raises(PlanError):
        getattr(world(), word)(text)


@pytest.mark.parametrize("word", ["interrupt_every", "interrupt_at", "abort_at", "crash_at"])
def test_inside_a_run(word):
    """Plans are made by the test: inside an event it is misuse, which comes out even if swallowed."""

    def run(controller):
        with suppress(UsageError):
            getattr(sim, word)(9 if word == "interrupt_every" else "event#9")
        return controller.response.done()

    sim = Simulator([create_task_definition(id="reindex", title="Reindex", run=run)], freeze=False)
    with pytest.raises(UsageError, match=rf"^{word}\(\) was called inside an event of 'reindex-0001'"):
        sim.run("reindex")


def test_after_the_end():
    """A simulation that has ended takes no plan any more."""

    def run():
        raise KeyboardInterrupt

    sim = Simulator([create_task_definition(id="reindex", title="Reindex", run=run)], freeze=False)
    with pytest.raises(KeyboardInterrupt):
        sim.run("reindex")
    with pytest.raises(UsageError, match="ended the simulation"):
        sim.crash_at("event#2")


# --- what never struck


@pytest.mark.parametrize(
    ("word", "argument", "id", "message"),
    [
        (
            "interrupt_every",
            7,
            "count",
            (
                f"interrupt_every(7) interrupted nothing: no event asked {QUESTION} more than 7 times.\n"
                f"  Leave it out, or let run() ask controller.{QUESTION}() before each unit of work."
            ),
        ),
        (
            "interrupt_every",
            1,
            "askNothing",
            (
                f"interrupt_every(1) interrupted nothing: no event asked {QUESTION} more than once.\n"
                f"  Leave it out, or let run() ask controller.{QUESTION}() before each unit of work."
            ),
        ),
        (
            "interrupt_at",
            "state.update_input#1",
            "askNothing",
            (
                "interrupt_at(state.update_input#1) interrupted nothing: the event that reached "
                f"'state.update_input#1' did not ask {QUESTION} after it.\n"
                f"  Choose an earlier checkpoint, or let run() ask controller.{QUESTION}() after it."
            ),
        ),
        (
            "interrupt_at",
            "state.update_input#2",
            "askNothing",
            (
                "interrupt_at(state.update_input#2) interrupted nothing: no event reached "
                "'state.update_input#2'.\n"
                "  state.update_input was reached 1 time\n"
                "  nearest: state.update_input#1, task.update#3\n"
                "  Choose a checkpoint that the run reaches; sim.trace.checkpoints() lists them."
            ),
        ),
        (
            "crash_at",
            "state.update_input#2",
            "askNothing",
            (
                "The planned fault 'crash@state.update_input#2' never fired: 'state.update_input#2' was not "
                "reached.\n"
                "  state.update_input was reached 1 time\n"
                "  nearest: state.update_input#1, task.update#3\n"
                "  Choose a checkpoint that the run reaches; sim.trace.checkpoints() lists them."
            ),
        ),
    ],
)
def test_never_struck(word, argument, id, message):
    """A word that did nothing is an error at the end, which says why and what to do."""
    sim = world()
    getattr(sim, word)(argument)
    sim.run(id)
    with pytest.raises(StalePlan) as caught:
        sim.close()
    assert str(caught.value) == message
    assert caught.value.fault == (
        f"{word}({argument})" if word.startswith("interrupt") else f"crash@{argument}"
    )
