"""Definitions whose runs do what their input says, sensible or not, and strategies of such inputs."""

import time

from hypothesis import strategies as st

from tasksim.errors import TasksimError


class Wild(Exception):
    """What a wild run or hook raises."""

    code = "WILD"


def _abort_another(run):
    """Abort some other task that goes on."""
    for task in run.tasks.list_tasks({"status_in": ["pending", "running"]}):
        if task.id != run.id:
            run.tasks.abort(task.id, message="By another.")
            return


def _delete_another(run):
    """Delete some other task."""
    for task in run.tasks.list_tasks():
        if task.id != run.id:
            run.tasks.delete_task(task.id)
            return


def _raise(_):
    """Fail."""
    raise Wild("raised")


OPS = {
    "done": lambda run: run.response.done("Done.", {"at": run.at}),
    "done_without": lambda run: run.response.done(None, {}),
    "wait": lambda run: run.response.continue_({"at": run.at + 1}, seconds=90),
    "error": lambda run: run.response.error({"message": "bad", "code": "X"}),
    "raise": _raise,
    "aborted": lambda run: run.response.aborted(),
    "abort_itself": lambda run: run.tasks.abort(run.id) and None,
    "delete_itself": lambda run: run.tasks.delete_task(run.id) and None,
    "abort_another": _abort_another,
    "delete_another": _delete_another,
    "child": lambda run: run.trigger("quick", input={"a": run.at}, name="Kid") and None,
    "late_child": lambda run: run.trigger("quick", delay=30) and None,
    "no_child": lambda run: run.trigger("nobody"),
    "info": lambda run: run.logger.info("hello", {"at": run.at}),
    "log_error": lambda run: run.logger.error("oops", ValueError("v"), {"a": 1}),
    "update_input": lambda run: run.state.update_input({"x": run.at}),
    "replace_input": lambda run: run.state.update_input(lambda input: {**input, "y": run.at}),
    "update_output": lambda run: run.state.update_output({"o": run.at}),
    "rename": lambda run: run.store.update_task({"iterations": 3, "name": "Renamed"}),
    "end_itself": lambda run: run.store.update_task({"task_status": "success"}),
    "begin_again": lambda run: run.store.update_task({"task_status": "pending", "started_on": None}),
    "unsaved": lambda run: run.store.update_input({"u": run.at}, save=False),
    "unsaved_log": lambda run: run.store.add_info_log("later", save=False),
    "save": lambda run: run.store.save(),
    "sleep": lambda _: time.sleep(5),
    "heed": lambda run: run.response.aborted() if run.runtime.is_aborted() else None,
    "ask": lambda run: (
        run.response.continue_({"at": run.at + 1}) if run.runtime.is_close_to_timeout() else None
    ),
}
NOT_IN_WEBINY_6 = ("unsaved", "unsaved_log")


class Acting:
    """What an op has at hand."""

    def __init__(self, at, controller, store, context, trigger):
        self.at = at
        self.response, self.runtime = controller.response, controller.runtime
        self.state, self.logger = controller.state, controller.logger
        self.store, self.tasks, self.trigger = store, context.tasks, trigger
        self.id = store.get_task().id


class Script:
    """Does what the input says: `ops`, a list an iteration; `hook` and `before` say what the hooks do."""

    id, title = "script", "Script"
    max_iterations = 6
    database_logs = True

    def run(self, input, controller, store, context, trigger):
        at = input.get("at", 0)
        ops = input.get("ops", [])
        acting = Acting(at, controller, store, context, trigger)
        for op in ops[at] if at < len(ops) else ["done"]:
            try:
                result = OPS[op](acting)
            except TasksimError:
                if op == "no_child":
                    raise
                continue
            if result is not None:
                return result
        return controller.response.continue_({"at": at + 1})

    def on_before_trigger(self, data, context):
        before = data["input"].get("before")
        if before == "raise":
            raise Wild("before")
        if before == "child":
            context.tasks.trigger("quick", name="Before")

    def on_done(self, task, context):
        hook = task.input.get("hook")
        if hook == "raise":
            raise Wild("hook")
        if hook == "child":
            context.tasks.trigger("quick")
        if hook == "delete" and context.tasks.get_task(task.id):
            context.tasks.delete_task(task.id)
        if hook == "abort" and context.tasks.get_task(task.id).status in ("pending", "running"):
            context.tasks.abort(task.id)

    on_error = on_abort = on_max_iterations = on_done


class CleaningScript(Script):
    """The same, and removes itself where the profile lets it."""

    id, title = "cleaningScript", "Cleaning script"
    self_cleanup = ("onSuccess", "onAbort")


def scripts(profile):
    """Return the strategy of the inputs that a profile knows."""
    ops = [op for op in OPS if profile != "webiny-6" or op not in NOT_IN_WEBINY_6]
    return st.fixed_dictionaries(
        {},
        optional={
            "ops": st.lists(st.lists(st.sampled_from(ops), max_size=4), max_size=3),
            "hook": st.sampled_from(["raise", "child", "delete", "abort"]),
            "before": st.sampled_from(["raise", "child"]),
        },
    )
