"""What reads the wall clock, every promised way, has equal traces wherever and whenever it runs."""

import os
import subprocess
import sys

import pytest

CHILD = """
import datetime, sys, time

days = int(sys.argv[1])
real_datetime, real_time, real_time_ns = datetime.datetime, time.time, time.time_ns

class Shifted(real_datetime):
    @classmethod
    def now(cls, tz=None):
        return real_datetime.now(tz) + datetime.timedelta(days=days)

datetime.datetime = Shifted
time.time = lambda: real_time() + days * 86_400
time.time_ns = lambda: real_time_ns() + days * 86_400 * 10**9
assert datetime.datetime.now().year > 2100

import tasksim

class Looks:
    id = "looks"
    title = "Looks"

    def look(self):
        return {
            "now": str(datetime.datetime.now()),
            "utc": str(datetime.datetime.now(datetime.timezone.utc)),
            "utcnow": str(datetime.datetime.utcnow()),
            "today": str(datetime.datetime.today()),
            "date": str(datetime.date.today()),
            "timestamp": datetime.datetime.now().timestamp(),
            "time": time.time(),
            "time_ns": str(time.time_ns()),
            "monotonic": time.monotonic(),
        }

    def run(self, input, controller):
        controller.logger.info("Looked.", self.look())
        if input.get("again", True):
            return controller.response.continue_({"again": False}, seconds=1.25)
        return controller.response.done("Looked.", self.look())

    def on_before_trigger(self, data):
        seen.append(self.look())

    def on_done(self, task):
        seen.append(self.look())

seen = []
with tasksim.Simulator(tick="7ms") as sim:
    sim.register(Looks())
    execution = sim.run("looks", input={})
    assert execution.status == "success", execution.error
    seen.append(Looks().look())
print(sim.trace.sha256(), *[sorted(look.items()) for look in seen])
"""


@pytest.mark.slow
def test_traces_are_equal_everywhere():
    """On two days, in three time zones and under two hash seeds the traces, and what was seen, are equal."""
    children = []
    for days, zone, seed in (
        (30_000, "UTC", "0"),
        (30_111, "Asia/Tokyo", "1"),
        (40_000, "America/Lima", "0"),
    ):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
        child = subprocess.Popen(
            [sys.executable, "-W", "ignore::DeprecationWarning", "-c", CHILD, str(days)],
            env={**environment, "TZ": zone, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        children.append(child)
    answers = [(*child.communicate(timeout=60), child.returncode) for child in children]
    assert [(errors, code) for _, errors, code in answers] == [("", 0)] * 3
    assert len({text for text, _, _ in answers}) == 1
    assert "2024-01-01 00:00:01.376000+00:00" in answers[0][0]
