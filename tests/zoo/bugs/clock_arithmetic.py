"""A duration measured with the wall clock: when the clock is set back meanwhile, it comes out negative.

In the leap second of 2017 a negative duration, for which nothing was prepared, took down part of
Cloudflare's DNS.
"""

import time

JUDGE = "resume-equivalence"
PLAN = "clock@log.update#1=-1h"
OPTIONS: dict = {"kinds": ["clock=-1h"]}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeRender:
    """Stands for a service that renders films, and is paid for by the minute."""

    def __init__(self, sim):
        self.sim = sim
        self.started_ms = None
        self.finished_ms = None

    def start(self, film):
        with self.sim.effects.record("start", key=film):
            self.started_ms = self.sim.now_ms

    def finish(self):
        self.finished_ms = self.sim.now_ms

    def minutes(self):
        return round((self.finished_ms - self.started_ms) / 60_000)


class RenderFilm:
    id = "renderFilm"
    title = "Render a film"

    def __init__(self, render):
        self.render = render

    def minutes(self, input):
        return round((time.time() - input["began"]) / 60)

    def run(self, input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        if self.render.started_ms is None:
            self.render.start(input["film"])
            return controller.response.continue_({"began": time.time()}, seconds=60)
        if self.render.finished_ms is None:
            return controller.response.continue_({}, seconds=60)
        return controller.response.done({"minutes": self.minutes(input)})


class RenderFilmByItsClock(RenderFilm):
    def minutes(self, input):
        return self.render.minutes()


def rendering(sim, definition):
    """Trigger the rendering of a film, which takes two minutes."""
    render = FakeRender(sim)
    sim.register(lambda: definition(render))
    sim.tasks.trigger("renderFilm", input={"film": "sunrise"})
    sim.at("115s", render.finish)


def bug(sim):
    """The task subtracts two readings of the wall clock, one of them stored."""
    rendering(sim, RenderFilm)


def fixed(sim):
    """The service that did the work says how long it took."""
    rendering(sim, RenderFilmByItsClock)
