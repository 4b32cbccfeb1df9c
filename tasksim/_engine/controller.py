"""The controller: what `run` sees of the world, in five parts.

Every part is a thin face of `Run`; each call is a checkpoint unless its docstring says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tasksim._engine import operations
from tasksim._engine.face import Face
from tasksim._engine.failures import error_data
from tasksim._engine.frames import calling_line
from tasksim._model.events import CheckpointReached, DataSimplified
from tasksim._model.results import AbortedResult, ContinueResult, DoneResult, ErrorResult
from tasksim._world.durations import is_number, parse_instant
from tasksim._world.snapshots import Task
from tasksim._world.strict_json import copy_json, json_size
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasksim._engine.run_state import Run
    from tasksim.typing import JSON, Duration, ErrorLike, Instant, JsonObject, TaskDefinition

__all__ = ["Children", "Controller", "Logger", "Response", "Runtime", "State"]

MAX_BYTES_PER_LETTER = 6  # of a repr, as JSON: a control character is \\u0001, a letter at most 4 bytes
MAX_WAIT_SECONDS = 30_672_000


class Response(Face, called="controller.response"):
    """The four answers of an iteration: return what these make."""

    __slots__ = ()

    def done(self, message: str | JsonObject | None = None, output: JsonObject | None = None) -> DoneResult:
        """The task is finished (S3).

        Args:
            message: For the log; `Task done.` if there is none. A dict here is the output.
            output: JSON to keep. None or `{}` keeps an earlier output. Over 237,568 bytes it is
                reduced (S4).

        Returns:
            What `run` must return.
        """
        if message is not None and not isinstance(message, str):
            if output is not None or not isinstance(message, Mapping):
                raise self._refuse(
                    f"response.done() got the message {message!r:.60}.",
                    "Pass text first and the output second: done('All published.', {'count': 3}).",
                )
            message, output = None, message
        run = self._run
        kept = None if output is None else run.json_object(output, "output")
        if kept is not None and run.engine.profile.max_output_bytes is not None:
            kept = _fit(kept, run.engine.profile.max_output_bytes)
        after = run.touch("response.done", {"message": message, "output": kept})
        if after is not None:
            after()
        return DoneResult(message, kept or None)

    def continue_(
        self,
        input: JsonObject,
        *,
        seconds: float | None = None,
        until: Instant | None = None,
    ) -> ContinueResult:
        """Run again, with `input` merged shallowly into the stored input (S1).

        Args:
            input: What to remember.
            seconds: How long to wait first; under 1 is no wait, over 355 days is cut to that (S2).
            until: When to go on, instead of `seconds`: an aware datetime or ISO text.

        Returns:
            What `run` must return.
        """
        given = self._run.json_object(input, "input")
        wait = self._wait(seconds, until)
        after = self._run.touch("response.continue", {"input": given, "wait": wait})
        if after is not None:
            after()
        return ContinueResult(given, wait)

    def error(self, error: ErrorLike) -> ErrorResult:
        """The task failed (S5).

        Args:
            error: A message, an exception (its message, code and data count), or a mapping with
                `message` and perhaps `code` and `data`.

        Returns:
            What `run` must return.
        """
        if not isinstance(error, str | BaseException | Mapping):
            raise self._refuse(
                f"response.error() got {error!r:.60}.",
                "Pass text, an exception, or a dict with 'message' and perhaps 'code' and 'data'.",
            )
        if isinstance(error, Mapping) and not isinstance(error.get("message"), str):
            raise self._refuse(
                f"response.error() got {error!r:.60}, which has no message.",
                "Give it a 'message', and perhaps 'code' and 'data'.",
            )
        data, simplified = error_data(error)
        if simplified:
            self._run.engine.emit(DataSimplified, self._run.life.task_id, "response.error")
        after = self._run.touch("response.error", {"error": data})
        if after is not None:
            after()
        return ErrorResult(data)

    def aborted(self) -> AbortedResult:
        """The run saw an abort and stopped (S6)."""
        after = self._run.touch("response.aborted")
        if after is not None:
            after()
        return AbortedResult()

    def _wait(self, seconds: float | None, until: Instant | None) -> float | None:
        """Return the wait in seconds, or None (S2)."""
        if until is None and (seconds is None or (type(seconds) is int and 1 <= seconds <= MAX_WAIT_SECONDS)):
            return seconds  # as nearly always
        if seconds is not None and until is not None:
            raise self._refuse(
                "response.continue_() got both seconds and until.",
                "Pass one of them: seconds=30 or until=...",
            )
        if until is not None:
            try:
                seconds = (parse_instant(until, name="until") - self._run.engine.clock.wall_ms) / 1000
            except UsageError as error:
                raise self._run.engine.misused(error) from None
        if not is_number(seconds):
            raise self._refuse(
                f"response.continue_() got seconds={seconds!r}.",
                "Pass a number of seconds, as in seconds=30.",
            )
        wait = min(seconds, MAX_WAIT_SECONDS)
        if wait < 1:
            return None
        return int(wait) if wait == int(wait) else wait


class Runtime(Face, called="controller.runtime"):
    """Questions about time and aborts."""

    __slots__ = ()

    def is_aborted(self) -> bool:
        """Whether the task was aborted: as stored, or as this run last read or wrote it (E9)."""
        run = self._run
        after = run.touch("runtime.is_aborted", traced=False)
        answer = run.is_aborted()
        _trace_answer(run, "runtime.is_aborted", answer)
        if after is not None:
            after()
        return answer

    def is_close_to_timeout(self, seconds: float | None = None) -> bool:
        """Whether less than the limit remains of this event's budget, strictly (E8).

        Args:
            seconds: The limit; None and 0 mean the simulator's close limit (180 s). A negative number
                is taken as it is, as recorded. Time passes by `Simulator(tick=...)`, `sim.spend` and
                sleeps: where nothing takes time, the answer is never True.

        Returns:
            True if the remaining time is under the limit.
        """
        run = self._run
        if seconds is not None and not is_number(seconds):
            raise self._refuse(
                f"is_close_to_timeout() got seconds={seconds!r}.", "Pass a number of seconds, or nothing."
            )
        limit_ms = seconds * 1000 if seconds else run.engine.host.close_limit_ms
        run.scope.asked_limit_ms = int(limit_ms)
        after = run.touch("runtime.is_close_to_timeout", traced=False)
        answer = run.scope.remaining_ms < limit_ms
        _trace_answer(run, "runtime.is_close_to_timeout", answer)
        if after is not None:
            after()
        return answer

    def remaining_seconds(self) -> int:
        """Whole seconds that remain, 0 if none; no checkpoint."""
        return max(0, self.remaining_milliseconds() // 1000)

    def remaining_milliseconds(self) -> int:
        """Milliseconds that remain; no checkpoint."""
        if self._run.closed:
            self._run.refuse_closed("runtime")
        return self._run.scope.remaining_ms


class State(Face, called="controller.state"):
    """The stored input, output and status, as this run last read or wrote them (E12)."""

    __slots__ = ()

    def get_task(self) -> Task:
        """The task as this run knows it (E12)."""
        after = self._run.touch("state.get_task")
        task = self._run.snapshot()
        if after is not None:
            after()
        return task

    def get_status(self) -> str:
        """The status: live where the profile says so (E9), else as this run knows it (E12)."""
        after = self._run.touch("state.get_status", traced=False)
        status = self._run.status()
        _trace_answer(self._run, "state.get_status", status)
        if after is not None:
            after()
        return status

    def get_input(self) -> JsonObject:
        """A copy of the input (E12)."""
        after = self._run.touch("state.get_input", self._run.task.input)
        value: JsonObject = copy_json(self._run.task.input)
        if after is not None:
            after()
        return value

    def get_output(self) -> JsonObject | None:
        """A copy of the output (E12)."""
        after = self._run.touch("state.get_output", self._run.task.output)
        value: JsonObject | None = copy_json(self._run.task.output)
        if after is not None:
            after()
        return value

    def update_input(self, input: JsonObject | Callable[[JsonObject], JsonObject]) -> None:
        """Merge into the stored input (L4).

        Args:
            input: JSON to merge shallowly, or a callable that gets the input and returns the whole
                new one. An input equal to the present one writes nothing.
        """
        update_input(self._run, input, save=True)

    def update_output(self, output: JsonObject) -> None:
        """Merge into the stored output, or replace it, as the profile says (L3)."""
        update_output(self._run, output, save=True)


class Logger(Face, called="controller.logger"):
    """Items of this event's log record; nothing is written where logs are off (E2)."""

    __slots__ = ()

    def info(self, message: str, data: JSON = None) -> None:
        """Add an info item (L1)."""
        add_info(self._run, message, data, save=True)

    def error(self, message: str, error: ErrorLike | None = None, data: JSON = None) -> None:
        """Add an error item; `data` is kept where the profile keeps it (L2)."""
        add_error(self._run, message, error, data, save=True)


