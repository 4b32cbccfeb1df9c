"""Plans as text and as values."""

import itertools

import pytest

from tasksim._engine.names import CheckpointName
from tasksim._faults.grammar import INSTANT, RULES
from tasksim._faults.plan import Fault, Plan, as_plan, parse, render
from tasksim.errors import PlanError, UsageError

UPDATE = CheckpointName("", "task.update", None, 1)
QUESTION = CheckpointName("", "runtime.is_close_to_timeout", None, 2)
EVENT = CheckpointName("", "event", None, 2)
INSTANT_0 = CheckpointName("", INSTANT, None, 0)
FALLIBLE = (
    "writes (task.update, log.*, state.update_*, state.save, logger.*, write), effects and task.trigger"
)

FAULTS = {
    "close_to_timeout@runtime.is_close_to_timeout#2": Fault("close_to_timeout", QUESTION),
    "timeout@task.update#1": Fault("timeout", UPDATE),
    "crash@task.update#1": Fault("crash", UPDATE),
    "crash@task.update#1+": Fault("crash", UPDATE, after=True),
    "abort@wait#1": Fault("abort", CheckpointName("", "wait", None, 1)),
    "fail@write#3": Fault("fail", CheckpointName("", "write", None, 3)),
    "fail@task.update#1..": Fault("fail", UPDATE, onwards=True),
    'fail@effect.publish["a b"]#1..': Fault(
        "fail", CheckpointName("", "effect.publish", "a b", 1), onwards=True
    ),
    "lost_ack@a.2:task.trigger#1": Fault("lost_ack", CheckpointName("a.2", "task.trigger", None, 1)),
    "redeliver@2": Fault("redeliver", EVENT),
    "redeliver@syncArticles.2:2": Fault("redeliver", CheckpointName("syncArticles.2", "event", None, 2)),
    "delay@event#2=90s": Fault("delay", EVENT, value=90_000),
    "cold@2": Fault("cold", EVENT),
    "cold@syncArticles.2:2": Fault("cold", CheckpointName("syncArticles.2", "event", None, 2)),
    "clock@event#2=-1h": Fault("clock", EVENT, value=-3_600_000),
    "clock@task.update#1=90s": Fault("clock", UPDATE, value=90_000),
    "order@15m=2": Fault("order", CheckpointName("", INSTANT, None, 900_000), value=2),
    "order@0s=12": Fault("order", CheckpointName("", INSTANT, None, 0), value=12),
    "run[sendMail.1]@task.update#1": Fault("run", UPDATE, value="sendMail.1"),
    "run[a.2]@a.2:event#2": Fault("run", CheckpointName("a.2", "event", None, 2), value="a.2"),
}

UNUSUAL = {
    "redeliver@event#2": "redeliver@2",
    "redeliver@syncArticles.2:event#2": "redeliver@syncArticles.2:2",
    "delay@event#2=1m30s": "delay@event#2=90s",
    r'crash@effect.a["\u0061"]#1': 'crash@effect.a["a"]#1',
    "\n crash@event#1\t\n  abort@event#1 ": "crash@event#1 abort@event#1",
    "cold@event#2": "cold@2",
    "cold@syncArticles.2:event#2": "cold@syncArticles.2:2",
    "clock@event#2=-1h30m": "clock@event#2=-90m",
    "order@900s=2": "order@15m=2",
    "order@0ms=2": "order@0s=2",
}

KINDS = (
    "  Choose from close_to_timeout, redeliver, abort, cold, fail, lost_ack, timeout, crash, delay, clock, "
    "order, run."
)

