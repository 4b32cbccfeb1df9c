"""The demo: what `tasksim serve` shows where it is given no definitions of its user's.

Six definitions, each an example of one thing, and a day in which they ran. This module promises a world
in which every status occurs and lists have pages, the same each time. It must not know how it is served:
it sees definitions, `sim.tasks` and the simulator's time, as any user does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from tasksim._world.durations import parse_duration

if TYPE_CHECKING:
    from tasksim._simulator.context import Context
    from tasksim._simulator.simulator import Simulator
    from tasksim.typing import Controller, TaskDefinition

__all__ = ["HISTORY", "demo_definitions", "tell_history"]

HISTORY = "24h"
"""How long the history is that `tell_history` tells."""

_MINUTE_MS = 60_000


class SlowImport:
    """Work in batches: a cursor in the input, a pause every few batches, an end when told so."""

    id = "slowImport"
    title = "Import products slowly"
    description = (
        "Imports products in batches and pauses every few: long enough to watch, and to abort. "
        'Send {"products": 50}, or nothing.'
    )
    max_iterations = 500
    database_logs = True

    batch_size = 10
    batches_in_a_row = 2
    pause_seconds = 2

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        """Import a few batches."""
        products = input.get("products", 50)
        at = input.get("at", 0)
        for _ in range(self.batches_in_a_row):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            at = min(at + self.batch_size, products)
            controller.logger.info("Imported a batch.", {"imported": at, "of": products})
            controller.state.update_output({"imported": at})
            if at == products:
                return controller.response.done("All imported.", {"imported": at})
            # Asked after a batch: even where time is short from the beginning, each iteration gets on.
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
        return controller.response.continue_({"at": at}, seconds=self.pause_seconds)


class FailsInThird:
    """Fail in the third iteration, with a message, a code and data."""

    id = "failsInThird"
    title = "Fail in the third iteration"
    description = "Fetches three pages of a price list, of which the last is gone. Send nothing."
    database_logs = True

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        """Fetch a page."""
        page = input.get("page", 1)
        if page == 3:  # noqa: PLR2004 - as the name says
            return controller.response.error(
                {"message": "The price list has no page 3.", "code": "PAGE_GONE", "data": {"page": page}}
            )
        controller.logger.info("Fetched a page.", {"page": page})
        return controller.response.continue_({"page": page + 1}, seconds=2)


class NeverEnds:
    """Wait a minute, look, wait again: a task that only an abort ends."""

    id = "neverEnds"
    title = "Look for new orders for ever"
    description = "Looks for new orders every minute until somebody aborts it. Send nothing."
    max_iterations = 1_000_000

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        """Look once."""
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        return controller.response.continue_({"looked": input.get("looked", 0) + 1}, seconds=60)


class FanOut:
    """Trigger a child for each part of the work, wait for all, and add up what they put out.

    Which parts have their child is read from the children themselves. So a run that was cut between two
    triggers goes on where it was, and no part is done twice.
    """

    id = "fanOut"
    title = "Import from several suppliers"
    description = (
        "Triggers a slow import for each supplier, waits for all, and adds up what they imported. "
        'Send {"suppliers": ["acme", "birch"]}, or nothing.'
    )
    max_iterations = 500
    database_logs = True

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        """Trigger the children that are missing, or look whether all have ended."""
        suppliers = dict.fromkeys(input.get("suppliers", ["acme", "birch", "cedar"]))
        children = {child.input["supplier"]: child for child in controller.task.list_children("slowImport")}
        missing = [supplier for supplier in suppliers if supplier not in children]
        for supplier in missing:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            work = {"supplier": supplier, "products": 20}
            controller.task.trigger("slowImport", input=work, name=f"Import from {supplier}")
        if missing or any(child.status in {"pending", "running"} for child in children.values()):
            return controller.response.continue_({}, seconds=15)
        failed = [supplier for supplier, child in children.items() if child.status != "success"]
        if failed:
            return controller.response.error(
                {
                    "message": "Some imports failed.",
                    "code": "IMPORTS_FAILED",
                    "data": {"failed": failed},
                }
            )
        imported = {supplier: (child.output or {})["imported"] for supplier, child in children.items()}
        return controller.response.done(
            "All suppliers imported.", {"imported": sum(imported.values()), "bySupplier": imported}
        )


class Report(BaseModel):
    """What `validated` takes."""

    to: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    month: str = Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")
    copies: int = Field(default=1, ge=1, le=10)


class Validated:
    """Take valid input only: a trigger with any other is refused, with the fields that are wrong."""

    id = "validated"
    title = "Send a report"
    description = (
        'Sends a monthly report; its input is checked. Send {"to": "ann@example.com", "month": "2024-05"}, '
        'and perhaps "copies", from 1 to 10.'
    )

    def create_input_validation(self) -> type[Report]:
        """Return the model that the input must fit."""
        return Report

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        """Send the report; a default of the model is not filled in."""
        copies = input.get("copies", 1)
        controller.logger.info("Sent.", {"to": input["to"], "month": input["month"]})
        return controller.response.done("Report sent.", {"copies": copies})


class PurgeOldTasks:
    """Delete what is old, a page at a time: work for other code to trigger, and for no client."""

    id = "purgeOldTasks"
    title = "Purge old tasks"
    description = 'Deletes tasks that ended, and were triggered more than {"days": 30} ago.'
    is_private = True
    max_iterations = 500

    def run(self, input: dict[str, Any], controller: Controller, context: Context) -> object:
        """Delete pages of old tasks."""
        purged = input.get("purged", 0)
        now = controller.state.get_task().saved_on  # this iteration was stored a moment ago
        where = {
            "status_in": ["success", "failed", "aborted"],
            "created_on_lt": now - timedelta(days=input.get("days", 30)),
        }
        while old := context.tasks.list_tasks(where, limit=50).items:
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            for task in old:
                context.tasks.delete_task(task)
            purged += len(old)
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"purged": purged})
        return controller.response.done("Old tasks are gone.", {"purged": purged})


def demo_definitions() -> list[TaskDefinition]:
    """Return the six definitions of the demo, new ones at each call."""
    return [SlowImport(), FailsInThird(), NeverEnds(), FanOut(), Validated(), PurgeOldTasks()]


def tell_history(sim: Simulator) -> None:
    """Let the demo's tasks run for a day: afterwards there are 65, in every status.

    61 succeeded, one failed, one was aborted, one is running, between two of its iterations, and one is
    pending for a week. Time stands at the simulation's start plus `HISTORY`.

    Args:
        sim: A fresh simulator with `demo_definitions()`, of any profile. A tick of up to half a minute
            leaves time enough for all; a budget must have room for an iteration, 25 ticks.

    Example:
        >>> from tasksim import Simulator
        >>> from tasksim.graphql._demo import demo_definitions, tell_history
        >>> sim = Simulator(demo_definitions(), start="2024-01-01T00:00:00Z", tick="1s")
        >>> tell_history(sim)
        >>> str(sim.now), sim.tasks.list_tasks().meta.total_count
        ('2024-01-02 00:00:00+00:00', 65)
    """
    tasks = sim.tasks
    for hour in range(23):
        _advance_to(sim, hour, 5)
        tasks.trigger("slowImport", **_import_of(hour))
        _advance_to(sim, hour, 25)
        if hour in _FANNING_OUT:
            tasks.trigger("fanOut", input={"suppliers": _SUPPLIERS[hour % 2 :][:3]})
        if hour == _PURGING:
            tasks.trigger("purgeOldTasks", input={"days": 90}, name="Purge of the night")
        if hour == _FAILING:
            tasks.trigger("failsInThird", name="Prices of acme")
        if hour % 4:
            _advance_to(sim, hour, 45)
            tasks.trigger("validated", **_report_of(hour))
    _advance_to(sim, 23, 0)
    looking_ms = _look_and_stop(sim)
    tasks.trigger("slowImport", input={"products": 500}, name="Import of next week", delay="7d")
    _leave_running(sim, looking_ms)


_FANNING_OUT = (2, 6, 11, 15, 20)
_PURGING = 3
_FAILING = 19
_SUPPLIERS = ["acme", "birch", "cedar", "dune"]
_READERS = ["ann", "ben", "cleo"]


def _import_of(hour: int) -> dict[str, Any]:
    """Return the arguments of an hour's import; every third has a name of its own."""
    supplier = _SUPPLIERS[hour % len(_SUPPLIERS)]
    given: dict[str, Any] = {"input": {"supplier": supplier, "products": 20 + 10 * (hour % 5)}}
    return given if hour % 3 else {**given, "name": f"Import from {supplier}"}