class Children(Face, called="controller.task"):
    """Children of this task: linked by `parent_id` only; nothing cascades (C1)."""

    __slots__ = ()

    def trigger(
        self,
        definition: str | TaskDefinition,
        *,
        input: JsonObject | None = None,
        name: str | None = None,
        delay: Duration = 0,
    ) -> Task:
        """Trigger a child of this task (T1 to T7, C1).

        Args:
            definition: The id of a registered definition, or the definition.
            input: JSON object; `{}` if none.
            name: The definition's title if none.
            delay: How long the child's first iteration waits (T4, T5).

        Raises:
            EngineError: What a trigger answers; uncaught it fails this task (E10).
        """
        run = self._run
        if run.closed:
            run.refuse_closed("task.trigger")
        return Task(
            operations.trigger(
                run.engine, definition, input=input, name=name, delay=delay, parent_id=run.life.task_id
            ),
            run.engine.store,
        )

    def list_children(self, definition: str | TaskDefinition | None = None) -> list[Task]:
        """Return the children, oldest first, perhaps only those of one definition (C1)."""
        run = self._run
        wanted = None if definition is None else operations.definition_id_of(run.engine, definition)
        after = run.touch("task.list_children", traced=False)
        records = [
            record
            for record in run.engine.store.children(run.life.task_id)
            if wanted is None or record.definition_id == wanted
        ]
        _trace_answer(
            run, "task.list_children", [[record.definition_id, record.task_status] for record in records]
        )
        if after is not None:
            after()
        return [Task(record, run.engine.store) for record in records]


