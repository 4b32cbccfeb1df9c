"""The documentation: what it shows runs, and what it names exists.

A fenced block of `README.md` or `docs/` is run as its language says. A comment on the line before it changes
that:

    <!-- test: raises TaskFailed -->     the Python block must raise this
    <!-- test: exits 1 -->               the commands must exit with this code
    <!-- test: skip REASON -->           the block is not run; not for Python
    <!-- file: test_publish.py -->       the block is this file of the page's project
    <!-- file: test_publish.py, below -->   the block goes below what this file holds already
    <!-- test: told meanwhile -->       the text is what the server printed since the page looked last
    <!-- test: told at the end -->      the same, after it was stopped

A page with such files is a project of its own: its files are written to an empty folder as the page goes on,
and commands of pytest are run there; so are `tasksim serve`, which serves until the page's next one or its
end, and the programs that ask it, curl and Node. Where a `console` or told block shows a line `...`, anything
may stand.
"""

import ast
import asyncio
import doctest
import importlib
import inspect
import io
import json
import re
import shlex
import subprocess
import sys
import textwrap
import traceback
import types
from pathlib import Path
from typing import NamedTuple

import hypothesis.core  # kept loaded, or each inner run of pytest loads it anew
import pytest

import tasksim
from tasksim._engine import controller as faces
from tasksim._engine import older
from tasksim._engine.profiles import load_profile, profile_names
from tasksim._simulator.execution import Execution
from tasksim._simulator.service import Service

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, where pytest brings this
    import tomli as tomllib

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = sorted((ROOT / "tasksim").rglob("*.py"))
RULES = ROOT / "docs" / "reference" / "rules.md"
FROM_WEBINY = ROOT / "docs" / "how-to" / "from-webiny.md"

PYTHON = {"python", "py", "pycon"}
COMMANDS = {"sh", "console"}
DATA = {"json": json.loads, "toml": tomllib.loads}
SLOW_PAGES = {ROOT / "docs" / "reference" / "hypothesis.md"}
SLOW_SOURCES = ROOT / "tasksim" / "strategies"  # their examples shrink
LEFT_ALONE = {"text", "mermaid", "graphql", "ts", "typescript"}  # nothing here can run them

FENCE = re.compile(r"(?P<indent>\s*)(?P<fence>`{3,}|~{3,})\s*(?P<info>[^`]*)")
DIRECTIVE = re.compile(r"\s*<!--\s*(?:test:\s*(?P<word>\w+)|(?P<file>file):)\s*(?P<rest>.*?)\s*-->\s*")
RULE_ID = re.compile(r"\b[TESHALCQP]\d{1,2}\b")
RULE_ROW = re.compile(r"^\| (?P<id>[A-Z]\d+) \|", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
ASKING = {"curl", "node"}
CONTINUED = r"\\\n\s*"  # a backslash at the end of a line
SHELL_WORDS = {"|", "||", "&", "&&", ";", ">", ">>", "<", "2>&1"}


class Block(NamedTuple):
    """A fenced block; `line` is that of its fence, `directive` word and rest of the comment before it."""

    path: Path
    line: int
    language: str
    code: str
    directive: tuple[str, str] | None

    @property
    def place(self):
        """Where it stands, as an editor takes it."""
        return f"{self.path.relative_to(ROOT).as_posix()}:{self.line}"

    def argument_of(self, word):
        """Return what follows this word in the directive, or None."""
        return self.directive[1] if self.directive is not None and self.directive[0] == word else None


def blocks_of(path):
    """Return the fenced blocks of a page, in order."""
    found = []
    opened = None  # the fence's match and line
    before, code = "", []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.fullmatch(line)
        if opened is None and fence is not None:
            opened, code = (fence, number), []
        elif opened is None:
            before = line if line.strip() else before
        elif is_end(fence, opened[0]["fence"]):
            comment = DIRECTIVE.fullmatch(before)
            directive = (comment["word"] or comment["file"], comment["rest"]) if comment else None
            language = (opened[0]["info"].split() or [""])[0]
            text = textwrap.dedent("\n".join(code)) + "\n"
            found.append(Block(path, opened[1], language, text, directive))
            opened, before = None, ""
        else:
            code.append(line)
    assert opened is None, f"{path.relative_to(ROOT)}:{opened[1]}: this block has no end"
    return found


def is_end(fence, opening):
    """Return whether a line that may be a fence ends the block with this opening."""
    return fence is not None and not fence["info"] and fence["fence"].startswith(opening)


BLOCKS = [block for path in PAGES for block in blocks_of(path)]


def belongs_to_project(block):
    """Whether a block is a file of its page's project, or a command that runs there."""
    return (
        block.argument_of("file") is not None
        or block.argument_of("told") is not None
        or pytest_lines(block) != []
        or is_serving(block)
        or first_word(block) in ASKING
    )


def first_word(block):
    """Return the program of a block's first command; empty if it is no block of commands."""
    prompt = "$ " if block.language == "console" else ""
    return block.code.removeprefix(prompt).split()[0] if block.language in COMMANDS else ""


def is_serving(block):
    """Whether a block starts a server; words before the command may set its environment."""
    return block.language == "console" and re.match(r"\$ (\w+=\S+ )*tasksim serve\b", block.code) is not None


def pytest_lines(block):
    """Return the commands of a block that are pytest's."""
    prompt = "$ " if block.language == "console" else ""
    lines = block.code.splitlines() if block.language in COMMANDS else []
    return [line for line in lines if line.startswith(f"{prompt}pytest")]


def of(*languages):
    """Parametrise with the blocks of these languages that are not skipped."""
    chosen = [
        pytest.param(block, id=block.place, marks=pytest.mark.slow if block.path in SLOW_PAGES else ())
        for block in BLOCKS
        if block.language in languages and block.argument_of("skip") is None and not belongs_to_project(block)
    ]
    return pytest.mark.parametrize("block", chosen)


# --- what stands in a block


def test_there_is_python_to_run():
    """The pages are found, and hold Python."""
    assert {block.path for block in BLOCKS if block.language in PYTHON} >= {FROM_WEBINY}


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: getattr(block, "place", None))
def test_block_is_known(block):
    """Each block has a language that is run here or left alone on purpose, and a directive that fits it."""
    assert block.language in PYTHON | COMMANDS | DATA.keys() | LEFT_ALONE | {"ini", "js"}
    if block.directive is not None:
        word, rest = block.directive
        fitting = {
            "raises": PYTHON,
            "exits": COMMANDS,
            "skip": COMMANDS | DATA.keys() | LEFT_ALONE,
            "file": PYTHON | DATA.keys() | {"ini", "js"},
            "told": {"text"},
        }
        assert block.language in fitting[word]
        assert rest, "a directive says why, or what"


