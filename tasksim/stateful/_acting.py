"""A user of the service who knows what it should do: makes calls, and expects what the rules say of them.

This module promises that each call stands in the program, and that the model has followed it before anything
is expected. It must not know Hypothesis.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from tasksim._engine.machine import END_STATES
from tasksim._engine.names import CheckpointName
from tasksim._explore.invariants import refuse_answer
from tasksim._faults.grammar import Fault
from tasksim._model.events import ExceptionRaised
from tasksim.errors import EngineError, UsageError
from tasksim.stateful._broken import Broken
from tasksim.stateful._handling import stored
from tasksim.stateful._model import Model
from tasksim.stateful._program import Call, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasksim._engine.registry import Registered
    from tasksim._model.records import TaskRecord
    from tasksim._simulator.simulator import Simulator
    from tasksim.typing import JsonObject

__all__ = ["Actor"]

_ENDED = {*END_STATES.values(), "UnknownError", "TimedOut"}


class Actor:
    """Acts on one simulation.

    Attributes:
        sim: The simulation.
        model: What should be stored in it.
        program: What was done.
        profile: The rules.
        new: The ids of the tasks that came about in this step.
        is_settled: Whether the model has followed all that was done.
    """

    def __init__(self, sim: Simulator, program: Program) -> None:
        """Begin where the simulation stands."""
        self.sim = sim
        self.program = program
        self.model = Model(sim)
        self._engine = sim._engine  # noqa: SLF001 - labels and counts of checkpoints are there
        self.profile = self._engine.profile
        self.new: list[str] = []
        self.is_settled = False
        self._given: dict[str, tuple[str, JsonObject]] = {}

    def settle(self) -> None:
        """Let the model follow, and compare."""
        self.is_settled = True
        self.new += self.model.settle()

    def _registered(self, definition_id: str) -> Registered:
        """Return a definition as it is registered."""
        found = self._engine.registry.get(definition_id)
        assert found is not None  # noqa: S101 - nothing unregisters one
        return found

    # --- calls

    def call(
        self, path: str, args: tuple[Any, ...] = (), kwargs: JsonObject | None = None, *, names: bool = False
    ) -> Any:
        """Make a call on the public face, and write it down; `names` gives a name to the task it returns."""
        given = kwargs or {}
        self.is_settled = False
        self.program.calls.append(Call(path, args, given))
        found: Any = self.sim
        for part in path.split("."):
            found = getattr(found, part)
        answer = found(*args, **given)
        if names:
            self.program.calls[-1] = Call(path, args, given, task_id=answer.id)
        return answer

    def call_function(self, function: Callable[..., object], drawn: JsonObject) -> object:
        """Call a function of the user's, and write it down; return what it returned."""
        self.is_settled = False
        self.program.calls.append(Call(function, (), drawn))
        answer = function(self.sim, **drawn)
        if isinstance(answer, Coroutine):
            answer.close()
            raise UsageError(f"{function!r:.60} is async.", way_out="Pass a plain function.")
        return answer

    def test(self, invariant: Callable[..., object]) -> None:
        """Call a function that changes nothing; it stands in the program if it fails."""
        answer = self.call_function(invariant, {})
        if isinstance(answer, bool):
            refuse_answer(getattr(invariant, "__name__", type(invariant).__name__), answer)
        self.program.calls.pop()
        self.is_settled = True

    def _pass_over(self, error: str) -> None:
        """Let the program pass over the error of the last call."""
        self.program.calls[-1] = self.program.calls[-1]._replace(refused=error)

    def _is_of_hook(self, error: Exception, hook: str) -> bool:
        """Tell what a hook raised from a refusal of the service's: the trace notes it just before."""
        if isinstance(error, AssertionError):
            return False
        last = self.sim.trace[-2:]
        return any(isinstance(event, ExceptionRaised) and event.where == hook for event in last)

    # --- acts

    def refuse(
        self, code: str | None, path: str, args: tuple[Any, ...], kwargs: JsonObject | None = None
    ) -> None:
        """Make a call that must be refused with this code, and change nothing; a hook may refuse it first."""
        tasks = dict(self.model.tasks)
        try:
            self.call(path, args, kwargs)
        except Exception as error:
            if self._is_of_hook(error, "on_before_trigger"):
                self._pass_over("Exception")
                return
            if not isinstance(error, EngineError) or error.code != code:
                raise
            self._pass_over("EngineError")
        else:
            raise Broken(f"{path}() was not refused, with the code {code!r}.", "False")
        self.settle()
        self._expect_unchanged(tasks, path)

    def _expect_unchanged(self, tasks: Mapping[str, TaskRecord], path: str) -> None:
        """Expect that a call that was refused changed no task."""
        for id, before in tasks.items():
            record = self.model.tasks.get(id, before)
            if record != before:
                name = next(name for name in record._fields if getattr(record, name) != getattr(before, name))
                raise Broken(
                    f"{path}() was refused, and changed {name} of {id!r}.",
                    f"{stored(id, name)} == {getattr(before, name)!r}",
                )

    def trigger(
        self,
        definition_id: str,
        input: JsonObject,
        *,
        name: str | None = None,
        delay: float = 0,
        parent: str | None = None,
    ) -> str:
        """Trigger a task, and expect it to be stored as T1 and T2 say; a hook may refuse it (T3).

        Returns:
            Its id, or nothing.
        """
        given: JsonObject = {"input": input, "name": name, "delay": delay, "parent": parent}
        kwargs = {key: value for key, value in given.items() if value or key == "input"}
        try:
            task = self.call("tasks.trigger", (definition_id,), kwargs, names=True)
        except Exception as error:
            if not self._is_of_hook(error, "on_before_trigger"):
                raise
            self._pass_over("Exception")
            return ""
        self.settle()
        self._given[task.id] = (definition_id, input)
        found = self.model.tasks.get(task.id)
        wanted: JsonObject = {
            "definition_id": definition_id,
            "name": name or self._registered(definition_id).title,
            "input": input,
            "parent_id": parent,
            "task_status": "pending",
            "iterations": 0,
        }
        for field, want in wanted.items():
            stands = getattr(found, field, None)
            if stands != want:
                raise Broken(
                    f"{field} of the new task {task.id!r} is {stands!r}, not {want!r} (T1, T2).",
                    f"{stored(task.id, field)} == {want!r}",
                )
        self.model.expect_delay(task.id, delay)
        return str(task.id)

    def abort(self, task_id: str, message: str | None) -> None:
        """Abort a task, and expect what A1 to A3 say; `on_abort` may fail it (H3)."""
        kwargs: JsonObject = {} if message is None else {"message": message}
        record = self.model.tasks.get(task_id)
        texts = self.profile.texts
        if record is None or record.task_status not in ("pending", "running"):
            code = texts.abort_missing.code if record is None else texts.abort_refused.code
            self.refuse(code, "tasks.abort", (task_id,), kwargs)
            return
        try:
            self.call("tasks.abort", (task_id,), kwargs)
        except EngineError as error:
            if not (self.profile.abort_hook_fails_abort and self._is_of_hook(error, "on_abort")):
                raise
            self._pass_over("EngineError")
        self.settle()
        registered = self._registered(record.definition_id)
        if task_id not in self.model.tasks and "on_abort" in (*registered.cleanup, *registered.hooks):
            return
        self._expect_aborted(task_id, message or "Task aborted.")

    def _expect_aborted(self, task_id: str, said: str) -> None:
        """Expect a task to be stored as aborted, and its newest log to say so (A2)."""
        record = self.model.tasks.get(task_id)
        if record is None or record.task_status != "aborted":
            found = "gone" if record is None else repr(record.task_status)
            raise Broken(
                f"{task_id!r} was aborted, and is {found} (A2).",
                f"sim.execution({task_id!r}).status == 'aborted'",
            )
        logs = self.model.logs_of(task_id)
        if not logs or not logs[-1].items or logs[-1].items[-1].message != said:
            raise Broken(
                f"The newest log of {task_id!r} does not end with {said!r} (A2).",
                f"[log.items[-1].message for log in sim.execution({task_id!r}).logs[-1:]] == [{said!r}]",
            )

    def delete(self, task_id: str) -> None:
        """Delete a task, whose logs stay, or be refused (P2)."""
        if task_id not in self.model.tasks:
            self.refuse(self.profile.texts.delete_missing.code, "tasks.delete_task", (task_id,))
            return
        self.call("tasks.delete_task", (task_id,))
        self.settle()
        if task_id in self.model.tasks:
            raise Broken(
                f"The task {task_id!r} was deleted and is there.", f"sim.tasks.get_task({task_id!r}) is None"
            )

    def plan(self, task_id: str, kind: str, what: str, *, after: bool = False) -> None:
        """Plan a fault at the next touch of this name by a task, or by another like it if it has ended."""
        life = self._engine.lives.get(task_id)
        if life is not None and life.state in _ENDED and task_id in self._given:
            task_id = self.trigger(*self._given[task_id])
            life = self._engine.lives.get(task_id)
        if life is None or life.state in _ENDED:
            return
        at = CheckpointName(life.label, what, None, life.counters.get(what, 0) + 1)
        fault = Fault(kind, at, after=after)
        injector = self.sim._ready_injector("plan()")  # noqa: SLF001 - not all kinds have a method
        if fault not in injector.plan:
            injector.add(self._engine, fault)
            self.program.faults.append(fault.render())
