"""A Lambda handler that does one page an invocation.

Correct under every cut: the next event is stored only when a page is done, and the same event comes again
after a crash. It cannot ask whether it was aborted, and need not: between two pages the host looks.
"""

from tasksim import resumable

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"on_crash": "retry(2)"}


class FakeArchive:
    def __init__(self, effects):
        self.effects = effects
        self.pages = []

    def put(self, page):
        with self.effects.record("put", key=page):
            self.pages.append(page)


def scenario(sim):
    """Archive three pages."""
    archive = FakeArchive(sim.effects)

    def handler(event, context):
        page = event.get("page", 0)
        archive.put(page)
        return {"page": page + 1}

    def resume(event, result):
        return {**event, **result} if result["page"] < event["pages"] else None

    sim.register(lambda: resumable.from_lambda(handler, resume=resume, id="archivePages"))
    sim.tasks.trigger("archivePages", input={"pages": 3})
