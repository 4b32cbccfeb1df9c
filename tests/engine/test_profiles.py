"""Profiles: found by name, with the texts and behaviours of the world they imitate."""

import pytest

from tasksim import Simulator, UsageError
from tasksim._engine.profiles import load_profile, profile_names

NAMES = ("documented", "generic", "webiny-5", "webiny-6")


def test_names():
    """Profiles are the folders; the default comes first."""
    assert profile_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_profile_bears_its_folders_name(name):
    """A profile's name is its folder's with hyphens, and it says what it stands for."""
    profile = load_profile(name)
    assert profile.name == name
    assert profile.releases


def test_default_is_documented():
    """Without a name the profile is `documented`."""
    assert Simulator().profile == "documented"
    assert Simulator(profile="webiny-6").profile == "webiny-6"


@pytest.mark.parametrize(
    ("name", "suggestion"), [("webiny5", " Did you mean 'webiny-5'?"), ("x", ""), ("rules", "")]
)
def test_unknown_profile(name, suggestion):
    """An unknown profile is a usage error with the nearest name and all names."""
    with pytest.raises(UsageError) as caught:
        Simulator(profile=name)
    assert str(caught.value) == (
        f"There is no profile {name!r}.{suggestion}\n"
        "  profiles: documented, generic, webiny-5, webiny-6\n"
        "  Choose one of these; `tasksim profiles` says what each stands for."
    )


# Every rule that profiles decide as data, by the table of the semantics.
TABLE = {
    "default_max_iterations": (500, None, 50, 50),
    "max_output_bytes": (237_568, None, 237_568, 237_568),
    "most_transitions": (25_000, None, 25_000, 25_000),
    "close_limit_ms": (180_000, 60_000, 180_000, 180_000),
    "on_crash": ("strand", "retry(2)", "strand", "strand"),
    "log_switch": ("disable_database_logs", "database_logs", "disable_database_logs", "database_logs"),
    "logs_by_default": (True, False, True, False),
    "abort_is_live": (True, True, False, False),
    "abort_stands": (True, True, False, False),
    "aborted_is_stored": (True, True, False, False),
    "hooks_after_storing": (True, True, False, True),
    "abort_hook_fails_abort": (False, False, True, False),
    "abort_sets_finished_on": (True, True, False, False),
    "logs_append": (True, True, False, False),
    "error_log_keeps_data": (True, True, False, False),
    "output_merges": (True, True, False, False),
    "has_unsaved_updates": (True, True, True, False),
    "cleans_up": (False, False, False, True),
    "answer_extras": ({"locale": "en-US"}, {"locale": "en-US"}, {"locale": "en-US"}, {}),
}


@pytest.mark.parametrize("rule", TABLE)
def test_rules_as_data(rule):
    """Each profile decides each rule as the table of the semantics says."""
    assert tuple(getattr(load_profile(name), rule) for name in NAMES) == TABLE[rule]
