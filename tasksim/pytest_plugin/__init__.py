"""The pytest plugin: fixtures for simulations and their servers, two markers, the options `--tasksim-...`.

This module promises that a suite that uses none of them loads nothing of tasksim but this file and the root,
so it holds hooks and fixtures only, and the other modules of the package are imported inside of them. It
must not know how a simulation works.
"""

# ruff: noqa: PLC0415 - whatever is not needed by every suite is imported when it is used
from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._simulator.simulator import Simulator
    from tasksim.graphql import GraphQLClient
    from tasksim.pytest_plugin.checking import Checked
    from tasksim.pytest_plugin.factory import SimulatorFactory as SimulatorFactory
    from tasksim.pytest_plugin.options import Options
    from tasksim.pytest_plugin.serving import TasksimServer
    from tasksim.pytest_plugin.worlds import Worlds

__all__ = ["graphql_client", "sim", "simulator", "tasksim_server", "tasksim_server_options"]

_MARKER = (
    "tasksim(definitions=[...], profile=..., budget=..., ...): configure the simulator of the fixture `sim`; "
    "takes every argument of tasksim.Simulator, by keyword. Of several markers the one closest to the test "
    "wins, argument by argument."
)
_CHECK = "tasksim_check"
_CHECK_MARKER = (
    f"{_CHECK}(max_faults=..., on_crash=..., ...): check this scenario, a function of one parameter, the "
    "fresh simulator, that registers and triggers. It is a test whatever it is called. Takes every argument "
    "of tasksim.check, by keyword."
)
_OPTIONS = {
    "profile": (
        "NAME",
        """
        Which world simulators imitate that are not told, as in webiny-5. Several, repeated or separated by
        commas, or `all`: tests that use `sim` or `simulator` run once for each.
        """,
    ),
    "seed": ("N", "The seed of simulators that are not given one."),
    "plan": (
        "FAULTS",
        """
        The faults of simulators that are not given any, as in 'crash@task.update#2', or a token that sets
        nothing else but profile and seed. A scenario marked with tasksim_check is not checked then, but run
        once under it, which may be any token.
        """,
    ),
    "max_faults": (
        "N",
        """
        Check every scenario marked with tasksim_check under plans of up to so many faults, unless its marker
        says more: for nightly runs.
        """,
    ),
    "trace": ("DIR", "Write the traces of failed tests to this folder."),
    "trace_of": ("failed|all", "Whose traces to write: those of failed tests (the default), or all."),
}
_AMBIENT = "tasksim._simulator.ambient"
"""Loaded, if anybody made a simulator or could make one."""
_COURSE = "tasksim-course"


# --- what the modules of this package leave at pytest's objects for each other

OPTIONS: pytest.StashKey[Options] = pytest.StashKey()
"""At the config: what options and ini say; absent if they say nothing."""

FAILED: pytest.StashKey[bool] = pytest.StashKey()
"""At a test: its setup or call did not pass."""

COMPARED: pytest.StashKey[bool] = pytest.StashKey()
"""At a test: it is run by us, and compared with itself from another start if it is strict."""

WORLDS: pytest.StashKey[list[Worlds]] = pytest.StashKey()
"""At a test: what makes the simulators of its fixtures."""

CHECKED: pytest.StashKey[Checked] = pytest.StashKey()
"""At a scenario that is a test: what its check, or its replay, came to."""


# --- fixtures


@pytest.fixture
def simulator(request: pytest.FixtureRequest, _tasksim_profile: str | None) -> Iterator[SimulatorFactory]:
    """Make simulators, each with one call: `simulator([PublishEntries(cms)], budget="4m")`.

    It takes what `tasksim.Simulator` takes. Each simulator freezes the wall clock (unless `freeze=False`)
    until the test is over. Then all are closed, the last one first: a planned fault that never fired is an
    error of the test, unless it failed already.

    Example:
        def test_publishes_everything(simulator):
            sim = simulator([PublishEntries(FakeCms())], budget="4m")
            execution = sim.run("publishEntries", input={"ids": ["a", "b"]})
            assert execution.status == "success"
    """
    from tasksim.pytest_plugin.worlds import Worlds

    worlds = Worlds(request.node, _tasksim_profile)
    yield worlds
    worlds.end(failed=request.node.stash.get(FAILED, False))


