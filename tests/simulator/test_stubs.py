"""Stubs: scripted definitions that stand in for children."""

import pytest

from tasksim import Simulator, UsageError


@pytest.mark.parametrize(
    ("arguments", "output"),
    [({}, None), ({"done": True}, None), ({"done": {}}, None), ({"done": {"n": 1}}, {"n": 1})],
)
def test_stub_that_is_done(arguments, output):
    """A stub finishes with the output it was given; by default with none."""
    sim = Simulator()
    sim.stub("child", **arguments)
    execution = sim.run("child")
    assert (execution.status, execution.output, execution.task.name) == ("success", output, "Stub of child")


@pytest.mark.parametrize("error", ["No.", {"message": "No."}, LookupError("No.")])
def test_stub_that_fails(error):
    """A stub fails with the error it was given."""
    sim = Simulator()
    sim.stub("child", error=error)
    execution = sim.run("child")
    assert (execution.status, execution.error) == ("failed", {"message": "No."})


@pytest.mark.parametrize("arguments", [{"done": {"n": 1}}, {"error": "No."}])
def test_stub_that_takes_time(arguments):
    """A stub takes its time: it continues with that wait first."""
    sim = Simulator()
    sim.stub("child", after="1h", **arguments)
    execution = sim.run("child")
    assert (len(execution.iterations), sim.now_ms) == (2, 3_600_000)
    assert execution.status == ("success" if "done" in arguments else "failed")


@pytest.mark.parametrize("after", ["500ms", 0.999])
def test_short_stub_is_refused(after):
    """A wait under a second is none (S2), so a stub cannot take so little."""
    with pytest.raises(UsageError) as caught:
        Simulator().stub("child", after=after)
    assert str(caught.value) == (
        f"stub('child') got after={999 if after == 0.999 else 500} ms, and a wait under 1 s is none (S2).\n"
        "  Pass 0, or 1 second and more."
    )


def test_parent_with_a_stub(world):
    """A parent waits for its stubbed child."""

    def run(input, controller):
        if not input:
            controller.task.trigger("child")
            return controller.response.continue_({"waits": True}, seconds=60)
        statuses = [str(child.status) for child in controller.task.list_children()]
        return controller.response.done(output={"children": statuses})

    sim = world(run)
    sim.stub("child", done={"n": 1}, after=30)
    assert sim.run("reindex").output == {"children": ["success"]}
