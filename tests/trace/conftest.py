"""What the tests of the trace share: golden texts, and one version in every header."""

import os
from pathlib import Path

import pytest

from tasksim._trace import frame

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def version(monkeypatch):
    """Whatever is installed, headers say 0.1.0."""
    monkeypatch.setattr(frame.metadata, "version", lambda _: "0.1.0")


@pytest.fixture
def golden():
    """Compare a text with `golden/NAME.txt`, byte for byte.

    With TASKSIM_UPDATE_GOLDEN=1 in the environment the file is written instead: read the difference.
    """

    def compare(name, text):
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("TASKSIM_UPDATE_GOLDEN") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), "write it with TASKSIM_UPDATE_GOLDEN=1"
        assert text == path.read_bytes().decode()

    return compare
