"""What leaves the process: an exit code, and errors as text.

This module promises that no error of a command ends in a traceback unless that was asked for. It must not
know any command.
"""

from __future__ import annotations

import os
import sys
from errno import ENOSPC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["guarded"]


def guarded(body: Callable[[], int], *, traceback: bool) -> int:
    """Return the exit code of a command, whose errors become text."""
    from tasksim.cli.printing import defect, print_error  # noqa: PLC0415
    from tasksim.errors import TasksimError  # noqa: PLC0415

    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called: what is said goes nowhere
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - to the end
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = body()
        sys.stdout.flush()
    except TasksimError as error:
        print_error(error, traceback=traceback)
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return 130
    except BrokenPipeError:
        _give_up_stdout()  # whoever read went away
        return 141
    except Exception as error:  # noqa: BLE001 - a defect of ours must not look like a verdict
        if isinstance(error, OSError) and error.errno == ENOSPC and error.filename is None:
            _give_up_stdout()
            sentence = f"What is printed cannot be written: {error.strerror}."
            print_error(TasksimError(sentence, way_out="Lead it elsewhere, or make room."))
            return 2
        print_error(defect(error), traceback=traceback)
        return 3
    finally:
        sys.stderr.flush()
    return code


def _give_up_stdout() -> None:
    """Let what is left to be printed go nowhere: else Python fails again when it flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
