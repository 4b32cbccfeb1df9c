"""`tasksim serve`: from the options to a server that runs until it is stopped.

This module promises that everything that can be refused is refused before a port is bound, and that a signal
ends it within a second. It must not know HTTP, nor how what happens looks.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import socket
import sys
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from inspect import isfunction, signature
from pathlib import Path
from typing import TYPE_CHECKING

from tasksim._engine.core import Limits
from tasksim._engine.profiles import load_profile
from tasksim._faults.token import Settings
from tasksim._simulator.simulator import Simulator
from tasksim._world.durations import parse_duration, to_datetime
from tasksim._world.real_time import real_ms, real_wall_ms
from tasksim.cli.loading import load_definitions
from tasksim.cli.running import made_by, register
from tasksim.cli.serving_lines import Intro, JsonLines, Lines, Stopped
from tasksim.cli.settings import decoded, read_duration, read_whole
from tasksim.errors import TasksimError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tasksim.graphql._seed_data import SeedData
    from tasksim.graphql._serving.owner import Owner
    from tasksim.graphql._serving.pace import Pace
    from tasksim.graphql._serving.server import Server

__all__ = ["Serving", "serve"]

_HIGHEST_PORT = 65_535
_MS_TO_ANSWER = 150
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The options of `tasksim serve`, as they were given."""

    host: str
    port: str
    cors: tuple[str, ...]
    token: str | None = field(repr=False)
    read_token: str | None = field(repr=False)
    has_control: bool
    introspection: bool
    sdk_compat: bool
    time: str | None
    tick: str
    autojump: bool
    profile: str | None
    budget: str
    seed_data: str | None
    as_json: bool


def serve(target: str | None, options: Serving) -> int:
    """Serve definitions, or the demo, until a signal says to stop; return the exit code.

    Raises:
        TasksimError: An option that cannot be used, definitions that do not load or cannot stand in the
            schema, a port that is taken.
    """
    lines = JsonLines() if options.as_json else Lines()
    # What definitions print must not stand between the objects.
    with redirect_stdout(sys.stderr) if options.as_json else nullcontext():
        return _serve(target, options, lines)


def _serve(target: str | None, options: Serving, lines: Lines | JsonLines) -> int:
    """Serve, and tell by `lines` what happens."""
    from tasksim.graphql import create_app  # noqa: PLC0415 - Ariadne, which may be missing
    from tasksim.graphql._schemas import schema_for  # noqa: PLC0415
    from tasksim.graphql._serving.guard import checked_origins  # noqa: PLC0415
    from tasksim.graphql._serving.server import Server  # noqa: PLC0415

    pace = _checked_pace(options)
    port = _checked_port(options)
    checked_origins(options.cors, "--cors")
    make = _maker(target, options, starts_now=not pace.stands_still)
    app = create_app(
        make,
        time=str(pace),
        autojump=options.autojump,
        token=options.token,
        read_token=options.read_token,
        cors=options.cors,
        sdk_compat=options.sdk_compat,
        control=options.has_control,
        introspection=options.introspection,
        debug=os.environ.get("DEBUG") == "true",  # as the real API reads it
        on_entry=lines.show,
    )
    owner = app.worlds.owner(app.worlds.default_tenant)
    try:
        owner.do(lambda sim: schema_for(sim, sdk_compat=options.sdk_compat)).result()  # or it is refused
        _serve_until_signalled(Server(app, options.host, port), owner, target, options, lines)
    finally:
        app.worlds.close()
    return 0


def _serve_until_signalled(
    server: Server, owner: Owner, target: str | None, options: Serving, lines: Lines | JsonLines
) -> None:
    """Say how the server is reached, let it answer until a signal comes, and say what was running."""
    intro = owner.do(lambda sim: _intro(sim, server.url, owner.pace, target, options)).result()
    atexit.register(gc.freeze)  # else the interpreter looks for cycles in all that there is: 0.25 s
    with _signalled() as wait:
        server.start()
        lines.begin(intro)
        wait()
        stopped = _stopped(server.app.worlds.all())
        server.stop()
    lines.end(stopped)


def _intro(sim: Simulator, url: str, pace: Pace, target: str | None, options: Serving) -> Intro:
    """Return what is said of a server at its start."""
    from tasksim.graphql._contracts import CONTRACTS  # noqa: PLC0415
    from tasksim.graphql._serving.guard import is_loopback  # noqa: PLC0415

    return Intro(
        url=url,
        is_local=is_loopback(options.host),
        profile=sim.profile,
        target=target,
        definitions=tuple(_ids(sim, private=False)),
        private=tuple(_ids(sim, private=True)),
        statuses=_statuses(sim),
        time=str(pace),
        tick=options.tick,
        budget=options.budget,
        is_autojump=options.autojump,
        has_control=options.has_control,
        has_token=options.token is not None,
        has_read_token=options.read_token is not None,
        origins=options.cors,
        names_definitions=CONTRACTS[sim.profile].names_definitions,
    )


def _checked_pace(options: Serving) -> Pace:
    """Return how time goes.

    Raises:
        UsageError: Options of which one makes no sense without, or beside, another.
    """
    from tasksim.graphql._serving.guard import is_loopback  # noqa: PLC0415
    from tasksim.graphql._serving.pace import parse_pace  # noqa: PLC0415

    time = options.time or ("virtual" if options.autojump else "real")
    pace = parse_pace(time, "--time")
    if options.autojump and not pace.stands_still:
        raise UsageError(
            f"--autojump moves time at each poll, but with --time {time} it moves by itself.",
            way_out="Leave one of them out.",
        )
    if options.token is None and not is_loopback(options.host):
        raise UsageError(
            f"--host {options.host} can be reached from other machines, and there is no token.",
            way_out="Give one, as --token or in the environment, as TASKSIM_TOKEN; or leave --host out.",
        )
    return pace


