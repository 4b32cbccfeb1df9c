"""A write that the storage refuses if it is there already, under deliveries that overlap.

Correct under every cut, and when the same event is handled inside itself: whether a seat is free is decided
where it is taken, in one step. Looking first and writing then would let two deliveries look before either
writes.
"""

from contextlib import suppress

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"kinds": ["close_to_timeout", "redeliver", "crash", "crash+", "run"], "on_crash": "retry(2)"}


class TakenError(Exception):
    """The seat is taken."""


class FakeHall:
    def __init__(self, effects):
        self.effects = effects
        self.taken = set()

    def take(self, seat):
        with self.effects.record("take", key=seat, contract="exactly_once"):
            if seat in self.taken:
                raise TakenError(seat)
            self.taken.add(seat)


class TakeSeats:
    id = "takeSeats"
    title = "Take seats"

    def __init__(self, hall):
        self.hall = hall

    def run(self, input, controller):
        seats = input["seats"]
        for at in range(input.get("at", 0), len(seats)):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            with suppress(TakenError):  # by this very task, when it was handled before
                self.hall.take(seats[at])
        return controller.response.done({"seats": len(seats)})


def scenario(sim):
    """Take two seats, and say which ones are taken then."""
    hall = FakeHall(sim.effects)
    sim.register(lambda: TakeSeats(hall))
    sim.tasks.trigger("takeSeats", input={"seats": ["s1", "s2"]})
    return lambda: sorted(hall.taken)
