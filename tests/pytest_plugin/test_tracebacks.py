"""Which frames of a traceback are hidden."""

import sys

from tasksim.pytest_plugin import tracebacks


def test_hiding_is_idempotent():
    """Our modules are marked, and nobody else's."""
    tracebacks.hide_ours()
    tracebacks.hide_ours()
    marked = {
        name for name, module in sys.modules.items() if "__tracebackhide__" in getattr(module, "__dict__", {})
    }
    assert marked >= {"tasksim", "tasksim.errors", "tasksim._simulator.driver"}
    assert all(name.partition(".")[0] == "tasksim" for name in marked)


def test_chain_of_exceptions_with_a_cycle():
    """A chain is followed through causes and contexts, each exception once."""
    first, second, third = ValueError("1"), ValueError("2"), ValueError("3")
    first.__cause__, second.__context__, third.__context__ = second, third, first
    assert set(tracebacks.chain(first)) == {first, second, third}
    assert list(tracebacks.chain(None)) == []
