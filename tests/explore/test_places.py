"""Where things stand, and how their files are imported."""

import sys
from pathlib import Path

from tasksim._explore.places import package_of, place_of, places_of

HERE = Path(__file__).resolve()


def made():
    """Stand in this file."""


class Answering:
    """Has whatever it is asked for."""

    def __getattr__(self, name):
        return {}


ANSWERING = Answering()
OTHER_NAME = made


def test_name_of_its_own_comes_first():
    """A function has the name it was given, though others mean it, too."""
    assert list(places_of(made)) == [(HERE, "made")]


def test_modules_nearby_are_looked_into_besides(monkeypatch):
    """What says of no module that it is from there is found in those that are named, each once."""
    thing = object()
    monkeypatch.setattr(sys.modules[__name__], "THING", thing, raising=False)
    assert place_of(thing) is None
    assert list(places_of(thing, [__name__, "no.such.module", __name__])) == [(HERE, "THING")]


def test_module_that_is_no_name_is_none():
    """What answers anything when asked for its module is looked for in that of its class."""
    assert place_of(ANSWERING) == (HERE, "ANSWERING")


def test_package_begins_below_the_first_folder_that_is_none(tmp_path):
    """A file's name has its packages in it; the package itself is named without its file."""
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    for folder in (inner.parent, inner):
        (folder / "__init__.py").touch()
    assert package_of(inner / "task.py") == (tmp_path, ("outer", "inner", "task"))
    assert package_of(inner / "__init__.py") == (tmp_path, ("outer", "inner"))
    assert package_of(tmp_path / "task.py") == (tmp_path, ("task",))


def test_name_can_be_said_if_python_takes_each_part():
    """An import takes identifiers, and no keywords."""
    names = ["task", "my-task", "class", "2nd"]
    can_be_said = [package_of(Path(f"/nowhere/{name}.py")).can_be_said for name in names]
    assert can_be_said == [True, False, False, False]
