"""The registry: definitions checked once, at registration, and ready to be called."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from tasksim._engine.binding import HOOK_ARGUMENTS, RUN_ARGUMENTS, bind
from tasksim._engine.validation import build_validator, declared_validation
from tasksim._model.camel_case import camel_case, is_camel_case
from tasksim._model.definitions import DEFINITION_ATTRIBUTES, HOOKS, FunctionDefinition, Implementation
from tasksim.errors import DefinitionError, nearest
from tasksim.typing import TaskService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tasksim._engine.binding import Binding
    from tasksim._engine.profiles.rules import Profile
    from tasksim._engine.validation import Validator

__all__ = ["Registered", "Registry"]

_CLEANUPS = {
    "always": frozenset({"on_done", "on_error", "on_abort"}),
    "never": frozenset[str](),
    "onSuccess": frozenset({"on_done"}),
    "onError": frozenset({"on_error"}),
    "onAbort": frozenset({"on_abort"}),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "title": (str,),
    "description": (str, type(None)),
    "max_iterations": (int, type(None)),
    "is_private": (bool,),
    "disable_database_logs": (bool,),
    "database_logs": (bool,),
}
_checked_classes: WeakSet[type] = WeakSet()


class Registered:
    """One definition, checked: its values, its validator, and its functions bound to the names they take."""

    __slots__ = (
        "_factory",
        "cleanup",
        "definition",
        "description",
        "hooks",
        "id",
        "is_private",
        "logs",
        "max_iterations",
        "notes",
        "run",
        "title",
        "validator",
    )

    cleanup: frozenset[str]
    definition: Any
    logs: bool
    notes: tuple[str, ...]

    def __init__(self, definition: Any, factory: Callable[[], Any] | None, profile: Profile) -> None:
        """Check a definition object and read what the profile needs of it."""
        self._factory = factory
        _check_names(definition)
        self.id: str = _checked_id(definition)
        for name, types in _TYPES.items():
            _check_type(definition, self.id, name, types)
        self.title: str = definition.title
        self.description: str | None = getattr(definition, "description", None)
        self.max_iterations: float = (
            getattr(definition, "max_iterations", None) or profile.default_max_iterations or inf
        )
        self.is_private: bool = getattr(definition, "is_private", False)
        cleanup = _checked_cleanup(definition, self.id)
        self.cleanup = cleanup if profile.cleans_up else _CLEANUPS["never"]
        self.logs = self._writes_logs(definition, profile)
        declared = declared_validation(definition)
        self.notes = tuple(_notes(definition, self.id, profile))
        self.validator: Validator | None = build_validator(
            declared, definition_id=self.id, messages=profile.messages
        )
        self._bind(definition)

    def _writes_logs(self, definition: Any, profile: Profile) -> bool:
        """Decide whether events of this definition write logs (E2); cleaning up forces them off."""
        if self.cleanup:
            return False
        switch = getattr(definition, profile.log_switch, None)
        if switch is None:
            return profile.logs_by_default
        return not switch if profile.log_switch.startswith("disable") else bool(switch)

    def _bind(self, definition: Any) -> None:
        """Bind `run` and the hooks of an instance."""
        self.definition = definition
        self.run: Binding = bind(definition.run, role="run", owner=self.id, known=RUN_ARGUMENTS)
        self.hooks: dict[str, Binding] = {}
        for hook in HOOKS:
            function = getattr(definition, hook, None)
            if function is not None:
                self.hooks[hook] = bind(function, role=hook, owner=self.id, known=HOOK_ARGUMENTS[hook])

    @property
    def is_factory(self) -> bool:
        """Whether a fresh instance can be made."""
        return self._factory is not None

    def restarted(self) -> Registered:
        """Return it with a fresh instance, as a new process has after a crash; a plain instance stays.

        This one keeps its own: whoever handles an event by it is in another process.
        """
        if self._factory is None:
            return self
        fresh = Registered.__new__(Registered)
        for name in Registered.__slots__:
            setattr(fresh, name, getattr(self, name))
        fresh._bind(self._factory())  # noqa: SLF001 - of the same class
        return fresh


class Registry:
    """The definitions of one simulation, in order of registration."""

    __slots__ = ("_builtin", "_by_id", "_profile", "_service")

    def __init__(self, profile: Profile) -> None:
        """Start empty."""
        self._by_id: dict[str, Registered] = {}
        self._builtin: str | None = None
        self._profile = profile
        self._service: object = None

    def serve(self, service: object) -> None:
        """Give the service that stands for `TaskService` among dependencies."""
        self._service = service

    def register(self, definition: object) -> Registered:
        """Check a definition and add it.

        Raises:
            DefinitionError: It is no definition, or one of its parts cannot be used.
        """
        instance, factory = self._resolve(definition)
        registered = Registered(instance, factory, self._profile)
        if registered.id == self._builtin:
            del self._by_id[registered.id]
            self._builtin = None
        if registered.id in self._by_id:
            raise DefinitionError(
                f"There is a definition {registered.id!r} already.",
                facts=(f"registered: {', '.join(self._by_id)}",),
                way_out="Give each definition an id of its own.",
            )
        self._by_id[registered.id] = registered
        return registered

    def put_first(self, definition: object) -> None:
        """Add a built-in definition before all others, unless the user registers its id."""
        registered = Registered(definition, None, self._profile)
        if registered.id not in self._by_id:
            self._builtin = registered.id
            self._by_id = {registered.id: registered, **self._by_id}

    def get(self, id: str) -> Registered | None:
        """Return a definition by id, or None."""
        return self._by_id.get(id)

    def restart(self, id: str) -> None:
        """Make a fresh instance of a definition, as a new process does after a crash."""
        registered = self._by_id.get(id)
        if registered is not None:
            self._by_id[id] = registered.restarted()

    def ids(self) -> list[str]:
        """Return the ids in order of registration."""
        return list(self._by_id)

    def all(self) -> list[Registered]:
        """Return the definitions in order of registration."""
        return list(self._by_id.values())

    def _resolve(self, definition: object) -> tuple[object, Callable[[], object] | None]:
        """Return an instance, and what makes a fresh one if anything does."""
        factory: Callable[[], object] | None
        if isinstance(definition, Implementation):
            factory = self._implement(definition)
        elif isinstance(definition, type):
            factory = definition
        elif hasattr(definition, "run") or hasattr(definition, "id"):
            return definition, None
        elif callable(definition):
            factory = definition
        else:
            raise DefinitionError(
                f"{definition!r:.80} is not a definition.",
                way_out="Pass an object with id, title and run, a class or function without arguments that "
                "makes one, or what create_task_definition() returns.",
            )
        try:
            return factory(), factory
        except TypeError as error:
            name = getattr(definition, "__name__", repr(definition))
            raise DefinitionError(
                f"{name} could not be called without arguments: {error}.",
                way_out=f"Pass an instance, or create_implementation({name}, dependencies=[...]).",
            ) from error

    def _implement(self, definition: Implementation) -> Callable[[], object]:
        """Return what makes the class with its dependencies, the service filled in."""
        dependencies = [
            self._service if dependency is TaskService else dependency
            for dependency in definition.dependencies
        ]
        return lambda: definition.implementation(*dependencies)


def _checked_id(definition: Any) -> str:
    """Return the id, which must be camelCase as lodash understands it."""
    for name in ("id", "title", "run"):
        if not hasattr(definition, name):
            raise DefinitionError(
                f"{definition!r:.80} has no {name!r}.",
                way_out="Give a definition the attributes id, title and run.",
            )
    found: object = definition.id
    if not isinstance(found, str) or not is_camel_case(found):
        example = camel_case(found) if isinstance(found, str) else ""
        raise DefinitionError(
            f'Task ID "{found}" is invalid. It must be in camelCase format, for example: "myCustomTask".',
            way_out=f"Write {example!r} instead." if example else "Give it a camelCase id.",
        )
    if not callable(definition.run):
        raise DefinitionError(
            f"run of {found!r} is {definition.run!r:.60}, which cannot be called.",
            way_out="Make it a function: def run(self, input, controller).",
        )
    return found


def _check_type(definition: Any, id: str, name: str, types: tuple[type, ...]) -> None:
    """Refuse an attribute of the wrong type, or a negative limit."""
    if not hasattr(definition, name):
        return
    value = getattr(definition, name)
    wrong = type(value) not in types and not (isinstance(value, types) and not isinstance(value, bool))
    if wrong or (name == "max_iterations" and value is not None and value < 0):
        raise DefinitionError(
            f"{name} of {id!r} is {value!r:.60}.",
            way_out=f"Give it {' or '.join(kind.__name__ for kind in types)}"
            + (", 0 or more." if name == "max_iterations" else "."),
        )


def _checked_cleanup(definition: Any, id: str) -> frozenset[str]:
    """Return the hooks after which a task removes itself (C1)."""
    value = getattr(definition, "self_cleanup", None)
    if value is None:
        return _CLEANUPS["never"]
    parts: Iterable[object] = (
        (value,) if isinstance(value, str) else value if isinstance(value, list | tuple) else ((),)
    )
    chosen: frozenset[str] = frozenset()
    for part in parts:
        if (
            not isinstance(part, str)
            or part not in _CLEANUPS
            or (part in ("always", "never") and part != value)
        ):
            raise DefinitionError(
                f"self_cleanup of {id!r} is {value!r:.60}.",
                way_out="Give it 'always', 'never', 'onSuccess', 'onError' or 'onAbort', or a list of the "
                "last three.",
            )
        chosen |= _CLEANUPS[part]
    return chosen


def _notes(definition: Any, id: str, profile: Profile) -> Iterable[str]:
    """Return what of a definition this profile passes over."""
    for switch in ("disable_database_logs", "database_logs"):
        if switch != profile.log_switch and hasattr(definition, switch):
            default = "on" if profile.logs_by_default else "off"
            yield (
                f"{switch} of {id!r} means nothing in profile {profile.name!r}, whose switch is "
                f"{profile.log_switch} (E2); logs are {default} by default."
            )
    if hasattr(definition, "self_cleanup") and not profile.cleans_up:
        yield f"self_cleanup of {id!r} means nothing in profile {profile.name!r} (C1)."


def _check_names(definition: Any) -> None:
    """Refuse attributes that look like misspelt ones of ours; classes are looked at once."""
    kind = type(definition)
    own = getattr(definition, "__dict__", {})
    if kind is not FunctionDefinition and kind not in _checked_classes:
        _check_spelling(kind, (name for base in kind.__mro__[:-1] for name in vars(base)))
        _checked_classes.add(kind)
    _check_spelling(definition, own)


def _check_spelling(owner: object, names: Iterable[str]) -> None:
    """Refuse a public name that starts with `on_` or nearly equals a definition's attribute."""
    for name in names:
        if name.startswith("_") or name in DEFINITION_ATTRIBUTES:
            continue
        meant = _meant(name)
        if meant is not None:
            raise DefinitionError(
                f"{owner!r:.80} has an attribute {name!r}. Did you mean {meant!r}?",
                facts=(f"attributes: {', '.join(DEFINITION_ATTRIBUTES)}",),
                way_out="Rename it, or begin it with an underscore if it is your own.",
            )