ERRORS = {
    "crahs@event#1": f"There is no fault 'crahs'. Did you mean 'crash'?\n  crahs@event#1\n  ^\n{KINDS}",
    "@event#1": f"There is no fault ''.\n  @event#1\n  ^\n{KINDS}",
    "abort@event#1 crash+@event#1": "There is no fault 'crash+'. Did you mean 'crash'?\n"
    f"  abort@event#1 crash+@event#1\n                ^\n{KINDS}",
    "crash": "'crash' does not say where.\n  crash\n       ^\n  Write it like 'crash@task.update#1'.",
    "seed=7 crash@event#1": "'seed' is no fault, but looks like a setting.\n"
    "  seed=7 crash@event#1\n  ^\n"
    "  Put settings into a token, before its faults: 'v1 seed=7 crash@event#1'.",
    "crash@event": "'#' and a number are missing after 'event'.\n"
    "  crash@event\n             ^\n"
    "  Write event#1 for the first one; a name may have letters, digits, '_', '-', '.' and '/'.",
    "close_to_timeout@task.update#1": "'close_to_timeout' cannot strike at 'task.update#1', "
    "only at runtime.is_close_to_timeout.\n"
    "  close_to_timeout@task.update#1\n                   ^\n"
    "  Write it like 'close_to_timeout@runtime.is_close_to_timeout#1'.",
    "fail@runtime.is_aborted#1": f"'fail' cannot strike at 'runtime.is_aborted#1', only at {FALLIBLE}.\n"
    "  fail@runtime.is_aborted#1\n       ^\n"
    "  Write it like 'fail@task.update#1'.",
    "lost_ack@a.1:state.get_input#1": "'lost_ack' cannot strike at 'a.1:state.get_input#1', "
    f"only at {FALLIBLE}.\n"
    "  lost_ack@a.1:state.get_input#1\n           ^\n"
    "  Write it like 'lost_ack@task.update#1'.",
    "redeliver@task.update#1": "'redeliver' cannot strike at 'task.update#1', only at events.\n"
    "  redeliver@task.update#1\n            ^\n"
    "  Write it like 'redeliver@1'.",
    "redeliver@a.1:0": "No number from 1 on follows 'redeliver@a.1:'.\n"
    "  redeliver@a.1:0\n                ^\n"
    "  Write which one is meant: redeliver@a.1:1 is the first.",
    "abort@event#1+": "'abort' takes no '+'; that is for 'crash'.\n"
    "  abort@event#1+\n               ^\n"
    "  Leave it out.",
    "crash@event#1..": "'crash' takes no '..'; that is for 'fail'.\n"
    "  crash@event#1..\n               ^\n"
    "  Leave it out.",
    "crash@event#1++": "'+' does not belong here.\n"
    "  crash@event#1++\n                ^\n"
    "  Leave it out, or put a space before it.",
    "crash@event#1abort@event#1": "'abort@event#1' does not belong here.\n"
    "  crash@event#1abort@event#1\n               ^\n"
    "  Leave it out, or put a space before it.",
    "crash@event#1=5s": "'crash' takes no value.\n  crash@event#1=5s\n               ^\n  Leave out '=5s'.",
    "delay@event#1": "'delay' has no value.\n"
    "  delay@event#1\n               ^\n"
    "  Write it like 'delay@event#1=90s'.",
    "delay@event#1=90": "delay is '90', which is no duration.\n"
    "  delay@event#1=90\n                ^\n"
    "  Write it like 'delay@event#1=90s'.",
    "delay@event#1=0s": "delay is '0s', which is no time at all.\n"
    "  delay@event#1=0s\n                ^\n"
    "  Write it like 'delay@event#1=90s'.",
    "delay@event#1=-1s": "delay is '-1s', which is negative.\n"
    "  delay@event#1=-1s\n                ^\n"
    "  Write it like 'delay@event#1=90s'.",
    "cold@task.update#1": "'cold' cannot strike at 'task.update#1', only at events.\n"
    "  cold@task.update#1\n       ^\n"
    "  Write it like 'cold@2'.",
    "clock@event#1": "'clock' has no value.\n"
    "  clock@event#1\n               ^\n"
    "  Write it like 'clock@event#2=-1h'.",
    "clock@event#1=0s": "clock is '0s', which is no jump.\n"
    "  clock@event#1=0s\n                ^\n"
    "  Write it like 'clock@event#2=-1h'.",
    "clock@event#1=+1h": "clock is '+1h', which is no duration.\n"
    "  clock@event#1=+1h\n                ^\n"
    "  Write it like 'clock@event#2=-1h'.",
    "order@event#1=2": "order is 'event#1', which is no duration.\n"
    "  order@event#1=2\n        ^\n"
    "  Write it like 'order@15m=2'.",
    "order@=2": "order is '', which is no duration.\n  order@=2\n        ^\n  Write it like 'order@15m=2'.",
    "order@-1s=2": "order is '-1s', which is negative.\n"
    "  order@-1s=2\n        ^\n"
    "  Write it like 'order@15m=2'.",
    "order@15m": "'order' has no value.\n  order@15m\n           ^\n  Write it like 'order@15m=2'.",
    "order@15m=1": "order is '1', not a whole number from 2 on: the first goes first anyway.\n"
    "  order@15m=1\n            ^\n"
    "  Write it like 'order@15m=2'.",
    "order@15m=02": "order is '02', not a whole number from 2 on: the first goes first anyway.\n"
    "  order@15m=02\n            ^\n"
    "  Write it like 'order@15m=2'.",
    "run@event#1": "'run' names no task.\n"
    "  run@event#1\n     ^\n"
    "  Write it like 'run[sendMail.1]@state.save#1'.",
    "run[]@event#1": "'run' is for a task as definitionId.k, not for ''.\n"
    "  run[]@event#1\n      ^\n"
    "  Write it like 'run[sendMail.1]@state.save#1'.",
    "run[sendMail]@event#1": "'run' is for a task as definitionId.k, not for 'sendMail'.\n"
    "  run[sendMail]@event#1\n      ^\n"
    "  Write it like 'run[sendMail.1]@state.save#1'.",
    "abort@event#1 crash[sendMail.1]@event#1": "'crash' names no task in brackets; that is for 'run'.\n"
    "  abort@event#1 crash[sendMail.1]@event#1\n                     ^\n"
    "  Write it like 'crash@task.update#1'.",
    "run[sendMail.1]": "'run' does not say where.\n"
    "  run[sendMail.1]\n                 ^\n"
    "  Write it like 'run[sendMail.1]@state.save#1'.",
    "run[sendMail.1@event#1": "']' is missing after 'run[sendMail.1'.\n"
    "  run[sendMail.1@event#1\n                ^\n"
    "  Write it like 'run[sendMail.1]@state.save#1'.",
    "run[sendMail.1]@event": "'#' and a number are missing after 'event'.\n"
    "  run[sendMail.1]@event\n                       ^\n"
    "  Write event#1 for the first one; a name may have letters, digits, '_', '-', '.' and '/'.",
    "run[sendMail.1]@event#1=5s": "'run' takes no value.\n"
    "  run[sendMail.1]@event#1=5s\n                         ^\n"
    "  Leave out '=5s'.",
    "run[sendMail.1]@event#1+": "'run' takes no '+'; that is for 'crash'.\n"
    "  run[sendMail.1]@event#1+\n                         ^\n"
    "  Leave it out.",
    "redeliver@1\nredeliver@event#1": "'redeliver@1' stands twice.\n"
    "  redeliver@1 redeliver@event#1\n              ^\n"
    "  Leave one out.",
}


