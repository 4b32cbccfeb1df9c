"""Each rule id is named by a test, for every profile in which it differs.

The convention: a test's docstring begins with the ids of the rules that it proves, as in
`E3, S7: ...`. Its profiles are those of a parameter `profile`: the fixture's (all of them), or those
that `pytest.mark.parametrize` gives.
"""

import importlib.util
import inspect
import re
from pathlib import Path

import pytest

ALL = frozenset({"documented", "generic", "webiny-5", "webiny-6"})
# Where the columns of the table differ, each needs a test; a rule that is equal runs on all anyway.
RULES = {
    **{f"T{n}": ALL for n in range(1, 8)},
    **{f"E{n}": ALL for n in range(1, 14)},
    **{f"S{n}": ALL for n in range(1, 10)},
    **{f"H{n}": ALL for n in range(1, 6)},
    **{f"A{n}": ALL for n in range(1, 4)},
    **{f"L{n}": ALL for n in range(1, 6)},
    "C1": ALL,
    "Q1": ALL,
}
_IDS = re.compile(r"([A-Z]\d+(?:, [A-Z]\d+)*): ")


def profiles_of(function):
    """Return the profiles on which a test runs."""
    for mark in getattr(function, "pytestmark", []):
        if mark.name != "parametrize":
            continue
        names, values = mark.args
        names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
        if "profile" in names:
            at = names.index("profile")
            return {value if len(names) == 1 else value[at] for value in values}
    return set(ALL) if "profile" in _fixtures_of(function) else set()


def _fixtures_of(function):
    """Return what a test gets; `world` needs the profile."""
    names = set(inspect.signature(function).parameters)
    return names | ({"profile"} if "world" in names else set())


def proven():
    """Return the profiles on which each rule id is proven."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path == Path(__file__):
            continue
        spec = importlib.util.spec_from_file_location(f"rules_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            ids = _IDS.match(inspect.getdoc(function) or "") if name.startswith("test_") else None
            for rule in ids[1].split(", ") if ids else ():
                found.setdefault(rule, set()).update(profiles_of(function))
    return found


@pytest.fixture(scope="module")
def found():
    """The rule ids that tests name, with their profiles."""
    return proven()


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_a_test(rule, found):
    """Every rule is named by a test on every profile."""
    assert found.get(rule, set()) >= RULES[rule]


def test_no_test_names_a_rule_that_does_not_exist(found):
    """Tests name rules of the semantics only; the state machine's are M."""
    assert {rule for rule in found if not rule.startswith("M")} <= set(RULES)
