"""Brackets: the effect takes place when the body has returned, and nothing strikes in between."""

import asyncio
from contextlib import suppress

import pytest

from tasksim import EffectFailed, EngineError, UsageError

LATE = (
    "The bracket of the effect 'publish' was opened late, or twice.\n"
    "  test_bracket.py:{}\n"
    "  Write `with sim.effects.record(...):` in one go, and record each effect anew."
)


class Outbox:
    """A fake that acts in a bracket, and keeps what it did and what it saw of the ledger meanwhile."""

    def __init__(self):
        self.sim = None
        self.sent = []
        self.seen = []

    def send(self, key="a"):
        """Send, within a bracket."""
        with self.sim.effects.record("send", key=key):
            self.seen.append(self.sim.effects.keys("send"))
            self.sent.append(key)


@pytest.fixture
def sending(simulate):
    """Return what makes a simulator whose task sends twice, and its outbox."""

    def make(plan=None, **options):
        outbox = Outbox()

        def work(sim, controller):
            outbox.send("a")
            outbox.send("b")

        sim = outbox.sim = simulate(work, plan, **options)
        execution = sim.run("job")
        sim.close()
        return outbox, sim.effects.keys("send"), execution

    return make


def test_entry_is_written_after_the_body(sending):
    """In the body the effect has not taken place; when the body returned, it has."""
    outbox, keys, _ = sending()
    assert outbox.seen == [[], ["a"]]
    assert keys == outbox.sent == ["a", "b"]


@pytest.mark.parametrize(
    ("plan", "sent", "keys"),
    [
        ('crash@effect.send["b"]#1', ["a"], ["a"]),
        ('crash@effect.send["b"]#1+', ["a", "b"], ["a", "b"]),
        ('timeout@effect.send["b"]#1', ["a"], ["a"]),
        ('fail@effect.send["b"]#1', ["a"], ["a"]),
        ('lost_ack@effect.send["a"]#1', ["a"], ["a"]),
        ('crash@effect.send["a"]#1+', ["a"], ["a"]),
    ],
)
def test_body_and_entry_are_one(sending, plan, sent, keys):
    """Whatever strikes, the entry is there if and only if the fake acted."""
    outbox, recorded, execution = sending(plan)
    assert outbox.sent == sent
    assert recorded == keys
    assert execution.status != "success"


def test_lost_ack_is_raised_after_both(run):
    """A lost answer is raised when the body has returned and the entry is written."""
    seen = []

    def work(sim, controller):
        try:
            with sim.effects.record("publish"):
                seen.append("body")
        except EffectFailed as error:
            seen.append((str(error), len(sim.effects)))

    _, execution = run(work, "lost_ack@effect.publish#1")
    assert seen == ["body", ("effect.publish#1 failed, as planned.", 1)]
    assert execution.status == "success"


def test_crash_after_it_strikes_before_the_next_line(run):
    """`X+` kills as soon as the entry is written: nothing outside of the bracket is done."""
    seen = []

    def work(sim, controller):
        with sim.effects.record("publish"):
            seen.append("body")
        seen.append("after")

    sim, execution = run(work, "crash@effect.publish#1+")
    assert (seen, len(sim.effects), execution.machine) == (["body"], 1, "UnknownError")


def test_body_that_raises_prevents_the_effect(run):
    """If the body raises, the effect did not take place; its number is used up."""

    def work(sim, controller):
        for error in ([ConnectionError()], []):
            with suppress(ConnectionError), sim.effects.record("publish"):
                for each in error:
                    raise each

    sim, execution = run(work)
    assert [(effect.n, effect.name) for effect in sim.effects] == [(2, "publish")]
    assert execution.status == "success"


def test_body_that_returns_early_has_returned(run):
    """Leaving the body by `return` or `break` is an effect that took place."""

    def publish(sim):
        with sim.effects.record("publish"):
            return

    def work(sim, controller):
        publish(sim)
        for _ in range(2):
            with sim.effects.record("publish"):
                break

    sim, _ = run(work)
    assert len(sim.effects) == 2


def test_brackets_nested(run):
    """Of nested brackets the inner one takes place first; each can be cut apart from the other."""

    def work(sim, controller):
        with sim.effects.record("outer"):
            with sim.effects.record("inner"):
                pass
            controller.state.update_input({"at": 1})

    sim, _ = run(work)
    assert [effect.name for effect in sim.effects] == ["inner", "outer"]
    sim, _ = run(work, "crash@effect.inner#1")
    assert [effect.name for effect in sim.effects] == []
    sim, _ = run(work, "crash@effect.inner#1+")
    assert [effect.name for effect in sim.effects] == ["inner"]
    sim, execution = run(work, "fail@state.update_input#1")
    assert [effect.name for effect in sim.effects] == ["inner"]
    sim, execution = run(work, "crash@effect.outer#1+")
    assert [effect.name for effect in sim.effects] == ["inner", "outer"]
    assert execution.task.input == {"at": 1}


