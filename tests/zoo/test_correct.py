"""The correct half of the zoo: small definitions in which a check must find nothing.

`correct/NAME.py` holds a `scenario`, the `PROFILES` in which it is correct, and the `OPTIONS` of its check.
A finding here is a false alarm, or the definition is not what its docstring says.
"""

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path

import pytest

from tasksim import explore

CORRECT = Path(__file__).parent / "correct"
EXAMPLES = Path(__file__).parents[2] / "examples"
PROFILES = ("documented", "generic", "webiny-5", "webiny-6")
PAIRS = 60
WHOLE = os.environ.get("TASKSIM_WHOLE_ZOO") == "1"  # every pair: an hour
NAMES = sorted(path.stem for path in CORRECT.glob("*.py"))


@cache
def zoo(name):
    """Import a module of the zoo by its path: the zoo is no package."""
    full = f"zoo.correct.{name}"
    spec = importlib.util.spec_from_file_location(full, CORRECT / f"{name}.py")
    sys.modules[full] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES = [(name, profile) for name in NAMES for profile in zoo(name).PROFILES]


def quick(at, name):
    """Return the one profile of a module that is not left to the slow tests: each profile gets its share."""
    profiles = zoo(name).PROFILES
    return profiles[at % len(profiles)]


QUICK = [(name, quick(at, name)) for at, name in enumerate(NAMES) if at % 6 == 0]
SLOW = [pytest.mark.slow, pytest.mark.unmeasured]
ALL = [pytest.param(*case, marks=[] if case in QUICK else SLOW) for case in CASES]


def explored(name, profile, **bounds):
    """Explore a module of the zoo in a profile, with its own options."""
    module = zoo(name)
    return explore(module.scenario, profile=profile, **module.OPTIONS, **bounds)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "profile"), ALL)
def test_nothing_is_found_with_one_fault(name, profile):
    """Under every plan of one fault a correct definition is accused of nothing, in any of its profiles."""
    report = explored(name, profile)
    assert report.passed, report.text()
    assert report.coverage.left == 0
    assert report.coverage.explored > 10


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize(("name", "profile"), CASES)
def test_nothing_is_found_with_two_faults(name, profile):
    """Under plans of two faults it is accused of nothing either: under the nearest, or under all if asked."""
    single = explored(name, profile).coverage.explored
    report = explored(name, profile, max_faults=2, max_runs=1_000_000 if WHOLE else single + PAIRS)
    assert report.passed, report.text()
    assert report.coverage.several[2].explored >= min(PAIRS, report.coverage.several[2].total) - 1


def test_zoo_is_large_and_varied():
    """There are many definitions, each profile has its share, and several are run again after a crash."""
    assert len(NAMES) >= 20
    for profile in PROFILES:
        assert sum(profile in zoo(name).PROFILES for name in NAMES) >= 20
    hosts = [zoo(name).OPTIONS.get("on_crash") for name in NAMES]
    assert hosts.count("retry(2)") >= 6
    assert hosts.count("redeliver(15m)") >= 3


def test_every_example_is_there():
    """Each file of `examples/` has its module in the zoo."""
    assert [name for name in NAMES if name.startswith("example_")] == sorted(
        f"example_{path.stem}" for path in EXAMPLES.glob("*.py")
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_module_says_why_it_is_correct(name):
    """A module says why it is correct, and names its profiles once each, in order."""
    module = zoo(name)
    assert "\n\nCorrect under every cut" in module.__doc__
    assert list(module.PROFILES) == sorted(set(module.PROFILES) & set(PROFILES))
    assert module.scenario.__doc__
