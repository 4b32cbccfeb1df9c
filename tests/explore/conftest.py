"""What tests of checking share: a freeze, and the files beside them, which they import as `explore_jobs`."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tasksim import Simulator

for name in ("jobs", "models", "brute_force"):
    spec = importlib.util.spec_from_file_location(f"explore_{name}", Path(__file__).with_name(f"{name}.py"))
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


@pytest.fixture(scope="module")
def frozen():
    """Hold one freeze for all tests of a module: to begin one takes longer than most checks."""
    with Simulator():
        yield
