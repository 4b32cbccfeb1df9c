"""Comparing JSON of two runs: which paths differ, and what is left when some are not looked at.

A path is `output.rows[3].when`, or without its first part; a key that would not be read back so is written
`["a.csv"]`. This module must not know what is compared.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tasksim._world.strict_json import as_json, canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tasksim.typing import JSON

__all__ = ["Comparer", "any_item", "differing", "is_path", "without"]

_NAME = r'[^.\[\]"]+'
_TEXT = r'"(?:[^"\\]|\\.)*"'
_STEP = rf"\.{_NAME}|\[(?:\d+|\*|{_TEXT})\]"
_PLAIN = re.compile(_NAME)
_PART = re.compile(rf"\.({_NAME})|\[(\d+|\*)\]|\[({_TEXT})\]")
_INDEX = re.compile(rf"({_TEXT})|\[\d+\]")
_PATH = re.compile(rf"(?:output|state|effects\.{_NAME})(?:{_STEP})*")


def differing(first: Any, second: Any, path: str = "") -> list[str]:
    """Return the paths at which two values differ, the outermost that say it all.

    Example:
        >>> differing({"at": 1, "rows": [{"n": 1}]}, {"at": 2, "rows": [{"n": 2}]})
        ['.at', '.rows[0].n']
    """
    if type(first) is type(second):
        if isinstance(first, dict) and first.keys() == second.keys():
            return [
                each for key in first for each in differing(first[key], second[key], f"{path}{_step(key)}")
            ]
        if isinstance(first, list) and len(first) == len(second):
            pairs = enumerate(zip(first, second, strict=True))
            return [each for at, (a, b) in pairs for each in differing(a, b, f"{path}[{at}]")]
    return [] if first == second and isinstance(first, bool) == isinstance(second, bool) else [path]


def _step(key: object) -> str:
    """Return how a path goes on into a key."""
    if isinstance(key, str) and _PLAIN.fullmatch(key):
        return f".{key}"
    return f"[{json.dumps(str(key), ensure_ascii=False)}]"


def is_path(text: str) -> bool:
    """Tell whether a text is a path of an output, a state or an effect's data."""
    return _PATH.fullmatch(text) is not None


def any_item(path: str) -> str:
    """Return a path in which every index stands for all.

    Example:
        >>> any_item('.rows[3]["[3]"]')
        '.rows[*]["[3]"]'
    """
    return _INDEX.sub(lambda found: found.group(1) or "[*]", path)


def without(value: Any, paths: Iterable[str]) -> Any:
    """Return a value without what stands at these paths; `[*]` stands for every item.

    Example:
        >>> without({"at": 1, "rows": [{"n": 1, "when": 5}]}, [".at", ".rows[*].when"])
        {'rows': [{'n': 1}]}
    """
    for path in paths:
        parts = [name or index or json.loads(text) for name, index, text in _PART.findall(path)]
        value = _without(value, parts)
    return value


def _without(value: Any, parts: list[str]) -> Any:
    """Return a value without what stands at one path."""
    if not parts:
        return None
    first, *rest = parts
    if isinstance(value, dict):
        items = value.items()  # a state may have keys that are no text
        return {
            key: _without(kept, rest) if str(key) == first else kept
            for key, kept in items
            if rest or str(key) != first
        }
    if isinstance(value, list):
        return [_without(kept, rest) if first in ("*", str(at)) else kept for at, kept in enumerate(value)]
    return value


class Comparer:
    """How outputs, states and effect data are compared in one check.

    Args:
        normalise: Put over each value first.
        ignored: The paths that are not compared, each beginning with `output`, `state` or
            `effects.NAME`.
    """

    __slots__ = ("_ignored", "_ignored_of", "_normalise", "is_plain")

    def __init__(self, normalise: Callable[[JSON], JSON] | None, ignored: Iterable[str]) -> None:
        """Nothing was compared."""
        self._normalise = normalise
        self._ignored = tuple(ignored)
        self._ignored_of: dict[str, tuple[str, ...]] = {}
        self.is_plain = normalise is None and not self._ignored

    def _without_ignored(self, of: str, value: Any) -> Any:
        """Return a value without what is not compared of it; names of effects may have dots, too."""
        paths = self._ignored_of.get(of)
        if paths is None:
            paths = self._ignored_of[of] = tuple(
                path[len(of) :]
                for path in self._ignored
                if path == of or path.startswith((f"{of}.", f"{of}["))
            )
        return without(value, paths)

    def seen(self, of: str, value: Any) -> Any:
        """Return what of a value is compared."""
        if self.is_plain:
            return value
        value = self._without_ignored(of, value)
        return value if self._normalise is None else self._normalise(value)

    def text(self, of: str, value: Any) -> str:
        """Return what of a value is compared, as text."""
        return canonical_json(as_json(self.seen(of, value))[0])
