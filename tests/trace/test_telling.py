"""The story that is made of events, told from events made by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksim._model import events as e
from tasksim._trace import telling
from tasksim._trace.folding import folded
from tasksim._trace.rows import HEAD, INSIDE, LEFT_OUT, Row
from tasksim._trace.timeline import render

WORLD = ("documented", 1_704_067_200_000, 0, 900_000, 180_000, 0, "strand", "")


class Script:
    """Events made by hand: each call adds one, numbered, at the time that stands."""

    def __init__(self, *, world=WORLD):
        self.events = []
        self.now_ms = 0
        if world:
            self.add(e.SimulationStarted, "", *world)

    def add(self, kind, task, *fields):
        """Add an event."""
        self.events.append(kind(len(self.events), self.now_ms, task, *fields))
        return self

    def begin(self, task="job-1", label="", n=1, delivery="first", given=None):
        """Deliver an event and start its run."""
        self.add(e.EventStarted, task, label, n, delivery, -1, self.now_ms + 900_000)
        return self.add(e.RunStarted, task, n, given or {})

    def reach(self, what, data=None, *, task="job-1", label="", key=None, n=1):
        """Reach a checkpoint."""
        return self.add(e.CheckpointReached, task, label, what, key, n, data)

    def write(self, what, n, changes, *, task="job-1", label=""):
        """Update a record."""
        return self.add(e.RecordUpdated, task, label, what, n, n, changes)

    def rows(self, **options):
        """Return the story, without what stands around it and without the times."""
        story = render(self.events, **{"width": 100, **options}).split("\n\n")[1]
        return [line[11:] for line in story.splitlines()[1:]]


@pytest.fixture
def script():
    """A world in which a task is triggered."""
    return Script().add(e.TaskTriggered, "job-1", "", "job", "Job", None, {}, 0)


def test_checkpoints_say_what_they_answered_or_were_given(script):
    """Each kind of checkpoint is told in its own words."""
    script.begin(given={"at": 1})
    script.reach("state.get_status", "running")
    script.reach("state.get_input", {"at": 1})
    script.reach("state.get_output")
    script.reach("user.flag", data=True)
    script.reach("effect.publish", {"id": "a"}, key="a")
    script.reach("sleep", {"ms": 1500})
    script.reach("task.list_children", [])
    script.reach("task.list_children", [["a", "success"], ["b", "running"], ["a", "success"]], n=2)
    script.reach("logger.error", {"message": "Oh.", "error": {"message": "x"}})
    script.reach("response.error", {"error": {"message": "Bad.", "code": "BAD"}})
    script.reach("response.error", {"error": {"message": "Bad."}}, n=2)
    script.reach("response.done", {"message": None, "output": None})
    script.reach("response.continue", {"input": {"at": 2}, "wait": None})
    assert script.rows()[1:] == [
        'iteration 1  input {"at": 1}',
        "| state.get_status#1     running",
        '| state.get_input#1      {"at": 1}',
        "| state.get_output#1",
        "| user.flag#1            True",
        '| effect.publish["a"]#1  {"id": "a"}',
        "| sleep#1                1s500ms",
        "| task.list_children#1   none",
        "| task.list_children#2   2 success, 1 running",
        '| logger.error#1         "Oh." {"message": "x"}',
        '| response.error#1       "Bad." (BAD)',
        '| response.error#2       "Bad."',
        "| response.done#1",
        '| response.continue#1    {"at": 2}',
    ]


def test_writes_are_joined_to_what_made_them(script):
    """A write of a call stands beside it, the engine's own writes in one row, in words for what matters."""
    script.begin()
    script.add(e.LogCreated, "job-1", "", 1, "log-1", 1)
    script.write("task.update", 1, {"task_status": "running", "started_on": 0, "iterations": 1})
    script.reach("state.save").write("task.update", 2, {"input": {}}).write("log.update", 1, {"items": []})
    script.reach("logger.info", {"message": "x", "data": None}).write("task.update", 3, {"output": {}})
    script.write("task.update", 4, {"event_response": {}})
    assert script.rows()[2:] == [
        "| log.create#1, task.update#1   stored running, iterations 1, log",
        "| state.save#1                  -> task.update#2, log.update#1",
        '| logger.info#1                 "x"',
        "| task.update#3, task.update#4  stored output",
    ]


