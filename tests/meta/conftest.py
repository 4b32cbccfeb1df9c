"""A terminal for pages: the server that a page starts, and the commands that ask it.

Pages show the port 4000, which may be taken: the server gets a free one, and commands and output are
rewritten. What a command needs that is not there is a failure in CI and a skip elsewhere.
"""

import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

PATIENCE = 20.0
SHOWN = "127.0.0.1:4000"
STARTED = "Ctrl-C stops"
ASSIGNMENT = re.compile(r"\w+=.*")


class Terminal:
    """Where a page's commands run.

    Args:
        folder: Where its files are.
    """

    def __init__(self, folder):
        self._folder = folder
        self._server = None
        self._address = SHOWN
        # A command may call `tasksim` itself.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self._environment = {**os.environ, "COLUMNS": "80", "PATH": path}

    def serve(self, line):
        """Start the server of a command, after the one before was stopped; return its start-up screen."""
        self.stop()
        words = shlex.split(line)
        given = [word for word in words if ASSIGNMENT.fullmatch(word)]
        arguments = words[words.index("serve") :]
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tasksim", *arguments, "--port", "0"],
            cwd=self._folder,
            env={**self._environment, **dict(word.split("=", 1) for word in given)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self._fresh = queue.SimpleQueue()
        self._reading = threading.Thread(target=self._read, args=(self._server.stdout, self._fresh))
        self._reading.start()
        screen = []
        while not (screen and screen[-1].startswith(STARTED)):
            line = self._fresh.get(timeout=PATIENCE)
            assert line is not None, "\n".join(["It ended.", *screen])
            screen.append(line)
        self._address = re.search(r"127\.0\.0\.1:[0-9]+", "\n".join(screen))[0]
        return [self._as_shown(line) for line in screen]

    def _read(self, lines, fresh):
        for line in lines:
            fresh.put(line.rstrip("\n"))
        fresh.put(None)

    def _as_shown(self, text):
        return text.replace(self._address, SHOWN)

    def told(self, is_enough):
        """Return what the server printed since it was asked last, as soon as that is enough; or in time."""
        until = time.monotonic() + PATIENCE
        lines = []
        while not is_enough(lines):
            try:
                line = self._fresh.get(timeout=max(0.001, until - time.monotonic()))
            except queue.Empty:
                break
            if line is None:
                break
            lines.append(self._as_shown(line))
        return lines

    def run(self, line):
        """Run a command in a shell; return its exit code and what it printed."""
        for program in ("sh", line.split()[0]):
            if shutil.which(program, path=self._environment["PATH"]) is None:
                missing = f"{program} is not there, which this page calls"
                if os.environ.get("TASKSIM_IN_CI") == "1":
                    pytest.fail(f"{missing}, and in CI that is needed")
                pytest.skip(missing)
        done = subprocess.run(
            ["sh", "-c", line.replace(SHOWN, self._address)],  # noqa: S607 - it was looked for
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return done.returncode, self._as_shown(done.stdout)

    def stop(self):
        """Stop the server, if there is one, as Ctrl-C does; it says that it ended well."""
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.send_signal(signal.SIGINT)
            assert server.wait(PATIENCE) == 0
        finally:
            server.kill()
            server.wait()
            self._reading.join(PATIENCE)
            server.stdout.close()


@pytest.fixture
def terminal(pytester):
    """Return a terminal in the page's folder; its server is stopped when the page ends."""
    found = Terminal(pytester.path)
    yield found
    found.stop()
