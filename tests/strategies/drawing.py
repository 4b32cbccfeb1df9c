"""What the tests of strategies share: the smallest that is drawn, and definitions that take an input."""

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import Phase, find, settings

from tasksim import create_task_definition

ZOO = Path(__file__).parents[1] / "zoo" / "correct"

# Without the explain phase, which draws a hundred more of any size to say which parts of an example matter.
SMALLEST = settings(
    database=None,
    derandomize=True,
    max_examples=2_000,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
)
DEFAULT = settings(settings.get_profile("default"), database=None, derandomize=True)
FEW = settings(DEFAULT, max_examples=5, phases=[Phase.generate])


def smallest(strategy, condition=lambda _: True):
    """Return the smallest that a strategy draws and that meets a condition."""
    return find(strategy, condition, settings=SMALLEST)


def slowly(names, *slow):
    """Return names to parametrise with, of which some take long."""
    assert set(slow) <= set(names)
    return [pytest.param(name, marks=pytest.mark.slow if name in slow else ()) for name in names]


def definition_of(validation, run=None):
    """Return a definition that takes such inputs."""
    return create_task_definition(
        id="publishPages",
        title="Publish pages",
        run=run or publish_pages,
        create_input_validation=validation,
    )


def publish_pages(controller):
    """Be done at once."""
    return controller.response.done("Published.")


def zoo(name):
    """Import a module of the zoo by its path."""
    full = f"drawn.zoo.{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, ZOO / f"{name}.py")
        sys.modules[full] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[full]
