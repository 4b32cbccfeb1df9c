"""Recording: what an entry holds, where it is written, and what is refused."""

import enum
from contextlib import suppress

import pytest

from tasksim import Effect, Simulator, UsageError, create_task_definition
from tasksim._trace.stream import Trace
from tasksim.errors import NotJson


def test_entry_tells_everything(run):
    """An entry has name, key, data, contract, task, event, number, time and hook."""

    def twice(sim, controller):
        sim.spend("2s")
        sim.effects.record("publish", key="a", contract="any", words=[1, {"x": None}])
        again = controller.state.get_task().iterations == 1
        return controller.response.continue_({}) if again else None

    sim, execution = run(twice)
    data = {"words": [1, {"x": None}]}
    assert list(sim.effects) == [
        Effect("publish", "a", data, "any", execution.id, "", 1, 1, 2_000, None),
        Effect("publish", "a", data, "any", execution.id, "", 2, 2, 4_000, None),
    ]
    assert sim.effects[0].checkpoint == 'effect.publish["a"]#1'


def test_it_is_a_checkpoint_with_its_data(run):
    """The checkpoint is reached before the effect is recorded; both are traced, with the data."""
    sim, execution = run(lambda sim, _: sim.effects.record("publish", key="a", words=3))
    reached, recorded = sim.trace.kinds("CheckpointReached", "EffectRecorded")[:2]
    assert (reached.checkpoint, reached.data) == ('effect.publish["a"]#1', {"words": 3})
    assert recorded[2:] == (execution.id, "", "publish", "a", 1, None, {"words": 3}, None)
    assert recorded.checkpoint == reached.checkpoint
    assert recorded.seq == reached.seq + 1


def test_without_data_the_checkpoint_has_none(run):
    """An effect without data has an empty object, its checkpoint nothing."""
    sim, _ = run(lambda sim, _: sim.effects.record("publish"))
    assert (sim.effects[0].key, sim.effects[0].data) == (None, {})
    assert sim.trace.kinds("CheckpointReached")[0].data is None


def test_numbers_count_by_name_and_key(run, entries):
    """Each name and key has a count of its own, over the whole life of the task."""

    def several(sim, controller):
        for key in ("a", "b", "a", None, None):
            sim.effects.record("publish", key=key)

    sim, _ = run(several)
    assert entries(sim) == [
        'effect.publish["a"]#1',
        'effect.publish["b"]#1',
        'effect.publish["a"]#2',
        "effect.publish#1",
        "effect.publish#2",
    ]


def test_second_task_has_its_label(simulate, entries):
    """The effects of a later task bear its label, as in a plan, where a fault finds them."""
    sim = simulate(
        lambda sim, _: sim.effects.record("publish", key="a"), 'crash@job.2:effect.publish["a"]#1+'
    )
    first, second = sim.run("job"), sim.run("job")
    sim.close()
    assert entries(sim) == ['effect.publish["a"]#1', 'job.2:effect.publish["a"]#1']
    assert (first.machine, second.machine) == ("Done", "UnknownError")
    assert [effect.label for effect in sim.effects] == ["", "job.2"]
    assert (
        sim.effects.of(second) == sim.effects.of(second.id) == sim.effects.of(second.task) == sim.effects[1:]
    )


class Level(str, enum.Enum):
    """Text whose str() is something else."""

    LOW = "low"


class Number(enum.IntEnum):
    """A number whose str() depends on the version of Python."""

    ONE = 1


@pytest.mark.parametrize(
    ("key", "text", "name"),
    [
        ("", "", 'effect.publish[""]#1'),
        (7, "7", 'effect.publish["7"]#1'),
        (-7, "-7", 'effect.publish["-7"]#1'),
        ('say "é"\n', 'say "é"\n', 'effect.publish["say \\"é\\"\\n"]#1'),
        ("]#2@+..", "]#2@+..", 'effect.publish["]#2@+.."]#1'),
        ("日本 🎉", "日本 🎉", 'effect.publish["日本 🎉"]#1'),
        (Level.LOW, "low", 'effect.publish["low"]#1'),
        (Number.ONE, "1", 'effect.publish["1"]#1'),
    ],
)
def test_keys_can_be_planned(run, key, text, name):
    """Any text or whole number is a key, and the checkpoint's printed name can be planned."""
    sim, _ = run(lambda sim, _: sim.effects.record("publish", key=key), f"crash@{name}+")
    assert [(effect.key, effect.checkpoint) for effect in sim.effects] == [(text, name)]
    assert type(sim.effects[0].key) is str
    sim, _ = run(lambda sim, _: sim.effects.record("publish", key=key), f"crash@{name}")
    assert list(sim.effects) == []


