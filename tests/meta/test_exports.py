"""The public face: what the package root exports."""

import importlib.metadata
import importlib.util
import inspect

import pytest

import tasksim


@pytest.mark.parametrize("name", sorted(tasksim.__all__))
def test_export_resolves(name):
    """Every name in `__all__` is there."""
    assert getattr(tasksim, name) is not None


def test_exports_are_distinct():
    """No name is exported twice."""
    assert len(tasksim.__all__) == len(set(tasksim.__all__))


def test_no_module_bears_the_name_of_an_export():
    """A module of an exported function's name would shadow it once imported."""
    functions = [name for name in tasksim.__all__ if inspect.isroutine(getattr(tasksim, name))]
    assert functions
    assert [name for name in functions if importlib.util.find_spec(f"tasksim.{name}")] == []


@pytest.mark.parametrize("name", sorted(tasksim.__all__))
def test_export_is_documented(name):
    """Every exported class and function has a docstring of its own."""
    exported = getattr(tasksim, name)
    if inspect.isclass(exported) or inspect.isroutine(exported):
        assert exported.__doc__


def test_unknown_name_is_an_attribute_error():
    """What is not exported is not there; the error names it."""
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tasksim.no_such_name


def test_version_is_that_of_the_metadata():
    """The version has a single source."""
    assert tasksim.__version__ == importlib.metadata.version("tasksim")
