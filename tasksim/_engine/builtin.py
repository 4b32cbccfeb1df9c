"""The definition that the engine brings along."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasksim._model.results import Result
    from tasksim.typing import Controller

__all__ = ["TestingRun"]


class TestingRun:
    """`testingRun`, registered first where `builtins=True`."""

    __test__ = False  # pytest: not a test, in spite of its name

    id = "testingRun"
    title = "A mock task to test run the step function permissions."

    def run(self, controller: Controller) -> Result:
        """Answer done."""
        result: Result = controller.response.done("Task successfully finished.")
        return result
