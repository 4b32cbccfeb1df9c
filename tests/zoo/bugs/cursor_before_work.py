"""Cursor before work: a generator that yields its cursor before the unit of work that the cursor stands for.

Sidekiq's iterable jobs stored the cursor before each iteration, so a batch that was interrupted was left out
when the job went on (sidekiq/sidekiq#6405).
"""

from tasksim import resumable

JUDGE = "resume-equivalence"
PLAN = "close_to_timeout@runtime.is_close_to_timeout#1"
OPTIONS: dict = {"profile": "generic"}
LOST: tuple = ("resize[0]",)
REPEATED: tuple = ()


class FakeStudio:
    def __init__(self, effects):
        self.effects = effects

    def resize(self, photo):
        with self.effects.record("resize", key=photo):
            pass


class Photos:
    def __init__(self, studio):
        self.studio = studio

    def resize_photos(self, cursor, input):
        for photo in range(cursor or 0, input["photos"]):
            yield photo + 1
            self.studio.resize(photo)


class PhotosMended(Photos):
    def resize_photos(self, cursor, input):
        for photo in range(cursor or 0, input["photos"]):
            self.studio.resize(photo)
            yield photo + 1


def bug(sim):
    """Yield first: what follows the last yield of an event is never done."""
    sim.register(lambda: resumable(Photos(FakeStudio(sim.effects)).resize_photos))
    sim.tasks.trigger("resizePhotos", input={"photos": 2})


def fixed(sim):
    """Work first, yield afterwards."""
    sim.register(lambda: resumable(PhotosMended(FakeStudio(sim.effects)).resize_photos))
    sim.tasks.trigger("resizePhotos", input={"photos": 2})
