"""What a task must not do in strict mode: the names of the functions and methods, and the words for it.

This module is data. It must not know how a call is noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FUNCTIONS", "METHODS", "UNSEEDED", "Kind"]

_UNSEEN = "which the simulation cannot see"
_UNREPEATED = "which the simulation cannot repeat"
_FAKE = "Pass the task a fake of the other side, such as an httpx.MockTransport."


class Kind(NamedTuple):
    """Something that must not be done.

    Attributes:
        did: What was done, after the name of who did it.
        why: Why it must not be.
        way_out: What to do instead.
        way_out_unseeded: The same where the simulation does not seed `random`.
        may_libraries: Whether libraries may do it: files that they keep for themselves are no concern of a
            task.
    """

    did: str
    why: str
    way_out: str
    way_out_unseeded: str | None = None
    may_libraries: bool = False


_THREAD = Kind("started a thread", _UNSEEN, "Call the function directly: time stands still while it runs.")
_POOL = Kind(
    "gave work to another thread or process",
    _UNSEEN,
    "Call the function directly: time stands still while it runs.",
)
_PROCESS = Kind(
    "started a process", _UNSEEN, "Pass the task a fake of the program, or run it outside the simulation."
)
_OPENED = Kind("opened a socket", _UNSEEN, _FAKE)
_USED = Kind("used a socket", _UNSEEN, _FAKE)
_HOST = Kind("looked up a host", _UNSEEN, _FAKE)
_LOOP = Kind(
    "made an event loop",
    _UNSEEN,
    "Make it async and await: the simulation runs a loop of its own, in virtual time.",
)
_SLEEP = Kind(
    "slept in real time",
    _UNSEEN,
    "Look sleep up when it is called, as in time.sleep(1): that takes virtual time.\n"
    "A reference taken earlier (from time import sleep) escapes the simulation.",
)
_WAIT = Kind(
    "waited in real time",
    _UNSEEN,
    "Answer controller.response.continue_(..., seconds=...) to wait for something, or pass the task a fake\n"
    "that has its answer ready.",
)
UNSEEDED = Kind(
    "drew randomness without a seed",
    _UNREPEATED,
    "Use random and uuid4, which draw from the simulation's seed, or pass the task a random.Random(seed).",
    "Leave out seed_random=False, or pass the task a random.Random(seed).",
)
_MACHINE = Kind(
    "made an id from the machine and its clock",
    _UNREPEATED,
    "Use uuid4, which draws from the simulation's seed.",
    "Use uuid4, and leave out seed_random=False.",
)
_NAME = Kind(
    "drew a random name for a temporary file",
    _UNREPEATED,
    "Pass the task a folder of the test, as tmp_path, and name the file yourself.",
    may_libraries=True,
)


def _waits(*args: object, timeout: object = None) -> bool:
    """Tell whether a wait, whose timeout is its last argument, takes time."""
    last = args[-1] if args else timeout
    return last is None or (isinstance(last, int | float) and last > 0)


def _condition_waits(_condition: object, timeout: object = None) -> bool:
    """Tell whether a wait for a condition takes time."""
    return _waits(timeout)


def _select_waits(*args: object) -> bool:
    """Tell whether `select(read, write, failed, timeout)` takes time."""
    return _waits(args[3] if len(args) > 3 else None)  # noqa: PLR2004 - three lists come first


def _sleeps(seconds: object = 0) -> bool:
    """Tell whether `sleep(seconds)` takes time."""
    return isinstance(seconds, int | float) and seconds > 0


def _is_unseeded(_generator: object, a: object = None, _version: int = 2, **_: object) -> bool:
    """Tell whether `Random.seed` gets nothing to begin with."""
    return a is None


# Module, function, what it is, and when it is that; None for always.
FUNCTIONS: tuple[tuple[str, str, Kind, Callable[..., bool] | None], ...] = (
    ("_thread", "start_new_thread", _THREAD, None),
    ("_thread", "start_new", _THREAD, None),
    ("_thread", "start_joinable_thread", _THREAD, None),
    *(
        ("os", name, _PROCESS, None)
        for name in (
            "system",
            "startfile",
            "fork",
            "forkpty",
            "posix_spawn",
            "posix_spawnp",
            "execv",
            "execve",
        )
    ),
    *(("os", name, _PROCESS, None) for name in ("spawnv", "spawnve")),
    ("_posixsubprocess", "fork_exec", _PROCESS, None),
    *(
        ("socket", name, _HOST, None)
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo")
    ),
    ("_socket", "getaddrinfo", _HOST, None),
    *(("socket", name, _OPENED, None) for name in ("socketpair", "fromfd")),  # or they leave half a socket
    ("select", "select", _WAIT, _select_waits),
    ("os", "urandom", UNSEEDED, None),
    ("os", "getrandom", UNSEEDED, None),
    ("ssl", "RAND_bytes", UNSEEDED, None),
    ("uuid", "uuid1", _MACHINE, None),
    ("time", "sleep", _SLEEP, _sleeps),
)

_SOCKET_CALLS = ("send", "sendall", "sendto", "sendmsg", "sendfile", "recv", "recv_into", "recvfrom")
_MORE_SOCKET_CALLS = ("recvfrom_into", "recvmsg", "recvmsg_into", "accept", "listen", "bind")
_TLS_CALLS = ("read", "write", "do_handshake", "send", "sendall", "recv", "recv_into")

# Module, class, method, what it is, and when it is that.
METHODS: tuple[tuple[str, str, str, Kind, Callable[..., bool] | None], ...] = (
    ("threading", "Thread", "start", _THREAD, None),
    ("threading", "Condition", "wait", _WAIT, _condition_waits),
    ("concurrent.futures.thread", "ThreadPoolExecutor", "submit", _POOL, None),
    ("concurrent.futures.process", "ProcessPoolExecutor", "submit", _POOL, None),
    ("multiprocessing.process", "BaseProcess", "start", _PROCESS, None),
    ("subprocess", "Popen", "__init__", _PROCESS, None),
    ("asyncio.events", "BaseDefaultEventLoopPolicy", "new_event_loop", _LOOP, None),
    ("socket", "socket", "__init__", _OPENED, None),
    *(("socket", "socket", name, _USED, None) for name in ("connect", "connect_ex")),
    *(("socket", "socket", name, _USED, None) for name in (*_SOCKET_CALLS, *_MORE_SOCKET_CALLS)),
    *(("ssl", "SSLSocket", name, _USED, None) for name in ("connect", "connect_ex", *_TLS_CALLS)),
    ("random", "Random", "seed", UNSEEDED, _is_unseeded),
    ("tempfile", "_RandomNameSequence", "__next__", _NAME, None),
)
