"""What a person reads when a test of a task fails: whole runs of pytest.

TASKSIM_UPDATE_GOLDEN=1 writes the golden texts anew instead of comparing: read the difference.
"""

import io
import os
import re
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden" / "failures"

SHOP = """\
from tasksim import create_task_definition


class PublishEntries:
    id = "publishEntries"
    title = "Publish entries"

    def __init__(self, cms):
        self.cms = cms

    def run(self, input, controller):
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            controller.logger.info("Publishing.", {"id": ids[at]})
            self.cms.publish(ids[at])
        return controller.response.done("All published.", {"count": len(ids)})


class NoEntry(LookupError):
    code = "NO_ENTRY"


class Cms:
    def publish(self, id):
        if id == "c":
            raise NoEntry(f"There is no entry {id!r}.")


def define(run, id="reindex", **attributes):
    return create_task_definition(id=id, title=id.title(), run=run, **attributes)
"""

CONFTEST = """\
import pytest

from shop import Cms, PublishEntries
from tasksim import Simulator


@pytest.fixture
def world():
    with Simulator([PublishEntries(Cms())], tick="2s") as sim:
        yield sim


@pytest.fixture
def failed(world):
    return world.run("publishEntries", input={"ids": ["a", "b", "c"]})


@pytest.fixture
def done(world):
    return world.run("publishEntries", input={"ids": ["a"]})
"""

TOLD = {
    "assertions": """\
from tasksim import assert_aborted, assert_done, assert_failed


def test_done(failed):
    assert_done(failed, output={"count": 3})


def test_done_with_another_output(done):
    assert_done(done, output={"count": 2, "ids": ["a"]})


def test_failed_with_another_code(failed):
    assert_failed(failed, code="NO_INDEX")


def test_aborted(world):
    task = world.tasks.trigger("publishEntries", input={"ids": []})
    assert_aborted(world.execution(task))


def test_raise_for_status(failed):
    failed.raise_for_status()


def test_of_a_snapshot(world):
    assert_done(world.tasks.trigger("publishEntries", input={"ids": []}))
""",
    "comparisons": """\
import pytest


def test_status(failed):
    assert failed.status == "success"


def test_status_in(failed):
    assert failed.status in ("success", "aborted")


def test_status_misspelt(done):
    assert done.status == "completed"


def test_output(failed):
    assert failed.output == {"count": 3}


def test_no_output(world):
    task = world.tasks.trigger("publishEntries", input={"ids": []})
    execution = world.execution(task)
    assert execution.output == {"count": 0}


def test_execution(failed):
    assert failed == "success"


@pytest.mark.filterwarnings("ignore")
def test_outdated(world):
    task = world.tasks.trigger("publishEntries", input={"ids": ["a"]})
    world.run_until_idle()
    assert task.status == "success"


@pytest.mark.filterwarnings("error")
def test_outdated_where_warnings_are_errors(world):
    task = world.tasks.trigger("publishEntries", input={"ids": ["a"]})
    world.run_until_idle()
    assert task.status == "success"


def test_tasks(world):
    task = world.tasks.trigger("publishEntries", input={"ids": ["a"]})
    world.run_until_idle()
    assert task == world.tasks.get_task(task)


def test_logs(done):
    assert "All published." in done.logs
""",
    "simulations": """\
import asyncio

from shop import Cms, PublishEntries, define
from tasksim import Simulator


class Strict:
    def publish(self, id):
        assert id == "a"


def test_assert_in_a_fake():
    with Simulator([PublishEntries(Strict())], tick="2s") as sim:
        sim.run("publishEntries", input={"ids": ["a", "b"]})


def test_two_simulators():
    first = Simulator([define(lambda controller: controller.response.done())], profile="webiny-5")
    second = Simulator([define(lambda controller: controller.response.error("No."))], tick="1s")
    quiet = Simulator([define(lambda: None)])
    assert first.run("reindex").status == second.run("reindex").status


def test_long_timeline():
    def run(input, controller):
        at = input.get("at", 0)
        controller.logger.info(f"Item {at}.")
        if at % 3 == 2:
            controller.task.trigger("other", input={"at": at})
        return controller.response.continue_({"at": at + 1}, seconds=at + 1) if at < 20 else None

    with Simulator([define(run), define(lambda controller: controller.response.done(), "other")]) as sim:
        assert sim.run("reindex").status == "success"


def test_without_a_trace():
    with Simulator([PublishEntries(Cms())], trace=False) as sim:
        assert sim.run("publishEntries", input={"ids": ["c"]}).status == "success"


def test_failed_hook():
    def on_done(task):
        raise RuntimeError("The mail server is down.")

    with Simulator([define(lambda controller: controller.response.done(), on_done=on_done)]) as sim:
        execution = sim.run("reindex")
        assert execution.output == {"count": 1}


def test_killed():
    with Simulator([PublishEntries(Cms())], plan="crash@logger.info#2") as sim:
        assert sim.run("publishEntries", input={"ids": ["a", "b"]}).status == "success"


def test_planned_fault_that_never_fired():
    with Simulator([PublishEntries(Cms())], plan="crash@logger.info#9") as sim:
        sim.run("publishEntries", input={"ids": ["a", "b"]})
""",
}


