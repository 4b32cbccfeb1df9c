"""Stories of findings as people read them; the scenarios come first, since stories name their lines.

TASKSIM_UPDATE_GOLDEN=1 writes the golden texts anew instead of comparing: read the difference.
"""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tasksim import Simulator, create_task_definition, explore, resumable, task_definition
from tasksim._explore.findings import Counts, Coverage, End, Finding, Report, Side
from tasksim._explore.places import place_of
from tasksim._explore.story import render_finding, render_report
from tasksim._explore.story_commands import literal
from tasksim._explore.story_course import course
from tasksim._explore.story_coverage import covered
from tasksim._explore.story_table import table
from tasksim._explore.story_words import ROOMS, shown_line
from tasksim._explore.targets import as_target
from tasksim._faults.plan import Plan, parse, render
from tasksim._faults.token import UNSET, Settings, Token, parse_token
from tasksim._model.events import TaskTriggered
from tasksim._simulator.strictness.lines import Lines
from tasksim._trace.cells import cell_width
from tasksim._trace.layout import Paper
from tasksim.errors import EffectFailed, UsageError

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (60, 100, 140)


# --- scenarios


class FakeCms:
    def __init__(self, effects):
        self.effects = effects

    def publish(self, id):
        with self.effects.record("publish", key=id):
            pass


class PublishEntries:
    id = "publishEntries"
    title = "Publish entries"
    max_iterations = 100

    def __init__(self, cms):
        self.cms = cms

    def run(self, input, controller):
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at or len(ids)})
            self.cms.publish(ids[at])
        return controller.response.done("All published.", {"count": len(ids)})


