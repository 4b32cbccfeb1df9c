"""From a target to definitions."""

import sys
from pathlib import Path

import pytest

from tasksim.cli.loading import load_definitions
from tasksim.errors import UsageError


def ids(target):
    """Return the ids, or the names, of what a target loads."""
    return [
        getattr(found, "id", getattr(found, "__name__", repr(found))) for found in load_definitions(target)
    ]


def write(path, text):
    """Write a file, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


ONE = "class One:\n    id = 'one'\n    title = 'One'\n    def run(self): ...\n"
TWO = "class Two:\n    id = 'two'\n    title = 'Two'\n    def run(self): ...\n"


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("shop.py:CountUp", ["countUp"]),
        ("shop:CountUp", ["countUp"]),
        ("./shop.py:failing", ["failing"]),
        ("shop:make_count_up", ["make_count_up"]),
        ("shop:SHELF", ["<implementation CountUp>"]),
        ("shop:FAMILY", ["parent", "failing", "refusing"]),
    ],
)
def test_targets(shop, target, found):
    """A module or a file, and an instance, a class, a factory, what a `create_` function makes, or a list."""
    assert ids(target) == found


def test_absolute_path(shop):
    """A file is named by any path to it."""
    assert ids(f"{shop / 'shop.py'}:CountUp") == ["countUp"]


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        ONE + "ALL = [One]\n",
        ONE + TWO + "ALL = (One, Two)\n",
        ONE + "again = One\n_hidden = One()\nfrom tasksim import TaskDefinition\n",
        "from other import One\n",
        TWO.replace("Two", "One").replace("two", "one") + "from other import Other\n",
        ONE + "class Odd:\n    def __getattr__(self, name):\n        raise ValueError(name)\nodd = Odd()\n",
    ],
    ids=[
        "class",
        "list of it",
        "list of all",
        "aliases",
        "imported",
        "own before imported",
        "odd attributes",
    ],
)
def test_only_definition(shop, text):
    """Without a name the only definition is taken; a list that holds all the others counts as one."""
    write(shop / "other.py", ONE + ONE.replace("One", "Other", 1))
    write(shop / "one.py", text)
    assert ids("one.py")[0] == "one"


@pytest.mark.parametrize(
    "text",
    [ONE + TWO, ONE + TWO + "ALL = [One]\n", ONE + "A = [One]\nB = [One, One]\n", ONE + "it = One()\n"],
)
def test_open_choice(shop, text):
    """Where there are several, they are listed as they would be named."""
    write(shop / "several.py", text)
    with pytest.raises(UsageError, match=r"several\.py:One"):
        load_definitions("several.py")


def test_neighbours_are_importable(shop):
    """What stands beside a file can be imported by it, wherever the command runs."""
    write(shop / "lib" / "beside.py", ONE)
    write(shop / "lib" / "main_part.py", "from beside import One\nit = One()\n")
    assert ids("lib/main_part.py:it") == ["one"]


def test_packages(shop):
    """A file in a package is imported as its part, so its relative imports work."""
    write(shop / "src" / "store" / "__init__.py", "")
    write(shop / "src" / "store" / "jobs" / "__init__.py", "")
    write(shop / "src" / "store" / "names.py", "ONE = 'one'\n")
    write(shop / "src" / "store" / "jobs" / "one.py", f"from ..names import ONE\n{ONE}")
    (one,) = load_definitions("src/store/jobs/one.py")
    assert one.__module__ == "store.jobs.one"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my-tasks.py", "tasksim_file_my_tasks"),
        ("json.py", "tasksim_file_json"),
        ("pytest.py", "tasksim_file_pytest"),
        ("plain.py", "plain"),
    ],
)
def test_module_names(shop, file, name):
    """A file's module has the file's name, unless that is no name or another module's."""
    write(shop / file, ONE)
    (one,) = load_definitions(f"{file}:One")
    assert one.__module__ == name
    assert name == "plain" or "json" not in name or sys.modules["json"].__file__ != str(shop / file)


def test_file_loads_again(shop):
    """Loading the same file again gives a module of the same name."""
    assert load_definitions("shop.py:CountUp")[0].__module__ == "shop"
    assert load_definitions("shop.py:CountUp")[0].__module__ == "shop"


def test_failed_module_is_forgotten(shop):
    """A module that does not import leaves nothing behind."""
    write(shop / "failed.py", "1 / 0\n")
    with pytest.raises(UsageError, match="does not import"):
        load_definitions("failed.py")
    assert "failed" not in sys.modules


def test_broken_package(shop):
    """A package that does not import is reported like its module."""
    write(shop / "wrong" / "__init__.py", "1 / 0\n")
    write(shop / "wrong" / "part.py", ONE)
    with pytest.raises(UsageError, match=r"part\.py does not import: ZeroDivisionError"):
        load_definitions("wrong/part.py")


def test_syntax_error_without_a_line(shop):
    """A file that cannot even be decoded is reported as what does not import."""
    Path("latin.py").write_bytes(b"# coding: no-such-coding\n")
    with pytest.raises(UsageError, match=r"latin\.py"):
        load_definitions("latin.py")


def test_missing_part_of_a_package(shop):
    """The nearest names of a missing part are looked for in its package's folder."""
    write(shop / "store" / "__init__.py", "")
    write(shop / "store" / "orders.py", ONE)
    with pytest.raises(UsageError, match=r"'store\.orders'"):
        load_definitions("store.order:One")


def test_drive_letters():
    """A colon before a path is a drive's, not a definition's."""
    with pytest.raises(UsageError, match="The file"):
        load_definitions("C:\\tasks\\shop.py")
