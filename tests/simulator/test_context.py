"""The context: the user's object, and `.tasks` besides."""

import pytest

from tasksim import UsageError
from tasksim._simulator.context import Context


class Own:
    def __init__(self):
        self.cms = "CMS"

    def __getitem__(self, key):
        return f"item {key}"

    def __iter__(self):
        return iter("ab")

    def __contains__(self, key):
        return key == "a"


def test_run_and_hooks_get_the_context(world):
    """Runs and hooks get the user's object with the service besides."""
    seen = []

    def run(controller, context):
        seen.append((context.cms, context.tasks is sim.tasks))
        context.n = 1
        return controller.response.done()

    own = Own()
    sim = world(run, settings={"context": own}, on_done=lambda context: seen.append(context.n))
    sim.run("reindex")
    assert seen == [("CMS", True), 1]
    assert own.n == 1


def test_attributes_and_items_are_the_users():
    """Attributes, items, `in` and iteration are those of the user's object."""
    context = Context(Own(), "TASKS")
    assert (context.cms, context["x"], list(context), "a" in context, "b" in context) == (
        "CMS",
        "item x",
        ["a", "b"],
        True,
        False,
    )
    with pytest.raises(AttributeError, match="nothing"):
        _ = context.nothing


def test_items_of_a_mapping_are_attributes():
    """A mapping's items may be read as attributes, too."""
    context = Context({"cms": "CMS"}, "TASKS")
    assert (context.cms, context["cms"], "cms" in context, list(context)) == ("CMS", "CMS", True, ["cms"])
    assert (context.tasks, list(context.keys())) == ("TASKS", ["cms"])
    with pytest.raises(AttributeError):
        _ = context.nothing


def test_context_of_nothing():
    """Without a user's object there is the service only, and the error says how to give one."""
    context = Context(None, "TASKS")
    assert context.tasks == "TASKS"
    with pytest.raises(AttributeError) as caught:
        _ = context.cms
    assert str(caught.value) == (
        "The context has only 'tasks'. Pass Simulator(context=...) to give it 'cms'."
    )


@pytest.mark.parametrize("own", [{"tasks": 1}, type("Own", (), {"tasks": 1})()])
def test_own_tasks_are_refused(own):
    """An own `tasks` would hide the service and is refused."""
    with pytest.raises(UsageError, match="has a 'tasks' of its own"):
        Context(own, "TASKS")


def test_context_shows_the_users_object():
    """A context shows the user's object."""
    assert repr(Context({"a": 1}, "TASKS")) == "Context({'a': 1})"