def _checked_port(options: Serving) -> int:
    port = read_whole(options.port, "--port", least=0)
    if port > _HIGHEST_PORT:
        raise UsageError(
            f"--port is {port}, more than {_HIGHEST_PORT}.", way_out="Write a port, or 0 for a free one."
        )
    return port


# --- worlds


def _maker(target: str | None, options: Serving, *, starts_now: bool) -> Callable[[str], Simulator]:
    """Return what makes the simulator of a tenant."""
    from tasksim.graphql._demo import HISTORY, demo_definitions, tell_history  # noqa: PLC0415
    from tasksim.graphql._seed_data import newest_ms  # noqa: PLC0415
    from tasksim.graphql._serving.pace import LAST_MS  # noqa: PLC0415

    definitions = None if target is None else load_definitions(target)
    profile = None if options.profile is None else load_profile(options.profile).name
    budget = timedelta(milliseconds=read_duration(options.budget, "--budget", allow_zero=False))
    tick = timedelta(milliseconds=read_duration(options.tick, "--tick", allow_zero=True))
    seed_data = None if options.seed_data is None else _seed_data(options.seed_data)
    virtual_start_ms = max(Settings().start_ms, 0 if seed_data is None else newest_ms(seed_data, LAST_MS))
    is_demo = definitions is None and seed_data is None

    def make(tenant: str) -> Simulator:
        start_ms = real_wall_ms() if starts_now else virtual_start_ms
        sim = Simulator(
            profile=profile,
            start=to_datetime(start_ms - (parse_duration(HISTORY, name="history") if is_demo else 0)),
            budget=budget,
            tick=tick,
            tenant=tenant,
            builtins=True,
            freeze=False,
            limits=Limits(events=None),
        )
        for definition in demo_definitions() if definitions is None else _fresh(definitions):
            register(sim, definition)
        if is_demo:
            tell_history(sim)
        if seed_data is not None:
            _seed(sim, seed_data, str(options.seed_data))
        return sim

    return make


def _fresh(definitions: Sequence[object]) -> Iterator[object]:
    """Iterate over definitions; a function that makes a list of them makes one for each world."""
    for definition in definitions:
        made = None
        if isfunction(definition) and not signature(definition).parameters:
            with made_by(definition):
                made = definition()
        if isinstance(made, list | tuple):
            yield from made
        else:
            yield definition


def _seed_data(name: str) -> SeedData:
    """Return the records in a file.

    Raises:
        UsageError: It cannot be read, or does not hold any.
    """
    from tasksim.graphql._seed_data import read_seed_data  # noqa: PLC0415

    try:
        data = Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"--seed-data {name!r:.80} cannot be read: {reason}.", way_out="Name a file with JSON."
        ) from None
    return read_seed_data(decoded(data, name), name)


def _seed(sim: Simulator, data: SeedData, name: str) -> None:
    """Store the records of a file.

    Raises:
        UsageError: One that cannot be stored, with the file's name.
    """
    try:
        sim.seed_records(tasks=data.tasks, logs=data.logs)
    except UsageError as error:
        error.facts = (f"in {name}, its answers put together", *error.facts)
        raise


def _ids(sim: Simulator, *, private: bool) -> Iterator[str]:
    for each in sim.tasks.list_definitions():
        if bool(getattr(each, "is_private", False)) is private:
            yield each.id


def _statuses(sim: Simulator) -> dict[str, int]:
    """Return how many tasks there are in each status."""
    names = ("pending", "running", "success", "failed", "aborted")
    found = {name: sim.tasks.list_tasks(where={"status": name}, limit=1).meta.total_count for name in names}
    return {name: count for name, count in found.items() if count}


# --- the end


@contextmanager
def _signalled() -> Iterator[Callable[[], None]]:
    """Let signals that end a process end a wait instead, and give what waits.

    They are waited for at a socket: one that comes just before a lock is waited for would not be seen.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    here, there = socket.socketpair()
    there.settimeout(0)

    def wait() -> None:
        while here.recv(1)[0] not in numbers:
            pass

    with here, there:
        before = signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
        held = {number: signal.signal(number, lambda *_: None) for number in numbers}
        try:
            yield wait
        finally:
            for number, handler in held.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)


def _stopped(owners: dict[str, Owner]) -> Stopped:
    """Return what was running; worlds that are stuck in a task's code are waited for a moment in all."""
    running: list[str] = []
    pending = 0
    asked = [(tenant, owner.busy, owner.do(_under_way)) for tenant, owner in owners.items()]
    until_ms = real_ms() + _MS_TO_ANSWER
    for tenant, busy, future in asked:
        try:
            found, waiting = future.result(timeout=max(0, until_ms - real_ms()) / 1000)
        except (NoAnswer, TasksimError):
            found, waiting = ([] if busy is None else [f"{busy.what} (stuck)"]), 0
        whose = "" if tenant == "root" else f"[{tenant}] "
        running += [f"{whose}{task}" for task in found]
        pending += waiting
    return Stopped(tuple(running), pending)


def _under_way(sim: Simulator) -> tuple[list[str], int]:
    tasks = sim.tasks.list_tasks(where={"status": "running"}, limit=_MOST_TOLD)
    waiting = sim.tasks.list_tasks(where={"status": "pending"}, limit=1)
    return [f"{task.id} (iteration {task.iterations})" for task in tasks], waiting.meta.total_count