def test_in_full_each_write_has_its_row(script):
    """In full, nothing is joined and each write says what it stored."""
    script.begin()
    script.add(e.LogCreated, "job-1", "", 1, "log-1", 1)
    script.reach("state.update_input", {"at": 1}).write("task.update", 1, {"input": {"at": 1}})
    script.write("task.update", 2, {"event_response": {"name": "x"}})
    assert script.rows(full=True)[2:] == [
        "| log.create#1          stored log",
        '| state.update_input#1  {"at": 1}',
        '| task.update#1         stored {"input": {"at": 1}}',
        '| task.update#2         stored {"event_response": {"name": "x"}}',
    ]


def test_what_happens_to_others_inside_an_iteration_names_them(script):
    """What belongs to another task than the one whose iteration it is in bears that task's name."""
    script.add(e.TaskTriggered, "job-2", "job.2", "job", "Job", None, {}, 0)
    script.begin()
    script.reach("task.trigger", {"definition": "job"})
    script.add(e.TaskTriggered, "job-3", "job.3", "job", "Job", "job-1", {"a": 1}, 2.5)
    script.reach("hook.on_before_trigger", task="", label="job.4")
    script.add(e.TaskTriggered, "job-4", "job.4", "job", "Job", "job-1", {}, 60)
    script.write("task.update", 3, {"task_status": "aborted"}, task="job-2", label="job.2")
    script.add(e.TaskAborted, "job-2", "Stop.")
    script.add(e.ExceptionRaised, "job-2", "on_abort", "KeyError", "'x'")
    script.add(e.HookFailed, "job-2", "on_abort", {"message": "'x'"})
    script.add(e.AbortRefused, "job-2", {"message": "No.", "code": "NO"})
    script.write("task.update", 4, {"iterations": 9}, task="job-2", label="job.2")
    script.add(e.TaskDeleted, "job-2")
    assert script.rows() == [
        'job-1  triggered  "Job"',
        'job-2  triggered  (job.2 in a plan) "Job"',
        "job-1  iteration 1  input {}",
        '| task.trigger#1                  job-3 {"a": 1}, after 2s500ms (job.3 in a plan) "Job"',
        "| job.4:hook.on_before_trigger#1",
        '| job-4 triggered                 after 1m (job.4 in a plan) "Job"',
        '| job-2 aborted                   "Stop." -> job.2:task.update#3',
        "| job-2 on_abort raised           KeyError: \"'x'\"; the abort stands",
        '| job-2 abort refused             "No." (NO)',
        "| job.2:task.update#4             stored iterations 9",
        "| job-2 deleted",
    ]


def test_failures_stand_once(script):
    """A message is told where it arose; the answer repeats none that the iteration has told."""
    script.begin().add(e.ExceptionRaised, "job-1", "run", "ValueError", "No.")
    script.add(e.DataSimplified, "job-1", "run")
    script.add(e.HookFailed, "job-1", "on_error", {"message": "Nor that.", "code": "X"})
    script.add(e.EventAnswered, "job-1", {"status": "error", "error": {"message": "No."}})
    script.add(e.MachineEnded, "job-1", "Error")
    script.begin(n=2).add(e.EventAnswered, "job-1", {"status": "error", "error": {"message": "Other."}})
    assert script.rows()[1:] == [
        "iteration 1  input {}",
        '| run raised       ValueError: "No."',
        "| simplified       error data of run was not JSON; its text is kept",
        '| on_error failed  "Nor that." (X); the result stands',
        "= error, machine Error",
        "iteration 2  input {}",
        '= error  "Other."',
    ]


def test_time_used_is_told_at_the_end(script):
    """The last row of an iteration tells how much of the budget it used, if any."""
    script.begin()
    script.now_ms += 61_001
    script.reach("sleep", {"ms": 61_001})
    script.add(e.EventAnswered, "job-1", {"status": "continue", "input": {}, "wait": 1.5, "delay": -1})
    assert script.rows()[-1] == "= continue  used 1m1s1ms of 15m"


