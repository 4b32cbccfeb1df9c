"""A Lambda handler that does pages as long as its context gives it time.

Correct under every cut: the page that it did not do is the page that it returns. A handler cannot ask
whether it was aborted, so an abort is heeded when the invocation is over: up to three pages later, which
`abort_within` allows.
"""

from tasksim import resumable

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"abort_within": 3}

PAGES = 3


class FakeArchive:
    def __init__(self, effects):
        self.effects = effects
        self.pages = []

    def put(self, page):
        with self.effects.record("put", key=page):
            self.pages.append(page)


def scenario(sim):
    """Archive three pages, ten seconds kept back."""
    archive = FakeArchive(sim.effects)

    def handler(event, context):
        page = event.get("page", 0)
        while page < PAGES and context.get_remaining_time_in_millis() > 10_000:
            archive.put(page)
            page += 1
        return {"page": page}

    def resume(event, result):
        return {**event, **result} if result["page"] < PAGES else None

    sim.register(lambda: resumable.from_lambda(handler, resume=resume, id="archivePages", close_limit="10s"))
    sim.tasks.trigger("archivePages", input={"shop": "north"})
