"""The timeline of what cold starts, jumps of the clock, orders and events inside events do."""

from tasksim import Simulator, create_task_definition

SAVE = "state.update_input#1"


def define(id, run=None, **attributes):
    """Return a definition that touches the world twice, without logs."""

    def save(controller):
        controller.state.update_input({"saved": True})
        return controller.response.done()

    return create_task_definition(id=id, title=id, run=run or save, disable_database_logs=True, **attributes)


def rows(plan, *definitions, **settings):
    """Trigger one task of each, run to idle, and return the rows without times."""
    sim = Simulator(definitions, freeze=False, plan=plan, **settings)
    for definition in definitions:
        sim.tasks.trigger(definition.id)
    sim.run_until_idle()
    sim.close()
    story = sim.trace.text(width=120).split("\n\n")[1]
    lines = [line[11:] for line in story.splitlines()[1:]]
    first = next(at for at, line in enumerate(lines) if "iteration" in line or "event#" in line)
    return lines[first:]


def test_event_inside_another_stands_in_its_place():
    """The inner iteration is told whole where it was handled; then the outer one goes on."""
    assert rows(f"run[sendMail.1]@{SAVE}", define("reindex"), define("sendMail")) == [
        "reindex-0001   iteration 1  input {}",
        "| task.update#1         stored running, iterations 1",
        f"| {SAVE}  an event of sendMail.1 is handled inside  <- fault run[sendMail.1]@...",
        "sendMail-0002  iteration 1  input {}",
        "| task.update#1         stored running, iterations 1",
        f'| {SAVE}  {{"saved": true}} -> task.update#2',
        "| response.done#1",
        "| task.update#3         stored success",
        "= done, machine Done",
        "reindex-0001   event#1 goes on",
        f'| {SAVE}  {{"saved": true}} -> task.update#2',
        "| response.done#1",
        "| task.update#3         stored success",
        "= done, machine Done",
    ]


def test_duplicate_inside_its_own_event():
    """An overlapping duplicate is told as one, and the outer iteration has its own input and end."""
    fault = "run[reindex.1]@task.update#1"
    assert rows(fault, define("reindex")) == [
        'iteration 1  input {"saved": true}',  # it goes on from what the duplicate stored
        f"| task.update#1         an event of reindex.1 is handled inside  <- fault {fault}",
        "iteration 1 (event#2, duplicate)  input {}",
        "| task.update#2         stored running, iterations 1",
        f'| {SAVE}  {{"saved": true}} -> task.update#3',
        "| response.done#1",
        "| task.update#4         stored success",
        "= done, ignored: a duplicate",
        "event#1 goes on",
        "| task.update#1         stored running, iterations 1",
        '| state.update_input#2  {"saved": true}',  # which is stored already
        "| response.done#2",
        "| task.update#5         stored success",
        "= done, machine Done",
    ]


def test_touches_after_it_are_of_the_outer_event():
    """After the inner iteration, rows of the outer one stand inside it, and its budget is its own."""
    told = rows(
        f"run[sendMail.1]@{SAVE} crash@sendMail.1:{SAVE} clock@{SAVE}=-1h",
        define("reindex"),
        define("sendMail"),
        tick="1s",
        on_crash="strand",
    )
    assert told[3:] == [
        "sendMail-0002  iteration 1  input {}",
        "| task.update#1         stored running, iterations 1",
        f"| {SAVE}  killed before it  <- fault crash@sendMail.1:{SAVE}",
        "= killed by crash, machine UnknownError  the task stays running, used 2s of 15m",
        "reindex-0001   event#1 goes on",
        f'| {SAVE}  {{"saved": true}} -> task.update#2  <- fault clock@{SAVE}=-1h',
        "| response.done#1",
        "| task.update#3         stored success",
        "= done, machine Done  used 8s of 15m",
    ]


def test_next_fault_of_the_touch_comes_after_it():
    """What else strikes at the touch is told after the inner iteration, in the outer one."""
    told = rows(
        f"run[sendMail.1]@{SAVE} fail@{SAVE}",
        define("reindex"),
        define("sendMail"),
    )
    assert told[8:] == [
        "= done, machine Done",
        "reindex-0001   event#1 goes on",
        f"| {SAVE}  failed, and did nothing  <- fault fail@{SAVE}",
        '| run raised            EngineError: "Storage write failed."',
        "| task.update#2         stored failed, output",
        "= error, machine Error",
    ]


def test_order_marks_what_went_first():
    """The fault stands beside the event that it let go first."""
    told = rows("order@0s=2", define("reindex"), define("sendMail"))
    assert told[0] == "sendMail-0002  iteration 1  input {}  <- fault order@0s=2"
    assert sum("order@" in line for line in told) == 1


def test_order_marks_an_act_too():
    """The fault stands beside an act that it let go first."""
    sim = Simulator([define("reindex")], freeze=False, plan="order@0s=2")
    sim.tasks.trigger("reindex")
    sim.at(0, lambda: None)
    sim.run_until_idle()
    assert "outside world  act  <- fault order@0s=2" in sim.trace.text(width=100)


def test_cold_start_and_jump():
    """A cold event says so; a jump is marked where it struck."""

    class Reindex:
        id = "reindex"
        title = "Reindex"
        disable_database_logs = True

        def run(self, controller):
            controller.state.update_input({"saved": True})
            return controller.response.done()

    assert rows(f"cold@1 clock@event#1=2h clock@{SAVE}=-1h", Reindex) == [
        "iteration 1  input {}",
        "| event#1               on a fresh instance  <- fault cold@1",
        "| event#1               <- fault clock@event#1=2h",
        "| task.update#1         stored running, iterations 1",
        f'| {SAVE}  {{"saved": true}} -> task.update#2  <- fault clock@{SAVE}=-1h',
        "| response.done#1",
        "| task.update#3         stored success",
        "= done, machine Done",
    ]


def test_jump_from_outside_after_an_iteration():
    """A fault that strikes a call from outside is not told of the iteration before."""
    sim = Simulator(
        [define("reindex", on_before_trigger=lambda: None)],
        freeze=False,
        plan="clock@reindex.2:hook.on_before_trigger#1=-1h",
    )
    sim.run("reindex")
    sim.run("reindex")
    sim.close()
    marked = [line for line in sim.trace.text(width=120).splitlines() if "<- fault clock" in line]
    assert len(marked) == 1
    assert "hook.on_before_trigger#1" in marked[0].partition("<-")[0]
