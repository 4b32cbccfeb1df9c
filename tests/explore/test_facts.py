"""Facts: what judges read of a run, whatever the ids in it are."""

import pytest
from explore_jobs import definition

from tasksim import explore
from tasksim._explore.facts import slot_text

pytestmark = pytest.mark.usefixtures("frozen")


def runs_of(scenario, **options):
    """Return the facts of each run by its plan; that of the uncut one is empty."""
    runs = {}

    def note(facts):
        runs[" ".join(fault.render() for fault in facts.plan)] = facts

    explore(scenario, _on_run=note, **options)
    return runs


def uncut(scenario, **options):
    """Return the facts of the uncut run."""
    return runs_of(scenario, kinds=["redeliver"], max_runs=1, **options)[""]


@pytest.mark.parametrize(
    ("slot", "text"),
    [
        (("publish", "a", ""), "publish[a]"),
        (("publish", "", ""), "publish[]"),
        (("publish", None, ""), "publish"),
        (("publish", None, "{}"), "publish"),
        (("publish", None, '{"page":1}'), 'publish{"page":1}'),
    ],
)
def test_slots_as_text(slot, text):
    """An effect is written with its key, or with its data if it has any and no key."""
    assert slot_text(slot) == text


def family(sim):
    """A parent with two children of two kinds, beside another of the same kind."""

    def run(input, controller):
        if input.get("parts"):
            controller.task.trigger("part", input={"n": 1})
            controller.task.trigger("part", input={"n": 2})
            controller.task.trigger("other")
        sim.effects.record("publish", key=str(input.get("n", 0)))
        return controller.response.done(output={"n": input.get("n", 0)})

    sim.register(definition(run))
    sim.register(definition(run, id="part"))
    sim.register(definition(lambda controller: controller.response.done(), id="other"))
    sim.tasks.trigger("job", input={"parts": True})
    sim.tasks.trigger("part", input={"n": 3})
    sim.tasks.trigger("job", input={"n": 4})


def test_tasks_by_parent_definition_and_order():
    """A task is named by its parent, its definition and how many of that there were before it."""
    facts = uncut(family)
    job = (None, "job", 1)
    assert list(facts.tasks) == [
        job,
        (None, "part", 1),
        (None, "job", 2),
        (job, "part", 1),
        (job, "part", 2),
        (job, "other", 1),
    ]
    assert [task.name for task in facts.tasks.values()] == [
        "job",
        "part.1",
        "job.2",
        "part.2",
        "part.3",
        "other.1",
    ]
    assert [task.output for task in facts.tasks.values()][:3] == [{"n": 0}, {"n": 3}, {"n": 4}]
    assert {task.status for task in facts.tasks.values()} == {"success"}
    assert {task.machine for task in facts.tasks.values()} == {"Done"}
    assert {task.events for task in facts.tasks.values()} == {1}
    assert [facts.key_of[task.id] for task in facts.tasks.values()] == list(facts.tasks)


def test_removed_tasks_keep_their_names():
    """A task that was removed keeps its place, and so do its children."""

    def scenario(sim):
        family(sim)

        def remove():
            for task in sim.tasks.list_tasks().items:
                sim.tasks.delete_task(task)

        sim.at("1h", remove)

    facts, whole = uncut(scenario, expect="success"), uncut(family)
    assert list(facts.tasks) == list(whole.tasks)
    assert {task.status for task in facts.tasks.values()} == {"deleted"}
    assert {str(task.output) for task in facts.tasks.values()} == {"None"}


def test_a_seeded_task_that_was_removed_has_no_parent():
    """Of a task that was stored as given nobody knows whose child it was, once it is removed."""

    def scenario(sim):
        def end():
            for id in ("old", "child", task.id):
                sim.tasks.abort(id)
            if "@" in sim.token:
                sim.tasks.delete_task("child")

        stored = {"definitionId": "job", "taskStatus": "running"}
        sim.register(definition(lambda controller: controller.response.continue_({}, seconds=7200)))
        sim.seed_records(tasks=[{"id": "old", **stored}, {"id": "child", "parentId": "old", **stored}])
        task = sim.tasks.trigger("job")
        sim.at("1h", end)

    runs = runs_of(scenario, kinds=["redeliver"], expect="aborted", max_runs=1)
    whole, cut = runs[""], runs["redeliver@1"]
    job, old = (None, "job", 1), (None, "job", 2)
    assert [(task.id, task.key, task.status) for task in whole.tasks.values()] == [
        ("job-0001", job, "aborted"),
        ("old", old, "aborted"),
        ("child", (old, "job", 1), "aborted"),
    ]
    assert [(task.id, task.key, task.status) for task in cut.tasks.values()][2:] == [
        ("child", (None, "job", 3), "deleted")
    ]