@pytest.fixture
def shop(pytester, monkeypatch):
    """A folder with `shop.py`, in which pytest runs in this process, on a terminal of ASCII."""
    monkeypatch.setattr(sys, "__stdout__", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    pytester.makepyfile(shop=SHOP)
    pytester.makeconftest(CONFTEST)

    def run(text, *arguments, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        pytester.makepyfile(test_it=text)
        return pytester.runpytest_inprocess(
            "-p",
            "no:asyncio",
            "-p",
            "no:hypothesispytest",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            *arguments,
        )

    return run


def normalized(text):
    """Return what pytest printed without what differs between versions, machines and runs."""
    text = re.sub(r"\b0x[0-9a-f]+", "0x0", text)
    text = re.sub(r"(?m)^tasksim \d\S*$", "tasksim VERSION", text)
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join(line for line in lines if not re.fullmatch(r"(E\s+|\s+)[~^ ]*[~^][~^ ]*", line))


def failures_of(result):
    """Return what was printed of each failed test, by its name."""
    text = "\n".join(result.outlines)
    text = text.partition(" FAILURES ")[2].partition("\n")[2]
    text = re.split(r"\n=+ (?:warnings summary|short test summary info) =+", text)[0]
    parts = re.split(r"(?m)^_{3,} (test_\w+) _{3,}$", text)
    return {
        name: normalized(body).strip("\n") + "\n" for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


# --- golden texts


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("kind", TOLD)
def test_golden_texts(shop, kind, columns):
    """What a failed test prints is what is known to read well, at 80 and at 120 columns."""
    found = failures_of(shop(TOLD[kind], columns=columns))
    assert list(found) == re.findall(r"(?m)^def (test_\w+)", TOLD[kind])
    for name, text in found.items():
        path = GOLDEN / kind / f"{name.removeprefix('test_')}-{columns}.txt"
        if os.environ.get("TASKSIM_UPDATE_GOLDEN") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), "write it with TASKSIM_UPDATE_GOLDEN=1"
        assert text == path.read_bytes().decode()


def test_golden_texts_are_all_compared():
    """No golden text is left over from a test that is gone."""
    names = {
        f"{kind}/{name}-{columns}.txt"
        for kind, text in TOLD.items()
        for name in re.findall(r"(?m)^def test_(\w+)", text)
        for columns in (80, 120)
    }
    assert {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.txt")} == names


@pytest.mark.parametrize("kind", TOLD)
def test_golden_texts_fit(kind):
    """What is ours in the golden texts is ASCII, and no wider than the terminal."""
    for columns in (80, 120):
        for path in (GOLDEN / kind).glob(f"*-{columns}.txt"):
            text = path.read_bytes().decode()
            assert text.isascii()
            ours = text[text.index(" tasksim timeline") :].partition("- tasksim replay")[0].splitlines()[1:]
            assert [line for line in ours if len(line) > columns] == []


# --- an assertion fails the test where it stands

STANDS = """\
import asyncio

import pytest

from shop import define
from tasksim import Simulator


def wrong():
    assert 1 == 2


def simulate(run, **attributes):
    with Simulator([define(run, **attributes)]) as sim:
        sim.run("reindex")


def test_run():
    simulate(lambda controller: wrong())


def test_async_run():
    async def run(controller):
        await asyncio.sleep(1)
        await asyncio.gather(inner())

    async def inner():
        wrong()

    simulate(run)


def test_hook():
    simulate(lambda controller: controller.response.done(), on_done=lambda task: wrong())


def test_swallowed():
    def run(controller):
        try:
            wrong()
            controller.state.get_task()
        except AssertionError:
            controller.logger.info("Swallowed.")
        wrong()

    simulate(run)


def test_trigger_hook():
    def on_before_trigger(input):
        wrong()

    simulate(lambda controller: controller.response.done(), on_before_trigger=on_before_trigger)


def test_act():
    sim = Simulator([define(lambda controller: controller.response.done())])
    sim.at("1m", wrong)
    sim.run("reindex")


def test_condition():
    sim = Simulator([define(lambda controller: controller.response.done())])
    sim.run_until(wrong)


def test_factory():
    def make():
        wrong()

    simulate_factory(make)


def simulate_factory(make):
    Simulator([make])


def test_fail():
    simulate(lambda controller: pytest.fail("Not this."))
"""

STANDING = re.findall(r"(?m)^def (test_\w+)", STANDS)

NATIVE = """
import pytest

from tasksim.pytest_plugin import tracebacks


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    if call.excinfo is not None:
        tracebacks.shorten_native(call.excinfo, item.config)
    return (yield)
"""


@pytest.mark.parametrize("style", ["short", "long", "auto", "native", "line"])
def test_assertion_fails_where_it_stands(shop, pytester, style):
    """In every style pytest shows the test's line, then the assertion's, and nothing of ours between."""
    pytester.makeconftest(NATIVE)
    result = shop(STANDS, f"--tb={style}", "--show-capture=no")
    text = "\n".join(result.outlines)
    result.assert_outcomes(failed=len(STANDING))
    assert "tasksim" + os.sep + "_" not in text
    assert f"{os.sep}asyncio{os.sep}" not in text
    if style == "line":
        assert len(re.findall(r"test_it\.py:10: assert 1 == 2", text)) == len(STANDING) - 1
        return
    found = failures_of(result)
    assert list(found) == STANDING
    for name, shown in found.items():
        end = {"test_fail": "Failed: Not this."}.get(name, "assert 1 == 2")
        assert end in shown.splitlines()[-1 if style == "short" else -3 :][0] or end in shown
        head = "def " + name if style in {"long", "auto"} else f"in {name}"
        assert head in shown
        assert shown.index(head) < shown.rindex(end)


def test_swallowed_assertion_is_shown_where_it_stands(shop):
    """An assertion that the task swallowed is shown with the line that swallowed it, too."""
    text = failures_of(shop(STANDS, "--tb=short", "--show-capture=no", "-k", "swallowed"))["test_swallowed"]
    assert re.findall(r"(?m)^test_it\.py:\d+: in (\w+)", text)[:3] == ["test_swallowed", "simulate", "run"]


def test_full_trace_shows_ours(shop):
    """--full-trace shows every frame."""
    text = shop(STANDS, "--full-trace", "-k", "test_run").stdout.str()
    assert "tasksim" + os.sep + "_simulator" in text


DEFECT = """\
from shop import define
from tasksim import Simulator


def test_it(monkeypatch):
    monkeypatch.setattr("tasksim._simulator.driver.deliver", None)
    Simulator([define(lambda: None)]).run("reindex")
"""


def test_defect_of_ours_is_visible(shop):
    """What tasksim raises without meaning to is shown with its frames."""
    text = shop(DEFECT, "--tb=short").stdout.str()
    assert "driver.py" in text
    assert "TypeError" in text


# --- workers


def test_workers_of_xdist_show_the_same(pytester):
    """Sections made by a worker arrive, in ASCII."""
    pytest.importorskip("xdist")
    pytester.makepyfile(
        shop=SHOP, test_it="from shop import *\n" + TOLD["comparisons"].partition("def test_status_in")[0]
    )
    pytester.makeconftest(CONFTEST)
    text = pytester.runpytest_subprocess(
        "-n", "1", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"
    ).stdout.str()
    assert "tasksim exception in run of publishEntries-0001" in text
    assert "E         error: There is no entry 'c'. (NO_ENTRY)" in text
    assert text.partition("tasksim timeline")[2].isascii()