def publishing(sim):
    """Publish three entries; a cut before the first loses all."""
    sim.register(lambda: PublishEntries(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b", "c"]})


def publishing_many(sim):
    """Publish a hundred entries, and tell the state of the world in the end."""
    sim.register(lambda: PublishEntries(FakeCms(sim.effects)))
    sim.tasks.trigger("publishEntries", input={"ids": [f"entry-{number:03}" for number in range(100)]})
    return lambda: {"published": sorted(effect.key for effect in sim.effects), "at": {1, 2}}


class ImportRows:
    id = "importRows"
    title = "Import rows"
    max_iterations = 100

    def __init__(self, effects):
        self.effects = effects

    def run(self, input, controller):
        at = input.get("at", 0)
        while at < input["rows"]:
            self.effects.record("import", key=at)
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": min(at + 1, 8)})
            at += 1
        return controller.response.done(output={"rows": at})


def importing(sim):
    """Import twelve rows with a cursor that stops at the eighth."""
    sim.register(lambda: ImportRows(sim.effects))
    sim.tasks.trigger("importRows", input={"rows": 12})


class SendLetters:
    id = "sendLetters"
    title = "Send letters"

    def __init__(self, effects):
        self.effects = effects

    def run(self, input, controller):
        for name in input["names"]:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            for copy in range(4):
                self.effects.record("send", key=f"{name}/{copy}")
        return controller.response.done()


def sending(sim):
    """Send letters, and look for an abort only now and then."""
    sim.register(lambda: SendLetters(sim.effects))
    sim.tasks.trigger("sendLetters", input={"names": ["ann", "bob"]})


class TranslateSite:
    id = "translateSite"
    title = "Translate a site"

    def run(self, input, controller):
        if not input.get("waits"):
            for page in input["pages"]:
                controller.task.trigger("translatePage", input={"page": page})
            return controller.response.continue_({"waits": True}, seconds=30)
        children = controller.task.list_children("translatePage")
        return controller.response.done(output={"pages": len(children)})


def translating(sim):
    """A parent that triggers its children again when it is run again."""
    sim.register(TranslateSite)
    sim.stub("translatePage", done={"language": "de"}, after="10s")
    sim.tasks.trigger("translateSite", input={"pages": ["home", "about"]})


class CountStock:
    id = "countStock"
    title = "Count stock"

    def run(self, input, controller):
        for shelf in range(3):
            controller.state.update_output({"shelves": shelf + 1})
            if controller.runtime.is_close_to_timeout():
                return None  # the mistake
        return controller.response.done(output={"shelves": 3})


def counting(sim):
    """Forget to answer when time runs out."""
    sim.register(CountStock)
    sim.tasks.trigger("countStock")


class FetchFeeds:
    id = "fetchFeeds"
    title = "Fetch feeds"

    def __init__(self, effects):
        self.effects = effects

    async def run(self, input, controller):
        for feed in input["feeds"]:
            await self.fetch(feed, controller)
        return controller.response.done("Fetched.", {"feeds": len(input["feeds"])})

    async def fetch(self, feed, controller):
        await asyncio.sleep(2)
        self.effects.record("fetch", key=feed, contract="exactly_once")
        controller.logger.info("Fetched a feed.", {"feed": feed})


def fetching(sim):
    """Fetch two feeds, and both again after a crash."""
    sim.register(lambda: FetchFeeds(sim.effects))
    sim.tasks.trigger("fetchFeeds", input={"feeds": ["news", "weather"]})


@task_definition(id="copyText", title="Copy a text")
def copy_text(input, controller):
    """Copy pages, and lose the rest when time runs out."""
    copied = []
    for page in input["pages"]:
        if controller.runtime.is_close_to_timeout():
            break
        copied.append(page["text"])
    return controller.response.done(
        "Copied: " + "very " * 40 + "much.", {"copied": copied, "of": input["pages"]}
    )


HUGE = {
    "pages": [
        {"number": number, "text": f"Page {number}, of which much is to be told."} for number in range(80)
    ],
    "title": "A long title, " * 30,
}


@task_definition(id="waitOften", title="Wait often", max_iterations=100)
def wait_often(input, controller):
    """Wait nine times, ten seconds each."""
    at = input.get("at", 0)
    if controller.runtime.is_aborted():
        return controller.response.aborted()
    if at == 9:
        assert "bad" not in input, "Nine is bad.\nReally."
        return controller.response.done("Waited.", {"at": at})
    return controller.response.continue_({"at": at + 1}, seconds=10)


def waiting(sim):
    """Wait."""
    sim.register(wait_often)
    sim.tasks.trigger("waitOften")


def waiting_badly(sim):
    """Wait, and fail an assertion in the end."""
    sim.register(wait_often)
    sim.tasks.trigger("waitOften", input={"bad": True})


def waiting_twice(sim):
    """Two tasks of one definition, of which somebody aborts the second."""
    sim.register(wait_often)
    sim.tasks.trigger("waitOften", input={"at": 7})
    task = sim.tasks.trigger("waitOften", input={"at": 5})
    sim.at("15s", lambda: sim.tasks.abort(task.id))


class Checked:
    id = "checkedFirst"
    title = "Checked first"

    def __init__(self, effects):
        self.effects = effects

    def on_before_trigger(self, data):
        self.effects.record("lookUp", key="quota")

    def run(self, controller):
        self.effects.record("use", amount=3)
        self.effects.record("use")
        return controller.response.done()


def checking_first(sim):
    """Look something up before there is a task; a task that nobody triggered is there as well."""
    sim.seed_records(tasks=[{"id": "old-1", "definitionId": "checkedFirst"}])
    sim.register(lambda: Checked(sim.effects))
    with contextlib.suppress(EffectFailed):
        sim.tasks.trigger("checkedFirst")


def deleting(sim):
    """Delete the task once it is done."""
    sim.register(CountStock)
    task = sim.tasks.trigger("countStock")
    sim.at("1m", lambda: sim.tasks.delete_task(task.id))


@resumable
def sync_orders(cursor, should_stop):
    """Do nothing at all."""


exported = create_task_definition(id="exportAll", title="Export all", run=copy_text.run)


# --- findings


def side(target, plan, world):
    """Run a target, and return the run as a story shows it."""
    sim = Simulator(plan=plan, **world)
    lines = Lines(sim._engine)
    error, state = None, UNSET
    try:
        made = target.build(sim)
        sim.run_until_idle()
        state = made() if callable(made) else UNSET
    except (AssertionError, UsageError) as raised:
        error = raised
    store, lives = sim._engine.store, sim._engine.lives.items()
    ends = []
    for life, task in ((life, store.task(id)) for id, life in lives):
        status, output = ("deleted", None) if task is None else (task.task_status, task.output)
        name, events = life.label or life.definition_id, life.counters["event"]
        ends.append(End(name, status, life.state, events, output))
    effects = [f"{effect.name}[{effect.key}]" for effect in sim.effects]
    for event in sim.trace:
        if isinstance(event, TaskTriggered) and event.parent:
            page = event.input["page"]
            effects.append(f'task.trigger{{"definition":"{event.definition}","input":{{"page":"{page}"}}}}')
    return Side(sim, tuple(ends), tuple(effects), state, lines, error)


COVERAGE = Coverage(
    checkpoints=15,
    effects=3,
    singles={
        **{kind: Counts(explored) for kind, explored in (("close_to_timeout", 3), ("redeliver", 1))},
        **{kind: Counts(15) for kind in ("abort", "timeout", "crash", "crash+")},
    },
    progress=1,
)


def found(scenario, plan, sentence, *, input=UNSET, passing=None, max_faults=1, world=None, **given):
    """Run a scenario under a plan and without, and return a report of one finding, made by hand."""
    target = as_target(scenario, input)
    world = world or {}
    cut, uncut = (side(target, text, world) for text in (plan, ""))
    settings = replace(cut.sim._settings.for_token(), input=input)
    given.setdefault("judge", "resume-equivalence")
    finding = Finding(
        sentence=sentence,
        plan=parse(plan),
        settings=settings,
        cut=cut,
        uncut=uncut,
        passing=None if passing is None else parse(passing),
        **given,
    )
    return Report(target, settings, (finding,), COVERAGE, (), max_faults)


def lost():
    """The example of the documentation: effects that are lost."""
    return found(
        publishing,
        "close_to_timeout@runtime.is_close_to_timeout#1",
        "cut once, 'publishEntries' never did 3 of 3 effects, yet ended 'success'.",
        lost=("publish[a]", "publish[b]", "publish[c]"),
        passing="close_to_timeout@runtime.is_close_to_timeout#2",
    )


def repeated():
    """Effects that are repeated, under two faults, on a host that runs again."""
    return found(
        publishing,
        'crash@effect.publish["b"]#1+ crash@effect.publish["b"]#2+',
        "cut twice, 'publishEntries' did 4 effects more often than it may.",
        repeated=("publish[a]", "publish[b]", "publish[a]", "publish[b]"),
        passing='crash@effect.publish["b"]#1+ crash@effect.publish["a"]#2',
        world={"on_crash": "retry(2)", "seed": 7, "tick": "1s"},
        max_faults=2,
        others=11,
    )


def progress():
    """A run that is cut again and again, and makes no progress in the end."""
    return found(
        importing,
        " ".join(f"close_to_timeout@runtime.is_close_to_timeout#{n}" for n in range(1, 10)),
        "with each event cut after one unit of work, events 9 and 10 of 'importRows' begin alike.",
        judge="progress",
        facts=(("starts", 'both with {"rows":12,"at":8}'), ("between", "import[8]")),
        repeated=("import[8]",),
    )


def abort():
    """An abort after which too much is done."""
    return found(
        sending,
        'abort@effect.send["ann/1"]#1',
        "cut once, 'sendLetters' did 3 effects after it was aborted; 1 may follow.",
        judge="abort-honoured",
        facts=(("after", "send[ann/1] send[ann/2] send[ann/3]"),),
        passing='abort@effect.send["ann/3"]#1',
    )


def children():
    """A parent that triggers its children twice."""
    report = found(
        translating,
        "crash@response.continue#1",
        "cut once, 'translateSite' did 2 effects more often than it may.",
        passing="crash@task.trigger#1",
        world={"on_crash": "retry(2)"},
    )
    finding = report.findings[0]
    (parent, *_) = finding.cut.sim.trace.kinds(TaskTriggered)
    triggers = finding.uncut.effects
    return replace(report, findings=(replace(finding, task=parent.task, repeated=triggers),))


def error():
    """A run that ends the simulation."""
    return found(
        counting,
        "close_to_timeout@runtime.is_close_to_timeout#2",
        "cut once, the simulation ended with UsageError: run() of 'countStock' returned None in iteration 1.",
        judge="misuse",
        world={"profile": "webiny-6", "budget": "5m", "close_limit": "30s", "start": "2030-05-01T12:00:00Z"},
    )


def async_task():
    """A crash between the effects of a task that is a coroutine."""
    return found(
        fetching,
        'crash@effect.fetch["weather"]#1',
        "cut once, 'fetchFeeds' did 1 effect more often than it may.",
        repeated=("fetch[news]",),
        world={"on_crash": "retry(2)"},
    )


def huge():
    """An input, an output and a plan of which most must be left out."""
    return found(
        copy_text,
        "close_to_timeout@runtime.is_close_to_timeout#41",
        "cut once, 'copyText' ended with another output.",
        input=HUGE,
    )


def many():
    """Many effects of which some are lost, and a final state."""
    report = found(
        publishing_many,
        "abort@runtime.is_aborted#31",
        "cut once, 'publishEntries' never did 70 of 100 effects.",
        passing="",
    )
    finding = report.findings[0]
    gone = tuple(effect for effect in finding.uncut.effects if effect not in finding.cut.effects)
    return replace(report, findings=(replace(finding, lost=gone, found_again=False),))


FINDINGS = [lost, repeated, progress, abort, children, error, async_task, huge, many]


@pytest.fixture(autouse=True)
def folder(monkeypatch):
    """Stand in the folder of this file, so that it is named without its folders."""
    monkeypatch.chdir(Path(__file__).parent)


@cache
def made(function):
    """Make each report once."""
    return function()


@pytest.fixture(params=FINDINGS, ids=lambda function: function.__name__)
def report(request):
    """Each finding in a report of its own."""
    return made(request.param)


def compare(name, text):
    """Compare with a golden text, or write it anew; lines of this file are not numbered there."""
    text = re.sub(r"(?<=test_story\.py:)\d+", lambda number: "N" * len(number[0]), text)
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("TASKSIM_UPDATE_GOLDEN") == "1":
        path.write_bytes(text.encode())
    assert path.exists(), "write it with TASKSIM_UPDATE_GOLDEN=1"
    assert text == path.read_bytes().decode()


# --- whole stories


def test_story_reads_well(report, request):
    """A story is as it was read and found good, at three widths."""
    texts = [f"######## {width} columns\n\n{render_report(report, width=width)}" for width in WIDTHS]
    compare(f"story_{request.node.callspec.id}", "\n".join(texts))


@pytest.mark.parametrize("width", [60, 99, 100, 200])
def test_story_is_no_wider_and_not_long(report, width):
    """No line is wider than asked for, and from 100 columns on there are fewer than 40."""
    lines = render_report(report, width=width).splitlines()
    assert max(map(cell_width, lines)) <= width
    assert all(line == line.rstrip() for line in lines)
    assert len(lines) < 40 + max(100 - width, 0) // 2


def test_golden_texts_are_all_compared():
    """No golden text is left over from a story that is gone."""
    assert {path.stem for path in GOLDEN.glob("story_*")} == {f"story_{made.__name__}" for made in FINDINGS}


# --- what happened around the cut

COURSES = [
    (publishing, "", {}),
    (publishing, "", {"tick": "100s"}),
    (publishing, "close_to_timeout@runtime.is_close_to_timeout#2 cold@2", {}),
    (publishing, "run[publishEntries.1]@runtime.is_aborted#2", {}),
    (publishing, "fail@task.update#2", {}),
    (publishing_many, "crash@runtime.is_aborted#50 crash@runtime.is_aborted#99+", {"on_crash": "retry(2)"}),
    (waiting, "abort@event#1", {}),
    (waiting, "abort@wait#2", {}),
    (waiting, "fail@task.update#9", {}),
    (waiting, "crash@event#5", {"on_crash": "retry(2)"}),
    (waiting, "redeliver@6", {}),
    (waiting, "redeliver@2 redeliver@7", {}),
    (waiting, "delay@runtime.is_aborted#5=20s", {}),
    (waiting, "lost_ack@task.update#4", {"on_crash": "retry(2)"}),
    (waiting, " ".join(f"crash@event#{n}" for n in (2, 4, 6, 8, 10)), {"on_crash": "retry(2)"}),
    (waiting_badly, "delay@event#2=1s", {}),
    (waiting_twice, "order@0s=2", {}),
    (checking_first, 'lost_ack@effect.lookUp["quota"]#1', {}),
    (checking_first, "delay@effect.use#2=1s", {}),
    (counting, "timeout@log.create#1", {"on_crash": "redeliver(15m)"}),
]


def test_courses_read_well():
    """What happened around faults of every kind is as it was read and found good."""
    texts = []
    for scenario, plan, world in COURSES:
        report = found(scenario, plan, "something is wrong.", world=world)
        lines = course(report.findings[0], Paper(100, True), 16)
        assert len(lines) <= 16
        heading = f"######## {scenario.__name__}: {plan or 'no fault'} {world or ''}".rstrip()
        texts.append("\n".join([heading, "", *lines, ""]))
    compare("courses", "\n".join(texts))


def test_course_keeps_what_matters_most():
    """With less room the cuts stay longest, and there are never more lines than asked for."""
    finding = made(repeated).findings[0]
    paper = Paper(100, True)
    texts = ["\n".join(course(finding, paper, most)) for most in range(30)]
    assert texts[0] == texts[1] == ""
    for most, text in enumerate(texts):
        assert len(text.splitlines()) <= most
        assert ("<- crash+" in text) == (most > 4)
    assert texts[6].count("<- crash+") == 1
    assert texts[10].count("<- crash+") == 2


def test_source_is_the_users_line():
    """The line below a cut is the one in this file at which the run answered, or was killed."""
    for report, source in (
        (made(lost), "return controller.response.continue_("),
        (made(async_task), "self.effects.record("),
    ):
        text = render_report(report, width=140)
        ((number, shown),) = re.findall(r"(?m)^ +test_story\.py:(\d+)   (.*)$", text)
        line = Path(__file__).read_text(encoding="utf-8").splitlines()[int(number) - 1].strip()
        assert line == shown
        assert line.startswith(source)


def test_lines_that_were_not_kept_are_left_out():
    """Without the user's lines, or the line's text, a story says as much as is known."""
    report = made(lost)
    finding = report.findings[0]
    without = replace(finding, cut=replace(finding.cut, lines=None))
    text = render_finding(without, report, width=100)
    assert "test_story.py:" not in text.partition("uncut run")[0]
    assert shown_line("<stdin>:3 in run") == "<stdin>:3   in run"


def test_assertion_is_told_with_its_line():
    """What ended the simulation is told by its first line, and where in the user's code it was raised."""
    text = render_report(found(waiting_badly, "delay@event#2=1s", "it fails."), width=100)
    shown = text[text.index("  ended by") :].splitlines()
    assert shown[0] == "  ended by   AssertionError: Nine is bad."
    assert re.fullmatch(
        r' {13}test_story\.py:\d+   assert "bad" not in input, "Nine is bad\.\\nReally\."', shown[1]
    )


# --- the table


def ended(width=100, /, **ends):
    """Return the lines of a table, below that of the effects, in which tasks ended as given."""
    finding = made(lost).findings[0]
    sides = []
    for side, number in ((finding.uncut, 0), (finding.cut, 1)):
        its = tuple(replace(pair[number], task=name) for name, pair in ends.items() if pair[number])
        sides.append(replace(side, ends=its, effects=()))
    finding = replace(finding, uncut=sides[0], cut=sides[1], lost=())
    return table(finding, Paper(width, True), ROOMS[0])[2:]


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        (End("", "running", "", 2, None), "running, machine waits, 2 iterations differs"),
        (End("", "pending", "", 0, None), "pending, machine waits, 0 iterations differs"),
        (End("", "running", "UnknownError", 1, None), "running, machine UnknownError, 1 iteration differs"),
        (End("", "success", "Error", 1, None), "success, machine Error, 1 iteration"),
        (End("", "success", "Done", 2, None), "success, 2 iterations"),
        (End("", "success", "Done", 1, None), "success, 1 iteration same"),
        (End("", "deleted", "Done", 1, None), "deleted, 1 iteration differs"),
        (End("", "aborted", "Aborted", 1, None), "aborted, 1 iteration differs"),
        (None, "- differs"),
    ],
)
def test_table_tells_how_a_task_ended(end, shown):
    """Status, iterations, and the machine's state where that is not the usual one."""
    usual = End("", "success", "Done", 1, None)
    *_, status = ended(160, job=(usual, end))
    assert " ".join(status.split()) == f"status success, 1 iteration {shown}"