class Controller(Face, called="controller"):
    """What `run` gets as `controller`; usable only while that run lasts."""

    __slots__ = ()

    @property
    def response(self) -> Response:
        """The four answers."""
        return Response(self._run)

    @property
    def runtime(self) -> Runtime:
        """Questions about time and aborts."""
        return Runtime(self._run)

    @property
    def state(self) -> State:
        """The stored state."""
        return State(self._run)

    @property
    def logger(self) -> Logger:
        """This event's log."""
        return Logger(self._run)

    @property
    def task(self) -> Children:
        """Children of this task."""
        return Children(self._run)

    def __repr__(self) -> str:
        """Show whose controller it is."""
        return f"Controller({self._run.life.task_id!r}{', closed' if self._run.closed else ''})"


# --- shared with the older store


def update_input(run: Run, given: JsonObject | Callable[[JsonObject], JsonObject], *, save: bool) -> None:
    """Merge into, or replace by a callable's answer, the stored input (L4, L5)."""
    checked = None if callable(given) else run.json_object(given, "input")
    after = run.touch("state.update_input", checked)
    present = run.input_to_update()
    if checked is None and callable(given):
        try:
            returned = given(copy_json(present))
        except AssertionError as error:
            raise run.engine.misused(error) from None
        new = run.json_object(returned, "what the callable returned")
    else:
        new = {**present, **(checked or {})}
    if (save and run.builds_on_unsaved) or not run.engine.profile.inputs_equal(present, new):
        run.update_task({"input": new}, save=save)
    if after is not None:
        after()


def update_output(run: Run, given: JsonObject, *, save: bool) -> None:
    """Merge into, or replace, the stored output (L3, L5)."""
    new = run.json_object(given, "output")
    after = run.touch("state.update_output", new)
    if run.engine.profile.output_merges:
        new = {**(run.output_to_update() or {}), **new}
    run.update_task({"output": new}, save=save)
    if after is not None:
        after()


def add_info(run: Run, message: str, data: JSON, *, save: bool) -> None:
    """Add an info item to the log (L1, L5)."""
    kept = run.json(data, "data")
    after = run.touch("logger.info", {"message": _text(run, message), "data": kept})
    run.add_item(run.item(message, "info", data=kept), save=save)
    if after is not None:
        after()


def add_error(run: Run, message: str, error: ErrorLike | None, data: JSON, *, save: bool) -> None:
    """Add an error item to the log (L1, L2, L5)."""
    kept = run.json(data, "data") if run.engine.profile.error_log_keeps_data else None
    stored: Any = error
    if isinstance(error, BaseException):
        simple, simplified = error_data(error)
        stored = run.engine.profile.log_error(simple, type(error).__name__)
        if simplified:
            run.engine.emit(DataSimplified, run.life.task_id, "logger.error")
    elif error is not None:
        stored = run.json(error, "error")
    after = run.touch("logger.error", {"message": _text(run, message), "error": stored})
    run.add_item(run.item(message, "error", data=kept, error=stored), save=save)
    if after is not None:
        after()


def _text(run: Run, message: object) -> str:
    """Return a log message, which must be text."""
    if not isinstance(message, str):
        raise run.engine.misused(
            UsageError(
                f"A log message must be text, not {type(message).__name__} {message!r:.60}.",
                facts=(calling_line(),),
                way_out="Pass the message first and the rest as data={...}.",
            )
        )
    return message


def _trace_answer(run: Run, what: str, answer: object) -> None:
    """Trace a question with its answer."""
    life = run.life
    run.engine.emit(CheckpointReached, life.task_id, life.label, what, None, life.counters[what], answer)


def _fit(output: dict[str, Any], most: int) -> dict[str, Any]:
    """Reduce an output that is over the limit (S4)."""
    if len(repr(output)) * MAX_BYTES_PER_LETTER <= most:
        return output  # far too small to be worth measuring
    size = json_size(output)
    if size <= most:
        return output
    if "stack" in output:
        output = {key: value for key, value in output.items() if key != "stack"}
        size = json_size(output)
        if size <= most:
            return output
    error = output.get("error")
    if isinstance(error, dict) and "stack" in error:
        output = {**output, "error": {key: value for key, value in error.items() if key != "stack"}}
        size = json_size(output)
        if size <= most:
            return output
    return {"message": "Output size exceeds the maximum allowed size.", "size": size, "max": most}