@pytest.mark.parametrize("text", FAULTS)
def test_fault_and_its_text(text):
    """Each fault has one text, and each such text is that fault."""
    assert parse(text).faults == (FAULTS[text],)
    assert render(Plan((FAULTS[text],))) == text


def test_faults_of_a_plan_keep_their_order():
    """A plan is the sequence of its faults, separated by white space."""
    text = " ".join(FAULTS)
    plan = parse(text)
    assert plan.faults == tuple(plan) == tuple(FAULTS.values())
    assert len(plan) == len(FAULTS)
    assert render(plan) == text


@pytest.mark.parametrize("text", ["", "  \n"])
def test_no_text_is_the_empty_plan(text):
    """The empty plan is falsy and has no text."""
    assert parse(text) == Plan()
    assert not Plan()
    assert render(Plan()) == ""


@pytest.mark.parametrize("text", UNUSUAL)
def test_other_spellings_become_canonical(text):
    """What can be written in several ways is rendered in one."""
    assert render(parse(text)) == UNUSUAL[text]


@pytest.mark.parametrize("text", ERRORS)
def test_error_points_at_the_character(text):
    """What is no plan is refused, pointing at the first character that does not fit."""
    with pytest.raises(PlanError) as caught:
        parse(text)
    assert str(caught.value) == ERRORS[text]