@pytest.mark.parametrize(
    ("uncut", "this", "shown"),
    [
        ({"count": 3}, {"count": 4}, '{"count": 3} {"count": 4} differs'),
        ({"count": 3}, {"count": 3.0}, '{"count": 3} {"count": 3} same'),
        (None, {"count": 3}, '- {"count": 3} differs'),
        ({"a": "x" * 90 + "y"}, {"a": "x" * 90 + "z"}, 'a: "...xxxy" a: "...xxxz" differs'),
        ({"a": "x" * 90}, {"a": "x" * 91}, 'a: "...xxx" a: "...xxxx" differs'),
        (
            {"a": "y" + "x" * 60},
            {"a": "z" + "x" * 60},
            'a: "yxxxxxxxxxxxxxxxxxxxxxxxxxxx..." a: "zxxxxxxxxxxxxxxxxxxxxxxxxxxx..." differs',
        ),
        (
            {"rows": [{"n": n} for n in range(20)]},
            {"rows": [{"n": n % 19} for n in range(20)]},
            "rows[19].n: 19 rows[19].n: 0 differs",
        ),
        ({"rows": [1] * 50}, {"rows": [1] * 49}, "len(rows): 50 len(rows): 49 differs"),
        ({"a": {"b": 1}, "c": [0] * 50}, {"a": {}, "c": [0] * 50}, "a.b: 1 a.b: - differs"),
        ({"a": [1] * 50}, {"b": [1] * 50}, '{"a": [50 items]} {"b": [50 items]} differs'),
        (
            {"path" * 20: {"b" * 40: 1}},
            {"path" * 20: {"b" * 40: 2}},
            "pathpathpathpat...bbbbbbbbbbbbbbb: 1 pathpathpathpat...bbbbbbbbbbbbbbb: 2 differs",
        ),
    ],
)
def test_table_shows_where_outputs_differ(uncut, this, shown):
    """Two outputs that differ never look the same, however long they are."""
    row, _ = ended(job=tuple(End("", "success", "Done", 1, output) for output in (uncut, this)))
    assert " ".join(row.split()) == f"output {shown}"


