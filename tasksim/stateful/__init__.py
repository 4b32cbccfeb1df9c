"""A state machine of Hypothesis for a whole service of tasks.

    from tasksim.stateful import task_machine

    TestTasks = task_machine([PublishEntries, SyncOrders]).TestCase

Its steps are what users, other systems and time do to a service, in any order; after each one the service
must be as the rules say. This package promises that a failure ends with a program on the public face that
fails likewise. It must not know how single tasks are checked.
"""

from __future__ import annotations

from importlib.util import find_spec

from tasksim.errors import MissingExtra

if find_spec("hypothesis") is None:
    raise MissingExtra("tasksim.stateful", "hypothesis")

from tasksim.stateful._make import Rule, rule, task_machine
from tasksim.stateful._rules import tasks

__all__ = ["Rule", "rule", "task_machine", "tasks"]
