"""Conversations that nobody recorded, of the form of the recorded ones, beside a reference of the API."""

import json

import pytest
from conformance_lists import ABSENT, PRESENT, TEXT
from conformance_talking import Conversation
from hypothesis import given, settings
from hypothesis import strategies as st

from tasksim._conform.conversation import replay_conversation

PROFILES = ("documented", "webiny-5", "webiny-6")
REPEATABLE = settings.get_profile("repeatable")


# --- what is compared


def misfit(expected, actual, path="answer"):
    """Return where an answer differs from what was expected, or None."""
    if expected in (PRESENT, ABSENT):
        is_there = actual not in ("", None, {})
        return (
            None if is_there is (expected == PRESENT) else f"{path}: {actual!r}, which should be {expected}"
        )
    if expected == TEXT:
        return None if isinstance(actual, str) and actual else f"{path}: {actual!r} is no text"
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in {**expected, **actual}:
            if key == "errors":
                found = wrong_errors(expected.get(key, []), actual.get(key, []))
            elif key in {"input", "output", "data", "error"} and is_json(path, key):
                found = misfit_json(expected.get(key), actual.get(key), f"{path}.{key}")
            elif key not in expected or key not in actual:
                found = f"{path}.{key}: only {'expected' if key in expected else 'answered'}"
            else:
                found = misfit(expected[key], actual[key], f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return next(filter(None, (misfit(*pair, f"{path}[{at}]") for at, pair in pairs)), None)
    is_same = expected == actual and isinstance(expected, bool) is isinstance(actual, bool)
    return None if is_same else f"{path}: {actual!r}, not {expected!r}"


def is_json(path, key):
    """Tell a JSON scalar from an object of the schema by what is around it."""
    return key in {"input", "output"} or path.endswith(".error") or "items" in path.rpartition(".")[2]


def misfit_json(expected, actual, path):
    """Compare JSON scalars, whose nulls are dropped."""
    if expected == PRESENT:
        return None if actual else f"{path}: {actual!r}"
    expected, actual = without_nulls(expected), without_nulls(actual)
    return (
        None
        if json.dumps(expected, sort_keys=True) == json.dumps(actual, sort_keys=True)
        else (f"{path}: {actual!r}, not {expected!r}")
    )


def without_nulls(value):
    """Drop nulls inside a JSON value."""
    if isinstance(value, dict):
        return {key: without_nulls(inside) for key, inside in value.items() if inside is not None}
    return [without_nulls(inside) for inside in value] if isinstance(value, list) else value


def wrong_errors(expected, actual):
    """Compare errors outside of envelopes: that there are some, and where."""
    allowed = [each.get("path") for each in expected]
    if bool(expected) is bool(actual) and all(each.get("path") in allowed for each in actual):
        return None
    return f"errors: {actual}, not {expected}"


def converse(profile, data, most):
    """Hold one conversation, and compare each answer."""
    conversation = Conversation(profile, data)
    row = {"definitions": conversation.definitions, "permissions": conversation.permissions}
    asked = []

    def steps():
        for step in conversation.steps(most):
            asked.append(step)
            yield step

    for exchange in replay_conversation({**row, "steps": steps()}, profile):
        found = misfit(exchange.expected, exchange.actual)
        assert found is None, (found, asked[-1], exchange)
        learn, conversation.learn = conversation.learn, lambda answer: None
        learn(exchange.actual)
    return len(asked)


@pytest.mark.parametrize(
    "profile", [PROFILES[0], *(pytest.param(each, marks=pytest.mark.slow) for each in PROFILES[1:])]
)
@settings(REPEATABLE, max_examples=7)
@given(data=st.data())
def test_conversations(profile, data):
    """Q1, P1, P2, T1 to T7, A1 to A3: each answer of a conversation is what the reference says."""
    converse(profile, data, 4)


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("profile", PROFILES)
@settings(REPEATABLE, max_examples=100)
@given(data=st.data())
def test_hundreds_of_conversations(profile, data):
    """As above, for hundreds of longer conversations."""
    converse(profile, data, 16)