def test_table_tells_of_several_tasks():
    """Of several tasks those are compared that the finding is about, or that ended in two ways."""
    done, failed = End("", "success", "Done", 1, None), End("", "failed", "Error", 1, None)
    lines = ended(
        **{"job": (done, done), "page.1": (done, failed), "page.2": (None, done), "page.3": (done, done)}
    )
    assert [line.split()[0] for line in lines] == [
        "job",
        "output",
        "status",
        "page.1",
        "output",
        "status",
        "1",
    ]
    assert lines[-1] == "  1 more ends otherwise, 1 more ends the same"
    assert ended(a=(done, done), b=(done, done), c=(done, done))[-1] == "  2 more end the same"
    assert len(ended(a=(done, failed), b=(done, failed))) == 6


def test_table_tells_how_effects_compare():
    """Effects in another order, and effects that are new, are told as well."""
    finding = made(lost).findings[0]
    for this, remark in (("abc", "same"), ("bac", "another order"), ("abcd", "differs")):
        sides = [replace(finding.uncut, effects=tuple(names)) for names in ("abc", this)]
        told = replace(finding, uncut=sides[0], cut=sides[1], lost=())
        assert table(told, Paper(100, True), ROOMS[0])[1].endswith(f"  {remark}")


def test_state_is_told_where_a_scenario_gives_one():
    """The final state has a row, whatever it is made of; a run that did not come to it has none."""
    finding = made(many).findings[0]
    sides = [replace(finding.uncut, state={"at": {2, 1}}), replace(finding.cut, state=UNSET)]
    lines = table(replace(finding, uncut=sides[0], cut=sides[1]), Paper(100, True), ROOMS[0])
    (row,) = [line.split() for line in lines if line.startswith("  state")]
    assert row == ["state", '{"at":', "[1,", "2]}", "-", "differs"]


