"""What stands around the story, what may be chosen, and laws for any events."""

import builtins
from importlib import metadata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasksim import Simulator, task_definition
from tasksim._model import events as e
from tasksim._trace import frame
from tasksim._trace.cells import cell_width
from tasksim._trace.timeline import STYLES, lines, plain, render, to_rich
from tasksim.errors import MissingExtra, UsageError


@task_definition(id="askOften", title="Ask often")
def ask_often(input, controller):
    """Ask three times."""
    for _ in range(3):
        controller.runtime.is_close_to_timeout()
    return controller.response.done(output={"asked": 3})


def timeline(definition=ask_often, given=None, **options):
    """Run a definition and return its timeline."""
    sim = Simulator([definition], **options)
    sim.run(definition.id, input=given)
    return sim.trace.text()


def note_of(text):
    """Return the notes at the end of a timeline, on one line."""
    return " ".join(text.partition("\nnote: ")[2].split())


def test_header_tells_the_world():
    """The header has the version, the profile, every setting, and the plan."""
    text = timeline(
        seed=7,
        budget="20m",
        tick="250ms",
        on_crash="retry(2)",
        plan="close_to_timeout@runtime.is_close_to_timeout#2",
    )
    assert text.splitlines()[:4] == [
        "tasksim 0.1.0",
        "  world     profile documented, seed 7, start 2024-01-01T00:00:00Z",
        "  time      budget 20m, close limit 3m, tick 250ms, on_crash retry(2)",
        "  plan      close_to_timeout@runtime.is_close_to_timeout#2",
    ]


def test_header_tells_what_was_planned_later():
    """What was planned in words follows the plan, as it was said; a fault looks as if it had been given."""
    given = Simulator([ask_often], plan="abort@event#1 crash@event#2", on_crash="retry(1)")
    said = Simulator([ask_often], plan="abort@event#1", on_crash="retry(1)")
    said.crash_at("event#2")
    for sim in (given, said):
        sim.run("askOften")
    assert said.trace.text() == given.trace.text()
    said.interrupt_at("event#3")
    said.iterate_once()
    assert said.trace.text().splitlines()[3] == (
        "  plan      abort@event#1 crash@event#2 interrupt_at(event#3) interrupt_every(1)"
    )
    styles = list(lines(list(said.trace), width=80, unicode=True))[3]
    assert {style for style, text in styles if "interrupt" in text} == {"fault"}


def test_header_of_words_alone():
    """Without a given plan, what was planned in words is the plan."""
    sim = Simulator([ask_often])
    assert sim.trace.text().splitlines()[3] == "  plan      none"
    sim.interrupt_every(2)
    assert sim.trace.text().splitlines()[3] == "  plan      interrupt_every(2)"


def test_header_without_an_installed_package(monkeypatch):
    """Run from its source, tasksim has no version to show."""

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(frame.metadata, "version", missing)
    assert timeline().splitlines()[0] == "tasksim"


def test_budget_that_cut_nothing_is_noted():
    """Where several questions were answered False because nothing took time, a note says so."""
    assert note_of(timeline()) == (
        "the budget of 15m cut nothing: nothing took time (tick=0). Let checkpoints take time with "
        'tick="1s", or fakes with sim.spend().'
    )


@pytest.mark.parametrize(
    "options",
    [{"tick": "1s"}, {"plan": "close_to_timeout@runtime.is_close_to_timeout#2"}],
    ids=["time passed", "one was True"],
)
def test_budget_that_could_cut_is_not_noted(options):
    """Where time passed, or a question was answered True, there is nothing to note."""
    assert note_of(timeline(**options)) == ""


def test_one_question_is_not_several():
    """A single question says too little to be noted."""

    @task_definition(id="askOnce", title="Ask once")
    def ask_once(controller):
        controller.runtime.is_close_to_timeout()
        return controller.response.done()

    assert note_of(timeline(ask_once)) == ""


def test_budget_under_the_close_limit_is_noted():
    """A budget that is not above the close limit is noted, in the words for each case."""
    assert note_of(timeline(budget="2m")).startswith(
        "the budget of 2m is below the close limit of 3m: is_close_to_timeout() answers True at once, unless"
    )
    assert note_of(timeline(budget="3m", tick="1s")).startswith(
        "the budget of 3m is the close limit: is_close_to_timeout() answers True as soon as any time has"
    )


