"""What a fake gives: names, keys, contracts, and what its methods may raise.

This module promises that whatever cannot be used is refused with its value and the way out, as early as it
is known. It must not know ledgers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from tasksim._engine.names import is_valid_label
from tasksim._world.refusals import ADDRESS
from tasksim.errors import UsageError, nearest_phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "Contract",
    "Failure",
    "Raises",
    "check_contract",
    "check_name",
    "failure_of",
    "key_text",
    "shown",
]

Contract = Literal["exactly_once", "at_least_once", "at_most_once", "any"]
"""How often an effect may take place, compared with the uncut run."""

Failure: TypeAlias = "Callable[[str], Exception]"
"""What makes an exception of a message."""

Raises: TypeAlias = "Iterable[type[Exception] | Failure]"
"""What a method may raise: classes of exceptions, or functions that make one of a message."""

_CONTRACTS: tuple[str, ...] = get_args(Contract)
_TRIAL = "A planned failure."


def check_name(name: object, call: str, example: str) -> None:
    """Refuse a name that cannot stand in a checkpoint's name; `call` got it, as in `example`."""
    if not is_valid_label(name):
        raise UsageError(
            f"{call} got the name {shown(name)}.",
            way_out=f"Pass letters, digits and any of _ - . / as its name: {example}.",
        )


def check_contract(name: str, contract: object) -> None:
    """Refuse what is no contract."""
    if contract is not None and contract not in _CONTRACTS:
        near = nearest_phrase(contract, _CONTRACTS) if isinstance(contract, str) else ""
        raise UsageError(
            f"The effect {name!r} has the contract {shown(contract)}.{near}",
            way_out=f"Choose from {', '.join(_CONTRACTS)}, or leave it out.",
        )


def key_text(name: str, key: object) -> str | None:
    """Return a key as text, which is the same for 7 and "7"; None for none."""
    if key is None:
        return None
    if isinstance(key, int) and not isinstance(key, bool):
        return int.__repr__(key)  # of an IntEnum, str() depends on the version of Python
    if not isinstance(key, str):
        raise UsageError(
            f"The effect {name!r} has the key {shown(key)}, which is {type(key).__name__}.",
            way_out="Pass text or a whole number, as in key=str(...); several values go into data.",
        )
    text = str.__str__(key)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"The effect {name!r} has the key {shown(text)}, which holds half of a character.",
                way_out="Pass text without lone surrogates.",
            ) from None
    return text


def failure_of(name: str, raises: Raises) -> Failure | None:
    """Return what makes the exception that a planned failure of an effect raises; None for the default."""
    if callable(raises) or isinstance(raises, str | BaseException):
        near = f"raises=[{raises.__name__}]" if isinstance(raises, type) else "raises=[ConnectionError]"
        raise UsageError(
            f"The effect {name!r} has raises={shown(raises)}, which is no list.", way_out=f"Write {near}."
        )
    try:
        kinds = list(raises)
    except TypeError:
        raise UsageError(
            f"The effect {name!r} has raises={shown(raises)}, which is no list.",
            way_out="Write raises=[ConnectionError].",
        ) from None
    for kind in kinds:
        if not (issubclass(kind, Exception) if isinstance(kind, type) else callable(kind)):
            raise UsageError(
                f"The effect {name!r} has {shown(kind)} among what it raises.",
                way_out="Pass classes of exceptions, or functions that make one of a message.",
            )
    if not kinds:
        return None
    _try(name, kinds[0])
    return kinds[0]


def _try(name: str, make: Failure) -> None:
    """Refuse what makes no exception of a message: better now than in the middle of a plan."""
    called = shown(make)
    way_out = "Pass a function that makes one: raises=[lambda message: HttpError(message, status=503)]."
    try:
        made: object = make(_TRIAL)
    except Exception as error:
        raise UsageError(
            f"The effect {name!r} cannot raise {called}: making one of a message failed.",
            facts=(f"{type(error).__name__}: {error}",),
            way_out=way_out,
        ) from error
    if not isinstance(made, Exception):
        raise UsageError(
            f"The effect {name!r} cannot raise {called}, which made {shown(made)}.", way_out=way_out
        )


def shown(value: object) -> str:
    """Return the beginning of a value's text, the name of a class or function."""
    if isinstance(value, type) or hasattr(value, "__qualname__"):
        return str(getattr(value, "__qualname__", "")).rpartition("<locals>.")[2]
    return f"{ADDRESS.sub('', repr(value)):.60}"
