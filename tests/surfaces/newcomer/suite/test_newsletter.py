"""The newsletter: everybody gets a letter, once."""

import pytest
from newsletter import SendNewsletter

from tasksim import assert_aborted, assert_done, assert_failed

PEOPLE = {"recipients": ["ann", "bob", "cleo"]}


@pytest.fixture
def world(simulator, mailer):
    """A world in which a newsletter can be sent."""
    return simulator([SendNewsletter(mailer)])


def test_everybody_gets_a_letter(world, mailer):
    """Uncut, it sends all letters in one iteration."""
    execution = world.run("sendNewsletter", input=PEOPLE)
    assert execution.status == "success"
    assert execution.output == {"count": 3}
    assert execution.task.iterations == 1
    assert mailer.sent == ["ann", "bob", "cleo"]


def test_nobody_is_left_out_when_it_is_cut(world, mailer):
    """Cut after each letter, it goes on with the next."""
    world.iterate_once()
    execution = world.run("sendNewsletter", input=PEOPLE)
    assert mailer.sent == ["ann", "bob", "cleo"]
    assert_done(execution, output={"count": 3})


def test_stops_when_it_is_aborted(world, mailer):
    """Aborted after the first letter, it sends no other, and tells the editor."""
    world.abort_at("state.update_input#1")
    assert_aborted(world.run("sendNewsletter", input=PEOPLE))
    assert mailer.sent == ["ann", "editor"]


def test_nobody_gets_a_letter_of_a_newsletter_that_was_called_off(world, mailer):
    """Aborted while it waits, it never begins."""
    task = world.tasks.trigger("sendNewsletter", input=PEOPLE, delay="1h")
    world.at("30m", lambda: world.tasks.abort(task.id, message="Not today."))
    world.run_until_idle()
    assert_aborted(world.execution(task))
    assert mailer.sent == ["editor"]
    assert world.now_ms == 60 * 60 * 1000


def test_a_crash_repeats_one_letter(simulator, mailer):
    """Killed between sending and remembering, it sends one letter again."""
    sim = simulator([SendNewsletter(mailer)], on_crash="retry(1)")
    sim.crash_at("state.update_input#2")
    assert_done(sim.run("sendNewsletter", input=PEOPLE))
    assert mailer.sent == ["ann", "bob", "bob", "cleo"]


def test_an_event_delivered_twice_sends_nothing_twice(simulator, mailer):
    """What a queue delivers again after the end is refused."""
    sim = simulator([SendNewsletter(mailer)], plan="redeliver@1")
    assert_done(sim.run("sendNewsletter", input=PEOPLE))
    assert mailer.sent == ["ann", "bob", "cleo"]


def test_fails_when_it_cannot_remember(simulator, mailer):
    """A write that fails ends it."""
    sim = simulator([SendNewsletter(mailer)], plan="fail@state.update_input#2")
    assert_failed(sim.run("sendNewsletter", input=PEOPLE))
    assert mailer.sent == ["ann", "bob"]


@pytest.mark.parametrize("n", [1, 2])
def test_letters_cost_time(simulator, mailer, n):
    """However long a letter takes, all are sent."""
    sim = simulator([SendNewsletter(mailer)], budget="4m", tick=f"{n * 5}s")
    assert_done(sim.run("sendNewsletter", input=PEOPLE))
    assert mailer.sent == ["ann", "bob", "cleo"]
