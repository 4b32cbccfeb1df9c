"""Files of what happened in a test."""

import re

import pytest

from tasksim import Simulator, Trace, create_task_definition
from tasksim.pytest_plugin import traces


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


def test_traces_are_written(tmp_path):
    """A simulation is written as JSON lines that can be read again, and as text with all of it."""
    sim = run(failing)
    paths = traces.write(tmp_path / "new" / "folder", "tests/test_a.py::test_b[x-1]", "call", [sim])
    assert [path.name for path in paths] == [
        "tests-test_a-test_b-x-1-b5936803.jsonl",
        "tests-test_a-test_b-x-1-b5936803.txt",
    ]
    assert Trace.read(paths[0]) == sim.trace
    text = paths[1].read_text(encoding="utf-8")
    assert text.startswith("tests/test_a.py::test_b[x-1] (call)\n\ntasksim ")
    assert sim.trace.text(120, unicode=True) in text
    assert text.endswith(f"\ntoken  {sim.token}\n")
    assert "\nlogs\n  reindex-0001, iteration 1\n    error  No index." in text
    assert traces.write(tmp_path / "new" / "folder", "tests/test_a.py::test_b[x-1]", "call", [sim]) == paths


def test_traces_of_several_simulators(tmp_path):
    """Several simulators are numbered; one without a trace has no JSON lines; each phase has its own."""
    paths = traces.write(tmp_path, "test_a.py::test_b", "teardown", [run(done), run(done, trace=False)])
    assert [re.sub("-[0-9a-f]{8}", "-HASH", path.name) for path in paths] == [
        "test_a-test_b-HASH-teardown-1.jsonl",
        "test_a-test_b-HASH-teardown-1.txt",
        "test_a-test_b-HASH-teardown-2.txt",
    ]
    assert "made with trace=False" in paths[2].read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [1, 1_000])
def test_names_of_traces_are_safe_and_unique(tmp_path, size):
    """Names differ wherever ids do, whatever signs, case and length these have."""
    ids = [f"test_a.py::test_b[{odd * size}]" for odd in 'aAäA /\\:*?"<>|\0\N{SNOWMAN}.\n'] + [
        "con.py::nul",
        "a/b.py::c",
        "a-b.py::c",
        "a.py::b::c",
        "\udc80",
    ]
    names = [traces.write(tmp_path, each, "call", [run(done, trace=False)])[0].name for each in ids]
    assert len({name.lower() for name in names}) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,120}\.txt", name) for name in names)