def test_used_time_needs_the_beginning_of_the_trace():
    """A trace without its beginning is told too, as far as it goes."""
    script = Script(world=None).begin().add(e.EventAnswered, "job-1", {"status": "done"})
    assert script.rows() == ["iteration 1  input {}", "= done"]
    assert "world     unknown: the trace does not hold its beginning" in render(script.events)


def test_event_that_is_still_handled_has_no_end(script):
    """Told from inside of an event, the story ends where it stands, and the event is named by its number."""
    script.add(e.EventStarted, "job-1", "", 1, "first", 60, 900_000)
    assert script.rows()[1:] == ["event#1 (the delay of its trigger)"]
    script.add(e.EventStarted, "job-2", "", 3, "retry", -1, 900_000).reach("event", task="job-2")
    assert script.rows()[-2:] == ["job-2  event#3 (retry)", "| event#1"]


def test_deadline_reached_is_no_fault(script):
    """A run that reaches its deadline by itself is killed at that checkpoint, neither before nor after it."""
    script.begin().reach("sleep", {"ms": 900_000})
    script.now_ms += 900_000
    script.add(e.RunWasKilled, "job-1", "timeout", "sleep#1").add(e.MachineEnded, "job-1", "UnknownError")
    assert script.rows()[-2:] == [
        "| sleep#1  killed: its budget is used up",
        "= killed by timeout, machine UnknownError  the task stays pending, used 15m of 15m",
    ]


def test_machine_that_ends_by_itself_has_its_own_row():
    """Where no answer ended the machine, its end says what becomes of the task."""
    script = Script().add(e.MachineEnded, "seeded-1", "TimedOut")
    assert script.rows() == ["machine TimedOut  the task stays as it is"]
    script = Script().begin().add(e.MachineEnded, "job-1", "UnknownError")
    assert script.rows()[-1] == "= machine UnknownError  the task stays as it is"


def test_faults_mark_the_row_they_strike(script):
    """A fault stands beside the checkpoint that it struck, an abort beside the abort."""
    script.begin()
    script.add(e.FaultFired, "job-1", "delay@sleep#1=90s", "sleep#1").reach("sleep", {"ms": 1})
    script.add(e.FaultFired, "job-1", "abort@sleep#2", "sleep#2")
    script.add(e.FaultFired, "job-1", "crash@sleep#2", "sleep#2")
    script.add(e.RunWasKilled, "job-1", "crash", "sleep#2")
    assert script.rows()[2:] == [
        "| sleep#1  1ms  <- fault delay@sleep#1=90s",
        "| sleep#2  <- fault abort@sleep#2",
        "| sleep#2  killed before it  <- fault crash@sleep#2",
        "= killed by crash",
    ]


def test_refused_abort_bears_its_fault(script):
    """An abort that was planned and refused is marked where it was refused."""
    script.begin().add(e.FaultFired, "job-1", "abort@sleep#1", "sleep#1")
    script.add(e.AbortRefused, "job-1", {"message": "No."})
    assert script.rows()[-1] == '| abort refused  "No."  <- fault abort@sleep#1'


def test_fault_at_the_very_end_is_told(script):
    """A fault that is the last of all events has a row of its own, and so has one that leads to no abort."""
    script.begin().add(e.FaultFired, "job-1", "abort@sleep#1", "sleep#1")
    script.write("task.update", 1, {"iterations": 2})
    script.add(e.FaultFired, "job-1", "abort@wait#1", "wait#1").write("task.update", 2, {"iterations": 3})
    assert script.rows()[2:] == [
        "| sleep#1        <- fault abort@sleep#1",
        "| task.update#1  stored iterations 2",
        "| wait#1         <- fault abort@wait#1",
        "| task.update#2  stored iterations 3",
    ]


def test_hidden_write_is_shown_if_a_fault_struck_it(script):
    """What a trigger stores in its task is not worth a row, but is where a fault struck."""
    script.begin().add(e.FaultFired, "job-1", "lost_ack@task.update#1", "task.update#1")
    script.write("task.update", 1, {"event_response": {}})
    assert script.rows()[-1] == "| task.update#1  <- fault lost_ack@task.update#1"


