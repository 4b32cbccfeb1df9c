"""`tasksim conform`: what it counts, what it prints, and its exit codes."""

import json
import lzma
import sys
from io import StringIO
from pathlib import Path

import pytest

from tasksim.cli.conforming import conform

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "fixtures" / "conformance"


@pytest.fixture
def rows():
    """The first three engine rows, as objects."""
    with (CORPUS / "engine-curated.jsonl").open(encoding="utf-8") as file:
        return [json.loads(next(file)) for _ in range(3)]


def lines(rows):
    """Return rows as JSON lines."""
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def test_all_match(invoke, rows):
    """The last line counts the rows that match, of those that were replayed."""
    done = invoke("conform", "--profile", "webiny-5", given=lines(rows))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "3 of 3 rows match\n", "")


def test_profile_is_that_of_the_corpus(invoke, rows):
    """Without `--profile` it is webiny-5, which was recorded."""
    assert invoke("conform", "-", given=lines(rows)).stdout == "3 of 3 rows match\n"


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_mismatches(invoke, golden, rows, columns):
    """Each mismatch has the row's name, where it stands, the path, and both sides."""
    rows[0]["expected"]["task"]["taskStatus"] = "failed"
    rows[1]["expected"]["unknown"] = {"text": "\N{SNOWMAN}"}
    rows[2]["expected"]["responses"][0]["message"] = "x" * 200
    done = invoke("conform", given=lines([*rows, rows[0]]), columns=columns)
    assert (done.exit_code, done.stderr) == (1, "")
    assert max(map(len, done.stdout.splitlines())) <= columns
    golden(f"mismatches-{columns}", done.stdout)


def test_late_difference_is_shown(invoke, rows):
    """Of two long values the part that differs is shown."""
    rows[0]["scenario"]["trigger"]["input"] = {"text": "x" * 300 + "y"}
    rows[0]["expected"]["task"]["input"] = {"text": "x" * 300 + "z"}
    rows[0]["expected"]["events"] = [{"event": "run", "input": {"text": "x" * 300 + "z"}}]
    printed = invoke("conform", given=lines(rows[:1])).stdout
    assert f'  expected  ...{"x" * 20}z"\n' in printed
    assert f'  actual    ...{"x" * 20}y"\n' in printed


def test_json(invoke, rows):
    """`--json` prints an object for each mismatch, absent sides left out, and the counts last."""
    rows[0]["expected"]["task"]["taskStatus"] = "failed"
    rows[1]["expected"]["extra"] = [1]
    done = invoke("conform", "--json", given=lines(rows))
    assert done.exit_code == 1
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert printed[0] == {
        "row": rows[0]["scenario"]["name"],
        "where": "stdin:1",
        "path": "task.taskStatus",
        "expected": "failed",
        "actual": "success",
    }
    assert printed[1]["expected"] == [1]
    assert "actual" not in printed[1]
    assert printed[2] == {"profile": "webiny-5", "rows": 3, "matched": 1, "refused": 0}


def test_graphql_rows(invoke):
    """The recorded conversations match."""
    done = invoke("conform", str(CORPUS / "graphql-exchanges.jsonl"), "--profile", "webiny-5")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "25 of 25 rows match\n", "")


def test_rows_of_both_kinds(invoke, rows):
    """One file may hold rows of the engine and of GraphQL; each is replayed as what it is."""
    conversation = json.loads((CORPUS / "graphql-exchanges.jsonl").read_text("utf-8").splitlines()[0])
    rows[1]["expected"]["machine"] = "Error"
    wrong = {**conversation, "name": "wrong", "permissions": []}
    done = invoke("conform", given=lines([*rows[:2], conversation, wrong]))
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout.endswith("2 of 4 rows match\n")
    assert "  path      machine\n" in done.stdout
    assert "wrong\n  row       stdin:4\n  path      steps[0].response.data.background" in done.stdout


@pytest.mark.parametrize("given", ["", "\n\n"])
def test_no_rows(invoke, given):
    """No row at all is a usage error."""
    done = invoke("conform", given=given)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no row to replay.\n")


def test_terminal_is_not_waited_for(monkeypatch):
    """Without files, and nothing piped in, it does not wait for somebody to type rows."""
    terminal = StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    with pytest.raises(Exception, match="nothing is piped in"):
        conform([], "webiny-5", as_json=False)


@pytest.mark.parametrize(
    "given", [b"{", b"[1]\n", b"\xff\xfe", b"\xfd7zXZ\x00broken"], ids=["half", "list", "not UTF-8", "not xz"]
)
def test_unreadable_stdin(invoke, given):
    """What cannot be read is a usage error, and nothing is replayed."""
    done = invoke("conform", given=given)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("stdin")


def test_unreadable_file_among_others(invoke, tmp_path):
    """Files are read before any row is replayed."""
    done = invoke("conform", str(CORPUS / "engine-large.jsonl.xz"), str(tmp_path / "none.jsonl"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "none.jsonl" in done.stderr


def test_rows_that_cannot_be_replayed(invoke, rows, monkeypatch):
    """A row that cannot be replayed is named, and does not hide the others; the exit code is 2."""
    given = lines([rows[0], {"scenario": {}, "expected": {}}, {"odd": 1}, rows[1]])
    done = invoke("conform", given=given)
    assert (done.exit_code, done.stdout) == (2, "2 of 4 rows match\n")
    assert "stdin:2 cannot be replayed" in done.stderr
    assert "stdin:3 is a row of no known kind" in done.stderr


@pytest.mark.parametrize("options", [[], ["--traceback"]])
def test_row_that_meets_a_defect(invoke, rows, monkeypatch, options):
    """A row whose replay fails in any other way is named, too."""
    monkeypatch.setattr("tasksim.cli.conforming.conform_row", lambda where, row, profile: 1 / 0)
    done = invoke("conform", *options, given=lines(rows[:1]))
    assert (done.exit_code, done.stdout) == (2, "0 of 1 rows match\n")
    assert "stdin:1 cannot be replayed: ZeroDivisionError: division by zero." in done.stderr
    assert ("Traceback" in done.stderr) is bool(options)


def test_error_of_the_engine(invoke, rows):
    """What a profile does not offer is named with the row."""
    rows[0]["scenario"]["iterations"][0]["ops"].insert(
        0, {"op": "updateInput", "input": {"a": 1}, "options": {"save": False}}
    )
    done = invoke("conform", "--profile", "webiny-6", given=lines(rows[:1]))
    assert done.exit_code == 2
    assert done.stderr.startswith("stdin:1 cannot be replayed: ")


def test_packed_stdin(invoke, rows):
    """Rows on stdin may be packed by xz."""
    done = invoke("conform", given=lzma.compress(lines(rows).encode()))
    assert done.stdout == "3 of 3 rows match\n"


def test_line_separators_in_text(invoke, rows):
    """A line separator inside JSON text ends no row."""
    rows[0]["scenario"]["comment"] = "a\u2028b\x85c"
    given = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    assert invoke("conform", given=given.encode()).stdout == "3 of 3 rows match\n"


def test_unknown_profile(invoke):
    """An unknown profile is refused before anything is read."""
    done = invoke("conform", "missing.jsonl", "--profile", "webiny-7")
    assert done.exit_code == 2
    assert done.stderr.startswith("There is no profile 'webiny-7'. Did you mean ")
