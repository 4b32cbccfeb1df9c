"""What the command says about itself."""

import pytest

import tasksim

COMMANDS = ["run", "check", "replay", "conform", "serve", "profiles"]


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(invoke, golden, command, columns):
    """Help fits the terminal, and is the same text with every version of typer."""
    done = invoke(*command.split(), "--help", columns=columns)
    assert (done.exit_code, done.stderr) == (0, "")
    golden(f"help-{command or 'tasksim'}-{columns}", done.stdout)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_short_help_option(invoke, command):
    """`-h` is `--help`."""
    assert invoke(*command.split(), "-h").stdout == invoke(*command.split(), "--help").stdout


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits(invoke, command, columns):
    """No line of help is wider than the terminal, but for commands to be copied."""
    lines = invoke(command, "--help", columns=columns).stdout.splitlines()
    assert [line for line in lines if len(line) > columns and "tasksim" not in line] == []


def test_no_command(invoke):
    """Without a command the help is printed, and the exit code says that something was missing."""
    done = invoke()
    assert done.exit_code == 2
    assert done.stdout == invoke("--help").stdout


def test_version(invoke):
    """`--version` prints the name and the version of the metadata."""
    done = invoke("--version")
    assert (done.exit_code, done.stdout) == (0, f"tasksim {tasksim.__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [["rum"], ["run"], ["run", "shop.py", "--timelin"], ["profiles", "extra"], ["conform", "--profile"]],
)
def test_usage_errors(invoke, arguments):
    """A command line that cannot be read ends in 2, with the usage and nothing on stdout."""
    done = invoke(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(("Usage: tasksim", "Error: "))


@pytest.mark.parametrize("columns", [60, 80])
def test_profiles(invoke, golden, columns):
    """Each profile is listed with the releases it stands for, and the default is marked."""
    done = invoke("profiles", columns=columns)
    assert done.exit_code == 0
    golden(f"profiles-{columns}", done.stdout)


def test_profiles_as_json(invoke):
    """`--json` lists the same, the default marked."""
    import json  # noqa: PLC0415 - one test needs it

    found = json.loads(invoke("profiles", "--json").stdout)
    assert [profile["name"] for profile in found] == ["documented", "generic", "webiny-5", "webiny-6"]
    assert [profile["default"] for profile in found] == [True, False, False, False]
    assert all(profile["releases"] for profile in found)