def test_mark_without_room_stands_below():
    """Where a mark has no room beside the value it stands below, short if need be, or under the name."""
    script = Script(world=(*WORLD[:-1], "x")).begin()
    script.reach("user.a", "v" * 40)
    script.add(e.FaultFired, "job-1", "crash@user.bbbbbbbbbbbb#1+", "user.bbbbbbbbbbbb#1")
    script.reach("user.bbbbbbbbbbbb", "v" * 40)
    assert script.rows(width=60)[2:] == [
        '| user.bbbbbbbbbbbb#1  "vvvvvvvvvvvvvvvvvvvvv..."',
        "|                      <- fault crash@...+",
    ]
    script.reach("user." + "c" * 24)
    assert script.rows(width=60)[2:4] == [
        '| user.bbbbbbbbbbbb#1              "vvvvvvvvv..."',
        "|   <- fault crash@user.bbbbbbbbbbbb#1+",
    ]


def test_notes_are_wrapped_not_cut(script):
    """A note is told whole, on as many lines as it takes, inside of an iteration or outside."""
    words = " ".join(["word"] * 15)
    script.add(e.Noted, "", words).begin().add(e.Noted, "job-1", words)
    assert script.rows(width=60)[1:] == [
        "note  word word word word word word word word",
        "      word word word word word word word",
        "iteration 1  input {}",
        "| note  word word word word word word word word",
        "|       word word word word word word word",
    ]


def test_notes_of_a_task_stand_in_its_columns(script):
    """With a column of tasks, the further lines of a note do not repeat the task."""
    script.add(e.TaskTriggered, "job-2", "job.1", "job", "Job", None, {}, 0)
    script.add(e.Noted, "job-2", " ".join(["word"] * 12))
    assert script.rows(width=60)[2:] == [
        "job-2  note  word word word word word word word",
        "             word word word word word",
    ]


def test_acts_and_seeds_are_told():
    """Acts of the outside world and seeded records are told where they happened."""
    script = Script().add(e.RecordsSeeded, "", 1, 2).add(e.ActPerformed, "", "give_up")
    script.add(e.TriggerRefused, "", "jop", {"message": "None.", "code": "NO"})
    assert script.rows() == [
        "seeded  1 task, 2 logs",
        "outside world  give_up",
        'trigger refused  jop: "None." (NO)',
    ]


def rounds(script, count, *, length=2):
    """Ask questions in equal rounds."""
    for n in range(1, count + 1):
        for what in ("runtime.is_aborted", "runtime.is_close_to_timeout", "state.get_input")[:length]:
            script.now_ms += 1000
            script.reach(what, data=False, n=n)
    return script


@pytest.mark.parametrize(
    ("count", "length", "shown"), [(3, 1, 3), (5, 1, 5), (6, 1, 3), (3, 2, 6), (4, 2, 5)]
)
def test_equal_rounds_are_folded_if_that_saves_three_lines(script, count, length, shown):
    """Of equal rounds the first and the last are shown, if that saves at least three lines."""
    rows = rounds(script.begin(), count, length=length).rows()[2:]
    assert len(rows) == shown
    assert any(row.startswith(": ") for row in rows) == (shown < count * length)


def test_folded_rounds_say_how_many_and_until_when(script):
    """The row for what is left out counts the rounds, and says when the last ended."""
    assert rounds(script.begin(), 9, length=1).rows()[3] == ": 7 more like this, until 00:08.000"
    again = Script().begin()
    assert rounds(again, 4).rows()[3] == ": 2 more rounds of these 2 lines, until 00:06.000"


def test_another_answer_ends_the_rounds(script):
    """A round with another answer, or another fault, is never left out."""
    rounds(script.begin(), 6, length=1)
    script.reach("runtime.is_aborted", data=True, n=7)
    script.add(e.FaultFired, "job-1", "delay@runtime.is_aborted#8=1s", "runtime.is_aborted#8")
    for n in range(8, 16):
        script.reach("runtime.is_aborted", data=False, n=n)
    assert [row.split("#")[0] for row in script.rows()[4:]] == [
        "| runtime.is_aborted",
        "| runtime.is_aborted",
        "| runtime.is_aborted",
        "| runtime.is_aborted",
        ": 5 more like this",
        "| runtime.is_aborted",
    ]