def test_summary_tells_how_each_task_ended():
    """Each task has a line: status, iterations, time, and its output, its error, or until when it waits."""

    @task_definition(id="wait", title="Wait")
    def wait(controller):
        return controller.response.continue_({}, seconds=3600)

    @task_definition(id="fail", title="Fail")
    def fail(controller):
        raise ValueError("No.")

    sim = Simulator([ask_often, wait, fail], tick="1s")
    for id_ in ("askOften", "wait", "fail"):
        sim.tasks.trigger(id_)
    sim.tasks.trigger("wait", delay=60)
    for _ in range(3):
        sim.run_next()
    assert sim.trace.text().split("\n\n")[2].splitlines() == [
        'askOften-0001  success  1 iteration   00:09.000  {"asked": 3}',
        "wait-0002      running  1 iteration   00:16.000  waits until 1:00:16.000",
        'fail-0003      failed   1 iteration   00:21.000  "No."',
        "wait-0004      pending  0 iterations  00:00.000",
    ]


def test_nothing_happened_yet():
    """A simulation in which nothing happened yet has a header and nothing else."""
    assert Simulator([]).trace.text().count("\n") == 4
    assert render([]) == "tasksim 0.1.0\n  world     unknown: the trace does not hold its beginning\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 59}, "width is 59."),
        ({"width": True}, "width is True."),
        ({"width": "80"}, "width is '80'."),
        ({"last": 0}, "last is 0."),
        ({"last": 1.5}, "last is 1.5."),
        (
            {"tasks": "askOften-1"},
            "tasks names 'askOften-1', of which the trace tells nothing. Did you mean 'askOften-0001'?",
        ),
        ({"tasks": [7]}, "tasks names 7, of which the trace tells nothing."),
    ],
)
def test_wrong_choices_are_refused(options, message):
    """A choice that cannot be used is an error that names it, and the way out."""
    sim = Simulator([ask_often])
    sim.run("askOften")
    with pytest.raises(UsageError) as caught:
        sim.trace.text(**options)
    assert caught.value.sentence == message
    assert caught.value.way_out.startswith("Pass ")


def test_text_takes_its_choices():
    """Tasks, last and full reach the timeline."""
    sim = Simulator([ask_often])
    first, second = sim.run("askOften"), sim.run("askOften")
    assert second.id not in sim.trace.text(tasks=first.id)
    assert ": 1 iteration before this" in sim.trace.text(last=1)
    assert "stored {" in sim.trace.text(full=True)


def test_without_rich_there_is_plain_text(monkeypatch):
    """Without rich, colour is an error that names the extra; plain text needs nothing."""
    real = builtins.__import__

    def without_rich(name, *args):
        if name.startswith("rich"):
            raise ImportError(name)
        return real(name, *args)

    shown = lines([e.Noted(0, 0, "", "Hello.")], width=80, unicode=False)
    monkeypatch.setattr(builtins, "__import__", without_rich)
    with pytest.raises(MissingExtra, match=r"tasksim\[cli\]"):
        to_rich(shown)
    assert "note  Hello." in plain(shown)


def test_every_style_is_known():
    """Each style that a line bears is one that rich is told about."""
    sim = Simulator([ask_often], plan="crash@event#1", on_crash="retry(1)")
    sim.run("askOften")
    assert {style for line in lines(list(sim.trace), width=80, unicode=True) for style, _ in line} <= set(
        STYLES
    )


# --- laws