# --- what is said around


@pytest.mark.parametrize(
    ("plan", "passing", "how"),
    [
        ("crash@event#1", "crash@event#2", "(nearest: one event later)"),
        ("crash@event#3", "crash@event#1", "(nearest: 2 events earlier)"),
        ("abort@response.done#1", "abort@response.done#2", "(nearest: one answer later)"),
        ("fail@write#3", "fail@write#2", "(nearest: one write earlier)"),
        ("crash@state.get_input#1", "crash@state.get_input#2", "(nearest: one touch later)"),
        ("crash@event#1", "crash@event#1+", "(nearest: at the same place)"),
        ("crash@event#1", "abort@event#2", "(nearest)"),
        ("crash@event#1", "crash@wait#1", "(nearest)"),
        ("crash@event#1 crash@event#2", "crash@event#1 crash@event#3", "(nearest: one event later)"),
        ("crash@event#1 crash@event#2", "crash@event#2", "(nearest)"),
    ],
)
def test_nearest_passing_plan_is_compared(plan, passing, how):
    """Beside the nearest plan that passes stands in what it differs, if a word or two say that."""
    report = made(lost)
    finding = replace(report.findings[0], plan=parse(plan), passing=parse(passing))
    shown = printed(render_finding(finding, report, width=140), "passes")
    assert shown == f"{passing}  {how}"


def test_plan_does_not_pass_and_fail():
    """A plan that fails in a progress run alone is not told as one that passes."""
    report = made(progress)
    finding = replace(report.findings[0], passing=report.findings[0].plan)
    assert "\n  passes" not in render_finding(finding, report, width=100)


def test_plan_says_that_it_is_the_least():
    """Without a fault the plan says so; of several each is needed."""
    text = render_report(found(publishing, "", "it always fails."))
    assert printed(text, "plan") == "none  (no fault is needed)"
    assert "\n  passes" not in text
    assert "<- " not in text


def test_scenario_that_triggers_nothing_has_no_input():
    """Where no task was triggered there is no input to tell."""
    report = found(checking_first, 'fail@effect.lookUp["quota"]#1', "something is wrong.")
    text = render_report(report, width=100)
    assert "\n  input" not in text
    report = found(waiting_twice, "order@0s=2", "something is wrong.")
    assert printed(render_report(report, width=100), "input") == 'waitOften {"at": 7}'
    *_, task = report.findings[0].cut.sim.trace.kinds(TaskTriggered)
    finding = replace(report.findings[0], task=task.task)
    assert printed(render_finding(finding, report, width=100), "input") == 'waitOften.2 {"at": 5}'


def test_deleted_task_has_a_status():
    """A task that is gone is told of by its status."""
    text = render_report(found(deleting, "", "something is wrong."))
    assert re.search(
        r"\n  output +- +- +same\n  status +deleted, 1 iteration +deleted, 1 iteration +same\n", text
    )


def monstrous():
    """Return a report in which everything is as long as can be."""
    report = found(
        waiting_twice,
        " ".join(f"delay@runtime.is_aborted#{n}=1s" for n in (1, 2, 3)) + " abort@waitOften.2:event#2",
        "a sentence that goes on and on, " * 40,
        facts=tuple((f"fact{n}", "that is told at length " * 30) for n in range(9)),
        passing=" ".join(f"delay@runtime.is_aborted#{n}=1s" for n in (1, 2, 3)),
        world={"start": "2030-01-01T00:00:00Z", "tick": "1s", "budget": "20m", "close_limit": "1s"},
        max_faults=3,
        others=12_345,
    )
    finding = report.findings[0]
    long = [f"effect-{'x' * 50}[{n}]" for n in range(200)]
    state = {f"key{n}": "long " * 50 for n in range(50)}
    uncut = replace(finding.uncut, effects=tuple(long), state=state)
    error = AssertionError("and on " * 100)
    cut = replace(finding.cut, effects=tuple(long[::2] * 2), state={**state, "key49": 1}, error=error)
    coverage = replace(
        COVERAGE,
        singles={f"{kind}+": Counts(10_000, 1_000, 100) for kind in "abcdefghijklmnopqrstuvwxyz" * 2},
        several={n: Counts(1, 2, 3) for n in range(2, 12)},
        goals=dict.fromkeys(("one", "two"), 0),
        stopped="for a reason that is long " * 10,
    )
    finding = replace(finding, cut=cut, uncut=uncut, lost=tuple(long[1::2]), repeated=tuple(long[::2]))
    notes = tuple(f"note {n} " * 50 for n in range(20))
    return replace(
        report,
        findings=(finding, *[replace(finding, judge=f"j{n}") for n in range(8)]),
        coverage=coverage,
        notes=notes,
    )


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_nothing_makes_a_story_long(width):
    """However much there is to tell, at 100 columns a report with nine findings has fewer than 40 lines."""
    report = made(monstrous)
    for text in (render_report(report, width=width), render_finding(report.findings[0], report, width=width)):
        lines = text.splitlines()
        assert len(lines) < 40 + max(100 - width, 0) // 2
        assert max(map(cell_width, lines)) <= width
        for label in ("plan", "world", "input", "effects", "output", "state", "covered", "replay", "keep"):
            assert any(
                line.startswith((f"  {label} ", f"    {label} ")) or line == f"  {label}" for line in lines
            ), label