@of(*DATA)
def test_data_can_be_parsed(block):
    """Shown JSON and TOML can be parsed."""
    DATA[block.language](block.code)


# --- Python


class Page:
    """One page's Python: its blocks share a module, and each runs once, after those before it."""

    def __init__(self, path):
        """Make the module, which pydantic and pickle look up by name."""
        own = [block for block in BLOCKS if block.path == path and block.language in PYTHON]
        self.blocks = [block for block in own if not belongs_to_project(block)]
        name = "page_" + re.sub(r"\W", "_", path.relative_to(ROOT).as_posix())
        self.module = sys.modules[name] = types.ModuleType(name)
        self.problems = {}

    def problem_of(self, block):
        """Run the blocks up to this one, each once; return what is wrong with this one, or None."""
        for each in self.blocks:
            if each.line not in self.problems:
                self.problems[each.line] = self.run(each)
            if each is block:
                break
        return self.problems[block.line]

    def run(self, block):
        """Run a block; return the traceback of an exception, or that a promised one was not raised."""
        promised = block.argument_of("raises")
        try:
            run_doctest(block, vars(self.module)) if ">>>" in block.code else self.execute(block)
        except Exception as error:  # noqa: BLE001 - any, to be shown by the test of that block
            matches = type(error).__name__ == promised
            return None if matches else "".join(traceback.format_exception(error))
        return None if promised is None else f"{block.place} did not raise {promised}."

    def execute(self, block):
        """Execute a block, then call the tests that it defines; they take no arguments."""
        padding = "\n" * block.line  # so that a traceback shows the line of the page
        tree = ast.parse(padding + block.code, block.place)
        exec(compile(tree, block.path, "exec"), vars(self.module))  # noqa: S102 - it is ours
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                answer = getattr(self.module, node.name)()
                if inspect.iscoroutine(answer):
                    asyncio.run(answer)


def run_doctest(block, namespace):
    """Run the examples of a block in a namespace, and keep what they define there."""
    examples = parsed_examples(block.code, namespace, block.path, block.line)
    try:
        check_examples(examples)
    finally:
        namespace.update(examples.globs)


def parsed_examples(text, namespace, path, line):
    """Return the examples that stand in a text, which begins below this line of a file."""
    return doctest.DocTestParser().get_doctest(text, namespace, path.name, str(path), line)


def check_examples(examples):
    """Run parsed examples; what differs is the message."""
    told = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    if runner.run(examples, out=told.write, clear_globs=False).failed:
        raise AssertionError(told.getvalue())


@pytest.fixture(scope="module")
def pages():
    """Return the pages by path, each made when it is first asked for."""
    made = {path: Page(path) for path in PAGES}
    yield made
    for page in made.values():
        del sys.modules[page.module.__name__]


