"""Definitions for machines: they end at once, go on, wait, fail, have children, hooks and a validation."""

from pydantic import BaseModel, Field

from tasksim import create_task_definition


class Quick:
    """Is done in its first iteration."""

    id, title = "quick", "Quick"

    def run(self, controller):
        return controller.response.done("Fine.", {"ok": True})


class StepsInput(BaseModel):
    """How many steps there are."""

    steps: int = Field(0, ge=0, le=3)


class Steps:
    """Makes a step an iteration, a minute apart; heeds aborts."""

    id, title = "steps", "Steps"
    database_logs = True

    def create_input_validation(self):
        return StepsInput

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        at = input.get("at", 0)
        controller.state.update_output({"at": at})
        controller.logger.info("A step.", {"at": at})
        controller.logger.info("Made.")
        if at >= input.get("steps", 0):
            return controller.response.done(output={"at": at})
        return controller.response.continue_({"at": at + 1}, seconds=60)


class Fails:
    """Raises in its second iteration, and has hooks."""

    id, title = "fails", "Fails"

    def run(self, input, controller):
        if "at" in input:
            raise ValueError("no")
        return controller.response.continue_({"at": 1})

    def on_error(self, task):
        """Be called."""

    def on_abort(self, task):
        raise ValueError("no abort")


class Parent:
    """Triggers a child, and then reaches its limit of iterations."""

    id, title = "parent", "Parent"
    max_iterations = 3

    def run(self, controller):
        if not controller.task.list_children():
            controller.task.trigger("quick", input={"a": 1}, name="Child")
        return controller.response.continue_({}, seconds=30)


def refuses(data):
    """Let nobody trigger it with an `a`."""
    if "a" in data["input"]:
        raise ValueError("no trigger")


guarded = create_task_definition(
    id="guarded",
    title="Guarded",
    run=lambda controller: controller.response.done(),
    on_before_trigger=refuses,
    database_logs=True,
)


class Cleaner:
    """Removes itself where the profile lets it."""

    id, title = "cleaner", "Cleaner"
    self_cleanup = ("onSuccess", "onAbort")

    def run(self, controller):
        controller.task.trigger("guarded")
        return controller.response.done()


ALL = (Quick, Steps, Fails, Parent, guarded, Cleaner)