def test_whole_numbers_and_text_are_one_key(run):
    """7 and "7" are the same key."""

    def twice(sim, controller):
        sim.effects.record("publish", key=7)
        sim.effects.record("publish", key="7")

    sim, _ = run(twice)
    assert [(effect.key, effect.n) for effect in sim.effects] == [("7", 1), ("7", 2)]


NAMED = '  Pass letters, digits and any of _ - . / as its name: record("publish").'
KEYED = "  Pass text or a whole number, as in key=str(...); several values go into data."
HELD = "  Choose from exactly_once, at_least_once, at_most_once, any, or leave it out."
HALF = "The effect 'publish' has the key '\\ud800', which holds half of a character."


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("two words", {}, f"effects.record() got the name 'two words'.\n{NAMED}"),
        (7, {}, f"effects.record() got the name 7.\n{NAMED}"),
        ("publish", {"key": True}, f"The effect 'publish' has the key True, which is bool.\n{KEYED}"),
        ("publish", {"key": 1.5}, f"The effect 'publish' has the key 1.5, which is float.\n{KEYED}"),
        ("publish", {"key": "\ud800"}, f"{HALF}\n  Pass text without lone surrogates."),
        (
            "publish",
            {"contract": "exactly_ones"},
            f"The effect 'publish' has the contract 'exactly_ones'. Did you mean 'exactly_once'?\n{HELD}",
        ),
        ("publish", {"contract": 1}, f"The effect 'publish' has the contract 1.\n{HELD}"),
    ],
)
def test_what_cannot_be_used_comes_out(simulate, name, options, message):
    """A wrong argument comes out of the outer call, even where the task swallows it, with the way out."""

    def careless(sim, controller):
        with suppress(UsageError):
            sim.effects.record(name, **options)

    sim = simulate(careless)
    with pytest.raises(UsageError) as caught:
        sim.run("job")
    assert str(caught.value) == message
    assert list(sim.effects) == []
    with pytest.raises(UsageError):  # outside of a task, too
        Simulator().effects.record(name, **options)


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"words": (1, 2)}, "data of 'publish'.words"),
        ({"a": [{"b": float("nan")}]}, "data of 'publish'.a[0].b"),
        ({"a": {1: 2}}, "data of 'publish'.a"),
    ],
)
def test_data_is_strict_json(simulate, data, path):
    """Data is JSON, strictly; the error names the path of what is not."""
    sim = simulate(lambda sim, _: sim.effects.record("publish", **data))
    with pytest.raises(NotJson) as caught:
        sim.run("job")
    assert path in str(caught.value)


def test_data_is_copied(run):
    """What the fake does to its values afterwards is not recorded."""
    words = [1]

    def careless(sim, controller):
        sim.effects.record("publish", words=words)
        words.append(2)

    sim, _ = run(careless)
    assert sim.effects[0].data == {"words": [1]}


def test_data_may_have_any_name(run):
    """Data may be called as the arguments are that go by position."""
    sim, _ = run(lambda sim, _: sim.effects.record("publish", name="x", self=1, data=2))
    assert sim.effects[0].data == {"name": "x", "self": 1, "data": 2}


def test_outside_of_a_task_nothing_is_recorded():
    """A test, an act of the outside world or a factory that calls a fake leaves no effect."""
    done = []
    sim = Simulator(freeze=False)

    def publish():
        with sim.effects.record("publish"):
            done.append(1)
        sim.effects.record("publish")

    class Job:
        id = "job"
        title = "Job"

        def __init__(self):
            publish()

        def run(self, controller):
            return controller.response.done()

    sim.register(Job)
    publish()
    sim.at("5m", publish)
    sim.run("job")
    assert len(done) >= 3
    assert list(sim.effects) == []
    assert sim.trace.kinds("EffectRecorded") == []


