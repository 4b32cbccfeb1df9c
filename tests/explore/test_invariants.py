"""What users demand: at the end of each run, after each event, or in one run at least."""

import re

import pytest

from tasksim import (
    BaselineFailed,
    CheckFailed,
    Incomplete,
    UsageError,
    always,
    check,
    create_task_definition,
    explore,
    replay,
    sometimes,
)

pytestmark = pytest.mark.usefixtures("frozen")


class Shelf:
    """A fake that must never hold more than one book, and a book that is there twice is taken away later."""

    def __init__(self, effects):
        self.effects = effects
        self.books = []

    def put(self, book):
        with self.effects.record("put", key=book, contract="any"):
            self.books.append(book)

    def tidy(self):
        self.books = self.books[:1]


def shelving(sim):
    """Put a book on a shelf, wait, tidy up; handled again, the first event puts it there twice."""
    shelf = Shelf(sim.effects)

    def run(input, controller):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        if not input.get("put"):
            shelf.put("a")
            return controller.response.continue_({"put": True}, seconds=60)
        shelf.tidy()
        return controller.response.done()

    sim.register(create_task_definition(id="job", title="Job", run=run, disable_database_logs=True))
    sim.tasks.trigger("job")
    return shelf


def one_book(sim, shelf):
    """Demand one book at most, in a world of two arguments."""
    assert len(shelf.books) <= 1, f"there are {len(shelf.books)} books"


def line_of(function, offset):
    """Return the number of a line of a function."""
    return function.__code__.co_firstlineno + offset


# --- when they are tested


def test_at_the_end_of_each_run():
    """A function is asked at the end of each run; what is mended until then is no matter."""
    ends = []

    def ended(sim, shelf):
        ends.append(sim.tasks.list_tasks().items[0].status)
        one_book(sim, shelf)

    report = check(shelving, kinds=["redeliver", "abort"], invariants=[ended])
    assert len(ends) == report.coverage.explored + 3  # the uncut run, again, and elsewhere
    assert set(ends) == {"success", "aborted"}


def test_always_is_asked_after_each_event():
    """What must always hold is found where it does not, though the end is well."""
    report = explore(shelving, kinds=["crash"], on_crash="retry(1)", invariants=[always(one_book)])
    (finding,) = report.findings
    assert (finding.judge, finding.sentence, finding.token) == (
        "invariants",
        "cut once, an assertion failed: there are 2 books.",
        "v1 on_crash=retry(1) crash@response.continue#1",
    )
    ((label, place),) = finding.facts
    assert label == "assert"
    assert place.startswith(f"test_invariants.py:{line_of(one_book, 2)}   assert len(shelf.books) <= 1")
    assert check(shelving, kinds=["crash"], on_crash="retry(1)", invariants=[one_book]).passed


def test_always_waits_for_the_world():
    """It is asked between events once the scenario has returned its world, and at the end."""
    seen = []

    def scenario(sim):
        shelf = shelving(sim)
        sim.run_next()
        return shelf

    replay(scenario, "v1", invariants=[always(lambda sim, shelf: seen.append((sim.now_ms, type(shelf))))])
    assert seen[-2:] == [(0, Shelf), (60_000, Shelf)]
    assert {kind for _, kind in seen} == {Shelf}


def test_always_holds_in_the_uncut_run():
    """What fails without any fault ends the check."""

    def empty(sim, shelf):
        assert not shelf.books

    with pytest.raises(BaselineFailed) as failed:
        check(shelving, invariants=[always(empty)])
    assert failed.value.sentence == (
        "The uncut run of 'shelving' ended with AssertionError, before any fault."
    )


def test_sometimes_counts_the_runs_that_reach_it():
    """A goal counts runs; at least one must reach it; an assertion that fails is one that does not."""

    def aborted(sim):
        return sim.tasks.list_tasks(where={"status": "aborted"}).items

    def untidy(sim, shelf):
        assert len(shelf.books) == 2
        return True

    report = check(shelving, kinds=["abort", "crash"], invariants=[sometimes(aborted)])
    assert 0 < report.coverage.goals["aborted"] < report.coverage.explored
    with pytest.raises(CheckFailed) as failed:
        check(shelving, kinds=["abort"], invariants=[sometimes(aborted), sometimes(untidy)])
    runs = failed.value.report.coverage.explored
    assert str(failed.value) == (
        f"sometimes: none of {runs} runs of 'shelving' reached untidy.\n"
        "  Ask for other kinds or more faults, or let the scenario make it possible; a goal must return "
        "something true."
    )
    assert failed.value.report.coverage.goals["untidy"] == 0


def test_goals_of_one_name_are_told_apart():
    """A goal that is reached does not hide another of its name."""
    never, ever = sometimes(lambda: False), sometimes(lambda: True)
    with pytest.raises(CheckFailed, match=re.escape("reached <lambda> (2).")):
        check(shelving, kinds=["abort"], invariants=[ever, never])
    with pytest.raises(CheckFailed, match=re.escape("reached <lambda>.")):
        check(shelving, kinds=["abort"], invariants=[never, ever])


def test_a_bound_is_to_blame_first():
    """Where a bound left plans of one fault, a goal may be reached by one of them."""
    with pytest.raises(Incomplete):
        check(shelving, max_runs=1, invariants=[sometimes(lambda: False)])


# --- what they get