@pytest.mark.slow
@of(*PYTHON)
def test_python_runs(block, pages):
    """Shown Python runs, block after block in one namespace for each page, with the tests it defines."""
    problem = pages[block.path].problem_of(block)
    if problem is not None:
        pytest.fail(problem, pytrace=False)


# --- commands


def commands_of(block, program="tasksim"):
    """Return the commands of a block, each with the output shown; none if the first is not the program's."""
    lines = re.sub(CONTINUED, "", block.code).splitlines()
    lines = [line for line in lines if line.strip() or block.language == "console"]
    prompt = "$ " if block.language == "console" else ""
    if not lines or lines[0].removeprefix(prompt).split()[0] != program:
        return []
    found = []
    for line in lines:
        if block.language == "sh" or line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        else:
            found[-1][1].append(line)
    return found


@pytest.mark.slow
@pytest.mark.unmeasured
@of(*COMMANDS)
def test_commands_run(block):
    """Shown commands of tasksim exit with 0, or as the block says, and print what a console block shows."""
    for line, shown in commands_of(block):
        program, *arguments = shlex.split(line, comments=True)
        assert program == "tasksim", f"{line!r} is no command of tasksim"
        assert SHELL_WORDS.isdisjoint(arguments), f"{line!r} needs a shell"
        done = subprocess.run(
            [sys.executable, "-m", "tasksim", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == int(block.argument_of("exits") or 0), done.stdout
        if block.language == "console":
            assert trimmed(done.stdout.splitlines()) == trimmed(shown)


# --- projects

PROJECTS = sorted({block.path for block in BLOCKS if belongs_to_project(block)})
LOOPS = ["-o", "asyncio_default_fixture_loop_scope=function"]  # unset, pytest-asyncio warns
SECONDS = re.compile(r"\bin [0-9.]+s\b")
CLOCK = re.compile(r"^[0-9]{2}:[0-9]{2}:[0-9]{2}(?=  )")


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_project_runs(path, pytester, terminal, monkeypatch):
    """The files of a page, written down as it goes on, behave under pytest, or served, as the page shows."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(hypothesis.core, "global_force_seed", None)  # a run with a seed would leave it
    for block in BLOCKS:
        if block.path == path and belongs_to_project(block):
            name = block.argument_of("file")
            if name is not None:
                write_file(pytester.path, name, block.code)
            elif block.argument_of("told") is not None:
                look_at_server(block, terminal)
            elif is_serving(block):
                start_server(block, terminal)
            elif first_word(block) in ASKING:
                ask_server(block, terminal)
            else:
                run_pytest(block, pytester)


def write_file(folder, name, code):
    """Write a file, or put code below what it holds."""
    goes_below = name.endswith(", below")
    file = folder / name.removesuffix(", below")
    before = f"{file.read_text(encoding='utf-8')}\n\n" if goes_below else ""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(before + code, encoding="utf-8")


def run_pytest(block, pytester):
    """Run the commands of a block in the project; the exit code and the output are as shown."""
    for line, shown in commands_of(block, program="pytest"):
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *LOOPS, *shlex.split(line)[1:])
        said = result.stdout.str()
        assert result.ret == int(block.argument_of("exits") or 0), f"{block.place}: {line}\n{said}"
        if block.language == "console":
            assert_shown(trimmed(said.splitlines()), trimmed(shown), block.place)


def start_server(block, terminal):
    """Start the server of a block; its start-up screen is as shown."""
    ((line, shown),) = commands_of(block, program=block.code.split()[1])
    assert_shown(trimmed(joined(terminal.serve(line))), trimmed(shown), block.place)


def ask_server(block, terminal):
    """Run the commands of a block, in a shell; the exit code and the output are as shown."""
    for line, shown in commands_of(block, program=first_word(block)):
        code, said = terminal.run(line)
        assert code == int(block.argument_of("exits") or 0), f"{block.place}: {line}\n{said}"
        if block.language == "console":
            assert_shown(trimmed(said.splitlines()), trimmed(shown), block.place)


def look_at_server(block, terminal):
    """Compare what the server printed with what is shown, which may be on its way."""
    if block.argument_of("told") == "at the end":
        terminal.stop()
    shown = trimmed(block.code.splitlines())
    lines = terminal.told(lambda lines: is_shown(trimmed(lines), shown))
    assert_shown(trimmed(lines), shown, block.place)


def joined(lines):
    """Return lines with those joined to the next that end in a backslash, as they are in a block."""
    return re.sub(CONTINUED, "", "\n".join(lines)).split("\n")


def assert_shown(lines, shown, place):
    """Compare printed lines with shown ones; `...` stands for any, durations and times of day differ."""
    text = "\n".join(lines)
    assert is_shown(lines, shown), f"{place} shows other lines than these:\n{text}"


def is_shown(lines, shown):
    """Return whether printed lines are as shown."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else f"{re.escape(without_times(line))}\n" for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{without_times(line)}\n" for line in lines)) is not None