def test_ledger_reads_as_a_sequence(run):
    """The ledger is a sequence of entries, with the commonest questions answered."""

    def several(sim, controller):
        for name, key in (("send", "a"), ("publish", None), ("send", "a"), ("send", "b")):
            sim.effects.record(name, key=key)

    sim, execution = run(several)
    effects = sim.effects
    assert (len(effects), bool(effects), len(list(effects))) == (4, True, 4)
    assert effects[1].name == "publish"
    assert [effect.name for effect in effects[-2:]] == ["send", "send"]
    assert effects.keys("send") == ["a", "a", "b"]
    assert effects.named("publish") == [effects[1]]
    assert effects.of(execution) == list(effects)
    assert effects.of("other") == []
    assert effects[0] in effects
    assert repr(effects) == "<Effects: 4 of publish, send>"
    assert repr(Simulator().effects) == "<Effects: 0>"


def test_it_works_without_a_trace(run, simulate):
    """Without a trace the same effects are recorded, brackets included, and the same faults strike."""

    def several(sim, controller):
        sim.effects.record("a")
        with sim.effects.record("b"), sim.effects.record("c"):
            pass
        with suppress(ZeroDivisionError), sim.effects.record("d"):
            _ = 1 / 0
        sim.effects.record("e")
        sim.effects.record("f")

    traced, _ = run(several, "lost_ack@effect.f#1")
    untraced, execution = run(several, "lost_ack@effect.f#1", trace=False)
    assert list(untraced.effects) == list(traced.effects)
    assert [effect.name for effect in untraced.effects] == ["a", "c", "b", "e", "f"]
    assert execution.status == "failed"
    assert list(untraced.trace) == []


def test_trace_comes_back(run):
    """A trace with effects written as JSON lines is the same when read."""

    def several(sim, controller):
        sim.effects.record("a", key="é", contract="any", n=[1.5])
        with sim.effects.record("b"):
            sim.effects.record("a")

    sim, _ = run(several, on_done=lambda: None)
    read = Trace.from_jsonl(sim.trace.to_jsonl())
    assert read == sim.trace
    assert read.sha256() == sim.trace.sha256()
    assert [event.checkpoint for event in read.kinds("EffectRecorded")] == [
        'effect.a["é"]#1',
        "effect.a#1",
        "effect.b#1",
    ]


def test_same_again(run):
    """The same task, plan and seed record the same effects, with the same trace."""

    def several(sim, controller):
        for key in "abc":
            sim.effects.record("a", key=key)
            controller.state.update_input({"at": key})

    first, _ = run(several, 'crash@effect.a["b"]#1+', on_crash="retry(2)")
    second, _ = run(several, 'crash@effect.a["b"]#1+', on_crash="retry(2)")
    assert list(first.effects) == list(second.effects)
    assert first.effects.keys("a") == ["a", "b", "a", "b", "c"]
    assert first.trace.sha256() == second.trace.sha256()


def test_simulators_that_alternate(simulate, entries):
    """Two simulators that take turns record each in its own ledger."""

    def work(sim, controller):
        sim.effects.record("publish", key=controller.state.get_task().iterations)
        again = controller.state.get_task().iterations < 3
        return controller.response.continue_({}) if again else None

    one, two = simulate(work), simulate(work)
    for sim in (one, two):
        sim.tasks.trigger("job")
    for _ in range(3):
        one.run_next()
        two.run_next()
    assert one.effects.keys("publish") == two.effects.keys("publish") == ["1", "2", "3"]


def test_definitions_that_are_made_later():
    """A ledger exists before anything is registered, so that fakes can be given it."""
    sim = Simulator(freeze=False)
    effects = sim.effects

    def run(controller):
        effects.record("publish")
        return controller.response.done()

    sim.register(create_task_definition(id="job", title="Job", run=run))
    sim.run("job")
    assert effects is sim.effects
    assert len(effects) == 1


def test_execution_has_its_own_effects(simulate):
    """An execution shows the effects of its task alone."""
    sim = simulate(lambda sim, controller: sim.effects.record("send", key=controller.state.get_task().id))
    first, second = sim.run("job"), sim.run("job")
    assert [effect.key for effect in first.effects] == [first.id]
    assert [effect.key for effect in second.effects] == [second.id]
    assert len(sim.effects) == 2
