"""What the tests of effects share: worlds with one definition, whose run gets the simulator."""

import inspect

import pytest

from tasksim import Simulator, create_task_definition
from tasksim._model.results import Result

HOOKS = ("on_before_trigger", "on_done", "on_error", "on_abort", "on_max_iterations", "max_iterations")


@pytest.fixture
def simulate():
    """Return what makes a simulator with the definition `job`; a run that returns no result is done."""

    def make(run, plan=None, **options):
        attributes = {name: options.pop(name) for name in HOOKS if name in options}
        sim = Simulator(freeze=False, plan=plan, **options)

        def call(controller):
            given = run(sim, controller)
            return given if isinstance(given, Result) else controller.response.done()

        async def call_async(controller):
            given = await run(sim, controller)
            return given if isinstance(given, Result) else controller.response.done()

        call = call_async if inspect.iscoroutinefunction(run) else call
        sim.register(create_task_definition(id="job", title="Job", run=call, **attributes))
        return sim

    return make


@pytest.fixture
def run(simulate):
    """Return what makes that simulator and runs its task to the end; every planned fault must fire."""

    def make(run, plan=None, **options):
        sim = simulate(run, plan, **options)
        execution = sim.run("job")
        sim.close()
        return sim, execution

    return make


@pytest.fixture
def entries():
    """Return what lists the effects of a simulator as their checkpoints."""

    def read(sim):
        return [effect.checkpoint for effect in sim.effects]

    return read