def test_text_of_others_stays_on_its_line():
    """Text from outside cannot leave its line; without unicode all is ASCII, and commands always are."""
    report = found(
        copy_text,
        "close_to_timeout@runtime.is_close_to_timeout#1",
        "caf\u00e9 \x1b[31m\u202e\n",
        input={"pages": [{"text": "\u65e5\u672c\u8a9e \u2028 \x1b[0m"}]},
    )
    text = render_report(report, width=100)
    assert "caf\u00e9 \\x1b[31m\\u202e\\n" in text
    assert "\u65e5\u672c\u8a9e" in text
    assert all(line.isprintable() for line in text.splitlines())
    assert printed(text, "replay").isascii()
    plain = render_report(report, width=100, unicode=False)
    assert plain.isascii()
    assert max(map(cell_width, [*text.splitlines(), *plain.splitlines()])) <= 100


def test_story_is_the_same_in_any_process():
    """The same finding made anew has the same story, byte for byte."""
    assert render_report(lost()) == render_report(made(lost))


# --- what is copied from them


def in_shell(command):
    """Return the arguments that a shell gives to `tasksim` for printed text."""
    script = f"tasksim() {{ printf '%s\\0' \"$@\"; }}\n{command}"
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True, encoding="utf-8")
    assert done.stderr == ""
    return done.stdout.split("\0")[:-1]


def printed(text, label):
    """Return what stands beside or below a label."""
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if line[2:].startswith(label) and line[:2] == "  ")
    end = next((at for at in range(start + 1, len(lines)) if not lines[at].startswith("    ")), len(lines))
    return "\n".join([lines[start][13:], *lines[start + 1 : end]]).strip()


@pytest.mark.skipif(os.name == "nt", reason="the lines are for a POSIX shell")
@pytest.mark.parametrize("width", [60, 100])
def test_replay_line_works_as_printed(report, width):
    """What a shell makes of the printed lines is the token, or Python is told where to find it."""
    finding = report.findings[0]
    command = printed(render_report(report, width=width), "replay")
    if not command.startswith("tasksim "):
        size = f"the token has {len(finding.token):,} characters"
        assert len(finding.token) > 400
        call = f"replay({report.target.name}, report.findings[0].token) in Python; {size}"
        assert " ".join(command.split()) == call
        return
    replay, target, timeline, token = in_shell(command)
    assert (replay, timeline) == ("replay", "--timeline")
    assert target == f"test_story.py:{report.target.made_of.__name__}"
    assert parse_token(token) == parse_token(finding.token) == Token(finding.settings, finding.plan)


@pytest.mark.skipif(os.name == "nt", reason="the lines are for a POSIX shell")
def test_keep_line_carries_every_setting():
    """The line that keeps a finding has each option without which it would not be found."""
    report = made(repeated)
    settings = Settings(
        profile="webiny-5",
        seed=7,
        start_ms=0,
        budget_ms=300_000,
        close_limit_ms=30_000,
        tick_ms=1_000,
        on_crash="redeliver(15m)",
        input={"it's": ["$HOME `x` \\ !", 'say "no"', "caf\u00e9", None, True, 1.5]},
    )
    finding = replace(report.findings[0], settings=settings, plan=parse("delay@event#1=90s fail@write#2.."))
    for width in (60, 100, 140):
        text = render_finding(finding, replace(report, findings=(finding,)), width=width)
        arguments = in_shell(printed(text, "keep"))
        assert arguments[:2] == ["check", "test_story.py:publishing"]
        options = dict(zip(arguments[2::2], arguments[3::2], strict=True))
        given = options.pop("--input")
        assert parse_token(f"v1 input={given}").settings.input == settings.input
        assert options == {
            "--profile": "webiny-5",
            "--start": "1970-01-01T00:00:00Z",
            "--seed": "7",
            "--budget": "5m",
            "--close-limit": "30s",
            "--tick": "1s",
            "--on-crash": "redeliver(15m)",
            "--max-faults": "2",
            "--kinds": "delay=90s,fail..",
            "--write-test": "tests/test_regression.py",
        }
        *_, token = in_shell(printed(text, "replay"))
        assert parse_token(token) == Token(settings, finding.plan)
        assert token.isascii()


def test_keep_line_says_how_runs_were_judged():
    """Judges that were switched off stay off; what the shell cannot be told is written from Python."""
    report = made(lost)
    (finding,) = report.findings
    judged = replace(report, judging={"without": ["liveness", "hooks"]})
    assert " --without liveness,hooks " in printed(render_finding(finding, judged, width=140), "keep")
    judged = replace(report, judging={"without": ["hooks"], "ignore": ["output.at"]})
    assert (
        printed(render_finding(finding, judged, width=140), "keep")
        == 'report.write_test("tests/test_regression.py")'
    )


def test_keep_line_finds_the_same_where_other_kinds_would_find_less():
    """Of a check that was told which kinds to try, the finding's own are tried again, and no others."""
    report = made(lost)
    assert "--kinds" not in printed(render_report(report, width=140), "keep")
    asked = replace(report, kinds=("close_to_timeout", "crash"))
    assert " --kinds close_to_timeout " in printed(render_report(asked, width=140), "keep")