@lru_cache(maxsize=1_000)
def _meant(name: str) -> str | None:
    """Return the attribute that a public name seems to mean, if any."""
    plain = name.replace("_", "").lower()
    if plain == "enabledatabaselogs":  # the name of 6.0 to 6.3
        return "database_logs"
    for known in DEFINITION_ATTRIBUTES:
        if plain == known.replace("_", ""):
            return known
        # a slip of two neighbouring letters, in short names too: tilte, rnu
        if len(name) == len(known) and sorted(name) == sorted(known) and _one_swap(name, known):
            return known
    if name.startswith("on_"):
        return (nearest(name, HOOKS, most=1) or [HOOKS[1]])[0]
    long_names = [known for known in DEFINITION_ATTRIBUTES if len(known) >= 8]  # noqa: PLR2004 - shorter ones have honest neighbours (titles, ids)
    close = [known for known in nearest(name, long_names, most=1) if abs(len(known) - len(name)) <= 2]  # noqa: PLR2004
    return close[0] if close and _distance(name, close[0]) <= 2 else None  # noqa: PLR2004


def _one_swap(left: str, right: str) -> bool:
    """Whether two words of one length differ by two neighbouring letters changed over."""
    places = [at for at, (a, b) in enumerate(zip(left, right, strict=True)) if a != b]
    return len(places) == 2 and places[1] == places[0] + 1  # noqa: PLR2004 - a pair


def _distance(left: str, right: str) -> int:
    """Return how many letters must be changed, added or removed."""
    row = list(range(len(right) + 1))
    for at, a in enumerate(left, 1):
        previous, row[0] = row[0], at
        for to, b in enumerate(right, 1):
            previous, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, previous + (a != b))
    return row[-1]
