"""What a host does after a crash."""

import pytest

from tasksim._faults.hosts import OnCrash, parse_on_crash, render_on_crash
from tasksim.errors import PlanError

ERRORS = {
    "": "There is no on_crash ''.\n  ^\n  Choose from strand, retry(2), redeliver(15m).",
    "retyr(2)": "There is no on_crash 'retyr'. Did you mean 'retry'?\n"
    "  retyr(2)\n  ^\n"
    "  Choose from strand, retry(2), redeliver(15m).",
    "strand(2)": "'(2)' does not belong here.\n  strand(2)\n        ^\n  Leave it out.",
    "retry": "'(' is missing after 'retry'.\n  retry\n       ^\n  Write it like 'retry(2)'.",
    "retry(2": "')' is missing after 'retry(2'.\n  retry(2\n         ^\n  Write it like 'retry(2)'.",
    "retry( 2)": "')' is missing after 'retry('.\n  retry( 2)\n        ^\n  Write it like 'retry(2)'.",
    "retry(2) now": "' now' does not belong here.\n  retry(2) now\n          ^\n  Leave it out.",
    "retry(0)": "retry is '0', which is no number from 1 on.\n"
    "  retry(0)\n        ^\n"
    "  Write it like 'retry(2)'.",
    "retry()": "retry is '', which is no number from 1 on.\n"
    "  retry()\n        ^\n"
    "  Write it like 'retry(2)'.",
    "redeliver(15)": "redeliver is '15', which is no duration.\n"
    "  redeliver(15)\n            ^\n"
    "  Write it like 'redeliver(15m)'.",
    "redeliver(0s)": "redeliver is '0s', which is no time at all.\n"
    "  redeliver(0s)\n            ^\n"
    "  Write it like 'redeliver(15m)'.",
}


@pytest.mark.parametrize(
    ("text", "on_crash"),
    [
        ("strand", OnCrash()),
        ("retry(2)", OnCrash(retries=2)),
        ("redeliver(15m)", OnCrash(redeliver_ms=900_000)),
    ],
)
def test_on_crash_and_its_text(text, on_crash):
    """E11: the task is stranded, the event is retried at once, or delivered once more later."""
    assert parse_on_crash(text) == on_crash
    assert render_on_crash(on_crash) == text


def test_duration_has_one_form():
    """Any duration is read; the largest unit that divides it is rendered."""
    assert render_on_crash(parse_on_crash("redeliver(1h30m)")) == "redeliver(90m)"


@pytest.mark.parametrize("text", ERRORS)
def test_error_points_at_the_character(text):
    """What is no policy is refused, pointing at the first character that does not fit."""
    with pytest.raises(PlanError) as caught:
        parse_on_crash(text)
    assert str(caught.value) == ERRORS[text]
