"""What all parts of the controller and the older store have in common: misuse is answered helpfully."""

from __future__ import annotations

import inspect
import linecache
import re
from typing import TYPE_CHECKING, NoReturn

from tasksim._engine.frames import calling_line, traceback_lines
from tasksim.errors import UnknownName, UsageError, nearest_phrase

if TYPE_CHECKING:
    from types import TracebackType

    from tasksim._engine.run_state import Run

__all__ = ["FACES", "Face", "misuse_of_face"]

FACES: dict[str, type[Face]] = {}
"""The parts by the names of their classes, as Python's messages spell them."""

_CALLED = re.compile(r"([A-Z]\w+)\.(\w+)\(\) (?=got |takes |missing )")
_AWAITS = re.compile(
    r"\bawait\s+[\w.()]*\b(?:controller|response|runtime|state|logger|store|timer|tasks?|trigger|is_aborted"
    r"|is_close_to_timeout)\b"
)


class Face:
    """A part of the controller: knows its run and nothing else."""

    __slots__ = ("_run",)

    def __init_subclass__(cls) -> None:
        """Enter a part into the list by whose names misuse is recognised."""
        FACES[cls.__name__] = cls

    def __init__(self, run: Run) -> None:
        """Belong to a run."""
        self._run = run

    def __getattr__(self, name: str) -> NoReturn:
        """Answer a name that is not there with the nearest one; Python's own probing gets Python's answer."""
        if name.startswith("_"):
            raise AttributeError(name)
        known = [known for known in dir(type(self)) if not known.startswith("_")]
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
        raise UnknownName(
            f"{type(self).__name__.lower()} has no {name!r}.{nearest_phrase(snake, known)}",
            facts=(calling_line(),),
            way_out=f"Choose from {', '.join(known)}.",
        )

    def _refuse(self, sentence: str, way_out: str) -> BaseException:
        """Return a usage error that comes out of the outer call."""
        return self._run.engine.misused(UsageError(sentence, facts=(calling_line(),), way_out=way_out))


def misuse_of_face(error: TypeError, owner: str) -> UsageError | None:
    """Return the error for a method of ours called wrongly or awaited, if that is what went wrong."""
    called = _CALLED.match(str(error))
    if called is not None and called[1] in FACES:
        method = getattr(FACES[called[1]], called[2])
        signature = str(inspect.signature(method)).replace("(self, ", "(").replace("(self)", "()")
        return UsageError(
            f"{owner} called a method wrongly: {called[0]}{str(error)[called.end() :]}.",
            facts=traceback_lines(error.__traceback__),
            way_out=f"Call it as {called[2]}{signature.split(' -> ', maxsplit=1)[0]}.",
        )
    return _awaits_plain_function(error, owner)


def _awaits_plain_function(error: TypeError, owner: str) -> UsageError | None:
    """Return the error for `await controller...`, if that is what went wrong; None for anything else."""
    if "can't be used in 'await' expression" not in str(error):
        return None
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return None
    line = linecache.getline(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
    if _AWAITS.search(line) is None:
        return None
    return UsageError(
        f"{owner} awaits a plain function.",
        facts=traceback_lines(traceback),
        way_out="Remove the await: methods of controller, store and service return their value at once.",
    )
