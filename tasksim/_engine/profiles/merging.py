"""How the recorded engine joins updates that were not saved yet (L5, webiny-5)."""

from __future__ import annotations

from typing import Any

__all__ = ["merge_updates"]


def merge_updates(old: Any, new: Any) -> Any:
    """Join two pending values.

    Objects merge deeply, lists are joined, a text beats an empty one, `true` beats `false`
    whatever the order, `null` never replaces a value; otherwise the newer wins.
    """
    if new is None:
        return old
    if isinstance(old, dict) and isinstance(new, dict):
        merged = dict(old)
        for key, value in new.items():
            merged[key] = merge_updates(merged[key], value) if key in merged else value
        return merged
    if isinstance(old, list) and isinstance(new, list):
        return old + new
    if isinstance(old, str) and isinstance(new, str):
        return new or old
    if isinstance(old, bool) and isinstance(new, bool):
        return old or new
    return new
