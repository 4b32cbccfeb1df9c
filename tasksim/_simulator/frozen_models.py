"""Dates under a frozen clock: models with them are built and used as ever, and they print as real ones.

While freezegun is on, the name `datetime.datetime` stands for a class of its own. A model defined then has
that class in its annotations, for ever, and pydantic's own comparisons with `datetime.datetime` (it has such
before 2.14) miss the real one. This module promises that both classes mean the same to pydantic, in a
freeze and afterwards, whosever it is. It must not know when one is on.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

__all__ = ["let_pydantic_know"]

_HOOK = "__get_pydantic_core_schema__"


def let_pydantic_know() -> None:
    """Let pydantic take freezegun's dates for dates; without freezegun there is nothing to do."""
    api = sys.modules.get("freezegun.api")
    if api is None or _HOOK in vars(api.FakeDatetime):
        return
    from pydantic import TypeAdapter  # noqa: F401, PLC0415 - loads the module that is looked up below
    from pydantic_core import core_schema  # noqa: PLC0415

    def date_schema(*_: Any) -> core_schema.DateSchema:
        """Return what pydantic makes of a date."""
        return core_schema.date_schema()

    def datetime_schema(*_: Any) -> core_schema.DatetimeSchema:
        """Return what pydantic makes of a datetime."""
        return core_schema.datetime_schema()

    def date_repr(date: Any) -> str:
        """Return what Python writes of the same date outside of a freeze."""
        return repr(api.real_date(date.year, date.month, date.day))

    def datetime_repr(date: Any) -> str:
        """Return what Python writes of the same instant outside of a freeze."""
        return repr(api.real_datetime.combine(date, date.timetz()))

    api.FakeDate.__repr__ = date_repr
    api.FakeDatetime.__repr__ = datetime_repr
    api.FakeDate.__get_pydantic_core_schema__ = classmethod(date_schema)
    api.FakeDatetime.__get_pydantic_core_schema__ = classmethod(datetime_schema)
    generating = sys.modules.get("pydantic._internal._generate_schema")
    if generating is not None and vars(generating).get("datetime") is sys.modules["datetime"]:
        vars(generating)["datetime"] = _real_datetime_module(api)


def _real_datetime_module(api: ModuleType) -> ModuleType:
    """Return a module like `datetime` in which freezegun replaces nothing."""
    copy = ModuleType("datetime")
    vars(copy).update(vars(sys.modules["datetime"]), datetime=api.real_datetime, date=api.real_date)
    return copy