def _report_of(hour: int) -> dict[str, Any]:
    """Return the arguments of an hour's report."""
    reader, month = _READERS[hour % len(_READERS)], f"2024-{1 + hour % 12:02}"
    given: dict[str, Any] = {"to": f"{reader}@example.com", "month": month}
    if hour % 2:
        given["copies"] = 2
    return {"input": given, "name": f"Report of {month} for {reader}"}


def _look_and_stop(sim: Simulator) -> int:
    """Let `neverEnds` look three times, abort it, and return how many milliseconds a look takes."""
    task = sim.tasks.trigger("neverEnds", name="Look for orders until the shop closes")
    began_ms = sim.now_ms
    sim.run_next()
    looking_ms = sim.now_ms - began_ms
    sim.run_next()
    sim.run_next()
    sim.advance("20s")
    sim.tasks.abort(task, message="The shop is closed.")
    return looking_ms


def _leave_running(sim: Simulator, looking_ms: int) -> None:
    """Let `neverEnds` look four times, and stop in the middle of its wait, at the end of the history."""
    end_ms = parse_duration(HISTORY, name="HISTORY")
    _advance_to_ms(sim, end_ms - 4 * looking_ms - 3 * _MINUTE_MS - _MINUTE_MS // 2)
    sim.tasks.trigger("neverEnds")
    _advance_to_ms(sim, end_ms)


def _advance_to(sim: Simulator, hour: int, minute: int) -> None:
    """Advance to a time of the history's day."""
    _advance_to_ms(sim, (60 * hour + minute) * _MINUTE_MS)


def _advance_to_ms(sim: Simulator, ms: int) -> None:
    """Advance to a time since the beginning; stay where events took longer."""
    sim.advance(max(ms - sim.now_ms, 0) / 1000)
