"""What waits, measures and limits time outside of a simulation does so in real time while it is frozen."""

import asyncio
import concurrent.futures
import logging
import queue
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from tasksim import Simulator

START = 1_704_067_200
WAIT = 0.02  # seconds: long enough to tell from none
_real = {"now": time.perf_counter}  # freezegun replaces what it finds in modules only


@pytest.fixture(autouse=True)
def frozen(is_real_again):
    """Each test runs in a simulation."""
    with Simulator() as sim:
        yield sim


def event():
    """Wait for an event that nobody sets."""
    assert not threading.Event().wait(WAIT)


def condition():
    """Wait for a condition that is never true."""
    waiting = threading.Condition()
    with waiting:
        assert not waiting.wait_for(lambda: False, WAIT)


def queued():
    """Wait for an item that nobody puts."""
    with pytest.raises(queue.Empty):
        queue.Queue().get(timeout=WAIT)


def child():
    """Wait for a process that does not end."""
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=WAIT, check=False)


def future():
    """Wait for a future that nobody fulfils."""
    assert concurrent.futures.wait([concurrent.futures.Future()], timeout=WAIT).not_done


def futures():
    """Wait for futures as they are completed, and nobody completes them."""
    with pytest.raises(concurrent.futures.TimeoutError):
        list(concurrent.futures.as_completed([concurrent.futures.Future()], timeout=WAIT))


def coroutine():
    """Wait for a coroutine that takes longer."""
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(asyncio.wait_for(asyncio.sleep(60), WAIT))


@pytest.mark.parametrize("wait", [event, condition, queued, child, future, futures, coroutine])
def test_waits_end_in_time(wait):
    """A wait with a timeout ends when it is over, neither early nor never."""
    began = _real["now"]()
    wait()
    assert WAIT * 0.9 <= _real["now"]() - began < 10


def test_event_loop_that_is_not_asyncios_default(frozen):
    """A loop of a class that freezegun does not know sleeps in real time, too."""

    class Loop(asyncio.SelectorEventLoop):
        def time(self):
            return asyncio.BaseEventLoop.time(self)

    loop = Loop()
    began = _real["now"]()
    loop.run_until_complete(asyncio.sleep(WAIT))
    loop.close()
    assert _real["now"]() - began >= WAIT * 0.9


def test_threads_see_frozen_time(frozen):
    """A thread in the background sees the simulation's time, directly and through a pool."""
    seen = []
    thread = threading.Thread(target=lambda: seen.append(time.time()))
    thread.start()
    thread.join(10)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        seen += [pool.submit(time.time).result(10), pool.submit(lambda: time.monotonic()).result(10)]  # noqa: PLW0108 - a caller of its own
    assert seen == [START] * 3


def test_thread_reads_while_the_clock_moves(frozen):
    """A thread that looks while the simulation moves sees only times at which it stood."""
    seen, stop = set(), threading.Event()

    def look():
        while not stop.is_set():
            seen.add(time.time())

    thread = threading.Thread(target=look)
    thread.start()
    for _ in range(50):
        frozen.advance("1s")
    stop.set()
    thread.join(10)
    assert seen <= {START + second for second in range(51)}


def test_logging_has_frozen_time(frozen, caplog):
    """What is logged bears the simulation's time."""
    frozen.advance("1m")
    logging.getLogger("background").warning("Here.")
    assert [record.created for record in caplog.records] == [START + 60]


def test_temporary_files(frozen):
    """Temporary files are made and removed as ever."""
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile(dir=folder) as file:
        assert file.write(b"x") == 1
