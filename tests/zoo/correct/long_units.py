"""Units of four minutes, in a budget of fifteen.

Correct under every cut: before each unit the task asks whether as much time is left as a unit takes, not
only whether the usual limit is reached. So it is cut between units, three of which fit into an event.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"budget": "15m"}

UNIT_SECONDS = 240
RESERVE_SECONDS = 60


class FakeEncoder:
    def __init__(self, sim):
        self.sim = sim
        self.encoded = set()

    def encode(self, film):
        with self.sim.effects.record("encode", key=film):
            self.sim.spend(UNIT_SECONDS)
            self.encoded.add(film)


class EncodeFilms:
    id = "encodeFilms"
    title = "Encode films"

    def __init__(self, encoder):
        self.encoder = encoder

    def run(self, input, controller):
        films = input["films"]
        for at in range(input.get("at", 0), len(films)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout(UNIT_SECONDS + RESERVE_SECONDS):
                return controller.response.continue_({"at": at})
            self.encoder.encode(films[at])
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"films": len(films)})


def scenario(sim):
    """Encode four films."""
    encoder = FakeEncoder(sim)
    sim.register(lambda: EncodeFilms(encoder))
    sim.tasks.trigger("encodeFilms", input={"films": ["f1", "f2", "f3", "f4"]})
