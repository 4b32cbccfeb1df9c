"""Tokens: settings and a plan in one line."""

import pytest

from tasksim._faults.plan import Plan, parse
from tasksim._faults.token import (
    UNSET,
    Settings,
    Token,
    parse_token,
    parse_token_or_plan,
    render_token,
)
from tasksim.errors import PlanError

FULL = (
    "v1 profile=webiny-5 seed=-7 start=2024-02-01T00:00:00.000Z budget=5m close_limit=90s tick=1s "
    'on_crash=retry(2) input={"ids":["a b","\\"=@#"],"at":1} crash@state.update_input#2 redeliver@2'
)
FULL_TOKEN = Token(
    Settings(
        profile="webiny-5",
        seed=-7,
        start_ms=1_706_745_600_000,
        budget_ms=300_000,
        close_limit_ms=90_000,
        tick_ms=1000,
        on_crash="retry(2)",
        input={"ids": ["a b", '"=@#'], "at": 1},
    ),
    Plan.of("crash@state.update_input#2", "redeliver@2"),
)

NAMES = "  Choose from profile, seed, start, budget, close_limit, tick, on_crash, input."

ERRORS = {
    "": "A token begins with 'v1', not with ''.\n  ^\n  Put it first: 'v1'.",
    "seed=7": "A token begins with 'v1', not with 'seed=7'.\n  seed=7\n  ^\n  Put it first: 'v1 seed=7'.",
    " v2 seed=7": "The token's version is 'v2'; only 'v1' is known.\n"
    "   v2 seed=7\n   ^\n"
    "  Replay it with the tasksim that printed it, or check again.",
    "v1 sed=7": f"There is no setting 'sed'. Did you mean 'seed'?\n  v1 sed=7\n     ^\n{NAMES}",
    "v1 seed=0x7": "seed is '0x7', which is no decimal integer.\n"
    "  v1 seed=0x7\n          ^\n"
    "  Write it like 'seed=7'.",
    "v1 seed=7 seed=7": "'seed' stands twice.\n  v1 seed=7 seed=7\n            ^\n  Leave one out.",
    "v1 profile=a/b": "profile is 'a/b', which is no name.\n"
    "  v1 profile=a/b\n             ^\n"
    "  Write it like 'profile=webiny-5'.",
    "v1 start=2024-02-01T00:00:00": "start is '2024-02-01T00:00:00', which has no time zone.\n"
    "  v1 start=2024-02-01T00:00:00\n           ^\n"
    "  Write it like 'start=2024-01-01T00:00:00Z'.",
    "v1 budget=5": "budget is '5', which is no duration.\n"
    "  v1 budget=5\n            ^\n"
    "  Write it like 'budget=15m'.",
    "v1 close_limit=-60s": "close_limit is '-60s', which is negative.\n"
    "  v1 close_limit=-60s\n                 ^\n"
    "  Write it like 'close_limit=60s'.",
    "v1 tick=": "tick is '', which is no duration.\n  v1 tick=\n          ^\n  Write it like 'tick=1s'.",
    "v1 on_crash=retyr(2)": "There is no on_crash 'retyr'. Did you mean 'retry'?\n"
    "  v1 on_crash=retyr(2)\n              ^\n"
    "  Choose from strand, retry(2), redeliver(15m).",
    "v1 on_crash=retry(0) seed=7": "retry is '0', which is no number from 1 on.\n"
    "  v1 on_crash=retry(0) seed=7\n                    ^\n"
    "  Write it like 'retry(2)'.",
    'v1 input={"a": b}': "input is no JSON.\n"
    '  v1 input={"a": b}\n                 ^\n'
    '  Write it like \'input={"ids":["a"]}\'.',
    'v1 input={"a": [NaN]} seed=7': "input.a[0] is the float nan, which is not JSON.\n"
    '  v1 input={"a": [NaN]} seed=7\n           ^\n'
    "  Store None, or text, for what is no finite number.",
    'v1 input={"a": 1}seed=7': "'seed=7' does not belong here.\n"
    '  v1 input={"a": 1}seed=7\n                   ^\n'
    "  Leave it out, or put a space before it.",
    "v1 crash@event#1 seed=7": "'seed' is no fault, but looks like a setting.\n"
    "  v1 crash@event#1 seed=7\n                   ^\n"
    "  Put settings into a token, before its faults: 'v1 seed=7 crash@event#1'.",
    "v1 tick=1s crash": "'crash' does not say where.\n"
    "  v1 tick=1s crash\n                  ^\n"
    "  Write it like 'crash@task.update#1'.",
}


def test_token_of_every_setting():
    """Every setting has its place in the line."""
    assert parse_token(FULL) == FULL_TOKEN
    assert render_token(FULL_TOKEN) == FULL


def test_defaults_are_left_out():
    """A token says only what differs from the defaults."""
    assert render_token(Token()) == "v1"
    assert parse_token("v1") == Token(Settings(), Plan())
    assert parse_token("v1 seed=0 budget=900s tick=0s start=2024-01-01T00:00:00Z") == Token()


def test_input_that_is_null_is_an_input():
    """No input and JSON's null are not the same."""
    assert parse_token("v1").settings.input is UNSET
    assert parse_token("v1 input=null").settings.input is None
    assert render_token(Token(Settings(input=None))) == "v1 input=null"


def test_order_and_white_space_are_free():
    """Settings are read in any order, and JSON with its spaces."""
    text = '\n v1\tinput={"b": "x  y", "a": [1, 2]}  tick=1s seed=3\n  crash@event#1 '
    canonical = 'v1 seed=3 tick=1s input={"b":"x  y","a":[1,2]} crash@event#1'
    assert render_token(parse_token(text)) == canonical


def test_values_become_canonical():
    """Durations, instants and policies are rendered in one form."""
    text = "v1 start=2024-02-01T01:00:00+01:00 budget=300s on_crash=redeliver(1h30m)"
    canonical = "v1 start=2024-02-01T00:00:00.000Z budget=5m on_crash=redeliver(90m)"
    assert render_token(parse_token(text)) == canonical
    assert render_token(Token(Settings(on_crash="redeliver(900s)"))) == "v1 on_crash=redeliver(15m)"


@pytest.mark.parametrize("text", ERRORS)
def test_error_points_at_the_character(text):
    """What is no token is refused, pointing at the first character that does not fit."""
    with pytest.raises(PlanError) as caught:
        parse_token(text)
    assert str(caught.value) == ERRORS[text]


def test_token_is_a_value():
    """Tokens are frozen and hashable, though JSON is not."""
    assert len({parse_token(FULL), FULL_TOKEN, Token()}) == 2


@pytest.mark.parametrize("text", ["crash@event#1 redeliver@2", "", "  abort@event#2"])
def test_bare_plan_will_do(text):
    """Where a token is wanted, a plan alone stands for the default settings."""
    assert parse_token_or_plan(text) == Token(Settings(), parse(text))


def test_token_is_told_from_a_plan_by_its_version():
    """What begins with a version is a token, even one that cannot be read."""
    assert parse_token_or_plan(FULL) == FULL_TOKEN
    with pytest.raises(PlanError, match="The token's version is 'v2'"):
        parse_token_or_plan(" v2 crash@event#1")
    with pytest.raises(PlanError, match="'seed' is no fault, but looks like a setting"):
        parse_token_or_plan("seed=7")
