"""Timelines of whole simulations, as a reader sees them."""

import hashlib
from functools import cache

import pytest
from rich.console import Console

from tasksim import Simulator, task_definition
from tasksim._trace.cells import cell_width
from tasksim._trace.stream import Trace
from tasksim._trace.timeline import lines, plain, to_rich
from tasksim.errors import EngineError

WIDTHS = (60, 80, 120)
ABC = {"ids": ["a", "b", "c"]}


@task_definition(id="publishEntries", title="Publish entries")
def publish_entries(input, controller):
    """Publish with a cursor that is stored after each entry."""
    ids = input["ids"]
    for at in range(input.get("at", 0), len(ids)):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"at": at})
        controller.state.update_input({"at": at + 1})
    return controller.response.done("All published.", {"count": len(ids)})


@task_definition(id="translateSite", title="Translate a site")
def translate_site(input, controller):
    """Trigger a child for each page, then wait for them."""
    children = controller.task.list_children("translatePage")
    if not children:
        for page in input["pages"]:
            controller.task.trigger("translatePage", input={"page": page}, name=f"Translate {page}")
    elif all(child.status == "success" for child in children):
        return controller.response.done(output={"pages": len(children)})
    return controller.response.continue_({}, seconds=30)


@task_definition(id="translatePage", title="Translate a page")
def translate_page(input, controller):
    """Translate in two slices."""
    if input.get("half"):
        return controller.response.done(output={"page": input["page"]})
    return controller.response.continue_({"half": True}, seconds=20)


@task_definition(id="waitOften", title="Wait often")
def wait_often(input, controller):
    """Wait for an hour, as often as the input says."""
    left = input["left"]
    if left == 0:
        return controller.response.done("Waited.")
    return controller.response.continue_({"left": left - 1}, seconds=3600)


class ImportFile:
    id = "importFile"
    title = "Import a file"

    def on_before_trigger(self, data): ...

    def run(self, input, controller):
        controller.logger.info("Reading the file.", {"rows": 3})
        raise ValueError("Row 2 has no price.")

    def on_error(self, task):
        raise RuntimeError("The mail server does not answer.")

    def on_abort(self, task): ...


class Stubborn:
    id = "stubborn"
    title = "Stubborn"

    def run(self, input, controller):
        try:
            controller.state.update_output({"half": True})
        finally:
            controller.state.update_output({"whole": True})
        return controller.response.done()


def success():
    """A run that is never cut."""
    return Simulator([publish_entries]), "publishEntries", ABC


def budget():
    """A run that is cut by its budget, in the middle of equal rounds."""
    sim = Simulator([publish_entries], budget="4m", tick="5s")
    return sim, "publishEntries", {"ids": list("abcdefgh")}


def waits():
    """Five waits of an hour each, of which those in the middle are folded."""
    return Simulator([wait_often]), "waitOften", {"left": 5}


def crash():
    """A crash before a write, and one after it, on a host that runs again."""
    plan = "crash@state.update_input#2 crash@state.update_input#3+"
    sim = Simulator([publish_entries], plan=plan, on_crash="retry(2)", tick="1s")
    return sim, "publishEntries", ABC


def stranded():
    """A timeout, after which nothing runs the task again."""
    return Simulator([publish_entries], plan="timeout@task.update#2"), "publishEntries", ABC


def aborted():
    """An abort in the middle of a run, by a planned fault."""
    return Simulator([publish_entries], plan="abort@runtime.is_aborted#2"), "publishEntries", ABC


def children():
    """A parent and its children, interleaved in time."""
    sim = Simulator([translate_site, translate_page], tick="100ms")
    return sim, "translateSite", {"pages": ["home", "about"]}


def failed():
    """An exception in a run and one in a hook."""
    return Simulator([ImportFile()]), "importFile", None


def delayed():
    """A trigger with a delay, in a world whose budget is under the close limit."""
    sim = Simulator([publish_entries, wait_often], budget="2m", close_limit="3m")
    sim.tasks.trigger("waitOften", input={"left": 1}, delay=7200)
    return sim, "publishEntries", ABC


def redelivered():
    """An event that is delivered twice, and another that is cut by a pretended timeout."""
    plan = "redeliver@1 close_to_timeout@runtime.is_close_to_timeout#2"
    return Simulator([publish_entries], plan=plan), "publishEntries", ABC


def writes():
    """Writes that fail, that only seem to, and that take long."""
    plan = "delay@log.create#1=90s fail@write#2 lost_ack@task.update#3"
    return Simulator([publish_entries], plan=plan), "publishEntries", ABC


def swallowed():
    """A crash that the task swallows."""
    return Simulator([Stubborn()], plan="crash@state.update_output#1"), "stubborn", None


