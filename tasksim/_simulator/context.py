"""The context: what the user gave the simulator, with the service as `.tasks` besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tasksim.errors import UsageError

__all__ = ["Context"]


class Context:
    """Everything of the user's object, and `.tasks`.

    Attributes and items are the user's own; only `tasks` is the simulator's.
    """

    def __init__(self, own: object, tasks: object) -> None:
        """Put the service beside the user's object; an own `tasks` would hide it and is refused."""
        if hasattr(own, "tasks") or (isinstance(own, Mapping) and "tasks" in own):
            raise UsageError(
                f"The context {own!r:.80} has a 'tasks' of its own.",
                way_out="Rename it: context.tasks is the simulator's service.",
            )
        self.__dict__["_own"] = own
        self.__dict__["tasks"] = tasks

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the user's object; of a mapping, an item."""
        own = self.__dict__["_own"]
        if isinstance(own, Mapping) and name in own:
            return own[name]
        if own is None:
            message = f"The context has only 'tasks'. Pass Simulator(context=...) to give it {name!r}."
            raise AttributeError(message)
        return getattr(own, name)

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute of the user's object."""
        setattr(self.__dict__["_own"], name, value)

    def __getitem__(self, key: Any) -> Any:
        """Return an item of the user's object."""
        return self.__dict__["_own"][key]

    def __contains__(self, key: object) -> bool:
        """Whether the user's object contains `key`."""
        return key in self.__dict__["_own"]

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the user's object."""
        return iter(self.__dict__["_own"])

    def __repr__(self) -> str:
        """Show the user's object."""
        return f"Context({self.__dict__['_own']!r})"