@pytest.fixture
def sim(request: pytest.FixtureRequest, _tasksim_profile: str | None) -> Iterator[Simulator]:
    """One simulator, configured by `@pytest.mark.tasksim(definitions=[...], budget="4m")`.

    The marker takes what `tasksim.Simulator` takes, by keyword; without a marker the defaults hold. It may
    stand at the test, its class and its module (`pytestmark`): the closest wins, argument by argument. Name
    classes or factories as definitions: they are built for each test, while an instance is shared by all
    that have the marker. The wall clock is frozen and the simulator closed as by `simulator`.

    Example:
        @pytest.mark.tasksim(definitions=[PublishEntries], tick="1s")
        def test_publishes_nothing(sim):
            assert sim.run("publishEntries", input={"ids": []}).output == {"count": 0}
    """
    from tasksim.pytest_plugin.worlds import Worlds

    worlds = Worlds(request.node, _tasksim_profile)
    yield worlds.make_marked()
    worlds.end(failed=request.node.stash.get(FAILED, False))


@pytest.fixture
def graphql_client(sim: Simulator) -> GraphQLClient:
    """A GraphQL client of `sim`, in process, that may do everything.

    Example:
        @pytest.mark.tasksim(definitions=[PublishEntries])
        def test_lists(graphql_client):
            answer = graphql_client.execute("{ backgroundTasks { listDefinitions { data { id } } } }")
            assert answer["data"]["backgroundTasks"]["listDefinitions"]["data"] == [{"id": "publishEntries"}]
    """
    from tasksim.graphql import GraphQLClient

    return GraphQLClient(sim)


@pytest.fixture
def tasksim_server_options() -> dict[str, Any]:
    """How `tasksim_server` serves: arguments of `tasksim.graphql.create_app`; define it anew to change them.

    Example:
        @pytest.fixture
        def tasksim_server_options():
            return {"autojump": True, "token": "secret"}
    """
    return {}


@pytest.fixture
def tasksim_server(sim: Simulator, tasksim_server_options: dict[str, Any]) -> Iterator[TasksimServer]:
    """A server on a free port of this machine that serves `sim`, for clients that need a URL.

    `.url` is where it is, `.sim` the simulation, whose time stands still until the test moves it, or a
    client does by `/control`, or by polling if `tasksim_server_options` says `autojump`. Whoever uses it has
    no frozen wall clock, unless the marker says `freeze=True`.

    Example:
        @pytest.mark.tasksim(definitions=[PublishEntries])
        def test_dashboard(tasksim_server):
            dashboard = Dashboard(f"{tasksim_server.url}/graphql")
            tasksim_server.sim.tasks.trigger("publishEntries", input={"ids": []})
            tasksim_server.sim.run_until_idle()
            assert dashboard.count("success") == 1
    """
    from tasksim.pytest_plugin.serving import serving

    with serving(sim, tasksim_server_options) as server:
        yield server


@pytest.fixture
def _tasksim_profile(request: pytest.FixtureRequest) -> str | None:
    """The profile of this run of a test that runs once for each of several; else None."""
    if getattr(getattr(request, "function", None), "is_hypothesis_test", False):
        from tasksim.pytest_plugin.refusals import refuse_given

        refuse_given(request)
    take_part(request.config)
    profile: str | None = getattr(request, "param", None)
    return profile