@pytest.mark.parametrize("kind", RULES)
def test_example_of_each_kind_is_a_plan(kind):
    """What an error advises to write can be read."""
    assert render(parse(RULES[kind].example)) == RULES[kind].example


@pytest.mark.parametrize("kind", ["fail", "lost_ack"])
@pytest.mark.parametrize(
    "place",
    [
        "task.update#1",
        "task.trigger#1",
        "log.create#1",
        "log.update#1",
        "state.update_input#1",
        "state.update_output#1",
        "state.update_task#1",
        "state.save#1",
        "logger.info#1",
        "logger.error#1",
        "write#1",
        "effect.publish#1",
    ],
)
def test_what_changes_something_can_fail(kind, place):
    """Writes, effects and triggers can fail, or lose their answer."""
    assert render(parse(f"{kind}@{place}")) == f"{kind}@{place}"


@pytest.mark.parametrize("kind", ["timeout", "crash", "abort", "run[a.1]"])
@pytest.mark.parametrize(
    "place", ["event#1", "wait#1", "write#1", "user.here#1", "api.listTasks#1", "sleep#1"]
)
def test_some_kinds_strike_anywhere(kind, place):
    """A run can be killed, a task aborted, and an event handled inside, at any checkpoint."""
    assert render(parse(f"{kind}@{place}")) == f"{kind}@{place}"


def test_plan_of_faults_and_texts():
    """`Plan.of` takes faults, texts, or both."""
    assert Plan.of(Fault("crash", UPDATE), "redeliver@2") == parse("crash@task.update#1 redeliver@2")
    assert Plan.of() == Plan()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("crush", UPDATE), "There is no fault 'crush'. Did you mean 'crash'?"),
        (Fault("crash", EVENT, value=5), "'crash' takes no value."),
        (Fault("crash", EVENT, onwards=True), "'crash' takes no '..'; that is for 'fail'."),
        (Fault("fail", UPDATE, after=True), "'fail' takes no '+'; that is for 'crash'."),
        (Fault("delay", EVENT), "'delay' has no value."),
        (Fault("delay", EVENT, value=-1), "delay is '-1ms', which is negative."),
        (Fault("crash", EVENT, value="a.1"), "'crash' takes no value."),
        (Fault("delay", EVENT, value="soon"), "delay is 'soon', which is no duration."),
        (Fault("clock", EVENT, value=0), "clock is '0s', which is no jump."),
        (Fault("order", INSTANT_0, value=1), "order is '1', not a whole number from 2 on"),
        (Fault("order", INSTANT_0), "'order' has no value."),
        (Fault("order", INSTANT_0._replace(n=-1), value=2), "order is '-1ms', which is negative."),
        (Fault("order", INSTANT_0._replace(task="a.1"), value=2), "order is 'a.1:instant#0', which is no"),
        (Fault("order", EVENT, value=2), "order is 'event#2', which is no duration."),
        (Fault("crash", INSTANT_0), "There is no checkpoint"),
        (Fault("run", EVENT), "'run' names no task."),
        (Fault("run", EVENT, value=5), "'run' is for a task as definitionId.k, not for '5'."),
        (Fault("run", EVENT, value="a.1", after=True), "'run' takes no '+'; that is for 'crash'."),
        (Fault("redeliver", UPDATE), "'redeliver' cannot strike at 'task.update#1', only at events."),
        (Fault("redeliver", EVENT._replace(key="a")), "'event' has no keys; only effects do."),
        (Fault("crash", EVENT._replace(n=0)), "No number from 1 on follows 'event#'."),
        (Fault("crash", EVENT._replace(what="tusk")), "There is no checkpoint 'tusk'."),
    ],
)
def test_plan_of_faults_that_cannot_be(fault, sentence):
    """A fault that could not be written cannot be planned."""
    with pytest.raises(PlanError) as caught:
        Plan.of(fault)
    assert caught.value.sentence.startswith(sentence)