def test_keep_line_of_a_further_finding():
    """Judges that found what comes before are switched off; Python writes the first finding, and no other."""
    report = made(lost)
    first = replace(report.findings[0], judge="progress")
    second = replace(report.findings[0], judge="hooks")
    both = replace(report, findings=(first, second), judging={"without": ["liveness"]})
    assert " --without liveness " in printed(render_finding(first, both, width=140), "keep")
    assert " --without liveness,progress " in printed(render_finding(second, both, width=140), "keep")
    judged = replace(both, judging={"ignore": ["output.at"]})
    assert "report.write_test(" in render_finding(first, judged, width=140)
    assert "keep" not in render_finding(second, judged, width=140)


@pytest.mark.parametrize("preferred", [None, "generic"])
@pytest.mark.parametrize("profile", [None, "generic", "webiny-6"])
def test_keep_line_names_the_profile_unless_it_is_the_targets(preferred, profile):
    """A target that prefers a profile has it by itself; any other profile is named, the default one too."""
    report = made(lost)
    finding = replace(report.findings[0], settings=Settings(profile=profile))
    target = replace(report.target, preferred_profile=preferred)
    text = render_finding(finding, replace(report, target=target), width=140)
    named = None if profile == preferred else profile or "documented"
    assert ("--profile" in printed(text, "keep")) == (named is not None)
    assert named is None or f"--profile {named} " in printed(text, "keep")


@pytest.mark.parametrize("width", [60, 80, 100])
def test_target_without_a_place_is_replayed_in_python(width):
    """Where nobody can import the target, the lines are calls that hold the token."""
    key = 'it\'s \u2028 \\ "quoted"'
    report = found(nested(), "close_to_timeout@runtime.is_close_to_timeout#1", "something is wrong.")
    settings = Settings(input={"a": [key], "b": "x" * 10})
    plan = parse("crash@event#1 abort@event#2")
    finding = replace(report.findings[0], settings=settings, plan=plan)
    text = render_finding(finding, report, width=width)
    calls = []
    names = {"replay": lambda *given: calls.append(given), "scenario": "the scenario"}
    eval(printed(text, "replay"), names)  # noqa: S307 - it was printed here
    ((target, token),) = calls
    assert target == "the scenario"
    assert parse_token(token) == Token(settings, plan)
    assert printed(text, "keep") == 'report.write_test("tests/test_regression.py")'


def test_file_outside_of_the_folder_is_named_whole(monkeypatch):
    """From another folder the file has its full path."""
    monkeypatch.chdir(Path(sys.prefix))
    path = Path(__file__).resolve()
    text = render_report(made(lost), width=200)
    assert f"tasksim replay {path.as_posix()}:publishing --timeline" in text


def test_line_that_cannot_be_broken_is_not_printed():
    """A path that is wider than the lines leaves the call in Python."""
    report = made(lost)
    finding = replace(report.findings[0], plan=parse(f'crash@effect.publish["{"x" * 90}"]#1'))
    text = render_finding(finding, report, width=80)
    assert printed(text, "replay").startswith("replay(publishing, report.findings[0].token) in Python;")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ('say "no"', "'say \"no\"'"),
        ("it's", '"it\'s"'),
        ('it\'s "it"', "'it\\'s \"it\"'"),
        ("a\\b\n\u2028\u00e9", '"a\\\\b\\n\\u2028\u00e9"'),
    ],
)
def test_literal_is_what_ruff_writes(text, written):
    """Text in Python stands in double quotes, unless it holds more of these than of the others."""
    assert literal(text) == written
    assert eval(written) == text  # noqa: S307 - it was written here


# --- where targets stand


class Outer:
    class Inner:
        """A definition inside a class."""

        id = "inner"
        title = "Inner"

        def run(self, controller): ...


inner = Outer.Inner()


def nested():
    """Return a scenario that nobody else can import."""

    def scenario(sim):
        publishing(sim)

    return scenario


