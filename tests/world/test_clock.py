"""The clock: monotonic time and the wall time made from it."""

from tasksim._world.clock import Clock


def test_clock_starts_at_nothing():
    """Monotonic time starts at 0, wall time where told."""
    clock = Clock(1_000_000)
    assert (clock.now_ms, clock.wall_ms, clock.start_ms) == (0, 1_000_000, 1_000_000)


def test_clock_moves_forward_only():
    """A clock moves to a later time; a time that has passed changes nothing."""
    clock = Clock(1_000)
    clock.move_to(500)
    assert (clock.now_ms, clock.wall_ms) == (500, 1_500)
    clock.move_to(500)
    clock.move_to(3)
    clock.move_to(-1)
    assert (clock.now_ms, clock.wall_ms, clock.start_ms) == (500, 1_500, 1_000)


def test_who_watches_learns_the_wall_time():
    """Whoever watches the clock learns the wall time of each move, and of nothing else."""
    seen = []
    clock = Clock(1_000)
    clock.move_to(1)
    clock.on_move = seen.append
    clock.move_to(5)
    clock.move_to(5)
    clock.on_move = None
    clock.move_to(9)
    assert seen == [1_005]


def test_wall_time_jumps_and_monotonic_time_does_not():
    """A jump, back or forth, moves the wall time alone; time goes on from there, and jumps add up."""
    clock = Clock(1_000)
    clock.move_to(500)
    clock.jump(-2_000)
    assert (clock.now_ms, clock.wall_ms, clock.start_ms) == (500, -500, 1_000)
    clock.move_to(600)
    assert (clock.now_ms, clock.wall_ms) == (600, -400)
    clock.jump(2_000)
    assert (clock.now_ms, clock.wall_ms) == (600, 1_600)


def test_who_watches_learns_of_jumps():
    """Whoever watches the clock learns the wall time of each jump, too."""
    seen = []
    clock = Clock(1_000)
    clock.jump(7)
    clock.on_move = seen.append
    clock.jump(-10)
    clock.move_to(5)
    assert seen == [997, 1_002]
