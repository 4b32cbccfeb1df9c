"""`python -m tasksim` is the command `tasksim`."""

from __future__ import annotations

from tasksim.cli import main

main()