def outside():
    """What others do: aborts, a refused abort, a refused trigger, a deletion, seeded records."""
    sim = Simulator([wait_often, ImportFile()], start="2024-01-01T00:00:00.250Z")
    sim.seed_records(tasks=[{"id": "old-1", "definitionId": "waitOften"}])
    sim.tasks.delete_task("old-1")
    cancelled = sim.tasks.trigger("importFile")
    sim.tasks.abort(cancelled, message="Not today.")
    waiting = sim.tasks.trigger("waitOften", input={"left": 9})

    def give_up():
        sim.tasks.abort(waiting)
        with pytest.raises(EngineError):
            sim.tasks.abort(waiting)
        with pytest.raises(EngineError):
            sim.tasks.trigger("waitFten")

    sim.at("90m", give_up)
    return sim, "waitOften", {"left": 0}


def wide():
    """Long and wide text, and text that would leave its line."""
    ids = ["\u65e5\u672c\u8a9e\u306e\u8a18\u4e8b", "\U0001f600 caf\u00e9", "two\nlines", "\u202egnp.exe"]
    note = "\u5024" * 200
    return (
        Simulator([publish_entries]),
        "publishEntries",
        {"note": note, "ids": ids, "deep": {"x": [1] * 400}},
    )


def older():
    """A recorded engine, whose hooks run before the result is stored."""
    return Simulator([ImportFile()], profile="webiny-5"), "importFile", None


SCENARIOS = [
    success,
    budget,
    waits,
    crash,
    stranded,
    aborted,
    children,
    failed,
    delayed,
    redelivered,
    writes,
    swallowed,
    outside,
    wide,
    older,
]


@cache
def trace_of(scenario):
    """Return the trace of a scenario."""
    return fresh_trace_of(scenario)


def fresh_trace_of(scenario):
    """Run a scenario to idle and return its trace."""
    sim, definition, given = scenario()
    sim.tasks.trigger(definition, input=given)
    sim.run_until_idle()
    sim.close()
    return sim.trace


@pytest.fixture(params=SCENARIOS, ids=lambda scenario: scenario.__name__)
def scenario(request):
    """Each scenario in turn."""
    return request.param


def test_timeline_is_as_approved(scenario, golden):
    """A timeline is what was read and approved, at each width, with and without unicode."""
    trace = trace_of(scenario)
    parts = [f"{scenario.__doc__}\n"]
    for width in WIDTHS:
        for unicode in (False, True):
            drawn = "unicode" if unicode else "ASCII"
            parts.append(f"{'#' * 8} {width} columns, {drawn}\n\n{trace.text(width, unicode)}")
    golden(scenario.__name__, "\n".join(parts))


@pytest.mark.slow
@pytest.mark.parametrize(
    "width", [*WIDTHS, *(pytest.param(n, marks=pytest.mark.slow) for n in (61, 73, 200))]
)
def test_no_line_is_wider_than_asked_for(scenario, width):
    """No line is wider than the width, and none ends in a space."""
    trace = trace_of(scenario)
    for unicode, full in ((False, False), (True, False), (True, True)):
        for line in trace.text(width, unicode, last=50, full=full).splitlines():
            assert cell_width(line) <= width
            assert line == line.rstrip()


def test_without_unicode_all_is_ascii(scenario):
    """Without unicode a timeline is ASCII, whatever the task was given."""
    assert trace_of(scenario).text().isascii()


def test_signs_with_and_without_unicode_are_equally_wide(scenario):
    """Where the text itself is ASCII, both ways of drawing have the same columns."""
    if scenario is wide:
        pytest.skip("its text is escaped without unicode")
    trace = trace_of(scenario)
    plain_lines, drawn_lines = (trace.text(80, unicode).splitlines() for unicode in (False, True))
    for ascii_line, drawn_line in zip(plain_lines, drawn_lines, strict=True):
        assert cell_width(ascii_line) == cell_width(drawn_line)
        differing = [(a, b) for a, b in zip(ascii_line, drawn_line, strict=True) if a != b]
        assert all(b in "\u2502\u2514\u250a\u2500\u25b8\u25c2" for _, b in differing)


def test_colour_changes_no_text(scenario):
    """The rich text holds exactly the plain text, and some of it is styled."""
    timeline = lines(list(trace_of(scenario)), width=80, unicode=True)
    text = to_rich(timeline)
    assert text.plain == plain(timeline)
    assert text.spans
    console = Console(width=80, color_system="truecolor", force_terminal=True, legacy_windows=False)
    with console.capture() as capture:
        console.print(text)
    assert "\x1b[" in capture.get()


def test_trace_survives_json_lines(scenario):
    """A trace read from its JSON lines is equal, and hashes the same."""
    trace = trace_of(scenario)
    back = Trace.from_jsonl(trace.to_jsonl())
    assert back == trace
    assert back.sha256() == trace.sha256() == hashlib.sha256(trace.to_jsonl().encode()).hexdigest()


def test_same_simulation_has_the_same_trace(scenario):
    """Run again, a scenario has the same events, hash and timeline."""
    first, second = trace_of(scenario), fresh_trace_of(scenario)
    assert first == second
    assert first.sha256() == second.sha256()
    assert first.text() == second.text()
