# tasksim run examples/publish_entries.py:PublishEntries --input '{"ids": ["a", "b", "c", "d", "e", "f", "g", "h"]}' --budget 5m --tick 10s --timeline
"""Publish entries one by one, with a cursor.

The task asks before each entry whether it was aborted and whether time runs out. If it does,
it answers *continue* with the place to go on from; what it stores is all that it remembers.
"""

from typing import Any

from pydantic import BaseModel, Field

from tasksim.typing import Controller


class PublishInput(BaseModel):
    ids: list[str] = Field(min_length=1, max_length=10_000)
    at: int = 0  # the cursor: how many are published


class FakeCms:
    """Stands in for the headless CMS."""

    def __init__(self) -> None:
        self.published: list[str] = []

    def publish(self, id: str) -> None:
        self.published.append(id)


class PublishEntries:
    id = "publishEntries"
    title = "Publish entries"
    description = "Publishes the given entries, in order."
    max_iterations = 100

    def __init__(self, cms: FakeCms | None = None) -> None:
        self.cms = FakeCms() if cms is None else cms

    def create_input_validation(self) -> type[PublishInput]:
        return PublishInput

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        ids = input["ids"]
        for at in range(input.get("at", 0), len(ids)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.cms.publish(ids[at])
        controller.logger.info("Nothing left to publish.", {"last": ids[-1]})
        return controller.response.done("All published.", {"count": len(ids)})