def test_plan_of_equal_faults():
    """A plan holds each fault once."""
    with pytest.raises(PlanError, match=r"'crash@task\.update#1' stands twice"):
        Plan.of(Fault("crash", UPDATE), "crash@task.update#1")


def test_same_place_may_have_several_faults():
    """Faults at one checkpoint are different if anything about them is."""
    text = "crash@event#1 crash@event#1+ abort@event#1 delay@event#1=1s delay@event#1=2s redeliver@1"
    assert render(parse(text)) == text


def test_plan_is_a_value():
    """Plans are frozen, equal by their faults, and can be keys."""
    assert len({parse("crash@event#1"), Plan.of("crash@event#1"), parse("crash@event#2")}) == 2
    with pytest.raises(AttributeError):
        parse("crash@event#1").faults = ()


def test_plans_are_ordered_simplest_first():
    """Plans go by number of faults, then kinds, then positions, then text."""
    ordered = [
        "",
        "close_to_timeout@runtime.is_close_to_timeout#9",
        "redeliver@8",
        "abort@event#7",
        "cold@6",
        "fail@log.update#6",
        "fail@log.update#6..",
        "lost_ack@task.update#5",
        "timeout@event#4",
        "crash@event#2",
        "crash@wait#2",
        "crash@event#3",
        "crash@event#10",
        "crash@event#1+",
        "delay@event#1=1s",
        "clock@event#1=-1h",
        "order@0s=2",
        "order@15m=2",
        "order@15m=3",
        "run[a.1]@event#1",
        "run[b.1]@event#1",
        "abort@event#2 abort@event#3",
        "abort@event#2 crash@event#1",
        "crash@event#1 abort@event#1",
        "abort@event#1 abort@event#2 abort@event#3",
    ]
    keys = [parse(text).sort_key() for text in ordered]
    assert all(before < after for before, after in itertools.pairwise(keys))


@pytest.mark.parametrize(
    "given",
    [
        "crash@event#2 redeliver@2",
        Plan.of("crash@event#2", "redeliver@2"),
        [Fault("crash", EVENT), Fault("redeliver", EVENT)],
        ("crash@event#2", Fault("redeliver", EVENT)),
        (text for text in ["crash@event#2", "redeliver@2"]),
    ],
    ids=["text", "plan", "faults", "mixed", "generator"],
)
def test_plan_in_any_form(given):
    """A user gives a plan as text, as a value, or as faults and their texts."""
    assert render(as_plan(given)) == "crash@event#2 redeliver@2"


def test_no_plan_is_the_empty_plan():
    """None, no text and no faults are the empty plan."""
    assert as_plan(None) == as_plan("") == as_plan([]) == Plan()


def test_one_fault_is_a_plan():
    """A single fault needs no list."""
    assert as_plan(Fault("crash", EVENT)) == parse("crash@event#2")


@pytest.mark.parametrize("given", [3, [3], b"crash@event#1"])
def test_what_is_no_plan(given):
    """Anything else is refused with its value."""
    with pytest.raises(UsageError) as caught:
        as_plan(given)
    assert str(caught.value) == (
        f"plan is {given!r}, which is no plan.\n"
        "  Pass text like 'crash@event#2', a Plan, or a list of faults or their texts."
    )
