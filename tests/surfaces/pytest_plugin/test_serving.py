"""The fixtures `graphql_client` and `tasksim_server`."""

import threading

import pytest

pytest_plugins = ["pytester"]

FILE = """
import httpx


@task_definition(id="sayHello", title="Say hello")
def say_hello(controller):
    return controller.response.done("Hello.")


pytestmark = pytest.mark.tasksim(definitions=[say_hello])
LIST = "{ backgroundTasks { listTasks { data { id taskStatus } } } }"


def statuses(answer):
    return [task["taskStatus"] for task in answer["data"]["backgroundTasks"]["listTasks"]["data"]]


def ask(server, path="/graphql", **options):
    return httpx.post(f"{server.url}{path}", json={"query": LIST}, **options)
"""


def run(suite, body, *arguments):
    """Run a file of tests, and return the result."""
    suite.write(FILE + body)
    return suite.run(*arguments)


def test_graphql_client(suite):
    """`graphql_client` asks `sim`, in process."""
    run(
        suite,
        """
def test_it(graphql_client, sim):
    sim.tasks.trigger("sayHello")
    assert statuses(graphql_client.execute(LIST)) == ["pending"]
    sim.run_until_idle()
    assert statuses(graphql_client.execute(LIST)) == ["success"]
""",
    ).assert_outcomes(passed=1)


def test_tasksim_server(suite):
    """`tasksim_server` serves `sim` on a socket until the test is over; nothing is frozen."""
    before = threading.active_count()
    run(
        suite,
        """
urls = []

def test_it(tasksim_server, sim, graphql_client):
    urls.append(tasksim_server.url)
    assert tasksim_server.sim is sim
    assert "not frozen" in repr(tasksim_server)
    sim.tasks.trigger("sayHello")
    assert statuses(ask(tasksim_server).json()) == ["pending"]
    assert ask(tasksim_server, "/control/run-until-idle").json()["events"] == 1
    assert statuses(graphql_client.execute(LIST)) == ["success"]

def test_it_is_gone():
    with pytest.raises(httpx.ConnectError):
        httpx.get(urls[0])
""",
    ).assert_outcomes(passed=2)
    assert threading.active_count() <= before + 1  # the world's own ends when nobody asks any more


@pytest.mark.slow
def test_options(suite):
    """`tasksim_server_options`, defined anew, says how it serves."""
    run(
        suite,
        """
@pytest.fixture
def tasksim_server_options():
    return {"autojump": True, "token": "sesame"}

def test_it(tasksim_server):
    tasksim_server.sim.tasks.trigger("sayHello")
    assert ask(tasksim_server).status_code == 401
    answer = ask(tasksim_server, headers={"authorization": "Bearer sesame"})
    assert statuses(answer.json()) == ["success"]
""",
    ).assert_outcomes(passed=1)


def test_unknown_option(suite):
    """An option that there is not is refused, with the nearest one and without any frame."""
    result = run(
        suite,
        """
@pytest.fixture
def tasksim_server_options():
    return {"autojmp": True}

def test_it(tasksim_server):
    pass
""",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*tasksim_server_options has 'autojmp', which is no option. Did you mean 'autojump'?",
            "*Choose from *autojump*",
        ]
    )
    result.stdout.no_fnmatch_line("*serving.py*")


@pytest.mark.slow
def test_frozen_if_asked_for(suite):
    """A marker that asks for a frozen clock gets one; the server answers nevertheless."""
    run(
        suite,
        """
from datetime import datetime, timezone

@pytest.mark.tasksim(freeze=True)
def test_it(tasksim_server):
    assert datetime.now(timezone.utc).year == 2024
    assert statuses(ask(tasksim_server).json()) == []
""",
    ).assert_outcomes(passed=1)


@pytest.mark.slow
def test_profiles(suite):
    """A test with a server runs once for each profile, like any that uses `sim`."""
    run(
        suite,
        """
def test_it(tasksim_server):
    assert statuses(ask(tasksim_server).json()) == []
""",
        "--tasksim-profile",
        "all",
    ).assert_outcomes(passed=4)
