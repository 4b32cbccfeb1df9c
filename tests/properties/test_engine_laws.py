"""Laws of the engine: cuts change no outcome, and no scenario breaks it or runs twice differently."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasksim import Limits, Simulator, TasksimError, create_task_definition

PROFILES = ("documented", "webiny-5", "webiny-6")
LAWS = settings(deadline=None)


# --- a well-written definition ends as with an unlimited budget, however it is cut


def publishing(costs, writes, published):
    """Make a well-written definition: a cursor over items, each of which takes its time."""

    def run(input, controller):
        at = input.get("at", 0)
        while at < len(costs):
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            published.sim.spend(costs[at] / 1000)
            published.items.append(at)
            at += 1
            if writes:
                controller.state.update_input({"at": at})
        return controller.response.done(output={"count": at, "sum": sum(costs)})

    return create_task_definition(
        id="publish", title="Publish", run=run, max_iterations=10_000, database_logs=True
    )


class Published:
    """What was published, and the simulator whose time that took."""

    def __init__(self):
        self.items = []
        self.sim = None


def outcome(costs, writes, **settings):
    """Run the definition; return what it did and how it ended."""
    published = Published()
    published.sim = sim = Simulator([publishing(costs, writes, published)], freeze=False, **settings)
    execution = sim.run("publish")
    return published.items, execution.status, execution.output, execution.machine, len(execution.iterations)


@pytest.mark.parametrize("profile", PROFILES)
@LAWS
@given(
    costs=st.lists(st.integers(0, 900), max_size=12),
    writes=st.booleans(),
    spare=st.integers(1, 5_000),
    tick=st.integers(0, 50),
)
def test_cuts_change_nothing(profile, costs, writes, spare, tick):
    """Cut into slices by any budget and tick, a well-written definition ends as with an unlimited budget."""
    whole = outcome(costs, writes, profile=profile, budget="10d")
    # Close means that less than a unit and all its checkpoints would take is left.
    limit_ms = 901 + 12 * tick
    # Before the first question an event has three checkpoints.
    budget_ms = limit_ms + 5 * tick + spare
    cut = outcome(
        costs,
        writes,
        profile=profile,
        budget=budget_ms / 1000,
        close_limit=limit_ms / 1000,
        tick=tick / 1000,
    )
    assert cut[:4] == whole[:4] == (list(range(len(costs))), "success", whole[2], "Done")
    assert cut[4] >= whole[4] == 1


# --- random scenarios: documented errors only, and the same trace twice

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False, width=16)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)
TEXTS = st.sampled_from(["", "a", "Längere Nachricht"])
SAVES = st.booleans()
ERRORS = TEXTS | st.fixed_dictionaries({"message": TEXTS}, optional={"code": TEXTS, "data": JSON})

OPS = st.one_of(
    st.tuples(st.just("advance"), st.integers(0, 400_000)),
    st.tuples(st.just("close"), st.none() | st.integers(-5, 900)),
    st.tuples(st.just("is_aborted")),
    st.tuples(st.just("info"), TEXTS, JSON, SAVES),
    st.tuples(st.just("log_error"), TEXTS, JSON, SAVES),
    st.tuples(st.just("update_input"), OBJECTS, SAVES),
    st.tuples(st.just("replace_input"), OBJECTS),
    st.tuples(st.just("update_output"), OBJECTS, SAVES),
    st.tuples(
        st.just("update_task"),
        st.fixed_dictionaries(
            {}, optional={"name": TEXTS, "iterations": st.integers(0, 9), "output": OBJECTS}
        ),
        SAVES,
    ),
    st.tuples(st.just("save")),
    st.tuples(st.just("reads")),
    st.tuples(st.just("mutate"), OBJECTS),
    st.tuples(st.just("abort"), st.none() | TEXTS),
    st.tuples(st.just("delete")),
    st.tuples(
        st.just("child"),
        st.sampled_from(["part", "unknown"]),
        OBJECTS,
        st.sampled_from([0, 5, 1.5, -1, 40_000_000]),
    ),
    st.tuples(st.just("list")),
    st.tuples(st.just("sleep"), st.sampled_from([0, 0.5, 3])),
    st.tuples(st.just("raise"), TEXTS, JSON),
    st.tuples(st.just("done"), st.none() | TEXTS, st.none() | OBJECTS),
    st.tuples(st.just("continue"), OBJECTS, st.none() | st.sampled_from([0, 0.5, 1, 2.5, 3600, 40_000_000])),
    st.tuples(st.just("error"), ERRORS),
    st.tuples(st.just("aborted")),
    st.tuples(st.just("nothing")),
)
HOOKS = ("on_before_trigger", "on_done", "on_error", "on_abort", "on_max_iterations")
WHATS = (
    "event#1",
    "event#2",
    "task.update#1",
    "task.update#2",
    "log.create#1",
    "log.update#1",
    "state.update_input#1",
    "task.trigger#1",
    "hook.on_done#1",
    "wait#1",
)
FAILING = tuple(what for what in WHATS if what.startswith(("task.", "log.", "state.")))
PLANS = st.lists(
    st.builds("{}@{}".format, st.sampled_from(["abort", "crash", "timeout"]), st.sampled_from(WHATS))
    | st.builds("{}@{}".format, st.sampled_from(["fail", "lost_ack"]), st.sampled_from(FAILING))
    | st.builds("fail@write#{}".format, st.integers(1, 6))
    | st.builds("redeliver@{}".format, st.integers(1, 3)),
    max_size=3,
    unique=True,
)
SCENARIOS = st.fixed_dictionaries(
    {
        "profile": st.sampled_from(PROFILES),
        "slices": st.lists(st.lists(OPS, max_size=5), min_size=1, max_size=4),
        "hooks": st.dictionaries(st.sampled_from(HOOKS), st.booleans(), max_size=3),
        "max_iterations": st.integers(0, 4),
        "logs": st.booleans(),
        "cleanup": st.none() | st.sampled_from(["always", "onSuccess", "onError", "onAbort", "never"]),
        "input": OBJECTS,
        "delay": st.sampled_from([0, 30, 2.5, 30_672_000]),
        "plan": PLANS,
        "on_crash": st.none() | st.sampled_from(["strand", "retry(1)", "redeliver(15m)"]),
        "tick": st.sampled_from([0, 0.001, 20]),
        "abort_after": st.none() | st.sampled_from([0, 10, 4000]),
    }
)


class Scripted(Exception):
    """What a scripted run raises."""

    def __init__(self, message, data):
        super().__init__(message)
        self.code = "SCRIPTED"
        self.data = data


class Player:
    """A scenario, played on the public face."""

    def __init__(self, scenario):
        self.slices = scenario["slices"]
        self.saves = scenario["profile"] != "webiny-6"
        self.runs = 0
        self.hooks = scenario["hooks"]
        attributes = {hook: self.hook(hook) for hook in self.hooks}
        definition = create_task_definition(
            id="scripted",
            title="Scripted",
            run=self.run,
            max_iterations=scenario["max_iterations"],
            disable_database_logs=not scenario["logs"],
            database_logs=scenario["logs"],
            self_cleanup=scenario["cleanup"],
            **attributes,
        )
        self.sim = Simulator(
            [definition],
            profile=scenario["profile"],
            plan=scenario["plan"],
            on_crash=scenario["on_crash"],
            tick=scenario["tick"],
            limits=Limits(events=300),
        )
        self.sim.stub("part", done={"ok": True}, after=5)

    def hook(self, name):
        """Make a hook, which perhaps raises."""

        def call():
            if self.hooks[name]:
                raise Scripted(name, {"hook": name})

        return call

    def run(self, input, store, response, controller, context, trigger):
        """Do what the next slice says; without an answer, be done."""
        ops = self.slices[min(self.runs, len(self.slices) - 1)]
        self.runs += 1
        for op in ops:
            try:
                result = self.act(op, input, store, response, controller, context, trigger)
            except TasksimError:
                continue  # a careless task
            if result is not None:
                return result
        return response.done()

    def act(  # noqa: C901, PLR0912 - one branch an op
        self, op, input, store, response, controller, context, trigger
    ):
        """Do one op."""
        match op:
            case "advance", ms:
                self.sim.spend(ms / 1000)
            case "close", seconds:
                controller.runtime.is_close_to_timeout(seconds)
            case ("is_aborted",):
                controller.runtime.is_aborted()
            case "info", message, data, save:
                store.add_info_log(message, data, save=save or not self.saves)
            case "log_error", message, error, save:
                store.add_error_log(message, error, {"a": 1}, save=save or not self.saves)
            case "update_input", value, save:
                store.update_input(value, save=save or not self.saves)
            case "replace_input", value:
                store.update_input(lambda _: value)
            case "update_output", value, save:
                store.update_output(value, save=save or not self.saves)
            case "update_task", changes, save:
                store.update_task(changes, save=save or not self.saves)
            case ("save",):
                store.save()
            case ("reads",):
                store.get_task(), store.get_input(), store.get_output(), store.get_status()
            case "mutate", value:
                input.update(value)
            case "abort", message:
                context.tasks.abort(store.get_task(), message=message)
            case ("delete",):
                context.tasks.delete_task(store.get_task())
            case "child", definition, value, delay:
                trigger(definition, input=value, delay=delay)
            case ("list",):
                store.list_child_tasks()
            case "sleep", seconds:
                time.sleep(seconds)
            case "raise", message, data:
                raise Scripted(message, data)
            case "done", message, output:
                return response.done(message, output)
            case "continue", value, seconds:
                return response.continue_(value, seconds=seconds)
            case "error", error:
                return response.error(error)
            case ("aborted",):
                return response.aborted()
            case ("nothing",):
                return 3
        return None

    def play(self, scenario):
        """Play the scenario to idle; return what was raised and the hash of the trace."""
        raised = []
        try:
            task = self.sim.tasks.trigger("scripted", input=scenario["input"], delay=scenario["delay"])
            if scenario["abort_after"] is not None:
                self.sim.at(scenario["abort_after"], lambda: self.sim.tasks.abort(task))
        except (TasksimError, Scripted) as error:
            raised.append(str(error))
        for _ in range(20):
            try:
                self.sim.run_until_idle()
                break
            except TasksimError as error:
                raised.append(str(error))
        return raised, self.sim.trace.sha256()


@settings(LAWS)
@given(SCENARIOS)
def test_scenarios_raise_documented_errors_and_repeat(scenario):
    """A random scenario raises nothing but documented errors, and has the same trace twice."""
    assert Player(scenario).play(scenario) == Player(scenario).play(scenario)
