"""Scripted definitions and the loop that drives them: an engine row, replayed.

The recording's harness drove one task by hand: children run only when told, the trigger's delay and
waits of children are not acted on, and passing a deadline kills nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import StrictFloat, StrictInt, StrictStr, create_model

from tasksim._engine.core import Delivery, Life
from tasksim._engine.failures import error_data
from tasksim._engine.machine import deliver
from tasksim._model.definitions import create_task_definition
from tasksim._simulator.simulator import Simulator
from tasksim.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasksim._engine.core import Engine
    from tasksim._model.results import Answer

__all__ = ["hooks_of", "model_of", "replay_engine_row"]

_FIELD_TYPES: dict[str, Any] = {
    "string": StrictStr,
    "number": StrictInt | StrictFloat,
    "strings": list[StrictStr],
}
_HOOKS = {
    "onBeforeTrigger": "on_before_trigger",
    "onDone": "on_done",
    "onError": "on_error",
    "onAbort": "on_abort",
    "onMaxIterations": "on_max_iterations",
}
_DEFAULT_LOOPS = 1_000


class ScriptedError(Exception):
    """What a scripted run or hook raises: a message, perhaps a code and data."""

    def __init__(self, message: str, code: str | None = None, data: Any = None) -> None:
        """Keep the parts as the engine reads them."""
        super().__init__(message)
        self.code = code
        self.data = data


def hooks_of(
    given: Mapping[str, str], record: Callable[[str, dict[str, Any]], None] = lambda *_: None
) -> dict[str, Callable[..., None]]:
    """Make the hooks that a row lists, by attribute: each records what it sees, then perhaps raises."""
    return {_HOOKS[hook]: _hook(hook, record, throws=kind == "throw") for hook, kind in given.items()}


def _hook(hook: str, record: Callable[[str, dict[str, Any]], None], *, throws: bool) -> Callable[..., None]:
    """Make one hook."""

    def finish(seen: dict[str, Any]) -> None:
        record(hook, seen)
        if throws:
            raise ScriptedError(f"{hook} failed", "HOOK_FAILED", {"hook": hook})

    def before(input: Any) -> None:
        finish({"input": input})

    def around(task: Any) -> None:
        finish({"taskStatus": str(task.status), "input": task.input, "output": task.output})

    return before if hook == "onBeforeTrigger" else around


def model_of(fields: Mapping[str, str], types: Mapping[str, Any] = _FIELD_TYPES) -> Any:
    """Make a model of required fields; unknown fields pass."""
    declared: dict[str, Any] = {name: (types[kind], ...) for name, kind in fields.items()}
    return create_model("ScriptedInput", **declared)


def replay_engine_row(scenario: dict[str, Any], profile: str) -> dict[str, Any]:
    """Replay one scenario and return what happened, in the form of `expected`."""
    replay = _Replay(scenario, profile)
    report = replay.play()
    if replay.broken is not None:
        raise replay.broken
    return report


class _Replay:
    """One scenario being replayed."""

    def __init__(self, scenario: dict[str, Any], profile: str) -> None:
        """Build the world with the scenario's definitions and its failing writes as a plan."""
        self.scenario = scenario
        self.events: list[dict[str, Any]] = []
        self.responses: list[dict[str, Any]] = []
        self.runs = 0
        self.child_runs: dict[str, int] = {}
        self.children: list[str] = []
        self.root: Life | None = None
        self.broken: Exception | None = None
        self.sim = Simulator(
            profile=profile,
            freeze=False,
            budget=scenario.get("lambdaMs", 900_000) / 1000,
            plan=" ".join(f"fail@write#{n}" for n in sorted(set(scenario.get("failWrites") or ()))),
            _kills_at_deadline=False,
        )
        self.engine: Engine = self.sim._engine  # noqa: SLF001 - conformance drives the engine itself
        self.sim.register(self._definition(scenario["definition"]))
        for child in scenario.get("children") or ():
            self.sim.register(self._child(child))

    # --- definitions

    def _definition(self, given: dict[str, Any]) -> object:
        """Make the definition under test."""
        validation = given.get("validation")
        hooks: dict[str, Any] = hooks_of(given.get("hooks") or {}, self._record_hook)
        return create_task_definition(
            id=given["id"],
            title=given["title"],
            run=self._run,
            max_iterations=given.get("maxIterations"),
            disable_database_logs=given.get("disableDatabaseLogs"),
            create_input_validation=model_of(validation) if validation else None,
            **hooks,
        )

    def _record_hook(self, hook: str, seen: dict[str, Any]) -> None:
        """Record how a hook sees the task."""
        self.events.append({"event": "hook", "hook": hook, **seen})

    def _child(self, given: dict[str, Any]) -> object:
        """Make a child's definition, whose nth run over all its tasks does the nth entry of its script."""
        script = given["script"]

        def run(response: Any) -> Any:
            n = self.child_runs[given["id"]] = self.child_runs.get(given["id"], 0) + 1
            entry = script[min(n, len(script)) - 1]
            if entry == "done":
                return response.done("child done", {"ok": True})
            if entry == "continue":
                return response.continue_({"c": n})
            return response.aborted() if entry == "aborted" else response.error("child failed")

        return create_task_definition(
            id=given["id"], title=given["title"], run=run, max_iterations=given.get("maxIterations")
        )

    def _run(self, **given: Any) -> Any:
        """Do what the nth iteration of the scenario says; a row that says nothing doable is remembered."""
        try:
            return self._do_iteration(given)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            self.broken = error
            raise

    def _do_iteration(self, given: dict[str, Any]) -> Any:
        """Do the ops of this iteration, in order, until one returns."""
        self.runs += 1
        iterations = self.scenario["iterations"]
        ops = iterations[min(self.runs, len(iterations)) - 1]["ops"]
        self.events.append({"event": "run", "input": dict(given["input"])})
        for op in ops:
            result = getattr(self, f"_op_{op['op']}")(op, given)
            if result is not None:
                return result
        return None

    # --- what a run does

    def _op_advance(self, op: dict[str, Any], _: dict[str, Any]) -> None:
        self.engine.clock.move_to(self.engine.clock.now_ms + op["ms"])

    def _op_isCloseToTimeout(self, op: dict[str, Any], given: dict[str, Any]) -> bool | None:  # noqa: N802 - the row's word
        value = given["is_close_to_timeout"](op.get("seconds"))
        self.events.append({"event": "isCloseToTimeout", "seconds": op.get("seconds"), "value": value})
        return None

    def _op_isAborted(self, _: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        self.events.append({"event": "isAborted", "value": given["is_aborted"]()})

    def _op_continueIfClose(self, op: dict[str, Any], given: dict[str, Any]) -> Any:  # noqa: N802
        self._op_isCloseToTimeout(op, given)
        return given["response"].continue_(op["input"]) if self.events[-1]["value"] else None

    def _op_abortedIfAborted(self, op: dict[str, Any], given: dict[str, Any]) -> Any:  # noqa: N802
        self._op_isAborted(op, given)
        return given["response"].aborted() if self.events[-1]["value"] else None

    def _op_addInfoLog(self, op: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        given["store"].add_info_log(op["message"], op.get("data"), save=_saves(op))

    def _op_addErrorLog(self, op: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        given["store"].add_error_log(op["message"], op.get("error"), op.get("data"), save=_saves(op))

    def _op_updateInput(self, op: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        given["store"].update_input(op["input"], save=_saves(op))

    def _op_updateOutput(self, op: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        given["store"].update_output(op["output"], save=_saves(op))

    def _op_updateTask(self, op: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        given["store"].update_task(op["data"], save=_saves(op))

    def _op_getInput(self, _: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        self.events.append({"event": "getInput", "value": given["store"].get_input()})

    def _op_getOutput(self, _: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        self.events.append({"event": "getOutput", "value": given["store"].get_output()})

    def _op_getStatus(self, _: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        self.events.append({"event": "getStatus", "value": given["store"].get_status()})

    def _op_mutateInput(self, op: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        given["input"].update(op["input"])

    def _op_abort(self, op: dict[str, Any], _: dict[str, Any] | None = None) -> None:
        assert self.root is not None  # noqa: S101 - nothing is aborted before the trigger
        try:
            task = self.sim.tasks.abort(self.root.task_id, message=op.get("message"))
        except EngineError as error:
            self.events.append({"event": "abort", "error": error_data(error)[0]})
        else:
            self.events.append({"event": "abort", "taskStatus": str(task.status)})

    def _op_delete(self, _: dict[str, Any], __: dict[str, Any] | None = None) -> None:
        assert self.root is not None  # noqa: S101
        if self.sim.tasks.get_task(self.root.task_id) is not None:
            self.sim.tasks.delete_task(self.root.task_id)

    def _op_triggerChild(self, op: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        child = given["trigger"](
            op["definition"], input=op.get("input"), name=op.get("name"), delay=op.get("delay") or 0
        )
        self.children.append(child.id)
        self.events.append(
            {
                "event": "triggerChild",
                "definitionId": child.definition_id,
                "name": child.name,
                "parentId": child.parent_id,
                "taskStatus": str(child.status),
                "input": child.input,
            }
        )

    def _op_listChildTasks(self, op: dict[str, Any], given: dict[str, Any]) -> None:  # noqa: N802
        children = given["store"].list_child_tasks(op.get("definition"))
        self.events.append(
            {
                "event": "listChildTasks",
                "definition": op.get("definition"),
                "statuses": [[child.definition_id, str(child.status)] for child in children],
            }
        )

    def _op_throw(self, op: dict[str, Any], _: dict[str, Any]) -> None:
        raise ScriptedError(op["message"], op.get("code"), op.get("data"))

    def _op_return(self, op: dict[str, Any], given: dict[str, Any]) -> Any:
        response = given["response"]
        if op["kind"] == "done":
            return response.done(*(op.get("args") or ()))
        if op["kind"] == "continue":
            options = op.get("options") or {}
            return response.continue_(op["input"], seconds=options.get("seconds"), until=options.get("date"))
        if op["kind"] == "aborted":
            return response.aborted()
        error = op["error"]
        if op.get("asError"):
            parts = {"message": error} if isinstance(error, str) else error
            error = ScriptedError(parts["message"], parts.get("code"), parts.get("data"))
        return response.error(error)

    # --- the loop around it

    def play(self) -> dict[str, Any]:
        """Trigger, deliver events until the machine ends, and report."""
        given = self.scenario["trigger"]
        try:
            task = self.sim.tasks.trigger(
                given.get("definition") or self.scenario["definition"]["id"],
                input=given.get("input"),
                name=given.get("name"),
                delay=given.get("delay") or 0,
            )
        except Exception as error:  # noqa: BLE001 - whatever a trigger raises is its answer
            return {
                "triggerError": error_data(error)[0],
                "events": self.events,
                "taskCount": len(self.sim.tasks.list_tasks().items),
            }
        self.root = life = self.engine.lives[task.id]
        if self.scenario.get("preAbort") is not None:
            self._op_abort(self.scenario["preAbort"])
        self._loop(Delivery(life, given.get("delay") or 0))
        machine = life.state
        if self.scenario.get("postAbort") is not None:
            self._op_abort(self.scenario["postAbort"])
        if self.scenario.get("rerun"):
            self._deliver(Delivery(life, -1, "duplicate"))
        return self._report(life, machine)

    def _loop(self, delivery: Delivery) -> None:
        """Deliver events of the task under test, one after the other, its waits acted on by hand."""
        between = {entry["after"]: entry["ops"] for entry in self.scenario.get("between") or ()}
        for n in range(1, self.scenario.get("maxLoops", _DEFAULT_LOOPS) + 1):
            answer = self._deliver(delivery)
            for op in between.get(n, ()):
                getattr(self, f"_op_{op['op']}")(op, {})
            if answer.status != "continue":
                return
            self.engine.clock.move_to(self.engine.clock.now_ms + round((answer.wait or 0) * 1000))
            delivery = Delivery(delivery.life, -1)

    def _deliver(self, delivery: Delivery) -> Answer:
        """Deliver one event and record its answer."""
        answer = deliver(self.engine, delivery)
        assert answer is not None  # noqa: S101 - nothing kills here, and the loop ends before a limit
        life = delivery.life
        self.responses.append(
            {
                "webinyTaskId": life.task_id,
                "webinyTaskDefinitionId": life.definition_id,
                "tenant": self.engine.tenant,
                **self.engine.profile.answer_extras,
                **answer.to_json(),
            }
        )
        return answer

    def _op_runChildren(self, _: dict[str, Any], __: dict[str, Any]) -> None:  # noqa: N802
        """Deliver events to each child until it ends, without acting on delays and waits."""
        for child_id in self.children:
            life = self.engine.lives[child_id]
            answer = None
            while answer is None or answer.status == "continue":
                answer = deliver(self.engine, Delivery(life, -1, "duplicate"))
            self.events.append(
                {"event": "childRan", "definitionId": life.definition_id, "status": answer.status}
            )

    def _report(self, life: Life, machine: str) -> dict[str, Any]:
        """Return what happened, with the task's id written as in the recordings."""
        task = self.sim.tasks.get_task(life.task_id)
        report = {
            "machine": machine,
            "responses": self.responses,
            "events": self.events,
            "task": None if task is None else task.to_json(),
            "logs": [log.to_json() for log in self.sim.execution(life.task_id).logs],
            "elapsedMs": self.engine.clock.now_ms,
        }
        renamed: dict[str, Any] = _renamed(report, life.task_id)
        return renamed


def _saves(op: dict[str, Any]) -> bool:
    """Whether an update is written at once."""
    return (op.get("options") or {}).get("save") is not False


def _renamed(value: Any, task_id: str) -> Any:
    """Write `TASK` for the task's id, wherever it stands."""
    if isinstance(value, str):
        return value.replace(task_id, "TASK")
    if isinstance(value, list):
        return [_renamed(item, task_id) for item in value]
    if isinstance(value, dict):
        return {key: _renamed(item, task_id) for key, item in value.items()}
    return value
