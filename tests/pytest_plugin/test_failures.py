"""The sections that a failed test shows."""

import io
import os
import re
import sys

import pytest

from tasksim import Simulator, Trace, create_task_definition
from tasksim.pytest_plugin import failures


def define(run, **attributes):
    """Make a definition."""
    return create_task_definition(id="reindex", title="Reindex", run=run, **attributes)


def done(controller):
    """Answer done."""
    controller.logger.info("Working.", {"at": 1})
    return controller.response.done("Done.", {"count": 1})


def failing(controller):
    """Fail with a long message."""
    error = LookupError("No index. " * 90)
    error.code = "NO_INDEX"
    raise error


def run(run, **settings):
    """Return a simulator in which a task ran."""
    sim = Simulator([define(run)], **settings)
    sim.run("reindex")
    return sim


@pytest.fixture
def sections(monkeypatch, pytestconfig):
    """Return what makes the sections of a failed test, as on a terminal of ASCII with 80 columns."""
    monkeypatch.setattr(sys, "__stdout__", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    monkeypatch.setenv("COLUMNS", "80")

    def make(*sims, error=None, replay="pytest x", names=()):
        return dict(failures.sections(sims, error=error, replay=replay, config=pytestconfig, traces=names))

    return make


def test_sections_of_a_failed_task(sections):
    """A failed task shows its exception, its timeline, its logs and the replay, in that order."""
    found = sections(run(failing))
    assert list(found) == [
        "tasksim exception in run of reindex-0001",
        "tasksim timeline",
        "tasksim logs",
        "tasksim replay",
    ]
    lines = found["tasksim exception in run of reindex-0001"].splitlines()
    assert re.fullmatch(r".*test_failures\.py:\d+: in failing", lines[0])
    assert lines[1:] == ["    raise error", f"E   LookupError: {'No index. ' * 90}".rstrip()]
    assert found["tasksim replay"] == "pytest x\ntoken: v1"


def test_exception_that_pytest_shows_is_not_shown_again(sections):
    """The exception of a task is left out if it is the test's own, or in its chain."""
    sim = run(failing)
    original = sim.execution("reindex-0001").exception
    outer = AssertionError("Not done.")
    outer.__cause__ = original
    inner = ValueError("Meanwhile.")
    inner.__context__ = outer
    for error in (original, outer, inner):
        assert next(iter(sections(sim, error=error))) == "tasksim timeline"
    assert next(iter(sections(sim, error=ValueError("Other.")))).startswith("tasksim exception")


def test_many_exceptions(sections):
    """Of many failed tasks three exceptions are shown, and how many there are more."""

    def parent(controller):
        for _ in range(5):
            controller.task.trigger("child")
        return controller.response.done()

    sim = Simulator([define(parent), create_task_definition(id="child", title="Child", run=failing)])
    sim.run("reindex")
    found = [(title, text) for title, text in sections(sim).items() if "exception" in title]
    assert len(found) == 3
    assert found[-1][1].splitlines()[-1] == "... and 2 tasks more raised an exception"


def test_long_exception_is_bounded(sections):
    """A deep traceback is shown with its middle left out."""

    def deep(n):
        if n == 0:
            raise ValueError("Deep.")
        deep(n - 1)

    sim = run(lambda controller: deep(60))
    text = next(iter(sections(sim).values()))
    assert len(text.splitlines()) == 41
    assert re.search(r"\n\.\.\. \d+ lines more\n", text)


def test_chained_exception(sections):
    """The exceptions from which the task's was raised are shown, too, cut to the user's frames."""

    def chained(controller):
        try:
            controller.response.done(output={"n": {1}})
        except Exception as error:
            raise LookupError("No index.") from error

    def plain(controller):
        try:
            int("x")
        except ValueError as error:
            raise LookupError("No index.") from error

    text = next(iter(sections(run(plain)).values()))
    assert "ValueError: invalid literal" in text
    assert "direct cause" in text
    assert f"tasksim{os.sep}_" not in text


def test_simulators_are_named(sections):
    """Several simulators are named by number and profile; the last three are shown, quiet ones are not."""
    sims = [run(done, profile=profile) for profile in ("webiny-5", "webiny-6") * 2]
    sims.insert(3, Simulator([define(done)], plan="crash@event#1"))
    found = sections(*sims)
    assert [title for title in found if "timeline" in title] == [
        "tasksim timeline (2 of 4, profile webiny-6)",
        "tasksim timeline (3 of 4, profile webiny-5)",
        "tasksim timeline (4 of 4, profile webiny-6)",
    ]
    assert found["tasksim replay"].splitlines()[-1] == "not shown: 1 simulator before"
    assert sections(Simulator([define(done)])) == {}
    assert sections() == {}


def test_simulator_in_which_something_was_refused_is_shown(sections):
    """A refused trigger is something that happened."""
    sim = Simulator([define(done)])
    with pytest.raises(Exception, match="was not found"):
        sim.tasks.trigger("other")
    assert "trigger refused" in sections(sim)["tasksim timeline"]


def test_timeline_names_the_file_that_has_all_of_it(sections, tmp_path):
    """A cut timeline says how many lines are missing, and where they are or how to have them written."""

    def long(input, controller):
        at = input.get("at", 0)
        for item in range(at):
            controller.logger.info(f"Item {item}.", {"at": at} if item % 2 else None)
            if item % 3 == at % 3:
                controller.state.get_status()
        return controller.response.done() if at == 12 else controller.response.continue_({"at": at + 1})

    sim, quiet = run(long), Simulator()
    first, *rest = sections(sim)["tasksim timeline"].splitlines()
    assert re.fullmatch(r"\.\.\. \d+ earlier lines; all of it: --tasksim-trace=DIR", first)
    assert len(rest) <= 39
    found = sections(sim, quiet, names=["a-1.jsonl", "a-1.txt", "a-2.txt"])
    assert found["tasksim timeline"].splitlines()[0].endswith("; all of it: a-1.txt")
    assert sections(sim)["tasksim logs"].splitlines()[0] == "... 75 earlier lines"


def test_without_a_trace_sections_say_so(sections):
    """Without a trace the timeline says in one line that there is none."""
    found = sections(run(failing, trace=False))
    assert next(iter(found)) == "tasksim exception in the code of reindex-0001"
    assert found["tasksim timeline"] == (
        "This simulation was made with trace=False: nothing of what happened was kept."
    )


def test_section_that_cannot_be_made_says_why(sections, monkeypatch):
    """A section never raises, and does not keep the others from being made."""
    sim = run(failing)
    monkeypatch.setattr(failures, "logs_of", lambda sim: 1 / 0)
    monkeypatch.setattr(Trace, "text", lambda *_: int("x\ny"))
    found = sections(sim)
    assert found["tasksim logs"] == "This could not be made: ZeroDivisionError: division by zero"
    assert found["tasksim timeline"].startswith("This could not be made: ValueError: invalid literal")
    assert "\n" not in found["tasksim timeline"]
    assert found["tasksim replay"] == "pytest x\ntoken: v1"
    monkeypatch.setattr(Simulator, "profile", property(lambda sim: sim.x))
    assert sections(sim, sim)["tasksim"].startswith("This could not be made: AttributeError")


def test_exception_with_a_broken_text(sections):
    """An exception that cannot be shown as text is no obstacle."""

    class BrokenError(Exception):
        def __str__(self):
            raise ZeroDivisionError

    def broken():
        raise BrokenError

    text = next(iter(sections(run(lambda controller: broken())).values()))
    assert "BrokenError" in text


@pytest.mark.parametrize(
    ("encoding", "is_worker", "is_ascii"),
    [("utf-8", False, False), ("UTF8", False, False), ("utf-8", True, True), ("cp1252", False, True)],
)
def test_unicode_only_where_the_terminal_has_it(
    sections, monkeypatch, pytestconfig, encoding, is_worker, is_ascii
):
    """Lines are drawn with unicode where the terminal can show it; a worker of xdist does not know."""
    sim = run(done)
    monkeypatch.setattr(sys, "__stdout__", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    if is_worker:
        monkeypatch.setattr(pytestconfig, "workerinput", {}, raising=False)
    else:
        monkeypatch.delattr(pytestconfig, "workerinput", raising=False)
    assert sections(sim)["tasksim timeline"].isascii() is is_ascii


@pytest.mark.parametrize(("columns", "width"), [("30", 60), ("100", 100), ("400", 140)])
def test_sections_are_as_wide_as_the_terminal(sections, monkeypatch, columns, width):
    """The width is the terminal's, from 60 to 140."""

    def wide(controller):
        controller.logger.info("x" * 500)
        return controller.response.done()

    monkeypatch.setenv("COLUMNS", columns)
    found = sections(run(wide))
    for name in ("timeline", "logs"):
        assert max(map(len, found[f"tasksim {name}"].splitlines())) == width