# --- effects


def test_children_are_effects():
    """What is counted are effects and children, each in its own order; a root task is none."""
    facts = uncut(family)
    assert [slot_text(done.slot) for done in facts.done] == [
        "publish[0]",
        "publish[3]",
        "publish[4]",
        "publish[1]",
        "publish[2]",
        'task.trigger{"definition":"part","input":{"n":1}}',
        'task.trigger{"definition":"part","input":{"n":2}}',
        'task.trigger{"definition":"other","input":{}}',
    ]
    assert [done.contract for done in facts.done] == [None] * 5 + ["exactly_once"] * 3
    assert {facts.key_of[done.task] for done in facts.done[5:]} == {(None, "job", 1)}
    assert len(facts.effects) == 5


def test_counts():
    """Effects without a key are counted by their data, others by their key, whatever their data is."""

    def scenario(sim):
        def run(controller):
            for n in (1, 1, 2):
                sim.effects.record("keyed", key="a", n=n)
                sim.effects.record("loose", n=n)
            sim.effects.record("plain")
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")

    facts = uncut(scenario)
    assert dict(facts.counts) == {
        ("keyed", "a", ""): 3,
        ("loose", None, '{"n":1}'): 2,
        ("loose", None, '{"n":2}'): 1,
        ("plain", None, ""): 1,
    }


def test_effects_of_hooks_are_marked():
    """An effect tells in which hook it was done, if in one."""

    def scenario(sim):
        def act(controller):
            sim.effects.record("publish", key="a")
            return controller.response.done()

        sim.register(definition(act, on_done=lambda task: sim.effects.record("mail", key="a")))
        sim.tasks.trigger("job")

    assert [(done.slot[0], done.hook) for done in uncut(scenario).done] == [
        ("publish", None),
        ("mail", "on_done"),
    ]


# --- what it came to


def test_handled_again():
    """An event was handled again if it was delivered more than once, or inside another."""

    def scenario(sim):
        def run(controller):
            sim.checkpoint("here")
            return controller.response.done()

        sim.register(definition(run))
        sim.tasks.trigger("job")
        sim.tasks.trigger("job")

    kinds = ["redeliver", "crash", "abort", "run"]
    again = {plan: facts.is_handled_again for plan, facts in runs_of(scenario, kinds=kinds).items()}
    assert {plan.partition("@")[0].partition("[")[0] for plan, is_again in again.items() if is_again} == {
        "redeliver",
        "run",
    }
    assert not again["crash@user.here#1"]
    assert not again[""]
    again = {
        plan: f.is_handled_again for plan, f in runs_of(scenario, kinds=kinds, on_crash="retry(1)").items()
    }
    assert again["crash@user.here#1"]


def test_kinds():
    """The kinds of a plan's faults are counted once each."""

    def scenario(sim):
        sim.register(definition(lambda controller: controller.response.done()))
        sim.tasks.trigger("job")

    runs = runs_of(scenario, kinds=["delay=1s", "crash"], max_faults=2, on_crash="retry(1)")
    assert runs[""].kinds == set()
    assert runs["delay@event#1=1s"].kinds == {"delay"}
    assert runs["delay@event#1=1s delay@response.done#1=1s"].kinds == {"delay"}
    assert runs["delay@event#1=1s crash@response.done#1"].kinds == {"delay", "crash"}


def test_outcomes_have_no_order():
    """What two runs came to is equal if tasks and effects are, in whatever order effects took place."""

    def scenario(keys, status="done"):
        def build(sim):
            def run(controller):
                for key in keys:
                    sim.effects.record("publish", key=key)
                return getattr(controller.response, status)(*(["No."] if status == "error" else []))

            sim.register(definition(run))
            sim.tasks.trigger("job")

        return build

    outcome = uncut(scenario("ab")).outcome()
    assert uncut(scenario("ba")).outcome() == outcome
    assert uncut(scenario("abb")).outcome() != outcome
    assert uncut(scenario("ab", "error"), expect="failed").outcome() != outcome
