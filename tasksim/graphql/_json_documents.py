"""JSON documents, one after the other in a text, and where something stands in them.

This module promises every document of a text, however they are parted, and errors that point at the
character. It must not know what the documents mean.
"""

from __future__ import annotations

from json import JSONDecoder
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim.typing import JSON

__all__ = ["Place", "json_documents", "shown"]

_AROUND = 40
_MANY_DIGITS = 100
_SPACE = " \t\r\n\ufeff"  # a byte order mark counts as space


class Place(NamedTuple):
    """Where something stands: a source, perhaps with the line of a document in it, and a path."""

    source: str
    path: str = ""

    def __truediv__(self, step: str | int) -> Place:
        """Return a place below this one."""
        part = f"[{step}]" if isinstance(step, int) else f".{step}" if self.path else step
        return self._replace(path=self.path + part)

    def __str__(self) -> str:
        """Show where."""
        return f"{self.source}: {self.path}" if self.path else self.source

    def refuse(self, problem: str, way_out: str) -> NoReturn:
        """Raise the error of what stands here."""
        raise UsageError(f"{self} {problem}.", way_out=way_out)


def json_documents(text: str, source: str, *, way_out: str) -> Iterator[tuple[JSON, Place]]:
    """Return each JSON document of a text, with its place; there is at least one.

    Args:
        text: Documents with white space, or nothing, between them.
        source: What to call the text in an error.
        way_out: What to do where it holds no JSON.

    Raises:
        UsageError: It is empty, or not JSON; `RecursionError` comes out where one is nested too deep.
    """
    at = _skip_space(text, 0)
    if at == len(text):
        raise UsageError(f"{source} is empty.", way_out=way_out)
    while at < len(text):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except ValueError as error:
            # Of what Python takes for a number and JSON does not, only the document is known.
            problem, stands = getattr(error, "msg", str(error)), getattr(error, "pos", at)
            raise _not_json(problem, text, stands, source, way_out) from None
        line = text.count("\n", 0, at) + 1
        yield value, Place(source if line == 1 else f"{source}, line {line}")
        at = _skip_space(text, end)


def shown(value: Any) -> str:
    """Return the beginning of a value's text."""
    text = repr(value)
    return text if len(text) <= 2 * _AROUND else f"{text[: 2 * _AROUND]}..."


def _skip_space(text: str, at: int) -> int:
    """Return where the next document begins, or the text's end."""
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _not_json(problem: str, text: str, stands: int, source: str, way_out: str) -> UsageError:
    """Return an error that points at a character."""
    begin = text.rfind("\n", 0, stands) + 1
    start = max(begin, stands - _AROUND)
    line = text[start : stands + _AROUND].split("\n", 1)[0].rstrip()
    return UsageError(
        f"{source} is not JSON: {problem} in line {text.count(chr(10), 0, stands) + 1}, "
        f"column {stands - begin + 1}.",
        facts=(line.replace("\t", " "), f"{'':{stands - start}}^") if line else (),
        way_out=way_out,
    )


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python's reader lets through."""
    raise ValueError(f"{name} in the document that begins")


def _integer(digits: str) -> float:
    """Return an integer; one of hundreds of digits is too large to be stored, as a float as well."""
    return int(digits) if len(digits) < _MANY_DIGITS else float(digits)


_DECODER = JSONDecoder(parse_int=_integer, parse_constant=_refuse_constant)
