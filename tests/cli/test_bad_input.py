"""What cannot be run: one clear error each, exit code 2, no traceback."""

import sys

import pytest

FILES = {
    "broken.py": "def run(:\n    pass\n",
    "raising.py": "def load():\n    return {}['key']\n\n\nload()\n",
    "needy.py": "import no_such_package\n",
    "leaving.py": "import sys\n\nsys.exit('No arguments.')\n",
    "empty.py": "VALUE = 1\n",
    "list.py": "",
    "bad.json": '{\n  "ids": ["a", b]\n}\n',
    "list.json": '["a"]',
    "latin.json": b'{"name": "\xe9"}',
    "deep.json": '{"a": ' + "[" * 100_000,
    "notes.txt": "def run(): ...\n",
}


@pytest.fixture
def bad(shop):
    """The shop's folder, with files that cannot be used."""
    for name, text in FILES.items():
        (shop / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return shop


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("no-attribute", ["shop.py:CuontUp"]),
        ("no-attribute-inside", ["shop.py:CountUp.rum"]),
        ("no-attribute-without-definitions", ["empty.py:Thing"]),
        ("not-a-definition", ["empty.py:VALUE"]),
        ("several", ["shop.py"]),
        ("none", ["empty.py"]),
        ("empty-list", ["shop.py:NOBODY"]),
        ("no-file", ["shpo.py:CountUp"]),
        ("no-folder", ["nowhere/shop.py:CountUp"]),
        ("folder", ["./:CountUp"]),
        ("no-python-file", ["notes.txt:run"]),
        ("no-module", ["shpo:CountUp"]),
        ("no-module-inside", ["shop.tasks:CountUp"]),
        ("no-name", ["shop.py:"]),
        ("odd-name", ["shop.py:1x"]),
        ("odd-module", ["shop-tasks:CountUp"]),
        ("syntax", ["broken.py:run"]),
        ("import-raises", ["raising.py"]),
        ("import-needs", ["needy.py"]),
        ("import-needs-module", ["needy"]),
        ("import-raises-module", ["raising"]),
        ("import-exits", ["leaving.py"]),
        ("factory-raises", ["shop.py:refuse"]),
        ("unknown-argument", ["shop.py:misspelt"]),
        ("input-not-json", ["shop.py:CountUp", "--input", '{"up_to": three}']),
        ("input-not-json-far", ["shop.py:CountUp", "--input", '{"text": "' + "x" * 100 + '", up_to}']),
        ("input-file-not-json", ["shop.py:CountUp", "--input", "bad.json"]),
        ("input-file-list", ["shop.py:CountUp", "--input", "list.json"]),
        ("input-list", ["shop.py:CountUp", "--input", "[1, 2]"]),
        ("input-number", ["shop.py:CountUp", "--input", "42"]),
        ("input-no-file", ["shop.py:CountUp", "--input", "missing.json"]),
        (
            "input-no-file-long",
            ["shop.py:CountUp", "--input", "up_to: 3, and more words than any file's name has"],
        ),
        ("input-not-utf-8", ["shop.py:CountUp", "--input", "latin.json"]),
        ("input-refused", ["shop.py:CountUp", "--input", '{"up_to": "three"}']),
        ("input-not-strict", ["shop.py:CountUp", "--input", '{"up_to": 3, "rate": NaN}']),
        ("budget", ["shop.py:CountUp", "--budget", "15x"]),
        ("budget-zero", ["shop.py:CountUp", "--budget", "0"]),
        ("tick-negative", ["shop.py:CountUp", "--tick", "-1s"]),
        ("close-limit", ["shop.py:CountUp", "--close-limit", "soon"]),
        ("start", ["shop.py:CountUp", "--start", "yesterday"]),
        ("seed", ["shop.py:CountUp", "--seed", "1.5"]),
        ("profile", ["shop.py:CountUp", "--profile", "webny-5"]),
        ("on-crash", ["shop.py:CountUp", "--on-crash", "retry(x)"]),
        ("plan-checkpoint", ["shop.py:CountUp", "--plan", "v1 seed=7 crash@evnt#1"]),
        ("plan-setting", ["shop.py:CountUp", "--plan", "v1 sed=7"]),
        ("plan-kind", ["shop.py:CountUp", "--plan", "crsh@event#1"]),
    ],
)
def test_bad_input(bad, invoke, golden, name, arguments):
    """One sentence with the values, facts, and the way out, on stderr."""
    done = invoke("run", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    golden(f"error-{name}", done.stderr)


def test_deep_input(bad, invoke):
    """JSON that is nested too deep for Python's reader is refused as such."""
    done = invoke("run", "shop.py:CountUp", "--input", "deep.json")
    assert done.exit_code == 2
    assert done.stderr.startswith("deep.json is ")


def test_every_error_fits(bad, invoke):
    """Text from a task or a file cannot move the cursor: it is escaped."""
    done = invoke("run", "shop.py:\N{SNOWMAN}\x1b[2J")
    assert done.stderr.isascii()
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("given", "code"),
    [('{"up_to": 1}', 0), ('\N{ZERO WIDTH NO-BREAK SPACE}{"up_to": 1}', 0), ("{", 2), ("", 2)],
)
def test_input_from_stdin(shop, invoke, given, code):
    """`--input -` reads stdin; a byte order mark does not count."""
    done = invoke("run", "shop.py:CountUp", "--input", "-", given=given.encode())
    assert done.exit_code == code
    assert code == 0 or done.stderr.startswith("stdin is not JSON: ")


def test_input_from_file(shop, invoke):
    """Text that does not begin with `{` is a file's name."""
    (shop / "input.json").write_text(' {"up_to": 2}', encoding="utf-8")
    assert '{"at": 2}' in invoke("run", "shop.py:CountUp", "--input", "input.json").stdout


def test_import_interrupted(shop, invoke):
    """Ctrl-C while a module is imported is Ctrl-C, in a file as in a module."""
    (shop / "waiting.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
    (shop / "factory.py").write_text("def make():\n    raise KeyboardInterrupt\n", encoding="utf-8")
    for target in ("waiting.py", "waiting", "factory:make"):
        assert invoke("run", target).exit_code == 130


def test_messages_name_no_place_of_this_machine(shop, invoke):
    """What stands in a message about a module is its own name, not where Python found it."""
    assert sys.prefix not in invoke("run", "shpo").stderr