def test_what_they_take():
    """A function gets as many of simulator and world as it needs; what has a default is its own business."""
    seen = []

    class Asks:
        def __call__(self, sim, shelf):
            seen.append(("called", type(sim).__name__, type(shelf).__name__))

    def by_default(sim, other="mine", *more, **named):
        seen.append(("default", other, more, named))

    replay(
        shelving,
        "v1",
        invariants=[lambda: seen.append("none"), lambda sim: seen.append(sim.now_ms), Asks(), by_default],
    )
    assert seen[-4:] == ["none", 60_000, ("called", "Simulator", "Shelf"), ("default", "mine", (), {})]


def test_function_without_a_signature():
    """What does not tell its parameters gets none."""

    class Silent:
        __signature__ = 5

        def __call__(self, *given):
            assert not given

    assert check(shelving, kinds=["abort"], invariants=[Silent()]).passed


# --- what is refused


async def later(sim):
    """Demand nothing: an async function is never run."""


def looks_up(sim, shelf):
    """Look for a book that is not there."""
    return {}["b"]


WHERE = f'test_invariants.py:{line_of(looks_up, 2)} in looks_up: return {{}}["b"]'
BEAR = "Let it bear whatever a cut leaves behind, a task that never ended as well."


@pytest.mark.parametrize(
    "refused",
    [
        (later, "The invariant 'later' is async.", "Pass a plain function."),
        (always(later), "The invariant 'later' is async.", "Pass a plain function."),
        (sometimes(later), "The goal 'later' is async.", "Pass a plain function."),
        (looks_up, "The invariant 'looks_up' raised KeyError: 'b'.", WHERE, BEAR),
        (sometimes(looks_up), "The goal 'looks_up' raised KeyError: 'b'.", WHERE, BEAR),
    ],
    ids=lambda refused: refused[1][:40],
)
def test_unusable_in_a_run(refused):
    """An invariant that is async, or raises what is no assertion, ends the check: it demands nothing."""
    invariant, *lines = refused
    with pytest.raises(UsageError) as error:
        check(shelving, invariants=[invariant])
    assert str(error.value) == "\n  ".join(lines)


def test_awaitable_answer():
    """An invariant that returns something to be awaited is async, too."""

    class Later:
        def __await__(self):
            yield

    with pytest.raises(UsageError, match="The invariant '<lambda>' is async"):
        check(shelving, invariants=[lambda sim: Later()])


def test_raising_under_a_plan_is_a_finding():
    """An invariant that a cut makes raise is told with the plan, as misuse."""

    def ended(sim):
        (task,) = sim.tasks.list_tasks(where={"status": "success"}).items
        assert task.iterations

    (finding,) = explore(shelving, kinds=["abort"], invariants=[ended]).findings
    assert (finding.judge, finding.token) == ("misuse", 'v1 abort@effect.put["a"]#1')
    assert "The invariant 'ended' raised ValueError" in finding.sentence


@pytest.mark.parametrize("demand", [always, lambda function: function])
def test_refused_call_under_a_plan(demand):
    """An invariant whose call of the service is refused under a plan ends the run, and is told."""

    def can_be_read(sim):
        if sim.tasks.list_tasks(where={"status": "aborted"}).items:
            sim.tasks.trigger("noSuch")

    (finding,) = explore(shelving, kinds=["abort"], invariants=[demand(can_be_read)]).findings
    assert finding.judge == "misuse"
    assert finding.sentence == (
        "cut once, the simulation ended with UsageError: The invariant 'can_be_read' raised EngineError: "
        "Task definition was not found! (TASK_DEFINITION_ERROR: 'noSuch')."
    )


THREE = (
    "invariants got '<lambda>', which takes sim, shelf, book.\n"
    "  Let it take the simulator, and perhaps the scenario's world: def invariant(sim, world)."
)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (5, "check() got invariants=5.\n  Pass a list: invariants=[...]."),
        (["one_book"], "invariants got 'one_book'.\n  Pass a function with plain asserts."),
        ([lambda sim, shelf, book: None], THREE),
        ([lambda *, sim: None], THREE.replace("sim, shelf, book", "sim")),
    ],
)
def test_refused(given, message):
    """What is no function of simulator and world is refused before anything runs."""
    with pytest.raises(UsageError) as refused:
        check(lambda sim: pytest.fail("The scenario was run."), invariants=given)
    assert str(refused.value) == message


@pytest.mark.parametrize("call", [always, sometimes])
def test_always_and_sometimes_take_a_function(call):
    """`always` and `sometimes` take a function that neither of them has made."""
    with pytest.raises(UsageError) as refused:
        call("one_book")
    assert str(refused.value) == f"{call.__name__}() got 'one_book'.\n  Pass a function with plain asserts."
    with pytest.raises(UsageError):
        call(sometimes(one_book))
    with pytest.raises(UsageError):
        call(always(one_book))


@pytest.mark.parametrize("answer", [False, True])
@pytest.mark.parametrize("kind", [lambda function: function, always])
def test_answer_of_an_invariant_is_refused(answer, kind):
    """Whoever returns whether it holds has asserted nothing, and is told so at once."""

    def holds(sim):
        return answer

    with pytest.raises(UsageError) as caught:
        check(shelving, invariants=[kind(holds)])
    assert caught.value.sentence == f"The invariant 'holds' returned {answer}, which nobody looks at."
    assert caught.value.way_out.startswith("Assert it instead: assert ...")
