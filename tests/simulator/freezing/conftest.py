"""What the tests of the frozen clock share: each must leave real time behind."""

import asyncio
import datetime as dt
import sys
import time

import pytest
from freezegun import api

from tasksim._simulator.simulator import _freezer

DAY = 86_400
YEAR_2025 = 1_735_689_600


@pytest.fixture
def looks_real():
    """Return what tells whether the wall clock shows real time."""

    def look():
        return (
            dt.datetime.now(dt.timezone.utc).timestamp() > YEAR_2025 + DAY
            and time.time() > YEAR_2025 + DAY
            and time.monotonic() < YEAR_2025
        )

    return look


@pytest.fixture
def is_real_again():
    """Each test gives the wall clock back, and leaves freezegun as it was."""
    yield
    stack = [*api.freeze_factories, *api.tz_offsets, *api.ignore_lists, *api.tick_flags]
    while api.freeze_factories:
        api.freeze_time("2024-01-01").stop()  # takes the topmost entry away, whosever it is
    held, _freezer._freeze = _freezer._freeze, None
    _freezer._holders.clear()
    assert held is None
    assert stack == []
    assert api.call_stack_inspection_limit == 5
    assert asyncio.SelectorEventLoop.time is asyncio.BaseEventLoop.time
    assert left_fakes() == []


def left_fakes():
    """Return where a module still has one of freezegun's fakes."""
    fakes = {id(value) for name, value in vars(api).items() if name.lower().startswith("fake")}
    return [
        f"{name}.{attribute}"
        for name, module in list(sys.modules.items())
        if name != "freezegun.api"
        for attribute, value in list(getattr(module, "__dict__", {}).items())
        if id(value) in fakes
    ]