def without_times(line):
    """Return a line without what differs from run to run: durations, and times of day at its beginning."""
    return CLOCK.sub("_:_:_", SECONDS.sub("in _s", line))


def trimmed(lines):
    """Return the lines without blanks at their ends, and without empty lines around them."""
    return "\n".join(line.rstrip() for line in lines).strip("\n").splitlines()


# --- docstrings


def docstrings():
    """Yield file, name, line and text of each docstring that holds an example."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node, clean=True)
                if text is not None and ">>>" in text:
                    place = f"{path.relative_to(ROOT).as_posix()}:{node.body[0].lineno}"
                    marks = pytest.mark.slow if path.is_relative_to(SLOW_SOURCES) else ()
                    yield pytest.param(path, node.body[0].lineno, text, id=place, marks=marks)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "line", "text"), list(docstrings()))
def test_docstring_example_runs(path, line, text):
    """The examples in docstrings run and print what they show, public or not."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    namespace = dict(vars(importlib.import_module(name)))
    check_examples(parsed_examples(text, namespace, path, line))


@pytest.mark.parametrize("name", ["Execution", "Simulator", "create_task_definition", "run"])
def test_entrance_has_an_example(name):
    """What a user meets first shows an example that runs."""
    assert ">>>" in getattr(tasksim, name).__doc__


# --- rules


def rule_ids():
    """Return the ids that the page of rules explains, in order."""
    return [row["id"] for row in RULE_ROW.finditer(RULES.read_text(encoding="utf-8"))]


def row_of(id):
    """Return the cells of one row of the page of rules, without its id."""
    lines = RULES.read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith(f"| {id} |"))
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


@pytest.mark.slow
@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_rule_is_explained(path):
    """Each rule id named in the source or on a page is explained on the page of rules."""
    assert set(RULE_ID.findall(path.read_text(encoding="utf-8"))) <= set(rule_ids())


def test_rules_are_explained_once():
    """No rule id has two rows, and no id of a group is left out."""
    ids = rule_ids()
    assert len(ids) == len(set(ids))
    last = {id[0]: int(id[1:]) for id in sorted(ids, key=lambda id: int(id[1:]))}
    missing = {f"{letter}{n}" for letter, most in last.items() for n in range(1, most + 1)} - set(ids)
    assert missing <= {"P1"}  # GraphQL's permissions


def test_rules_have_a_column_for_each_profile():
    """The page of rules has a column for each profile, by name, the default first."""
    assert tuple(row_of("id")[1:]) == profile_names()


def test_limit_of_iterations_is_as_written():
    """The page of rules says the profiles' own default of `max_iterations` (E6)."""
    shown = [load_profile(name).default_max_iterations for name in profile_names()]
    assert row_of("E6")[1:] == ["none" if limit is None else str(limit) for limit in shown]


# --- names

OWNERS = {
    "controller.response": faces.Response,
    "controller.runtime": faces.Runtime,
    "controller.state": faces.State,
    "controller.logger": faces.Logger,
    "controller.task": faces.Children,
    "store": older.Store,
    "timer": older.Timer,
    "sim.tasks": Service,
    "sim": tasksim.Simulator,
    "execution": Execution,
    "task": tasksim.Task,
    "log": tasksim.Log,
}
NAME = re.compile(rf"({'|'.join(map(re.escape, OWNERS))})\.([a-z_]+)")


def python_names():
    """Yield owner and name of everything that the tables of the page for Webiny's users give in Python."""
    lines = FROM_WEBINY.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    cells = {cell for row in rows for cell in re.split(r"(?<!\\)\|", row)[2:]}
    for text in sorted({text for cell in cells for text in CODE.findall(cell)}):
        found = NAME.match(text)
        if found is not None:
            yield found[1], found[2]


@pytest.mark.slow
@pytest.mark.parametrize(("owner", "name"), sorted(set(python_names())))
def test_name_in_a_table_exists(owner, name):
    """Each Python name that the tables give for one of Webiny's is there."""
    assert hasattr(OWNERS[owner], name) or name in inspect.getsource(OWNERS[owner].__init__)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path):
    """Each link within the documentation leads to a file that is there, and to a heading in it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            file, _, heading = target.partition("#")
            goal = path if not file else (path.parent / file).resolve()
            assert goal.exists(), target
            assert not heading or heading in headings(goal), target


def headings(path):
    """Return the names by which the headings of a page are linked."""
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in found}