@pytest.mark.parametrize(
    ("made_of", "name"),
    [
        (publishing, "publishing"),
        (CountStock, "CountStock"),
        (Outer.Inner, "Outer.Inner"),
        (inner, "inner"),
        (copy_text, "copy_text"),
        (exported, "exported"),
        (sync_orders, "sync_orders"),
        (Outer.Inner(), None),
        (lambda sim: None, None),
        (nested(), None),
        (print, None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_place_is_where_others_import_the_same(made_of, name):
    """A target has the name by which its module gives out the very same thing, if there is one."""
    place = place_of(made_of)
    assert (place and place.name) == name
    assert place is None or place.shown() == f"test_story.py:{name}"


def test_module_without_a_file_is_no_place(monkeypatch):
    """What was typed at a prompt cannot be imported by others."""
    monkeypatch.delattr(sys.modules[publishing.__module__], "__file__")
    assert place_of(publishing) is None


# --- reports without findings, and with several


def passed(**coverage):
    """Return a report that found nothing."""
    report = made(lost)
    return replace(report, findings=(), coverage=replace(COVERAGE, **coverage))


def test_passing_report_says_what_was_covered():
    """Where nothing was found, a few lines say what was tried, and what to know of it."""
    report = passed()
    notes = (
        "only output compared: 0 effects recorded",
        "process memory not checked: registered as an instance",
    )
    texts = [report.text(width) for width in WIDTHS]
    texts += [replace(report, notes=notes).text(width) for width in WIDTHS]
    many = replace(report, notes=tuple(f"note {n}, " + "which is told at length " * 5 for n in range(1, 10)))
    texts += [many.text(width) for width in WIDTHS]
    for text, width in zip(texts, WIDTHS * 3, strict=True):
        assert len(text.splitlines()) <= 6 + max(100 - width, 0) // 8
        assert max(map(len, text.splitlines())) <= width
    assert "(" not in texts[1]
    compare("passed", "\n".join(texts))


def test_coverage_names_all_that_was_not_explored():
    """Skipped and unexplored plans are counted, with the reason; so is whatever else was done."""
    coverage = Coverage(
        checkpoints=1_234,
        effects=1,
        singles={"abort": Counts(5), "crash": Counts(2_000, 30, 4)},
        several={2: Counts(10, 2, 988), 3: Counts(7)},
        progress=2,
        extra=1,
        merged=40,
        kinds_without_place=("cold", "fail"),
        goals={"twice": 3, "never": 0},
        lost_aborts=2,
        stopped="max_runs=2_020",
    )
    assert " ".join(covered(coverage)) == (
        "1,234 checkpoints: abort 5, crash 2,000 of 2,034 = 2,005 of 2,039 runs, "
        "30 skipped (the same history as a run that was judged), 4 unexplored; "
        "10 of 1,000 pairs, 2 skipped (the same history as a run that was judged), 988 unexplored; "
        "7 of 7 plans of 3 faults; stopped: max_runs=2_020; 1 effect in the ledger; 2 progress runs; "
        "1 run besides; 40 ended early in a state seen before; no place for cold, fail; "
        "goal twice reached in 3 runs; goal never never reached; 2 aborts lost by the engine"
    )
    assert " ".join(covered(Coverage(singles={"crash": Counts(1, 0, 1)}))) == (
        "0 checkpoints: crash 1 of 2 = 1 of 2 runs, 1 unexplored; 0 effects in the ledger"
    )
    assert " ".join(covered(Coverage())) == ("0 checkpoints: 0 effects in the ledger")


@pytest.mark.parametrize(
    ("coverage", "verdict"),
    [
        (Coverage(singles={"abort": Counts(2)}, goals={"done": 1}), "'publishing' passes."),
        (
            Coverage(singles={"abort": Counts(2)}, goals={"done": 0}),
            "'publishing' reaches too little: a goal was never reached.",
        ),
        (
            Coverage(singles={"abort": Counts(1, 0, 1)}, goals={"done": 0}),
            "'publishing' was not checked to the end; what was run passes.",
        ),
    ],
)
def test_verdict_of_a_report_without_findings(coverage, verdict):
    """Without findings the text begins with what that means."""
    report = Report(as_target(publishing), Settings(), (), coverage)
    assert report.text(100).startswith(verdict)
    assert report.passed == verdict.endswith("' passes.")


def test_other_findings_have_a_line_each():
    """The least finding is told whole; the others by judge, plan and sentence; then the notes."""
    report = made(lost)
    more = (made(error).findings[0], replace(made(abort).findings[0], plan=Plan()))
    notes = ("process memory not checked", "not compared: output.at", "a third", "a fourth")
    several = replace(report, findings=(*report.findings, *more), notes=notes)
    lines = several.text(100).splitlines()
    assert lines[:-7] == report.text(100).splitlines()
    *told, hint, first, second, third = lines[-6:]
    assert hint == "see another whole with --without resume-equivalence, or in report.findings"
    assert told[0].startswith(f"also misuse: {render(more[0].plan)}: cut once, the simulation ended with")
    assert told[1].startswith("also abort-honoured: no fault: cut once, 'sendLetters' did 3 effects after")
    assert all(len(line) == 100 and line.endswith("...") for line in told)
    assert first == "note: process memory not checked"
    assert second == "note: not compared: output.at"
    assert third == "note: 2 more in report.notes"
    assert str(several) == several.text()
    text = render_finding(more[0], several, width=100)
    assert "misuse: cut once" in text
    assert "also" not in text


def test_width_must_be_one():
    """A width that is none, or too narrow, is refused."""
    for width in (59, True, "100", 80.0):
        with pytest.raises(UsageError, match=r"^width is .*\n  Pass a whole number from 60 on\.$"):
            render_report(made(lost), width=width)


def resuming(sim):
    """Fail on resuming."""

    def run(input, controller):
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"at": 1})
        return controller.response.done({"at": [0][input.get("at", 0)]})

    sim.register(create_task_definition(id="resuming", title="Resuming", run=run))
    sim.tasks.trigger("resuming")


def test_story_says_where_it_was_raised():
    """Below what failed the task stands the line of the user's at which it was raised."""
    text = explore(resuming, kinds=["close_to_timeout"]).text(100)
    raised, line = text[text.index("run raised") :].splitlines()[:2]
    assert raised.startswith("run raised")
    number = resuming.__code__.co_firstlineno + 6
    assert (
        line.strip()
        == f'test_story.py:{number}   return controller.response.done({{"at": [0][input.get("at", 0)]}})'
    )


def test_changed_input_comes_first_where_there_is_no_room():
    """Of a long input what an iteration changed is shown, and what never changes gives way."""

    def scenario(sim):
        def run(input, controller):
            at = input.get("done", 0)
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"done": at + 1})
            sim.effects.record("mail", key=str(at))
            return controller.response.done()

        sim.register(create_task_definition(id="mailing", title="Mailing", run=run))
        sim.tasks.trigger("mailing", input={"customer": "Zoe", "invoices": ["R1", "R2", "R3"], "limit": 100})

    lines = explore(scenario, kinds=["close_to_timeout"]).text(60).splitlines()
    (line,) = [line for line in lines if "iteration 2   " in line]
    assert 'input {"done": 1, ' in line


def test_repeats_that_are_allowed_are_counted():
    """The table says how many effects more the run has than were lost or repeated beyond their contract."""
    report = made(repeated)
    (finding,) = report.findings
    twice = replace(
        finding, cut=replace(finding.cut, effects=(*finding.cut.effects, *finding.cut.effects[:1]))
    )
    text = render_finding(twice, report, width=140)
    assert f"0 lost, {len(finding.repeated)} repeated, 1 more allowed" in text
