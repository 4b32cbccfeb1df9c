"""What all parts of the controller and the older store have in common: misuse is answered helpfully."""

from __future__ import annotations

import inspect
import linecache
import re
from types import FunctionType
from typing import TYPE_CHECKING, NoReturn

from tasksim._engine.frames import calling_line, traceback_lines
from tasksim._model.camel_case import snake_case
from tasksim.errors import UnknownName, UsageError, nearest_phrase

if TYPE_CHECKING:
    from tasksim._engine.run_state import Run

__all__ = ["Face", "misuse_of_face"]

_FACES: dict[str, type[Face]] = {}
_CALLED = re.compile(r"([\w.]+)\.(\w+)\(\) (?=got |takes |missing )")
_AWAITS = re.compile(
    r"\bawait\s+[\w.()]*\b(?:controller|response|runtime|state|logger|store|timer|tasks?|trigger|is_aborted"
    r"|is_close_to_timeout|should_stop)\b"
)


class Face:
    """A part of the controller: knows its run and nothing else.

    `called` is what users write for it, as in `controller.response`.
    """

    __slots__ = ("_run",)

    _called: str

    def __init_subclass__(cls, called: str) -> None:
        """Let Python's own messages name the methods as users write them; by that misuse is recognised."""
        cls._called = called
        _FACES[called] = cls
        for name, method in vars(cls).items():
            if isinstance(method, FunctionType):
                method.__qualname__ = f"{called}.{name}"

    def __init__(self, run: Run) -> None:
        """Belong to a run."""
        self._run = run

    def __getattr__(self, name: str) -> NoReturn:
        """Answer a name that is not there with the nearest one; Python's own probing gets Python's answer."""
        if name.startswith("_"):
            raise AttributeError(name)
        known = [known for known in dir(type(self)) if not known.startswith("_")]
        snake = snake_case(name)
        raise UnknownName(
            f"{self._called} has no {name!r}.{nearest_phrase(snake, known)}",
            facts=(calling_line(),),
            way_out=f"Choose from {', '.join(known)}.",
        )

    def _refuse(self, sentence: str, way_out: str) -> BaseException:
        """Return a usage error that comes out of the outer call."""
        return self._run.engine.misused(UsageError(sentence, facts=(calling_line(),), way_out=way_out))


def misuse_of_face(error: TypeError, owner: str) -> UsageError | None:
    """Return the error for a method of ours called wrongly or awaited, if that is what went wrong."""
    called = _CALLED.match(str(error))
    if called is not None and called[1] in _FACES:
        method = getattr(_FACES[called[1]], called[2])
        signature = inspect.signature(method)
        shown = [
            parameter.replace(annotation=inspect.Parameter.empty)
            for name, parameter in signature.parameters.items()
            if name != "self"
        ]
        plain = signature.replace(parameters=shown, return_annotation=inspect.Signature.empty)
        return UsageError(
            f"{owner} called a method wrongly: {called[0]}{str(error)[called.end() :]}.",
            facts=traceback_lines(error.__traceback__),
            way_out=f"Call it as {called[2]}{plain}.",
        )
    return _awaits_plain_function(error, owner)


def _awaits_plain_function(error: TypeError, owner: str) -> UsageError | None:
    """Return the error for `await controller...`, if that is what went wrong; None for anything else."""
    if "can't be used in 'await' expression" not in str(error):
        return None
    traceback = error.__traceback__
    assert traceback is not None  # noqa: S101 - it was caught
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    line = linecache.getline(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
    if _AWAITS.search(line) is None:
        return None
    return UsageError(
        f"{owner} awaits a plain function.",
        facts=traceback_lines(traceback),
        way_out="Remove the await: methods of controller, store and service return their value at once.",
    )