def test_plain_record_in_a_bracket(run):
    """What comes after a plain record in a body strikes at the end of the body, before the outer effect."""

    def work(sim, controller):
        with sim.effects.record("outer"):
            sim.effects.record("inner")

    for kind in ("crash@effect.inner#1+", "lost_ack@effect.inner#1"):
        sim, execution = run(work, kind)
        assert [effect.name for effect in sim.effects] == ["inner"]
        assert execution.status != "success"


def test_time_passes_in_the_body(run):
    """An effect takes place when its body has ended; a deadline within it prevents the effect."""

    def work(sim, controller):
        with sim.effects.record("publish"):
            sim.spend("10m")
        with sim.effects.record("publish"):
            sim.spend("10m")

    sim, execution = run(work)
    assert [effect.at_ms for effect in sim.effects] == [600_000]
    assert [event.at_ms for event in sim.trace.kinds("EffectRecorded")] == [600_000]
    assert execution.machine == "UnknownError"


def test_delay_lets_it_take_long(run):
    """`delay@X` passes before the body; a `tick` is paid there, too."""
    sim, _ = run(lambda sim, _: sim.effects.record("publish"), "delay@effect.publish#1=90s", tick="1s")
    assert sim.effects[0].at_ms == 90_000 + 4_000


@pytest.mark.parametrize("between", ["touch", "effect", "trace", "note"])
def test_bracket_opened_late(simulate, between):
    """A bracket is entered in the same breath; later, the effect has taken place and stays."""

    def work(sim, controller):
        bracket = sim.effects.record("publish")
        if between == "touch":
            controller.runtime.is_aborted()
        elif between == "effect":
            sim.effects.record("other")
        elif between == "trace":
            _ = sim.trace[-1]
        else:
            with suppress(EngineError):
                sim.tasks.abort("nobody")  # traced, and no checkpoint
        with bracket:
            pass

    sim = simulate(work)
    with pytest.raises(UsageError) as caught:
        sim.run("job")
    line = work.__code__.co_firstlineno + 11
    assert str(caught.value) == LATE.format(f"{line} in work: with bracket:")
    assert sim.effects[0].name == "publish"


def test_bracket_entered_twice(simulate):
    """Each bracket is one effect: entering it again is refused."""

    def work(sim, controller):
        bracket = sim.effects.record("publish")
        with bracket:
            pass
        with bracket:
            pass

    sim = simulate(work)
    with pytest.raises(UsageError, match="opened late, or twice"):
        sim.run("job")
    assert len(sim.effects) == 1


def test_bracket_that_outlives_its_event(simulate):
    """A generator that holds a bracket from one event to the next is refused when it closes it."""
    kept = []

    def upload(sim):
        with sim.effects.record("upload"):
            yield

    def work(sim, controller):
        if not kept:
            kept.append(upload(sim))
            next(kept[0])
            return controller.response.continue_({})
        return next(kept[0])

    sim = simulate(work)
    with pytest.raises(UsageError) as caught:
        sim.run("job")
    line = upload.__code__.co_firstlineno + 1
    assert str(caught.value) == (
        "The bracket of the effect 'upload' was closed after its event had ended.\n"
        f'  test_bracket.py:{line} in upload: with sim.effects.record("upload"):\n'
        "  Open and close it in the same run: no generator may hold it longer."
    )
    assert list(sim.effects) == []


def test_forgotten_bracket_is_nothing(run):
    """A generator that is never resumed closes its bracket without an effect, whenever it is collected."""
    kept = []

    def upload(sim):
        with sim.effects.record("upload"):
            yield

    def work(sim, controller):
        kept.append(upload(sim))
        next(kept[0])

    sim, execution = run(work)
    kept.clear()
    assert list(sim.effects) == []
    assert execution.status == "success"


# --- dead runs


