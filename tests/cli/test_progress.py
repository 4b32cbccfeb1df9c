"""The progress bar."""

import io
import sys

import pytest

from tasksim.cli import printing
from tasksim.cli.progress import Progress, RealClock


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


class Clock:
    """A clock that somebody else moves."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def terminal(monkeypatch):
    """Give a function that lets a stream be a terminal; pytest sets the streams anew before the test."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")

    def make(name="stderr"):
        stream = Terminal()
        monkeypatch.setattr(sys, name, stream)
        return stream

    return make


def test_waits_for_a_second(terminal):
    """Nothing is shown within the first second, and then ten times a second at most."""
    terminal()
    clock = Clock()
    progress = Progress("running", now=clock)
    clock.seconds = 0.99
    assert not progress.is_due()
    clock.seconds = 1.0
    assert progress.is_due()
    progress.show(5, "5 events")
    assert not progress.is_due()
    clock.seconds = 1.1
    assert progress.is_due()
    progress.hide()


def test_shows_what_is_done(terminal):
    """It shows what is done and how much, of how much where that is known, and takes itself away."""
    screen = terminal()
    with Progress("replaying", 752, now=Clock()) as progress:
        progress.show(17)
        assert "replaying" in screen.getvalue()
        assert "17/752" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")
    length = len(screen.getvalue())
    progress.hide()
    assert len(screen.getvalue()) == length


def test_comes_back_after_it_was_hidden(terminal):
    """Hidden for something else to be printed, it is shown again by the next."""
    screen = terminal()
    with Progress("running", now=Clock()) as progress:
        progress.show(1, "1 event")
        progress.hide()
        progress.show(2, "2 events")
    assert "2 events" in screen.getvalue()


def test_only_on_a_terminal(monkeypatch):
    """Where stderr is no terminal the clock is not even read."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not Progress("running", now=lambda: pytest.fail("The clock was read.")).is_due()


@pytest.mark.parametrize("blocked", [True, False])
def test_only_with_rich(terminal, monkeypatch, blocked):
    """Without rich there is no bar, whether its import is blocked or it is not installed."""
    terminal()
    if blocked:
        monkeypatch.setitem(sys.modules, "rich", None)
    else:
        monkeypatch.delitem(sys.modules, "rich", raising=False)
        monkeypatch.setattr(printing, "find_spec", lambda name: None)
    assert not Progress("running", now=lambda: pytest.fail("The clock was read.")).is_due()


def test_run_shows_it(shop, invoke, monkeypatch):
    """A run shows the events handled and the virtual time."""
    shown = []
    monkeypatch.setattr("tasksim.cli.running.Progress.is_due", lambda self: True)
    monkeypatch.setattr(
        "tasksim.cli.running.Progress.show", lambda self, done, text: shown.append((done, text))
    )
    invoke("run", "shop.py:CountUp", "--input", '{"up_to": 3}')
    assert shown[1] == (2, "2 events, 1m15s of virtual time")


def test_check_shows_it(publish, invoke, monkeypatch):
    """A check shows the runs made, of those known, how many a second, and what was found."""
    shown = []
    monkeypatch.setattr("tasksim.cli.checking.Progress.is_due", lambda self: True)
    monkeypatch.setattr("tasksim.cli.checking.Progress.per_second", lambda self, done: 1_000 * done)
    monkeypatch.setattr(
        "tasksim.cli.checking.Progress.show",
        lambda self, done, text, *, total: shown.append((self._what, done, total, text)),
    )
    quick = ("--kinds", "close_to_timeout", "--without", "progress,bounded-state")
    invoke("check", "publish.py:skipping", *quick)
    assert shown == [
        ("checking", 1, 2, "1 of 2 runs, 1,000 a second, 1 finding"),
        ("checking", 2, 2, "2 of 2 runs, 2,000 a second, 1 finding"),
    ]
    invoke("check", "publish.py:publishing", *quick, "--profile", "generic,webiny-5")
    assert [what for what, *_ in shown[2:]] == ["checking generic"] * 2 + ["checking webiny-5"] * 2
    assert shown[-1][-1].endswith(", 0 findings")


def test_rate_and_total(terminal):
    """How many were done a second is told of all the time so far; a total may become known on the way."""
    screen = terminal()
    clock = Clock()
    with Progress("checking", now=clock) as progress:
        clock.seconds = 2.5
        assert progress.per_second(1_000) == 400
        progress.show(1_000, "1,000 of 4,000 runs", total=4_000)
        assert "1,000 of 4,000 runs" in screen.getvalue()
        assert "1000/4000" not in screen.getvalue()


def test_conform_shows_it(invoke, monkeypatch):
    """A replay shows how many rows are done."""
    shown = []
    monkeypatch.setattr("tasksim.cli.conforming.Progress.is_due", lambda self: True)
    monkeypatch.setattr("tasksim.cli.conforming.Progress.show", lambda self, done: shown.append(done))
    invoke("conform", given='{"odd": 1}\n' * 3)
    assert shown == [0, 1, 2]


def test_clock_is_real(shop, invoke):
    """The bar's clock goes on while the simulation's stands still."""
    from freezegun import freeze_time  # noqa: PLC0415 - one test needs it

    with freeze_time("2024-01-01"):
        before = RealClock.now()
        while RealClock.now() == before:
            pass


@pytest.mark.parametrize(
    ("environment", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour(terminal, monkeypatch, environment, colour):
    """Colour is for terminals that did not refuse it."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    screen = printing.screen_of(terminal("stdout"))
    assert screen.colour is colour
    assert screen.unicode
    assert not printing.screen_of(io.StringIO()).colour


def test_colours_of_verdicts(publish, terminal, monkeypatch):
    """On a terminal what a check and a replay find is red, a run that passes green, and stories are not."""
    from tasksim.cli import checking, replaying  # noqa: PLC0415
    from tasksim.cli.searching import Search  # noqa: PLC0415
    from tasksim.cli.settings import Options  # noqa: PLC0415

    screen = terminal("stdout")
    monkeypatch.delenv("NO_COLOR", raising=False)
    search = Search(kinds="close_to_timeout")
    for target, profile in (("skipping", "generic,documented"), ("publishing", None)):
        checking.check_target(f"publish.py:{target}", profile, Options(), search, checking.Show())
    replaying.replay_target("publish.py:skipping", "v1", replaying.Show(timeline=True))
    shown = screen.getvalue()
    assert "\x1b[1mdocumented: \x1b[0m\x1b[1;31m1 finding\x1b[0m\n" in shown
    assert "\x1b[1;31mresume-equivalence: " in shown
    assert "\n  plan       close_to_timeout@" in shown
    assert "\n'publishing' passes. " in shown
    assert "\N{BOX DRAWINGS LIGHT VERTICAL}" in shown
    assert "\x1b[1;32m'skipping' passes\x1b[0m without faults." in shown


def test_colours(shop, terminal, monkeypatch):
    """On a terminal the summary and the timeline are the same text, in colour and unicode."""
    from tasksim.cli.running import Show, run_definition  # noqa: PLC0415
    from tasksim.cli.settings import Options  # noqa: PLC0415

    screen = terminal("stdout")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for show in (Show(), Show(timeline=True)):
        run_definition("shop.py:failing", Options(), show)
    assert "\x1b[1;31mfailed\x1b[0m" in screen.getvalue()
    assert "\N{BOX DRAWINGS LIGHT VERTICAL}" in screen.getvalue()
