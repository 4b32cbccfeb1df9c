"""Jobs that tests of checking share: definitions, and scenarios of one task that publishes pages."""

from tasksim import create_task_definition
from tasksim._faults.plan import render

PAGES = 2
LEAST = "close_to_timeout@runtime.is_close_to_timeout#2"
"""The least plan under which `skipping` loses a page."""


def definition(run, id="job", **attributes):
    """Make a definition without logs, which keeps runs short, unless it says otherwise."""
    return create_task_definition(
        **{"id": id, "title": "Job", "run": run, "disable_database_logs": True, **attributes}
    )


def scenario_of(run, *, is_made_anew=False):
    """Return a scenario of one task whose function takes the simulator first; it may come from a factory."""

    def scenario(sim):
        def its(input, controller):
            return run(sim, input, controller)

        sim.register((lambda: definition(its)) if is_made_anew else definition(its))
        sim.tasks.trigger("job")

    return scenario


def publish(sim, input, controller):
    """Publish each page, and stop where it is told."""
    for at in range(input.get("at", 0), PAGES):
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"at": at})
        with sim.effects.record("publish", key=str(at)):
            pass
    return controller.response.done()


def skip(sim, input, controller):
    """Do the same, and forget the page at which it was stopped, unless it was the first."""
    for at in range(input.get("at", 0), PAGES):
        if controller.runtime.is_close_to_timeout():
            return controller.response.continue_({"at": at + (at > 0)})
        with sim.effects.record("publish", key=str(at)):
            pass
    return controller.response.done()


publishing, skipping = scenario_of(publish), scenario_of(skip)
working = scenario_of(publish, is_made_anew=True)


def texts(report):
    """Return the plans of the findings."""
    return [render(finding.plan) for finding in report.findings]