# --- options and markers


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each as ini option as well."""
    group = parser.getgroup("tasksim", "background tasks in a simulated world (tasksim)")
    for name, (metavar, text) in _OPTIONS.items():
        group.addoption(
            f"--tasksim-{name.replace('_', '-')}",
            action="append" if name == "profile" else "store",
            default=None,
            metavar=metavar,
            help=" ".join(text.split()),
        )
        kind: Literal["args", "string"] = "args" if name == "profile" else "string"
        parser.addini(
            f"tasksim_{name}",
            f"The same as --tasksim-{name.replace('_', '-')}.",
            type=kind,
            default=None,
        )


def pytest_configure(config: pytest.Config) -> None:
    """Check the options that are given, and put them in force."""
    config.addinivalue_line("markers", _MARKER)
    config.addinivalue_line("markers", _CHECK_MARKER)
    names = [f"tasksim_{name}" for name in _OPTIONS]
    if any(config.getoption(name) is not None or config.getini(name) is not None for name in names):
        from tasksim.pytest_plugin.options import read_options

        config.stash[OPTIONS] = options = read_options(config)
        if len(options.profiles) > 1:
            from tasksim.pytest_plugin.profiles import Profiles

            config.pluginmanager.register(Profiles(options.profiles))
    if OPTIONS in config.stash or _AMBIENT in sys.modules:
        from tasksim.pytest_plugin.ambience import hold_for_run

        hold_for_run(config)
    if config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput"):
        from tasksim.pytest_plugin.remembering import keep_failures

        keep_failures(config)  # of xdist's workers, which find failures and do not write the cache


# --- scenarios that are tests


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[pytest.Item] | None:
    """Collect what has the marker `tasksim_check`; called for each name of each module, it looks but once."""
    kind = type(obj)
    if kind is FunctionType or issubclass(kind, type):
        marks = obj.__dict__.get("pytestmark")
    elif kind is staticmethod or kind is classmethod:
        marks = getattr(obj.__func__, "pytestmark", None) or getattr(obj, "pytestmark", None)  # type: ignore[attr-defined]
    elif name == "pytestmark" or (kind is pytest.MarkDecorator and obj.args):  # type: ignore[attr-defined]
        marks = obj
    else:
        return None
    if marks is None or not _has_check(marks):
        return None
    from tasksim.pytest_plugin.checks import collect

    return collect(collector, name, obj)


def _has_check(marks: object) -> bool:
    """Return whether the marker is among those of an object, which may be one that stands alone."""
    each = marks if isinstance(marks, list | tuple) else (marks,)
    return any(getattr(mark, "name", None) == _CHECK for mark in each)


# --- the course of a run


def take_part(config: pytest.Config) -> None:
    """Take part in the course of tests from here on: nobody pays for that who does not use tasksim."""
    if not config.pluginmanager.has_plugin(_COURSE):
        from tasksim.pytest_plugin.course import Course

        config.pluginmanager.register(Course(config), _COURSE)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which options are in force."""
    options = config.stash.get(OPTIONS, None)
    return None if options is None else options.header


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take part if anything was loaded or collected that is ours, and warm up.

    Raises:
        pytest.UsageError: The plan is a token that only a scenario can be given, and there are other tests.
    """
    options = session.config.stash.get(OPTIONS, None)
    if options is not None and options.refusal is not None and not hasattr(session.config, "workerinput"):
        from tasksim.pytest_plugin.markers import is_check

        if not all(map(is_check, session.items)):
            raise pytest.UsageError(str(options.refusal))
    modules = {getattr(item, "module", None) for item in session.items}
    if (
        _AMBIENT in sys.modules
        or any("tasksim" in getattr(module, "__dict__", ()) for module in modules)
        or any(map(_is_ours, session.items))
    ):
        take_part(session.config)
    simulator_module = sys.modules.get("tasksim._simulator.simulator")
    if simulator_module is not None and session.items and not session.config.option.collectonly:
        # The first freeze takes long, and is counted to no test: Hypothesis has a deadline.
        simulator_module._freezer.warm()  # noqa: SLF001 - of one package


def _is_ours(item: pytest.Item) -> bool:
    """Return whether a test uses a fixture of ours, or has one of the markers itself."""
    return "_tasksim_profile" in getattr(item, "fixturenames", ()) or any(
        mark.name in {"tasksim", _CHECK} for mark in item.own_markers
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which traces were written, and which simulators heeded no profile."""
    reports = (report for of_outcome in terminalreporter.stats.values() for report in of_outcome)
    reported = [told for report in reports if (told := getattr(report, "tasksim", None))]
    if reported or (OPTIONS in config.stash and _AMBIENT in sys.modules):
        from tasksim.pytest_plugin.summary import tell

        tell(terminalreporter, config, reported)


def __getattr__(name: str) -> object:
    """Load the type of the fixture `simulator`, for annotations (PEP 562)."""
    if name == "SimulatorFactory":
        from tasksim.pytest_plugin.factory import SimulatorFactory

        return SimulatorFactory
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