def iterations(script, count):
    """Continue again and again."""
    for n in range(1, count + 1):
        script.begin(n=n)
        script.reach("response.continue", {"input": {"at": n}, "wait": 60}, n=n)
        script.add(e.EventAnswered, "job-1", {"status": "continue", "input": {}, "wait": 60})
        script.now_ms += 60_000
    return script


def test_equal_iterations_are_folded(script):
    """Whole iterations are folded as well, from their first row on, unless all is wanted in full."""
    rows = iterations(script, 20).rows()[1:]
    assert [row.split("  ")[0] for row in rows] == [
        "iteration 1",
        "| response.continue#1",
        "= continue",
        ": 18 more iterations, until 18:00.000",
        "iteration 20",
        "| response.continue#20",
        "= continue",
    ]
    assert len(script.rows(full=True)) == 1 + 60


def test_triggers_of_many_tasks_are_folded():
    """A hundred tasks of one definition are triggered in three lines, and so are as many deleted."""
    script = Script()
    for n in range(1, 101):
        script.add(e.TaskTriggered, f"job-{n}", f"job.{n}", "job", "Job", None, {}, 0)
    for n in range(1, 101):
        script.add(e.TaskDeleted, f"job-{n}")
    rows = [row.replace("   ", "") for row in script.rows()]
    assert [row for row in rows if row.startswith(":")] == [": 98 more like this"] * 2
    assert len(rows) == 6


ROWS = st.lists(
    st.tuples(st.sampled_from([HEAD, INSIDE]), st.sampled_from([None, ("a",), ("b",), ("c",)])), max_size=60
)


@given(ROWS | st.tuples(ROWS, st.integers(2, 9)).map(lambda drawn: drawn[0] * drawn[1]))
def test_folding_keeps_what_is_unique(drawn):
    """Folded or not, the first and last row and every unique row are there, and at least three are saved."""
    rows = [Row(at, "job-1", gutter, str(at), like=like) for at, (gutter, like) in enumerate(drawn)]
    kept = folded(rows)
    shown = [row for row in kept if row.gutter != LEFT_OUT]
    assert [row for row in rows if row in shown] == shown
    assert all(row in shown for row in [*rows[:1], *rows[-1:]])
    assert all(row in shown for row in rows if row.like is None)
    assert len(kept) in (len(rows), *range(len(rows) - 2))


def test_only_the_last_iterations(script):
    """Only so many iterations are shown as are wanted; the row before says how many there were."""
    iterations(script, 5)
    assert [row.split("  ")[0] for row in script.rows(last=1)] == [
        ": 4 iterations before this",
        "iteration 5",
        "| response.continue#5",
        "= continue",
    ]
    assert script.rows(last=5) == script.rows()


def test_only_some_tasks():
    """Only the wanted tasks are told of, with what belongs to none."""
    script = Script()
    for task, label in (("a-1", ""), ("b-2", "b.1")):
        script.add(e.TaskTriggered, task, label, task[0], "T", None, {}, 0).begin(task, label)
        script.add(e.EventAnswered, task, {"status": "done"})
    script.add(e.ActPerformed, "", "act")
    assert script.rows(tasks="a-1") == [
        'triggered  a-1 "T"',
        "iteration 1  input {}",
        "= done",
        "outside world  act",
    ]
    assert script.rows(tasks=["b-2"])[0] == 'b-2   triggered  (b.1 in a plan) "T"'.replace("   ", "  ")
    assert script.rows(tasks=iter(["b-2", "a-1"])) == script.rows()


def test_every_kind_of_event_is_told_or_told_by_another():
    """No kind of event is forgotten."""
    assert set(telling._TELL) == set(e.EVENT_KINDS.values())


def test_writes_before_and_after_a_run_that_touches_nothing(script):
    """What is stored before a run and what its result stores have rows of their own."""
    script.begin()
    script.add(e.LogCreated, "job-1", "", 1, "log-1", 1)
    script.write("task.update", 1, {"task_status": "running", "iterations": 1})
    script.write("task.update", 2, {"task_status": "success"}).write("log.update", 1, {"items": []})
    assert script.rows()[2:] == [
        "| log.create#1, task.update#1  stored running, iterations 1, log",
        "| task.update#2, log.update#1  stored success, log",
    ]