def test_killed_run_records_nothing_more(run):
    """In `finally` and `except` of a killed run, a record raises again and writes nothing."""
    raised = []

    def work(sim, controller):
        try:
            with sim.effects.record("publish"):
                controller.state.update_input({"at": 1})
        finally:
            try:
                with sim.effects.record("clean_up"):
                    raised.append("body")
            except BaseException as error:  # noqa: BLE001 - what a careless task does
                raised.append(type(error).__name__)
            with suppress(BaseException):
                sim.effects.record("clean_up")
                raised.append("recorded")

    sim, execution = run(work, "crash@state.update_input#1")
    assert raised == ["RunKilled"]
    assert list(sim.effects) == []
    assert execution.machine == "UnknownError"


def test_bracket_whose_body_swallows_the_kill(run):
    """A body that swallows what killed the run and returns has no effect."""
    after = []

    def work(sim, controller):
        with sim.effects.record("publish"), suppress(BaseException):
            controller.state.update_input({"at": 1})
        after.append(1)

    sim, execution = run(work, "crash@state.update_input#1")
    assert (after, list(sim.effects), execution.machine) == ([], [], "UnknownError")


def test_bracket_that_times_out_in_its_body(run):
    """A body that swallows the deadline has no effect either."""

    def work(sim, controller):
        with sim.effects.record("publish"), suppress(BaseException):
            sim.spend("1h")

    sim, execution = run(work)
    assert (list(sim.effects), execution.machine) == ([], "UnknownError")


# --- async


def test_brackets_of_two_coroutines(run):
    """Brackets of coroutines that run together take place in the order in which their bodies return."""

    async def publish(sim, key, seconds):
        with sim.effects.record("publish", key=key):
            await asyncio.sleep(seconds)

    async def work(sim, controller):
        await asyncio.gather(publish(sim, "a", 3), publish(sim, "b", 1), publish(sim, "c", 2))

    sim, execution = run(work)
    assert sim.effects.keys("publish") == ["b", "c", "a"]
    assert [effect.at_ms for effect in sim.effects] == [1_000, 2_000, 3_000]
    assert execution.status == "success"
    sim, execution = run(work, 'crash@effect.publish["b"]#1+')
    assert sim.effects.keys("publish") == ["b"]
    assert execution.machine == "UnknownError"


def test_sibling_of_a_killed_coroutine(run):
    """When one coroutine is killed, the bracket of its sibling closes without an effect."""

    async def slow(sim):
        with sim.effects.record("slow"):
            try:
                await asyncio.sleep(2)
            finally:
                sim.effects.record("clean_up")

    async def quick(sim):
        await asyncio.sleep(1)
        sim.effects.record("quick")

    async def work(sim, controller):
        await asyncio.gather(slow(sim), quick(sim), return_exceptions=True)

    sim, execution = run(work, "crash@effect.quick#1")
    assert (list(sim.effects), execution.machine) == ([], "UnknownError")


def test_cancelled_body(run):
    """A body that is cancelled has not returned."""

    async def publish(sim):
        with sim.effects.record("publish"):
            await asyncio.sleep(60)

    async def work(sim, controller):
        try:
            await asyncio.wait_for(publish(sim), 1)
        except asyncio.TimeoutError:
            sim.effects.record("gave_up")

    sim, execution = run(work)
    assert [effect.name for effect in sim.effects] == ["gave_up"]
    assert execution.status == "success"


def test_await_between_record_and_with(simulate):
    """A bracket that is kept over an await is opened late, if anything was touched meanwhile."""

    async def work(sim, controller):
        bracket = sim.effects.record("publish")
        await asyncio.sleep(1)
        with bracket:
            pass

    with pytest.raises(UsageError, match="opened late"):
        simulate(work).run("job")


def test_bracket_in_a_hook_called_from_outside(simulate):
    """A bracket in a hook that no event called writes its effect when its body has returned."""

    def on_abort(task):
        with sim.effects.record("mail", key=task.id):
            assert len(sim.effects) == 0

    sim = simulate(lambda sim, controller: None, on_abort=on_abort)
    task = sim.tasks.trigger("job")
    sim.tasks.abort(task.id)
    assert [(effect.name, effect.key, effect.hook) for effect in sim.effects] == [
        ("mail", task.id, "on_abort")
    ]


def test_pending_strike_comes_before_a_write_of_the_service(simulate):
    """What comes after a plain record strikes at the next touch, also if that is an abort's own write."""

    def run(sim, controller):
        sim.effects.record("send")
        sim.tasks.abort("job-0001")

    sim = simulate(run, "crash@effect.send#1+")
    execution = sim.run("job")
    assert execution.iterations[0].killed == "crash"
    assert (execution.status, [effect.name for effect in execution.effects]) == ("running", ["send"])