TASKS = st.sampled_from(
    ["", "job-0001", "child-0002", "a task with a very long id that needs to be cut-0003"]
)
LABELS = st.sampled_from(["", "job.1", "child.2"])
TEXT = st.text(max_size=30)
SMALL = st.integers(1, 3)
OBJECT = st.dictionaries(TEXT, st.none() | st.integers(-9, 9) | TEXT | st.lists(TEXT, max_size=4), max_size=4)
ERROR = st.fixed_dictionaries({"message": TEXT}, optional={"code": TEXT, "data": OBJECT})
PLACES = st.sampled_from(["sleep#1", "task.update#1", "event#1", "job.1:sleep#1"])
DATA = {
    "runtime.is_aborted": st.booleans(),
    "runtime.is_close_to_timeout": st.booleans(),
    "response.done": st.fixed_dictionaries({"message": st.none() | TEXT, "output": st.none() | OBJECT}),
    "response.continue": st.fixed_dictionaries({"input": OBJECT, "wait": st.none() | st.floats(1, 1e7)}),
    "response.error": st.fixed_dictionaries({"error": ERROR}),
    "response.aborted": st.none(),
    "logger.info": st.fixed_dictionaries({"message": TEXT, "data": st.none() | OBJECT}),
    "logger.error": st.fixed_dictionaries({"message": TEXT, "error": st.none() | ERROR}),
    "state.get_status": TEXT,
    "state.update_input": OBJECT,
    "state.save": st.none(),
    "task.trigger": st.just({"definition": "child"}),
    "task.list_children": st.lists(st.tuples(TEXT, TEXT).map(list), max_size=3),
    "sleep": st.fixed_dictionaries({"ms": st.integers(0, 10**9)}),
    "wait": st.fixed_dictionaries({"seconds": st.floats(1, 1e7)}),
    "hook.on_done": st.none(),
    "user.PLACE": st.booleans() | OBJECT,
}
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "task_status": st.sampled_from(["running", "success", "failed", "aborted"]),
        "iterations": st.integers(0, 9),
        "input": OBJECT,
        "output": st.just({"error": {"message": "x"}}) | OBJECT,
        "event_response": OBJECT,
    },
)
REACHED = st.sampled_from(sorted(DATA)).flatmap(
    lambda what: st.tuples(LABELS, st.just(what), st.none() | TEXT, SMALL, DATA[what])
)
ANSWER = st.fixed_dictionaries(
    {"status": st.sampled_from(["done", "continue", "error", "aborted"])},
    optional={"message": TEXT, "error": ERROR, "wait": st.floats(1, 1e7)},
)
FIELDS = {
    e.RecordsSeeded: st.tuples(SMALL, SMALL),
    e.TaskTriggered: st.tuples(
        LABELS, st.just("child"), TEXT, st.none(), OBJECT, st.sampled_from([0, 1.5, 1e7])
    ),
    e.TriggerRefused: st.tuples(TEXT, ERROR),
    e.EventStarted: st.tuples(
        LABELS,
        SMALL,
        st.sampled_from(["first", "retry", "duplicate"]),
        st.sampled_from([-1, 60]),
        st.integers(0, 10**9),
    ),
    e.LogCreated: st.tuples(LABELS, SMALL, TEXT, SMALL),
    e.RecordUpdated: st.tuples(LABELS, st.sampled_from(["task.update", "log.update"]), SMALL, SMALL, CHANGES),
    e.RunStarted: st.tuples(SMALL, OBJECT),
    e.CheckpointReached: REACHED,
    e.EffectRecorded: st.tuples(
        LABELS, st.sampled_from(["publish", "a/b"]), TEXT | st.none(), SMALL, st.none(), OBJECT, st.none()
    ),
    e.ExceptionRaised: st.tuples(st.sampled_from(["run", "on_done"]), TEXT, TEXT),
    e.HookFailed: st.tuples(st.sampled_from(["on_done", "on_abort"]), ERROR),
    e.DataSimplified: st.tuples(TEXT),
    e.ResultDropped: st.tuples(TEXT),
    e.EventAnswered: st.tuples(ANSWER),
    e.MachineEnded: st.tuples(st.sampled_from(["Done", "Error", "Aborted", "UnknownError", "TimedOut"])),
    e.TaskAborted: st.tuples(TEXT),
    e.AbortRefused: st.tuples(ERROR),
    e.TaskDeleted: st.tuples(),
    e.FaultPlanned: st.tuples(st.sampled_from(["crash@sleep#1", "interrupt_every(2)"]) | TEXT),
    e.FaultFired: st.tuples(st.sampled_from(["crash@sleep#1", "abort@event#1", "fail@write#1"]), PLACES),
    e.RunWasKilled: st.tuples(st.sampled_from(["crash", "timeout"]), PLACES),
    e.CrashSwallowed: st.tuples(SMALL),
    e.ActPerformed: st.tuples(TEXT),
    e.Noted: st.tuples(TEXT),
}
OF_A_TASK = (e.MachineEnded, e.FaultFired, e.RunWasKilled)


@st.composite
def any_events(draw):
    """Draw events in any order, also one in which no engine emits them."""
    events = [
        e.SimulationStarted(
            0, 0, "", "documented", 0, 0, 900_000, 180_000, 0, "strand", "crash@sleep#1 " * draw(SMALL)
        )
    ]
    now_ms = 0
    for kind in draw(st.lists(st.sampled_from(list(FIELDS)), max_size=25)):
        now_ms += draw(st.sampled_from([0, 0, 1, 61_000, 10**8]))
        task = draw(TASKS.filter(bool) if kind in OF_A_TASK else TASKS)
        events.append(kind(len(events), now_ms, task, *draw(FIELDS[kind])))
    return events


@settings(deadline=None)
@given(any_events(), st.integers(60, 130), st.booleans(), st.booleans())
def test_any_events_can_be_told(events, width, unicode, full):
    """Whatever is emitted in whatever order, there is a timeline, no line too wide, none that breaks."""
    text = render(events, width=width, unicode=unicode, full=full)
    for line in text.split("\n"):
        assert cell_width(line) <= width
        assert line.isprintable()
    assert unicode or text.isascii()
    assert to_rich(lines(events, width=width, unicode=unicode, full=full)).plain == text
